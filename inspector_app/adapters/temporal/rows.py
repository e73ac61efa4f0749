"""From an event to its row: read field by field, since the generic converters take seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, cast

from google.protobuf.message import Message
from temporalio.api.enums.v1 import EventType, RetryState, TimeoutType, WorkflowTaskFailedCause
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent

from inspector_app.adapters.temporal.payloads import message_of, readable
from inspector_app.domain.histories import FAILURE_KEPT, EventKind, EventRow, EventTone
from inspector_app.domain.ids import EventId

Line = tuple[str, str]
"""(subject, note) of an event."""


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.removeprefix("EVENT_TYPE_").split("_"))


TYPES: Final[dict[int, str]] = {number: _camel(name) for name, number in EventType.items()}


def _kind(name: str) -> EventKind:
    if name.startswith("WorkflowTask"):
        return EventKind.TASK
    if "Signal" in name:
        return EventKind.SIGNAL
    for part, kind in (
        ("Update", EventKind.UPDATE),
        ("Activity", EventKind.ACTIVITY),
        ("Timer", EventKind.TIMER),
        ("ChildWorkflow", EventKind.CHILD),
        ("Marker", EventKind.MARKER),
        ("WorkflowExecution", EventKind.WORKFLOW),
    ):
        if part in name:
            return kind
    return EventKind.OTHER


def _tone(name: str) -> EventTone:
    if name == "WorkflowExecutionSignaled":
        return EventTone.SIGNAL
    for part, tone in (
        ("TimedOut", EventTone.TIMED_OUT),
        ("Failed", EventTone.FAILED),
        ("Terminated", EventTone.FAILED),
        ("Rejected", EventTone.FAILED),
        ("CancelRequest", EventTone.NEUTRAL),
        ("Canceled", EventTone.CANCELED),
        ("Unpaused", EventTone.NEUTRAL),
        ("Paused", EventTone.PAUSED),
    ):
        if part in name:
            return tone
    plain = name.endswith("Completed") and not name.startswith("WorkflowTask")
    return EventTone.COMPLETED if plain else EventTone.NEUTRAL


_LOOKS: Final = {number: (_kind(name), _tone(name)) for number, name in TYPES.items()}


class Rows:
    """Makes rows of one history in order; remembers what later events only refer to."""

    def __init__(self) -> None:
        self._scheduled: dict[int, str] = {}
        """Activity type, timer id or child by the id of the event that asked for it."""
        self._failure = ""

    def row(self, event: HistoryEvent) -> EventRow:
        """Make the row of the next event."""
        number = event.event_type
        kind, tone = _LOOKS.get(number, (EventKind.OTHER, EventTone.NEUTRAL))
        attributes = event.WhichOneof("attributes")
        line = _LINES.get(attributes or "")
        self._failure = ""
        subject, note = line(self, event) if line else ("", "")
        return EventRow(
            id=EventId(event.event_id),
            at=datetime.fromtimestamp(
                event.event_time.seconds + event.event_time.nanos / 1e9, tz=UTC
            ),
            type=TYPES.get(number, f"EventType{number}"),
            kind=kind,
            tone=tone,
            subject=subject,
            note=note,
            failure=self._failure,
        )

    def why(self, failure: Failure) -> str:
        """Say what failed, in full: it is cut to a line when it is shown."""
        self._failure = message_of(failure)[:FAILURE_KEPT]
        return self._failure

    def remember(self, event: HistoryEvent, name: str) -> str:
        """Keep what an event asked for, for the events that answer it."""
        self._scheduled[event.event_id] = name
        return name

    def recall(self, scheduled: int) -> str:
        """Name what event `scheduled` asked for."""
        return self._scheduled.get(scheduled, f"event {scheduled}")


def _size(payloads: Message) -> str:
    size = payloads.ByteSize()
    if size == 0:
        return ""
    return f"{size:,} bytes" if size < 1000 else f"{size / 1000:.1f} kB"  # noqa: PLR2004 - a kilobyte


def _named(number: int, names: Callable[[int], str], prefix: str) -> str:
    try:
        return names(number).removeprefix(prefix).replace("_", " ").lower()
    except ValueError:
        return str(number)


def _retry(number: int) -> str:
    return _named(number, lambda n: RetryState.Name(RetryState.ValueType(n)), "RETRY_STATE_")


def _timeout(number: int) -> str:
    return _named(number, lambda n: TimeoutType.Name(TimeoutType.ValueType(n)), "TIMEOUT_TYPE_")


def _started(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_started_event_attributes
    return a.workflow_type.name, f"on {a.task_queue.name}, attempt {a.attempt}"


def _completed(_rows: Rows, event: HistoryEvent) -> Line:
    return "", _size(event.workflow_execution_completed_event_attributes.result)


def _failed(rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_failed_event_attributes
    return rows.why(a.failure), _retry(a.retry_state)


def _terminated(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_terminated_event_attributes
    return a.reason, f"by {a.identity}" if a.identity else ""


def _cancel_requested(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_cancel_requested_event_attributes
    return a.cause, f"by {a.identity}" if a.identity else ""


def _continued(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_continued_as_new_event_attributes
    return a.workflow_type.name, f"run {a.new_execution_run_id}"


def _task_scheduled(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_task_scheduled_event_attributes
    return "", f"on {a.task_queue.name}, attempt {a.attempt}"


def _task_started(_rows: Rows, event: HistoryEvent) -> Line:
    return "", event.workflow_task_started_event_attributes.identity


def _task_failed(rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_task_failed_event_attributes
    cause = _named(
        a.cause,
        lambda n: WorkflowTaskFailedCause.Name(WorkflowTaskFailedCause.ValueType(n)),
        "WORKFLOW_TASK_FAILED_CAUSE_",
    )
    return cause, rows.why(a.failure)


def _task_timed_out(_rows: Rows, event: HistoryEvent) -> Line:
    return _timeout(event.workflow_task_timed_out_event_attributes.timeout_type), ""


def _activity_scheduled(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_scheduled_event_attributes
    return rows.remember(event, a.activity_type.name), _size(a.input)


def _activity_started(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_started_event_attributes
    note = f"try {a.attempt}, {a.identity}"
    if a.HasField("last_failure"):
        note += f", last failure {rows.why(a.last_failure)}"
    return rows.recall(a.scheduled_event_id), note


def _activity_completed(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_completed_event_attributes
    return rows.recall(a.scheduled_event_id), _size(a.result)


def _activity_failed(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_failed_event_attributes
    return rows.recall(a.scheduled_event_id), f"{rows.why(a.failure)}, {_retry(a.retry_state)}"


def _activity_timed_out(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_timed_out_event_attributes
    kind = _timeout(a.failure.timeout_failure_info.timeout_type)
    return rows.recall(a.scheduled_event_id), f"{kind}, {_retry(a.retry_state)}"


def _activity_cancel_requested(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_cancel_requested_event_attributes
    return rows.recall(a.scheduled_event_id), ""


def _activity_canceled(rows: Rows, event: HistoryEvent) -> Line:
    a = event.activity_task_canceled_event_attributes
    return rows.recall(a.scheduled_event_id), ""


def _timer_started(rows: Rows, event: HistoryEvent) -> Line:
    a = event.timer_started_event_attributes
    seconds = a.start_to_fire_timeout.seconds + a.start_to_fire_timeout.nanos / 1e9
    return rows.remember(event, f"timer {a.timer_id}"), f"{seconds:g} s"


def _timer_fired(rows: Rows, event: HistoryEvent) -> Line:
    return rows.recall(event.timer_fired_event_attributes.started_event_id), ""


def _timer_canceled(rows: Rows, event: HistoryEvent) -> Line:
    return rows.recall(event.timer_canceled_event_attributes.started_event_id), ""


def _signaled(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_signaled_event_attributes
    parts = (f"from {a.identity}" if a.identity else "", _size(a.input))
    return a.signal_name, ", ".join(part for part in parts if part)


_MARKED: Final = {
    "core_patch": ("patch-data", "id"),
    "core_local_activity": ("data", "activity_type"),
    "LocalActivity": ("data", "ActivityType"),
    "Version": ("change-id", ""),
}
"""By a marker's name: where it says what it is for, and the field if that is an object."""


def _marker(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.marker_recorded_event_attributes
    key, field = _MARKED.get(a.marker_name, ("", ""))
    for payload in a.details[key].payloads[:1] if key in a.details else ():
        value = readable(payload)
        said = cast("dict[str, object]", value).get(field) if isinstance(value, dict) else value
        return a.marker_name, said if isinstance(said, str) else ""
    return a.marker_name, ""


def _child_initiated(rows: Rows, event: HistoryEvent) -> Line:
    a = event.start_child_workflow_execution_initiated_event_attributes
    return rows.remember(event, a.workflow_type.name), a.workflow_id


def _child_start_failed(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.start_child_workflow_execution_failed_event_attributes
    return a.workflow_type.name, a.workflow_id


def _child_started(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.child_workflow_execution_started_event_attributes
    return a.workflow_type.name, a.workflow_execution.workflow_id


def _child_completed(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.child_workflow_execution_completed_event_attributes
    return a.workflow_type.name, a.workflow_execution.workflow_id


def _child_failed(rows: Rows, event: HistoryEvent) -> Line:
    a = event.child_workflow_execution_failed_event_attributes
    return a.workflow_type.name, f"{a.workflow_execution.workflow_id}: {rows.why(a.failure)}"


def _child_canceled(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.child_workflow_execution_canceled_event_attributes
    return a.workflow_type.name, a.workflow_execution.workflow_id


def _child_timed_out(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.child_workflow_execution_timed_out_event_attributes
    return a.workflow_type.name, a.workflow_execution.workflow_id


def _child_terminated(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.child_workflow_execution_terminated_event_attributes
    return a.workflow_type.name, a.workflow_execution.workflow_id


def _external_signal(rows: Rows, event: HistoryEvent) -> Line:
    a = event.signal_external_workflow_execution_initiated_event_attributes
    return rows.remember(event, a.signal_name), f"to {a.workflow_execution.workflow_id}"


def _external_signaled(rows: Rows, event: HistoryEvent) -> Line:
    a = event.external_workflow_execution_signaled_event_attributes
    return rows.recall(a.initiated_event_id), f"to {a.workflow_execution.workflow_id}"


def _attributes(_rows: Rows, event: HistoryEvent) -> Line:
    fields = event.upsert_workflow_search_attributes_event_attributes.search_attributes
    return ", ".join(sorted(fields.indexed_fields)), ""


def _memo(_rows: Rows, event: HistoryEvent) -> Line:
    fields = event.workflow_properties_modified_event_attributes.upserted_memo.fields
    return ", ".join(sorted(fields)), ""


def _update_accepted(rows: Rows, event: HistoryEvent) -> Line:
    request = event.workflow_execution_update_accepted_event_attributes.accepted_request
    return rows.remember(event, request.input.name), f"update {request.meta.update_id}"


def _update_completed(rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_update_completed_event_attributes
    failed = f"failed: {rows.why(a.outcome.failure)}" if a.outcome.HasField("failure") else ""
    return rows.recall(a.accepted_event_id), failed


def _paused(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_paused_event_attributes
    return a.reason, f"by {a.identity}" if a.identity else ""


def _unpaused(_rows: Rows, event: HistoryEvent) -> Line:
    a = event.workflow_execution_unpaused_event_attributes
    return a.reason, f"by {a.identity}" if a.identity else ""


_LINES: Final[dict[str, Callable[[Rows, HistoryEvent], Line]]] = {
    f"{name}_event_attributes": line
    for name, line in {
        "workflow_execution_started": _started,
        "workflow_execution_completed": _completed,
        "workflow_execution_failed": _failed,
        "workflow_execution_terminated": _terminated,
        "workflow_execution_cancel_requested": _cancel_requested,
        "workflow_execution_continued_as_new": _continued,
        "workflow_task_scheduled": _task_scheduled,
        "workflow_task_started": _task_started,
        "workflow_task_failed": _task_failed,
        "workflow_task_timed_out": _task_timed_out,
        "activity_task_scheduled": _activity_scheduled,
        "activity_task_started": _activity_started,
        "activity_task_completed": _activity_completed,
        "activity_task_failed": _activity_failed,
        "activity_task_timed_out": _activity_timed_out,
        "activity_task_cancel_requested": _activity_cancel_requested,
        "activity_task_canceled": _activity_canceled,
        "timer_started": _timer_started,
        "timer_fired": _timer_fired,
        "timer_canceled": _timer_canceled,
        "workflow_execution_signaled": _signaled,
        "marker_recorded": _marker,
        "start_child_workflow_execution_initiated": _child_initiated,
        "start_child_workflow_execution_failed": _child_start_failed,
        "child_workflow_execution_started": _child_started,
        "child_workflow_execution_completed": _child_completed,
        "child_workflow_execution_failed": _child_failed,
        "child_workflow_execution_canceled": _child_canceled,
        "child_workflow_execution_timed_out": _child_timed_out,
        "child_workflow_execution_terminated": _child_terminated,
        "signal_external_workflow_execution_initiated": _external_signal,
        "external_workflow_execution_signaled": _external_signaled,
        "upsert_workflow_search_attributes": _attributes,
        "workflow_properties_modified": _memo,
        "workflow_execution_update_accepted": _update_accepted,
        "workflow_execution_update_completed": _update_completed,
        "workflow_execution_paused": _paused,
        "workflow_execution_unpaused": _unpaused,
    }.items()
}
