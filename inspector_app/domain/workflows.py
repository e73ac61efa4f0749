"""Workflow executions: what is known of a run, and what may be done with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum

from inspector_app.domain.errors import SwitchedOff
from inspector_app.domain.ids import EventId, RunId, WorkflowId


class Status(StrEnum):
    """A run's status as the server reports it (values as in the visibility query language)."""

    RUNNING = "Running"
    PAUSED = "Paused"
    COMPLETED = "Completed"
    FAILED = "Failed"
    TERMINATED = "Terminated"
    TIMED_OUT = "TimedOut"
    CANCELED = "Canceled"
    CONTINUED_AS_NEW = "ContinuedAsNew"
    UNKNOWN = "Unknown"
    """A status of a newer server than this client knows."""

    @property
    def is_open(self) -> bool:
        """Whether the run can still do something."""
        return self in {Status.RUNNING, Status.PAUSED}


@dataclass(frozen=True, slots=True)
class RunRef:
    """Names one run: `namespace` is the slug; an empty `run_id` means the newest run."""

    namespace: str
    workflow_id: WorkflowId
    run_id: RunId


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A row of a listing."""

    workflow_id: WorkflowId
    run_id: RunId
    workflow_type: str
    status: Status
    task_queue: str
    started_at: datetime
    closed_at: datetime | None
    history_length: int
    """0 for open runs: the server's listing does not say."""
    problems: tuple[str, ...] = ()
    """`TemporalReportedProblems`, such as `cause=WorkflowTaskFailedCauseNonDeterministicError`."""
    pause_reason: str = ""


@dataclass(frozen=True, slots=True)
class RunPage:
    """One page of a listing; `next_page_token` is opaque, None at the end."""

    runs: tuple[RunSummary, ...]
    next_page_token: str | None


@dataclass(frozen=True, slots=True)
class StatusCounts:
    """How many runs a query matches, in all and by status; `at` says how old the numbers are."""

    total: int
    by_status: dict[Status, int]
    at: datetime


@dataclass(frozen=True, slots=True)
class PendingActivity:
    """An activity that is scheduled, running, or waiting for its next try."""

    activity_id: str
    activity_type: str
    state: str
    attempt: int
    max_attempts: int
    """0: without limit."""
    scheduled_at: datetime | None
    started_at: datetime | None
    next_try_at: datetime | None
    last_heartbeat_at: datetime | None
    last_failure: str
    worker: str
    paused: bool


@dataclass(frozen=True, slots=True)
class PendingChild:
    """A child workflow that has not closed."""

    workflow_id: WorkflowId
    run_id: RunId
    workflow_type: str


@dataclass(frozen=True, slots=True)
class PendingTask:
    """The workflow task the server waits for; from attempt 2 on something keeps failing."""

    attempt: int
    scheduled_at: datetime | None
    started_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pause:
    """Who paused the run natively, when and why.

    Set while the status may already say otherwise: servers up to 1.31.2 can undo a pause in
    flight (temporal#10239).
    """

    by: str
    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Handler:
    """A signal, query or update a workflow declares.

    `parameters` is how many arguments its handler takes where that could be found out, None
    where not.
    """

    name: str
    description: str
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class Handlers:
    """What a workflow says it answers to (`__temporal_workflow_metadata`).

    `known` is False where no worker could be asked; `reason` then says why.
    """

    known: bool
    signals: tuple[Handler, ...] = ()
    queries: tuple[Handler, ...] = ()
    updates: tuple[Handler, ...] = ()
    current_details: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Everything `describe` says of one run, and the first page's worth of what it was given.

    Sizes are in bytes, `input` and `result` are readable text (JSON where the payload is JSON),
    cut at 64 KiB with `…_cut` set.
    """

    summary: RunSummary
    pause: Pause | None
    history_bytes: int
    parent: RunRef | None
    root: RunRef | None
    first_run_id: RunId
    build_id: str
    execution_timeout: timedelta | None
    run_timeout: timedelta | None
    task_timeout: timedelta | None
    cron: str
    search_attributes: tuple[tuple[str, str], ...]
    memo: tuple[tuple[str, str], ...]
    activities: tuple[PendingActivity, ...] = ()
    children: tuple[PendingChild, ...] = ()
    task: PendingTask | None = None
    cancel_requested: bool = False

    @property
    def status(self) -> Status:
        """The status as the server reports it."""
        return self.summary.status

    @property
    def pause_came_undone(self) -> bool:
        """Whether the server keeps a pause but runs the workflow all the same."""
        return self.pause is not None and self.status is Status.RUNNING


@dataclass(frozen=True, slots=True)
class RunData:
    """What went into a run and came out: readable text, cut at 64 KiB."""

    input: str
    result: str
    failure: str
    input_cut: bool = False
    result_cut: bool = False
    closing_event: EventId | None = None


@dataclass(frozen=True, slots=True)
class RawData:
    """What went into a run and came out, as the server gave it: payloads' values, nothing cut."""

    input: tuple[object, ...] = ()
    result: tuple[object, ...] = ()
    failure: str = ""
    closing_event: EventId | None = None


class Action(StrEnum):
    """What can be done with a run."""

    PAUSE = "pause"
    RESUME = "resume"
    SIGNAL = "signal"
    CANCEL = "cancel"
    TERMINATE = "terminate"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the namespace's server has switched on."""

    native_pause: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether an action makes sense on a run now; `why_not` is a sentence where it does not."""

    action: Action
    possible: bool
    why_not: str = ""


PAUSE_FLAG = "frontend.WorkflowPauseEnabled"
"""The dynamic configuration key of the Temporal server that allows native pause."""


def pausing_switched_off() -> SwitchedOff:
    """Say who can switch it on, and what else there is."""
    return SwitchedOff(
        f"The server has pausing switched off. Its operator can set {PAUSE_FLAG}.",
        flag=PAUSE_FLAG,
        hint="Many workflows take the signals pause and resume instead.",
    )


def offers(run: Run, capabilities: Capabilities) -> dict[Action, Offer]:
    """Decide which actions the run's state admits. Permissions are another matter."""
    if not run.status.is_open:
        closed = f"The run is closed ({run.status})."
        return {action: Offer(action, possible=False, why_not=closed) for action in Action}
    paused = run.status is Status.PAUSED or run.pause_came_undone
    found = {action: Offer(action, possible=True) for action in Action}
    if run.status is Status.PAUSED:
        found[Action.PAUSE] = Offer(Action.PAUSE, possible=False, why_not="It is paused already.")
    if not paused:
        found[Action.RESUME] = Offer(Action.RESUME, possible=False, why_not="It is not paused.")
    if not capabilities.native_pause and not paused:
        off = pausing_switched_off().detail
        found[Action.PAUSE] = Offer(Action.PAUSE, possible=False, why_not=off)
    if run.cancel_requested:
        asked = "Cancelling was asked for already; the run has not answered it yet."
        found[Action.CANCEL] = Offer(Action.CANCEL, possible=False, why_not=asked)
    return found


@dataclass(frozen=True, slots=True)
class SignalWarning:
    """Why a signal may do harm; `certain` when the workflow's own metadata says so."""

    message: str
    certain: bool
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """An action went through; `run` is the state as the server reports it afterwards.

    `notice` says what the reader should know about it, such as a pause that came undone.
    """

    run: Run
    notice: str = ""
    warnings: tuple[SignalWarning, ...] = field(default_factory=tuple)


def check_signal(name: str, arguments: int, handlers: Handlers) -> SignalWarning | None:
    """Compare a signal with what the workflow declares.

    The server accepts any name in silence, and one with missing arguments fails the workflow's
    task for good, so this is asked before anything is sent.
    """
    if not handlers.known:
        why = handlers.reason or "no worker answered"
        return SignalWarning(
            f"What signals this workflow takes could not be checked: {why}", certain=False
        )
    declared = {handler.name: handler for handler in handlers.signals if handler.name}
    if name in declared:
        wanted = declared[name].parameters
        if wanted is not None and wanted != arguments:
            return SignalWarning(
                f"Signal {name} takes {wanted} argument{'s' * (wanted != 1)}, not {arguments}.",
                certain=True,
            )
        return None
    if any(not handler.name for handler in handlers.signals):
        return SignalWarning(
            f"{name} is not declared; this workflow takes undeclared signals dynamically.",
            certain=False,
        )
    return SignalWarning(
        f"This workflow has no signal named {name}.",
        certain=True,
        suggestion=_nearest(name, tuple(declared)),
    )


def _nearest(name: str, names: tuple[str, ...]) -> str:
    return next(iter(get_close_matches(name, names, n=1, cutoff=0.6)), "")
