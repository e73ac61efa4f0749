"""The values the run page shows: flat, frozen, times in epoch milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector_app.domain.workflows import Status
from inspector_app.ui.theme import STATUS, Look


class Stage(StrEnum):
    """Where a pending activity stands."""

    RUNNING = "running"
    PAUSED = "paused"
    RETRYING = "retrying"
    WAITING = "waiting"


STAGE: dict[Stage, Look] = {
    Stage.RUNNING: STATUS[Status.RUNNING],
    Stage.PAUSED: STATUS[Status.PAUSED],
    Stage.RETRYING: Look("st-failed", "rotate-ccw", "Next try waits"),
    Stage.WAITING: Look("st-neutral", "clock", "No worker yet"),
}


@dataclass(frozen=True)
class Facts:
    """The header of a run."""

    workflow_id: str = ""
    run_id: str = ""
    run_short: str = ""
    workflow_type: str = ""
    status: str = ""
    is_open: bool = False
    is_paused: bool = False
    pause_undone: bool = False
    cancel_requested: bool = False
    native_pause: bool = True
    started: int | None = None
    closed: int | None = None
    task_queue: str = ""
    build_id: str = ""
    parent_id: str = ""
    parent_href: str = ""
    events: int = 0
    events_text: str = ""
    size: str = ""
    problem: str = ""
    task_attempt: int = 0
    task_since: int | None = None
    paused_by: str = ""
    paused_at: int | None = None
    pause_reason: str = ""
    open_children: int = 0


@dataclass(frozen=True)
class Stuck:
    """Why the workflow task keeps failing. `event` is 0 where no event is known."""

    summary: str = ""
    word: str = ""
    event: int = 0
    href: str = ""
    failed_href: str = ""
    message: str = ""
    remedies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offered:
    """A button: whether it works now, and the title that says why not."""

    enabled: bool = False
    title: str = ""


@dataclass(frozen=True)
class Offers:
    """The five buttons of a run."""

    pause: Offered = Offered()
    resume: Offered = Offered()
    signal: Offered = Offered()
    cancel: Offered = Offered()
    terminate: Offered = Offered()


@dataclass(frozen=True)
class Text:
    """A payload as text. `kind` is Input, Result or Failure, "" where there is none."""

    kind: str = ""
    text: str = ""
    size: str = ""
    cut: bool = False


@dataclass(frozen=True)
class ActivityRow:
    """A pending activity."""

    activity_id: str
    activity_type: str
    stage: str
    tries: str
    since: int | None
    next_try: int | None
    heartbeat: int | None
    failure: str
    worker: str


@dataclass(frozen=True)
class ChildRow:
    """A child workflow that has not closed."""

    workflow_id: str
    workflow_type: str
    href: str


@dataclass(frozen=True)
class Pair:
    """A name and its value."""

    name: str
    value: str


@dataclass(frozen=True)
class HandlerRow:
    """A signal, query or update the workflow declares."""

    name: str
    description: str


@dataclass(frozen=True)
class AuditRow:
    """Who touched the run."""

    seq: int
    at: int | None
    actor: str
    role: str
    action: str
    outcome: str
    reason: str
    detail: str


@dataclass(frozen=True)
class EventLink:
    """The way to an event that belongs to this one."""

    label: str
    event: str
    href: str


@dataclass(frozen=True)
class Opened:
    """The event that stands open beside the list."""

    id: int = 0
    number: str = ""
    type: str = ""
    css: str = "st-neutral"
    at: int | None = None
    subject: str = ""
    note: str = ""
    json: str = ""
    links: tuple[EventLink, ...] = ()


@dataclass(frozen=True)
class Tab:
    """A part of the page, as a link; `count` is written beside its word."""

    key: str
    word: str
    count: str
    href: str


@dataclass(frozen=True)
class Warned:
    """What the reader was warned of before a signal; "" as `message`: of nothing."""

    message: str = ""
    suggestion: str = ""
