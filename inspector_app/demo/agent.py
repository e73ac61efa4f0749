"""The sample: an agent that researches, then waits for a person's word.

A real agent of pydantic-ai on Temporal: each model request and tool call is an activity. Its
model is a function, so it needs no network; names and token counts are those of a real one.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta

from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import PydanticAIWorkflow, TemporalDurability
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
from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

MODEL = "claude-sonnet-4-5"
NO_ANSWER = timedelta(hours=2)
TASK_QUEUE = "agents-demo"
_FAILING = "outage"
"""A topic with this word finds no source: the run fails after its tries."""


def _topic_of(messages: list[ModelMessage]) -> str:
    for message in messages:
        if isinstance(message, ModelRequest):
            for part in message.parts:
                if isinstance(part, UserPromptPart):
                    return str(part.content)
    return "nothing"


async def _model(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Answer as a model would: ask for sources, then for numbers, then write the brief."""
    del info
    topic = _topic_of(messages)
    turn = sum(isinstance(message, ModelResponse) for message in messages)
    # Seeded by what it was asked: the same run reads the same again.
    chance = random.Random(f"{topic}/{turn}")  # noqa: S311 - a sample, not a secret
    await asyncio.sleep(chance.uniform(0.3, 1.2))
    usage = RequestUsage(
        input_tokens=900 + 1400 * turn + chance.randrange(200),
        output_tokens=700 + chance.randrange(400) if turn else 60 + chance.randrange(80),
        cache_read_tokens=800 * turn,
    )
    parts: list[TextPart | ToolCallPart]
    if turn == 0:
        parts = [
            ToolCallPart("search_sources", {"topic": topic}),
            ToolCallPart("read_figures", {"topic": topic}),
        ]
    else:
        parts = [
            TextPart(
                f"Brief on {topic}: demand grows by {chance.randrange(2, 19)} % a year, led by "
                "two suppliers. Three sources agree; one press release is left out."
            )
        ]
    return ModelResponse(parts=parts, usage=usage, model_name=MODEL)


agent = Agent(
    FunctionModel(_model, model_name=MODEL),
    name="research",
    instructions="Research the topic with your tools, then write a brief of one paragraph.",
    capabilities=[
        TemporalDurability(
            activity_config={
                "start_to_close_timeout": timedelta(seconds=30),
                "retry_policy": RetryPolicy(
                    initial_interval=timedelta(seconds=1), maximum_attempts=3
                ),
            }
        )
    ],
)


@agent.tool_plain
async def search_sources(topic: str) -> list[str]:
    """Find sources on a topic."""
    await asyncio.sleep(0.4)
    if _FAILING in topic:
        raise ApplicationError("The source index does not answer.", type="SourcesUnavailable")
    return [f"{topic}: annual report", f"{topic}: market survey", f"{topic}: press release"]


@agent.tool_plain
async def read_figures(topic: str) -> dict[str, int]:
    """Read the figures that belong to a topic."""
    await asyncio.sleep(0.2)
    return {"pages": 40 + len(topic), "tables": 7}


@dataclass(frozen=True, slots=True)
class ResearchInput:
    """What to look into."""

    topic: str
    asked_by: str = "demo"


@dataclass(frozen=True, slots=True)
class ResearchResult:
    """The brief and what the person said to it."""

    brief: str
    approved: bool
    note: str


@workflow.defn
class ResearchAgent(PydanticAIWorkflow):
    """Researches a topic and waits for a person to approve the brief."""

    __pydantic_ai_agents__ = (agent,)

    def __init__(self) -> None:
        """Begin without an answer."""
        self._stage = "researching"
        self._answer: tuple[bool, str] | None = None
        self._held = False

    @workflow.run
    async def run(self, request: ResearchInput) -> ResearchResult:
        """Research, wait for the answer, finish."""
        workflow.set_current_details("Researching")
        answer = await agent.run(request.topic)
        self._stage = "waiting for approval"
        workflow.set_current_details("Waiting for a person to send the signal **approve**")
        try:
            await workflow.wait_condition(
                lambda: self._answer is not None and not self._held, timeout=NO_ANSWER
            )
        except TimeoutError:
            self._answer = (False, "nobody answered in time")
        approved, note = self._answer or (False, "")
        self._stage = "approved" if approved else "rejected"
        workflow.set_current_details(self._stage.capitalize())
        return ResearchResult(brief=answer.output, approved=approved, note=note)

    @workflow.signal(description="Approve the brief or not: approved (true or false), a note.")
    def approve(self, approved: bool, note: str) -> None:  # noqa: FBT001 - a signal's arguments are positional
        """Take a person's answer."""
        self._answer = (approved, note)

    @workflow.signal(description="By convention: hold the run before it finishes.")
    def pause(self) -> None:
        """Hold."""
        self._held = True

    @workflow.signal(description="By convention: let a held run go on.")
    def resume(self) -> None:
        """Go on."""
        self._held = False

    @workflow.query(description="What it is doing.")
    def progress(self) -> str:
        """Say what it is doing."""
        return "held" if self._held else self._stage
