"""An agent that plans, lets children read in parallel, writes, then waits for a person's word."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from pydantic_ai.durable_exec.temporal import PydanticAIWorkflow
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from inspector_app.demo.samples.agents import planner, reader, writer

NO_ANSWER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class ResearchInput:
    """What to look into; not every brief needs a person's word."""

    topic: str
    needs_approval: bool = True


@dataclass(frozen=True, slots=True)
class ResearchResult:
    """The brief and what the person said to it."""

    brief: str
    approved: bool
    note: str


@workflow.defn
class SourceReader(PydanticAIWorkflow):
    """Answers one question; its model asks for both tools at once."""

    __pydantic_ai_agents__ = (reader,)

    @workflow.run
    async def run(self, question: str) -> str:
        """Read and answer."""
        return (await reader.run(question)).output


@workflow.defn
class ResearchAgent(PydanticAIWorkflow):
    """Researches a topic and waits for a person to approve the brief."""

    __pydantic_ai_agents__ = (planner, writer)

    def __init__(self) -> None:
        """Begin without an answer."""
        self._stage = "researching"
        self._answer: tuple[bool, str] | None = None
        self._held = False

    @workflow.run
    async def run(self, request: ResearchInput) -> ResearchResult:
        """Research, wait for the answer, finish."""
        workflow.set_current_details("Researching")
        brief = await _research(request.topic)
        if not request.needs_approval:
            self._answer = (True, "needs no approval")
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
        return ResearchResult(brief=brief, approved=approved, note=note)

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


async def _research(topic: str) -> str:
    questions = (await planner.run(topic)).output.splitlines()
    found = await asyncio.gather(
        *(
            workflow.execute_child_workflow(
                SourceReader.run, question, id=f"{workflow.info().workflow_id}/question-{number}"
            )
            for number, question in enumerate(questions, 1)
        )
    )
    return (await writer.run("\n".join([topic, *found]))).output
