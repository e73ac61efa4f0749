"""Models that need no network: functions that answer, and count tokens, as real ones would."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass

from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    UserPromptPart,
)
from pydantic_ai.models.function import AgentInfo, FunctionModel
from pydantic_ai.usage import RequestUsage

Parts = list[TextPart | ToolCallPart]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a model is asked: the prompt, how often it has answered in this talk, and chance."""

    prompt: str
    turn: int
    chance: random.Random


def model(
    name: str,
    provider: str,
    script: Callable[[Ask], Parts],
    *,
    input_tokens: int,
    output_tokens: int,
    seconds: float,
) -> FunctionModel:
    """Make a model that answers by `script`.

    Args:
        name: Of the real model it stands for; prices are looked up by it.
        provider: Of that model.
        script: What it answers.
        input_tokens: About as many in its first request; each later one brings the talk again.
        output_tokens: About as many in its answer.
        seconds: About as long it takes.
    """

    async def respond(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
        del info
        prompt = _prompt(messages)
        turn = sum(isinstance(message, ModelResponse) for message in messages)
        # Seeded by what it was asked: the same run reads, and costs, the same again.
        chance = random.Random(f"{name}/{prompt}/{turn}")  # noqa: S311 - a sample, not a secret
        await asyncio.sleep(seconds * chance.uniform(0.5, 1.5))
        return ModelResponse(
            parts=script(Ask(prompt, turn, chance)),
            usage=RequestUsage(
                input_tokens=(turn + 1) * input_tokens + len(prompt) // 4 + chance.randrange(90),
                cache_read_tokens=turn * input_tokens,
                output_tokens=int(output_tokens * chance.uniform(0.6, 1.4)),
            ),
            model_name=name,
            provider_name=provider,
        )

    return FunctionModel(respond, model_name=name)


def _prompt(messages: list[ModelMessage]) -> str:
    for message in messages:
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, UserPromptPart):
                    return str(part.content)
    return ""
