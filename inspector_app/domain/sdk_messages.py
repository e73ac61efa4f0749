"""Failure messages of the SDKs, read for the event they are about, without a recorder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from inspector_app.domain.ids import EventId

MARK: Final = "[TMPRL1100]"
"""Stands in the message of every SDK when a replay is refused."""


@dataclass(frozen=True, slots=True)
class Accusation:
    """What a message says; either part may be missing."""

    event_id: EventId | None
    event_type: str
    """CamelCase, such as `ActivityTaskScheduled`."""
    name: str = ""
    """The type of the activity or child that history holds."""


_IDS: Final = (
    # Python, TypeScript, .NET, Ruby: their common core.
    re.compile(r"HistoryEvent\(id: (?P<id>\d+), (?P<type>\w+)\)"),
    re.compile(r"HistoryEvent \{ event_id: (?P<id>\d+)"),
    # Java: the inner message is nearer to the matter than the outer one.
    re.compile(r"[Ee]vent (?P<id>\d+) of type '?(?P<type>\w+)'? does not match"),
    re.compile(r"doesn't match event (?P<type>\w+) with EventId=(?P<id>\d+)"),
    re.compile(r"Failure handling event (?P<id>\d+) of type '(?P<type>\w+)'"),
    # Go: the event's fields stand in the message.
    re.compile(r"(?P<type>\w+): \(.*?EventId: ?(?P<id>\d+)"),
)
_NAMES: Final = (
    (re.compile(r"Activity (?:type|id) of scheduled event '([^']*)'"), "ActivityTaskScheduled"),
    (re.compile(r"Activity type of recorded marker '([^']*)'"), "MarkerRecorded"),
    (
        re.compile(r"Child workflow (?:id|type) of scheduled event '([^']*)'"),
        "StartChildWorkflowExecutionInitiated",
    ),
    (re.compile(r"patch marker encountered for change ([^,]+),"), "MarkerRecorded"),
    (re.compile(r"missing replay command for (\w+): .*?ActivityType:\(Name:([\w.]+)"), ""),
    (re.compile(r"history event is (\w+): .*?ActivityType:\(Name:([\w.]+)"), ""),
)


def accused(message: str) -> Accusation | None:
    """Read a message; None if it is not about non-determinism or names nothing."""
    for pattern in _IDS:
        if found := pattern.search(message):
            kind = found.groupdict().get("type") or ""
            return Accusation(EventId(int(found["id"])), _camel(kind))
    for pattern, kind in _NAMES:
        if found := pattern.search(message):
            return Accusation(None, kind or found[1], found[found.re.groups])
    return None


def accused_event(message: str, events: Sequence[tuple[EventId, str, str]]) -> EventId | None:
    """Find the event that a message is about, among (id, type, name) in the history's order.

    A message that names a type without an id means one of several: the first is returned, which a
    replay alone can confirm.
    """
    accusation = accused(message)
    if accusation is None:
        return None
    if accusation.event_id is not None:
        return accusation.event_id
    return next(
        (
            event_id
            for event_id, kind, name in events
            if kind == accusation.event_type and accusation.name in {"", name}
        ),
        None,
    )


def _camel(name: str) -> str:
    name = name.removeprefix("EVENT_TYPE_")
    if "_" not in name and not name.isupper():
        return name
    return "".join(word.capitalize() for word in name.split("_"))
