"""An agent that drafts answers and waits for people: signals, queries, and updates that refuse."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from pydantic_ai.durable_exec.temporal import PydanticAIWorkflow
from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from inspector_app.demo.samples.agents import support

SILENCE: Final = timedelta(hours=8)
TEAM: Final = ("lena", "milan", "sofia")
_LONGEST: Final = 2000  # characters of an answer


@dataclass(frozen=True, slots=True)
class SupportInput:
    """Who asks, and what."""

    customer: str
    message: str


@dataclass(frozen=True, slots=True)
class SupportResult:
    """How a case ended."""

    messages: int
    closed_by: str


@dataclass(slots=True)
class Case:
    """What has been said in a case, and whose turn it is."""

    customer: str
    messages: list[str] = field(default_factory=list[str])
    unread: str = ""
    draft: str = ""
    assigned_to: str = ""
    closed_by: str = ""

    def hear(self, text: str) -> None:
        """Take a customer's message; the draft no longer fits."""
        self.messages.append(f"{self.customer}: {text}")
        self.unread, self.draft = text, ""

    def refuse_reply(self, text: str) -> None:
        """Raise ValueError where an answer cannot be sent."""
        if self.closed_by:
            raise ValueError(f"The case is closed, by {self.closed_by}.")
        if not text.strip() and not self.draft:
            raise ValueError("There is no draft to send yet: write an answer.")
        if len(text) > _LONGEST:
            raise ValueError(f"An answer has at most {_LONGEST} characters; this has {len(text)}.")

    def reply(self, text: str) -> int:
        """Send `text`, or the draft; returns how many messages the case has."""
        self.messages.append(f"{self.assigned_to or 'support'}: {text.strip() or self.draft}")
        self.draft = ""
        return len(self.messages)


@workflow.defn
class SupportAgent(PydanticAIWorkflow):
    """Drafts an answer to each message of a customer; a person sends it."""

    __pydantic_ai_agents__ = (support,)

    @workflow.init
    def __init__(self, request: SupportInput) -> None:
        """Begin with the customer's first message: an update may come before the run does."""
        self._case = Case(request.customer)
        self._case.hear(request.message)

    @workflow.run
    async def run(self, request: SupportInput) -> SupportResult:
        """Draft, wait, and so on until somebody closes the case."""
        case = self._case
        while not case.closed_by:
            if case.unread:
                workflow.set_current_details("Drafting an answer")
                unread, case.unread = case.unread, ""
                case.draft = (await support.run(f"{request.customer}: {unread}")).output
                continue
            workflow.set_current_details("Waiting for a person to send the update **reply**")
            try:
                await workflow.wait_condition(
                    lambda: bool(case.unread or case.closed_by), timeout=SILENCE
                )
            except TimeoutError:
                case.closed_by = "silence"
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.set_current_details(f"Closed by {case.closed_by}")
        return SupportResult(messages=len(case.messages), closed_by=case.closed_by)

    @workflow.signal(description="A message from the customer: its text.")
    def customer_says(self, text: str) -> None:
        """Take a customer's message."""
        self._case.hear(text)

    @workflow.signal(description="Close the case: who closes it.")
    def close(self, by: str) -> None:
        """End."""
        self._case.closed_by = by or "somebody"

    @workflow.update(
        description="Answer the customer: a text, or an empty one to send the draft. "
        "Returns how many messages the case has."
    )
    def reply(self, text: str) -> int:
        """Send an answer."""
        return self._case.reply(text)

    @reply.validator
    def _check_reply(self, text: str) -> None:
        self._case.refuse_reply(text)

    @workflow.update(description=f"Give the case to one of {', '.join(TEAM)}.")
    def assign(self, person: str) -> str:
        """Hand over; returns who had it before."""
        before, self._case.assigned_to = self._case.assigned_to, person
        return before

    @assign.validator
    def _check_assign(self, person: str) -> None:
        if person not in TEAM:
            raise ValueError(f"{person!r} is not in the team: {', '.join(TEAM)}.")

    @workflow.query(description="Every message so far, oldest first.")
    def transcript(self) -> list[str]:
        """Show what was said."""
        return self._case.messages

    @workflow.query(description="The agent's draft that waits for a person; empty without one.")
    def draft(self) -> str:
        """Show the draft."""
        return self._case.draft

    @workflow.query(description="Who has the case; empty while nobody has.")
    def assigned_to(self) -> str:
        """Name who has it."""
        return self._case.assigned_to
