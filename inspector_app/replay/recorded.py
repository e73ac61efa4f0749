"""What a history says of its run, with no code: what it asked for, and what it was told."""

from __future__ import annotations

from typing import Any

from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import HistoryEvent

from . import histories, plain
from .commands import Command, arguments, result
from .histories import Read
from .originals import marker_fields, originals

_RESET = WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW
_ANSWERS = {
    "activity_task": ("activity", "scheduled_event_id"),
    "child_workflow_execution": ("child", "initiated_event_id"),
    "nexus_operation": ("nexus", "scheduled_event_id"),
    "external_workflow_execution": ("external", ""),
}
_ENDINGS = ("completed", "failed", "timed_out", "canceled", "terminated")


def recorded(content: bytes) -> dict[str, object]:
    """Read a history as plain JSON.

    Raises:
        NotReplayable: It is none.
    """
    history = histories.read(content)
    started, events = history.started, history.events
    resets = [
        {
            "event_id": event.event_id,
            "base_run_id": event.workflow_task_failed_event_attributes.base_run_id,
            "run_id": event.workflow_task_failed_event_attributes.new_run_id,
            "reason": event.workflow_task_failed_event_attributes.failure.message,
        }
        for event in events
        if event.workflow_task_failed_event_attributes.cause == _RESET
    ]
    return {
        "workflow_type": started.workflow_type.name,
        "workflow_id": started.workflow_id,
        "run_id": started.original_execution_run_id,
        "events": [_mark(each) for each in events],
        "resets": resets,
        "commands": [_own(each, history).to_json() for each in originals(history)],
        "told": [each.to_json() for each in _told(history)],
        "encodings": sorted(histories.encodings(events)),
    }


def _mark(event: HistoryEvent) -> str:
    """Return what two copies of one event have in common: a reset copies all but its task."""
    at = event.event_time
    return f"{event.event_type} {at.seconds}.{at.nanos:09}"


def _own(command: Command, history: Read) -> Command:
    """Name what the SDKs number or draw by what the code called it; read the other SDKs' markers.

    Marker names and keys: sdk-go `internal_command_state_machine.go`, sdk-java
    `VersionMarkerUtils` and `LocalActivityMarkerUtils`.
    """
    event = history.events[(command.event_id or 1) - 1]
    if command.kind == "update_accepted":
        request = event.workflow_execution_update_accepted_event_attributes.accepted_request
        command.name = request.input.name
    elif command.kind == "update_completed":
        accepted = event.workflow_execution_update_completed_event_attributes.accepted_event_id
        a = history.events[accepted - 1].workflow_execution_update_accepted_event_attributes
        command.name = a.accepted_request.input.name
    elif command.kind == "marker":
        marker = event.marker_recorded_event_attributes
        values: dict[str, Any] = {
            key: plain.value_of(each.payloads[0])
            for key, each in marker.details.items()
            if each.payloads
        }
        if command.name == "Version":
            command.kind, command.name = (
                "patch",
                str(values.get("change-id", values.get("changeId", ""))),
            )
            command.attributes = {"version": values.get("version")}
        elif command.name == "LocalActivity":
            fields = marker_fields(marker, "data")
            name = fields.get("ActivityType") or values.get("type") or ""
            command.kind, command.name = "local_activity", str(name)
    return command


def _told(history: Read) -> list[Command]:
    """Return what came to the run from outside, as it came."""
    completed, found = 0, list[Command]()
    for event in history.events:
        if event.HasField("workflow_task_completed_event_attributes"):
            completed = event.event_id
        answer = _answer(event, history)
        if answer is not None:
            answer.task, answer.event_id = completed, event.event_id
            found.append(answer)
    return found


def _answer(event: HistoryEvent, history: Read) -> Command | None:  # noqa: PLR0911 - one a kind
    name = (event.WhichOneof("attributes") or "").removesuffix("_event_attributes")
    a: Any = getattr(event, f"{name}_event_attributes", None)
    match name:
        case "workflow_execution_started":
            return Command("told", "the input", attributes=arguments(a.input.payloads))
        case "workflow_execution_signaled":
            said = arguments(a.input.payloads)
            return Command("told", f"signal {a.signal_name!r}", attributes=said)
        case "workflow_execution_update_accepted":
            call = a.accepted_request.input
            said = arguments(call.args.payloads)
            return Command("told", f"update {call.name!r}", attributes=said)
        case "workflow_execution_cancel_requested":
            return Command("told", "the request to cancel")
        case "timer_fired":
            return Command("told", "the timer's end")
        case "marker_recorded":
            kept = [each for key in sorted(a.details) for each in a.details[key].payloads]
            local = a.marker_name in {"core_local_activity", "LocalActivity"}
            if not local and a.marker_name not in {"SideEffect", "MutableSideEffect"}:
                return None
            values = result(a.details["result"].payloads) if local else arguments(kept)
            return Command("told", f"the result of a {_NAMES[a.marker_name]}", attributes=values)
        case _:
            return _ended(name, a, history)


_NAMES = {
    "core_local_activity": "local activity",
    "LocalActivity": "local activity",
    "SideEffect": "side effect",
    "MutableSideEffect": "side effect",
}


def _ended(name: str, a: Any, history: Read) -> Command | None:
    for prefix, (what, by) in _ANSWERS.items():
        ending = name.removeprefix(f"{prefix}_")
        if ending == name or ending not in _ENDINGS:
            continue
        asked = getattr(a, by, 0) if by else 0
        words = f"{what} {_type_of(asked, history)!r}" if asked else what
        said: dict[str, object] = {}
        fields = {each.name for each in a.DESCRIPTOR.fields}
        if "failure" in fields and a.HasField("failure"):
            said["failure"] = plain.failure_of(a.failure)
        if "result" in fields:
            payloads = a.result.payloads if hasattr(a.result, "payloads") else [a.result]
            said |= result(payloads)
        return Command("told", f"{words} {ending.replace('_', ' ')}", attributes=said)
    return None


def _type_of(event_id: int, history: Read) -> str:
    event = history.events[event_id - 1] if 0 < event_id <= len(history.events) else None
    if event is None:
        return ""
    return (
        event.activity_task_scheduled_event_attributes.activity_type.name
        or event.start_child_workflow_execution_initiated_event_attributes.workflow_type.name
        or event.nexus_operation_scheduled_event_attributes.operation
    )
