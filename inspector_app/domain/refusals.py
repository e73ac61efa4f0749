"""A workflow task that keeps failing: where and why, from the message of any SDK."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inspector_app.domain.histories import EventRow
from inspector_app.domain.ids import EventId
from inspector_app.domain.sdk_messages import Accusation, Side, accused, is_about_nondeterminism

NONDETERMINISM: Final = "NonDeterministicError"
"""The cause by which the server knows a refused replay."""


@dataclass(frozen=True, slots=True)
class TaskFailure:
    """The last workflow task, if it failed. Later tries write no event of their own."""

    event_id: EventId
    """The WorkflowTaskFailed."""
    cause: str
    """CamelCase, such as `NonDeterministicError`."""
    message: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a run is stuck, in plain words."""

    failure: TaskFailure
    summary: str
    """One sentence."""
    remedies: tuple[str, ...]
    nondeterminism: bool = False
    event_id: EventId | None = None
    """Where history and code part; None where the message does not lead to an event."""
    certain: bool = False
    """False where several events fit the message, of which `event_id` is the first."""
    accusation: Accusation | None = None


def refusal(failure: TaskFailure, rows: Sequence[EventRow]) -> Refusal:
    """Explain a failed task; `rows` is the history, from its first event on."""
    about = failure.cause == NONDETERMINISM or is_about_nondeterminism(failure.message)
    if not about:
        first = failure.message.split("\n", 1)[0]
        said = f"The workflow's code raises in its task: {first or failure.cause}."
        return Refusal(failure, summary=said, remedies=_RAISES)
    accusation = accused(failure.message)
    places = _places(accusation, rows) if accusation else []
    at = places[0] if places else None
    said = _sentence(accusation, at, rows, len(places)) if accusation else _UNREAD
    return Refusal(
        failure,
        said,
        _remedies(at, rows),
        nondeterminism=True,
        event_id=at,
        certain=len(places) == 1,
        accusation=accusation,
    )


def needs_rows(failure: TaskFailure) -> bool:
    """Whether the history must be looked through to find the place."""
    return failure.cause == NONDETERMINISM or is_about_nondeterminism(failure.message)


def _places(accusation: Accusation, rows: Sequence[EventRow]) -> list[EventId]:
    """Return the events that a message may be about."""
    if accusation.event_id is not None:
        return [accusation.event_id] if accusation.event_id <= len(rows) else []
    side = accusation.history
    if side is None:  # Go numbers what the code asks for by the event it would become
        own = accusation.code.id if accusation.code else ""
        return [EventId(int(own))] if own.isdecimal() and 0 < int(own) <= len(rows) else []
    numbered = accusation.sdk == "Go" and side.id.isdecimal()
    if numbered and 0 < int(side.id) <= len(rows):
        row = rows[int(side.id) - 1]
        if row.type == side.type and _goes_by(row, side.name):
            return [row.id]
    found = [
        row.id
        for row in rows
        if row.type == side.type
        and row.id > (accusation.after or 0)
        and (_goes_by(row, side.name) if side.name else _is_called(row, side.id))
    ]
    return found[:1] if accusation.after else found


def _goes_by(row: EventRow, name: str) -> bool:
    """Whether a row's name is this one; Go compares what stands behind the last dot."""
    if row.type == "MarkerRecorded":
        return row.note in {"", name}  # not every SDK says in it what it is for
    return not name or row.subject.rsplit(".", 1)[-1] == name.rsplit(".", 1)[-1]


def _is_called(row: EventRow, own: str) -> bool:
    return not own or own in {row.subject, row.note} or row.subject == f"timer {own}"


_WORDS: Final = {
    "ActivityTaskScheduled": "activity",
    "ScheduleActivityTask": "activity",
    "LocalActivity": "local activity",
    "TimerStarted": "timer",
    "StartTimer": "timer",
    "TimerCanceled": "cancelled timer",
    "CancelTimer": "cancelled timer",
    "StartChildWorkflowExecutionInitiated": "child workflow",
    "StartChildWorkflowExecution": "child workflow",
    "SignalExternalWorkflowExecutionInitiated": "signal to another workflow",
    "SignalExternalWorkflowExecution": "signal to another workflow",
    "RequestCancelExternalWorkflowExecutionInitiated": "request to cancel another workflow",
    "RequestCancelExternalWorkflowExecution": "request to cancel another workflow",
    "ActivityTaskCancelRequested": "cancelled activity",
    "RequestCancelActivityTask": "cancelled activity",
    "MarkerRecorded": "marker",
    "RecordMarker": "marker",
    "Patch": "patch",
    "Update": "answer to an update",
    "WorkflowExecutionUpdateAccepted": "accepted update",
    "WorkflowExecutionUpdateCompleted": "answered update",
    "UpsertWorkflowSearchAttributes": "change of search attributes",
    "ModifyWorkflowProperties": "change of the memo",
    "WorkflowPropertiesModified": "change of the memo",
    "NexusOperationScheduled": "Nexus operation",
    "ScheduleNexusOperation": "Nexus operation",
    "WorkflowExecutionCompleted": "end with a result",
    "CompleteWorkflowExecution": "end with a result",
    "WorkflowExecutionFailed": "end with a failure",
    "FailWorkflowExecution": "end with a failure",
    "WorkflowExecutionCanceled": "end by cancellation",
    "CancelWorkflowExecution": "end by cancellation",
    "WorkflowExecutionContinuedAsNew": "continue-as-new",
    "ContinueAsNewWorkflowExecution": "continue-as-new",
}


def words(side: Side) -> str:
    """Name what a side has to a person: `activity 'charge'`, `a timer`."""
    what = _WORDS.get(side.type, side.type)
    if side.name:
        return f"{what} {side.name!r}"
    return f"an {what}" if what[0].lower() in "aeiou" else f"a {what}"


def _sentence(
    accusation: Accusation, at: EventId | None, rows: Sequence[EventRow], places: int
) -> str:
    history, code = accusation.history, accusation.code
    row = rows[at - 1] if at else None
    where = f"At event {at} the" if at else "The"
    if history is None:
        assert code is not None, "one side has something"
        has = f"{row.type} stands in the history" if row else "the history has nothing"
        return f"{where} worker's code asks for {words(code)}, and {has} there."
    if row and row.type == history.type in _NAMED:
        history = Side(history.type, row.subject, history.id)
    if history.type == "MarkerRecorded" and history.name:
        local = accusation.sdk == "Java" or (code and code.type == "LocalActivity")
        history = Side("LocalActivity" if local else "Patch", history.name)
    more = f" (or at one of {places - 1} later like it)" if places > 1 else ""
    asks = f"asks for {words(code)} there" if code else "asks for nothing there"
    return f"{where} history has {words(history)}{more}, and the worker's code {asks}."


_NAMED: Final = {"ActivityTaskScheduled", "StartChildWorkflowExecutionInitiated"}
_UNREAD: Final = (
    "The worker's code no longer fits this history, and the SDK's message does not say where."
)
_RAISES: Final = ("Correct the code and deploy it: the server tries this task again by itself.",)


def _remedies(at: EventId | None, rows: Sequence[EventRow]) -> tuple[str, ...]:
    """Say what can be done, in no SDK's own terms."""
    reset = _reset_point(at, rows)
    found = [
        "Roll the workers back to the code that this run began with: it goes on by itself.",
        (
            "Keep old runs on their old path by a patch (workflow.patched, patched, GetVersion,"
            " Workflow.getVersion) around what has changed, and deploy that."
        ),
    ]
    if reset:
        found.append(
            f"Reset the run to event {reset} (WorkflowTaskCompleted): the new code takes over"
            " there, and what the history did from then on happens again."
        )
    found.append("From now on pin runs to the code they began with: worker versioning.")
    return tuple(found)


def _reset_point(at: EventId | None, rows: Sequence[EventRow]) -> EventId | None:
    if at is None:
        return None
    done = (row.id for row in reversed(rows[:at]) if row.type == "WorkflowTaskCompleted")
    return next(done, None)
