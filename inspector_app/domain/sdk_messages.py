"""Failure messages of the SDKs, read for what history has and what code did, without a recorder.

Sources of the templates, all by their function:

- Python, TypeScript, .NET, Ruby: their common core, sdk-core
  `core/src/worker/workflow/machines/*.rs` (`nondeterminism!`, in older releases
  `WFMachinesError::Nondeterminism`) and the `Display` of an event.
- Go: sdk-go `internal/internal_task_handlers.go` `matchReplayWithHistory`,
  `internal/internal_command_state_machine.go` `getCommand`, `handleActivityTaskScheduled`; fields
  as `internal/common/util/stringer.go` writes them. PHP runs on it.
- Java: sdk-java `WorkflowStateMachines.java` (`createEventProcessingException`,
  `handleCommandEvent`, `handleLocalActivityMarker`) and `StateMachineCommandUtils`'s checks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from inspector_app.domain.ids import EventId

MARK: Final = "[TMPRL1100]"
"""Stands in the message of every SDK since 2024 when a replay is refused."""
_OLDER: Final = ("nondeterminis", "non-determinis", "during replay")


@dataclass(frozen=True, slots=True)
class Side:
    """What one side has, as far as the message says."""

    type: str
    """An event's or a command's, CamelCase: `ActivityTaskScheduled`, `StartTimer`."""
    name: str = ""
    """The type of the activity or child, the patch."""
    id: str = ""
    """The id of the activity, timer or child."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """What a message says. None is nothing: the side asked for nothing at that place."""

    sdk: str
    """Whose message it is: `core` (several SDKs), `Go` or `Java`."""
    history: Side | None
    code: Side | None
    event_id: EventId | None = None
    """Where history and code part, if the message has it."""
    after: EventId | None = None
    """The WorkflowTaskCompleted behind which that is, if the message has only this."""


def is_about_nondeterminism(message: str) -> bool:
    """Tell whether a task's failure is a refused replay."""
    return MARK in message or any(each in message.lower() for each in _OLDER)


def accused(message: str) -> Accusation | None:
    """Read a message; None if it is not about non-determinism, or in no known form."""
    line = " ".join(message.split())  # logs and tickets wrap them
    for read in (_core, _java, _go):
        if (found := read(line)) is not None:
            return found
    return None


_EVENT = (
    r"HistoryEvent(?:\(id: (?P<id>\d+), (?:Some\()?(?P<type>\w+)\)?\)"
    r"| \{ event_id: (?P<id2>\d+).*?event_type: (?P<type2>\w+))"
)
_MACHINES: Final = {
    "activity": "ScheduleActivityTask",
    "local activity": "LocalActivity",
    "timer": "StartTimer",
    "child workflow": "StartChildWorkflowExecution",
    "complete workflow": "CompleteWorkflowExecution",
    "fail workflow": "FailWorkflowExecution",
    "cancel workflow": "CancelWorkflowExecution",
    "continue as new workflow": "ContinueAsNewWorkflowExecution",
    "signal external wf": "SignalExternalWorkflowExecution",
    "cancel external wf": "RequestCancelExternalWorkflowExecution",
    "update": "Update",
    "patch": "Patch",
    "version": "Patch",
    "upsertworkflowsearchattributes": "UpsertWorkflowSearchAttributes",
    "modify workflow properties": "ModifyWorkflowProperties",
    "nexus operation": "ScheduleNexusOperation",
}
"""The core's state machines, by the command that makes each."""
_UNHANDLED = re.compile(
    r"(?P<machine>[A-Z][A-Za-z ]*?) ?[Mm]achine (?:does not|can ?not) handle (?:this event: )?"
    + _EVENT
)
_NO_COMMAND = re.compile(rf"No command scheduled for event {_EVENT}")
_UNEVEN = re.compile(
    r"(?P<what>Activity|Child workflow|Nexus operation)(?: (?P<field>\w+))?"
    r" of (?P<where>scheduled event|recorded marker) '(?P<was>[^']*)'"
    r" does not match .*? command '(?P<now>[^']*)'",
)
_NO_PATCH = re.compile(r"patch marker encountered for change (?P<was>.+?), but there is no")
_OTHER_PATCH = re.compile(r"Change id (?P<was>\S+) does not match expected id (?P<now>\S+)")
_UNEVEN_TYPES: Final = {
    "Activity": ("ActivityTaskScheduled", "ScheduleActivityTask"),
    "Child workflow": ("StartChildWorkflowExecutionInitiated", "StartChildWorkflowExecution"),
    "Nexus operation": ("NexusOperationScheduled", "ScheduleNexusOperation"),
}


def _core(message: str) -> Accusation | None:
    found = _UNHANDLED.search(message) or _NO_COMMAND.search(message)
    if found is None:
        return _patched(message) or _uneven(message)
    has = found.groupdict()
    event_id = EventId(int(has["id"] or has["id2"]))
    machine = has.get("machine", "")
    code = Side(_MACHINES.get(machine.lower(), machine)) if machine else None
    return Accusation("core", Side(has["type"] or has["type2"]), code, event_id)


def _patched(message: str) -> Accusation | None:
    if found := _NO_PATCH.search(message):
        return Accusation("core", Side("MarkerRecorded", found["was"]), None)
    if found := _OTHER_PATCH.search(message):
        return Accusation(
            "core", Side("MarkerRecorded", found["was"]), Side("Patch", found["now"])
        )
    return None


def _uneven(message: str) -> Accusation | None:
    found = _UNEVEN.search(message)
    if found is None:
        return None
    event, command = _UNEVEN_TYPES[found["what"]]
    if found["where"] == "recorded marker":
        event, command = "MarkerRecorded", "LocalActivity"
    if found["field"] == "id":
        return Accusation("core", Side(event, "", found["was"]), Side(command, "", found["now"]))
    return Accusation("core", Side(event, found["was"]), Side(command, found["now"]))


_OUTER = re.compile(r"Failure handling event (?P<id>\d+) of type '(?P<type>\w+)'")
_JAVA: Final = (
    re.compile(
        r"[Ee]vent (?P<id>\d+) of type '?(?P<type>\w+)'? does not match command type (?P<code>\w+)"
    ),
    re.compile(
        r"Command (?P<code>\w+) doesn't match event (?P<type>\w+) with EventId=(?P<id>\d+)"
        r" on check (?P<check>\w+)(?: with an expected value '(?P<was>.*?)'"
        r"(?: and an actual value '(?P<now>.*?)')?)?(?=[.\s]|$)",
    ),
    re.compile(
        r"No command scheduled that corresponds to event_id: (?P<id>\d+)"
        r"(?:.*?event_type: (?P<type>\w+))?",
    ),
)
_JAVA_LOCAL = re.compile(
    r"Local activity of type (?P<name>\S+) is recorded in the history with id (?P<own>\S+) but"
)
_QUOTED = re.compile(r'name: "([^"]*)"')


def _java(message: str) -> Accusation | None:
    outer = _OUTER.search(message)
    event_id = EventId(int(outer["id"])) if outer else None
    for pattern in _JAVA:
        if (found := pattern.search(message)) is None:
            continue
        has = found.groupdict()
        code = Side(_camel(has["code"]), _named(has.get("now"))) if has.get("code") else None
        kind = _camel(has["type"] or (outer["type"] if outer else ""))
        was = Side(kind, _named(has.get("was")))
        return Accusation("Java", was, code, EventId(int(has["id"])))
    if found := _JAVA_LOCAL.search(message):
        was = Side("MarkerRecorded", found["name"], found["own"])
        return Accusation("Java", was, None, event_id)
    if outer is None:
        return None
    return Accusation("Java", Side(_camel(outer["type"])), None, event_id)


def _named(value: str | None) -> str:
    """Return the name in a protobuf's text, such as `name: "Charge"`."""
    found = _QUOTED.search(value or "")
    return found[1] if found else ""


_GO: Final = (
    re.compile(
        r"history event is (?P<type>\w+):? ?\((?P<was>.*?)(?:\), |…\s*)"
        r"replay command is (?P<code>\w+):? ?\((?P<now>.*)",
    ),
    re.compile(r"missing replay command for (?P<type>\w+)(?:: ?\((?P<was>.*))?"),
    re.compile(r"extra replay command for (?P<code>\w+)(?:: ?\(?(?P<now>.*))?"),
)
_GO_EXPECTED = re.compile(
    r"a matching (?P<kind>\w+) command was expected in history event\s+position (?P<own>\S+?)\.?\s"
)
_GO_LOOKUP = re.compile(r"lookup failed for scheduledEventID to \w+: \w+: (?P<id>\d+)")
_GO_KINDS: Final = {
    "Activity": "ActivityTaskScheduled",
    "Timer": "TimerStarted",
    "ChildWorkflow": "StartChildWorkflowExecutionInitiated",
    "Marker": "MarkerRecorded",
    "Signal": "SignalExternalWorkflowExecutionInitiated",
    "Cancellation": "RequestCancelExternalWorkflowExecutionInitiated",
    "NexusOperation": "NexusOperationScheduled",
    "CancelTimer": "TimerCanceled",
    "RequestCancelActivityTask": "ActivityTaskCancelRequested",
    "UpsertSearchAttributes": "UpsertWorkflowSearchAttributes",
}
_GO_EVENT = re.compile(r"^\(?EventId:(\d+)")
_GO_TASK = re.compile(r"WorkflowTaskCompletedEventId:(\d+)")
_GO_NAME = re.compile(r"(?:ActivityType|WorkflowType):\(Name:([^,)\s]+)")
_GO_MARKER = re.compile(r"MarkerName:([^,)\s]+)")
_GO_ID = re.compile(r"\b(?:ActivityId|TimerId|WorkflowId):([^,)\s]+)")


def _go(message: str) -> Accusation | None:
    for pattern in _GO:
        if (found := pattern.search(message)) is None:
            continue
        has = found.groupdict()
        was, now = has.get("was") or "", has.get("now") or ""
        history = _go_side(has["type"], was) if has.get("type") else None
        code = _go_side(has["code"], now) if has.get("code") else None
        return Accusation("Go", history, code, _number(_GO_EVENT, was), _number(_GO_TASK, was))
    if found := _GO_EXPECTED.search(message + " "):
        return Accusation("Go", Side(_GO_KINDS.get(found["kind"], ""), "", found["own"]), None)
    if found := _GO_LOOKUP.search(message):
        at = EventId(int(found["id"]))
        return Accusation("Go", Side("ActivityTaskScheduled"), None, at)
    return None


def _go_side(kind: str, fields: str) -> Side:
    return Side(
        kind, _first(_GO_NAME, fields) or _first(_GO_MARKER, fields), _first(_GO_ID, fields)
    )


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1] if found else ""


def _number(pattern: re.Pattern[str], text: str) -> EventId | None:
    found = _first(pattern, text)
    return EventId(int(found)) if found else None


def _camel(name: str) -> str:
    name = name.removeprefix("EVENT_TYPE_").removeprefix("COMMAND_TYPE_")
    if "_" not in name and not name.isupper():
        return name
    return "".join(word.capitalize() for word in name.split("_"))
