"""Event histories, as rows to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspector_app.domain.ids import EventId

FAILURE_KEPT = 4096
"""Characters of a failure that a row keeps: one as long as this may be cut."""


class EventKind(StrEnum):
    """What an event is about: decides its icon."""

    WORKFLOW = "workflow"
    TASK = "task"
    ACTIVITY = "activity"
    TIMER = "timer"
    SIGNAL = "signal"
    CHILD = "child"
    UPDATE = "update"
    MARKER = "marker"
    OTHER = "other"


class EventTone(StrEnum):
    """How an event ended: decides its colour, by the state's name."""

    NEUTRAL = "neutral"
    COMPLETED = "completed"
    FAILED = "failed"
    TIMED_OUT = "timedout"
    CANCELED = "canceled"
    PAUSED = "paused"
    SIGNAL = "signal"


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event in a line. `subject` names what it is about, `note` adds what helps."""

    id: EventId
    at: datetime
    type: str
    """CamelCase without the enum's prefix, such as `ActivityTaskScheduled`."""
    kind: EventKind
    tone: EventTone
    subject: str
    note: str
    failure: str = ""
    """As it stands within `subject` or `note` until it is shown: in as many lines as it has."""


@dataclass(frozen=True, slots=True)
class EventPage:
    """Rows from one event on. `total` is how many events the history has now."""

    rows: tuple[EventRow, ...]
    total: int
    next_event: EventId | None
    """The first event of the page behind this one, None at the end."""


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One event as the server gave it: `tree` is Temporal's own JSON form, payloads as `Given`."""

    row: EventRow
    tree: object
    links: tuple[tuple[str, EventId], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event in full: `json` is Temporal's own JSON form, indented, payloads made readable."""

    row: EventRow
    json: str
    links: tuple[tuple[str, EventId], ...]
    """What caused it, as (label, event id): ("Scheduled by", 11)."""
