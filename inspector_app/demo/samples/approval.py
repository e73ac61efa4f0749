"""An approval that waits too long: reminds, then turns to somebody else, and says for whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio import activity, workflow
from temporalio.common import SearchAttributeKey

WAITS_FOR: Final = SearchAttributeKey.for_keyword("WaitsFor")
_REMINDERS: Final = 3  # to the first person, before the run turns to the second
_LONGEST: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class PurchaseInput:
    """What to decide on, and who decides.

    Attributes:
        price: As people read it.
        decides: Who is asked; `then` is, after that one has let three reminders pass.
        remind_after: Seconds until the first reminder; each later one takes twice as long.
    """

    what: str
    price: str
    decides: str
    then: str
    remind_after: float = 20.0


@dataclass(frozen=True, slots=True)
class Reminder:
    """A word to who has not decided yet."""

    to: str
    what: str
    number: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, after how many reminders."""

    approved: bool
    note: str
    reminders: int


@activity.defn
async def remind(reminder: Reminder) -> str:
    """Send a reminder; returns what it says."""
    return f"{reminder.to}: {reminder.what} still waits for you (reminder {reminder.number})"


@workflow.defn
class PurchaseApproval:
    """Waits for somebody to approve a purchase; memo and search attribute say for whom."""

    @workflow.init
    def __init__(self, request: PurchaseInput) -> None:
        """Begin undecided."""
        self._waits_for = request.decides
        self._decision: tuple[bool, str] | None = None

    @workflow.run
    async def run(self, request: PurchaseInput) -> Decision:
        """Wait, remind, turn to somebody else; a week is the end of it."""
        self._turn_to(request.decides)
        wait, waited, reminders = timedelta(seconds=request.remind_after), timedelta(), 0
        while self._decision is None and waited < _LONGEST:
            try:
                await workflow.wait_condition(lambda: self._decision is not None, timeout=wait)
            except TimeoutError:
                waited, wait, reminders = waited + wait, wait * 2, reminders + 1
                if reminders == _REMINDERS:
                    self._turn_to(request.then)
                await workflow.execute_activity(
                    remind,
                    Reminder(self._waits_for, request.what, reminders),
                    start_to_close_timeout=timedelta(seconds=10),
                )
                workflow.set_current_details(
                    f"**Overdue.** Waits for {self._waits_for}; reminders sent: {reminders}"
                )
        approved, note = self._decision or (False, "nobody decided in a week")
        return Decision(approved=approved, note=note, reminders=reminders)

    def _turn_to(self, person: str) -> None:
        self._waits_for = person
        workflow.upsert_search_attributes([WAITS_FOR.value_set(person)])  # pyright: ignore[reportUnknownMemberType] - the library's own
        workflow.upsert_memo({"waits for": person})
        workflow.set_current_details(f"Waits for {person} to send the signal **decide**")

    @workflow.signal(description="Decide: approved (true or false), a note.")
    def decide(self, approved: bool, note: str) -> None:  # noqa: FBT001 - a signal's arguments are positional
        """Take the decision."""
        self._decision = (approved, note)

    @workflow.query(description="Who has to decide.")
    def waits_for(self) -> str:
        """Name them."""
        return self._waits_for
