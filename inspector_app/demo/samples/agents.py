"""The agents of the samples: pydantic-ai's own, whose requests and tool calls are activities.

Workflows import this file passed through the sandbox, which would build them anew for each run.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Final

from pydantic_ai import Agent
from pydantic_ai.durable_exec.temporal import TemporalDurability
from pydantic_ai.messages import TextPart, ToolCallPart
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

from inspector_app.demo.samples.models import Ask, Parts, model

_NO_SOURCE: Final = ("outage", "figures")
"""A question with both words finds no source: its run fails after its tries."""


def _durable() -> TemporalDurability[object]:
    return TemporalDurability(
        activity_config={
            "start_to_close_timeout": timedelta(seconds=30),
            "retry_policy": RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=3),
        }
    )


def _plan(ask: Ask) -> Parts:
    return [TextPart(f"{ask.prompt}: who sells and buys it\n{ask.prompt}: what the figures say")]


def _read(ask: Ask) -> Parts:
    if ask.turn == 0:
        return [
            ToolCallPart("search_sources", {"question": ask.prompt}),
            ToolCallPart("read_figures", {"question": ask.prompt}),
        ]
    growth = ask.chance.randrange(2, 19)
    return [TextPart(f"{ask.prompt}: {growth} % more a year; two sources agree on it.")]


def _write(ask: Ask) -> Parts:
    topic, *found = ask.prompt.splitlines()
    return [TextPart(f"Brief on {topic}. {' '.join(found)} One press release is left out.")]


def _draft(ask: Ask) -> Parts:
    if ask.turn == 0:
        return [
            ToolCallPart("look_up_order", {"customer": ask.prompt.partition(":")[0]}),
            ToolCallPart("search_handbook", {"words": ask.prompt}),
        ]
    days = ask.chance.randrange(1, 4)
    return [TextPart(f"We are sorry. Your parcel is on its way and arrives in {days} days.")]


planner = Agent(
    model("gpt-4.1-mini", "openai", _plan, input_tokens=450, output_tokens=90, seconds=0.4),
    name="planner",
    instructions="Split the topic into two questions, one a line.",
    capabilities=[_durable()],
)
reader = Agent(
    model("gemini-2.5-flash", "google", _read, input_tokens=1200, output_tokens=160, seconds=0.5),
    name="reader",
    instructions="Answer the question from sources and figures; use both tools at once.",
    capabilities=[_durable()],
)
writer = Agent(
    model(
        "claude-sonnet-4-5", "anthropic", _write, input_tokens=2600, output_tokens=850, seconds=0.9
    ),
    name="writer",
    instructions="Write a brief of one paragraph from what was found.",
    capabilities=[_durable()],
)
support = Agent(
    model("gpt-4.1-mini", "openai", _draft, input_tokens=900, output_tokens=140, seconds=0.5),
    name="support",
    instructions="Draft an answer to the customer; a person reads it before it is sent.",
    capabilities=[_durable()],
)


@reader.tool_plain
async def search_sources(question: str) -> list[str]:
    """Find sources that answer a question."""
    await asyncio.sleep(0.3)
    if all(word in question for word in _NO_SOURCE):
        raise ApplicationError("The source index does not answer.", type="SourcesUnavailable")
    return [f"{question}: annual report", f"{question}: survey", f"{question}: press release"]


@reader.tool_plain
async def read_figures(question: str) -> dict[str, int]:
    """Read the figures that belong to a question."""
    await asyncio.sleep(0.2)
    return {"pages": 40 + len(question), "tables": 7}


@support.tool_plain
async def look_up_order(customer: str) -> dict[str, str]:
    """Look up a customer's last order."""
    await asyncio.sleep(0.2)
    return {"customer": customer, "order": f"A-{1000 + len(customer)}", "state": "in transit"}


@support.tool_plain
async def search_handbook(words: str) -> list[str]:
    """Find what the handbook says."""
    await asyncio.sleep(0.3)
    return ["Late parcels: say sorry, name the day.", f"{len(words)} other entries"]
