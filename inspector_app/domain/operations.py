"""Long and bulk work: a frozen set of targets, each touched once, with its outcome."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from inspector_app.domain.errors import Conflict, InspectorError, Invalid, NotFound, Refused
from inspector_app.domain.ids import OperationId, PersonId, RunId, TenantId, TokenId, WorkflowId
from inspector_app.domain.leases import Lease
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Action, Run, Status

MOST_TARGETS = 10_000
"""Runs in one operation; a query that matches more is to be narrowed."""
FASTEST, USUAL_PACE = 200, 20
"""Runs a second."""
LEASE = timedelta(seconds=15)
"""Without a sign of life for this long, another process takes an operation over."""
_PERMISSION = {
    Action.PAUSE: Permission.RUN_PAUSE,
    Action.RESUME: Permission.RUN_RESUME,
    Action.SIGNAL: Permission.RUN_SIGNAL,
    Action.CANCEL: Permission.RUN_CANCEL,
    Action.TERMINATE: Permission.RUN_TERMINATE,
}
_ADMITS = {
    Action.PAUSE: (Status.RUNNING,),
    Action.RESUME: (Status.PAUSED,),
    Action.SIGNAL: (Status.RUNNING, Status.PAUSED),
    Action.CANCEL: (Status.RUNNING, Status.PAUSED),
    Action.TERMINATE: (Status.RUNNING, Status.PAUSED),
}


def permission_of(action: Action) -> Permission:
    """Name what `action` on one run or many needs."""
    return _PERMISSION[action]


def admits(action: Action, status: Status) -> bool:
    """Tell whether a run with this status can be touched by `action`."""
    return status in _ADMITS[action]


class OperationState(StrEnum):
    """Where an operation stands."""

    RUNNING = "running"
    """Under way, or waiting for a process to take it up."""
    STOPPING = "stopping"
    """Cancelling was asked for; what is in flight ends first."""
    STOPPED = "stopped"
    """Cancelled, or who started it may no longer: the rest was left alone. It can go on."""
    FINISHED = "finished"

    @property
    def is_live(self) -> bool:
        """Whether a process works on it, or should."""
        return self in {OperationState.RUNNING, OperationState.STOPPING}


class ItemOutcome(StrEnum):
    """What became of one target."""

    WAITING = "waiting"
    STARTED = "started"
    """About to be touched; if its process died, the next one finds out whether it was."""
    DONE = "done"
    SKIPPED = "skipped"
    """Its state no longer admitted the action; nothing was sent, or the server declined."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Deed:
    """What is done to each target; only a signal has a name and arguments.

    `sealed_args` is a JSON array as `ports.Cipher` sealed it: it is somebody's data.
    """

    action: Action
    reason: str
    signal_name: str = ""
    sealed_args: bytes = b""

    @property
    def permission(self) -> Permission:
        """What who starts it must hold, until its end."""
        return permission_of(self.action)


@dataclass(frozen=True, slots=True)
class Aim:
    """One run of the frozen set."""

    workflow_id: WorkflowId
    run_id: RunId


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody asks for: a deed on the runs named in `aims`, else on those of `query`.

    `confirmed` is the number they were shown, `as_of` when it was counted; `signal_args` are
    still open.
    """

    action: Action
    reason: str
    confirmed: int
    as_of: datetime
    query: str = ""
    aims: tuple[Aim, ...] = ()
    signal_name: str = ""
    signal_args: tuple[object, ...] = ()
    pace: int = USUAL_PACE
    force: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One target in its place, from 0. `epoch` is of the lease it was started under."""

    number: int
    aim: Aim
    outcome: ItemOutcome
    detail: str
    epoch: int
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Operation:
    """An accepted operation.

    `namespace` is the slug, `query` what was asked for ("" for runs named one by one), `pace`
    runs a second, `digest` of the frozen set, `note` what it waits for or why it stopped. It acts
    in the name of `person`, or without one in that of the service token it was started with.
    """

    id: OperationId
    tenant: TenantId
    tenant_slug: str
    namespace: str
    deed: Deed
    query: str
    total: int
    digest: str
    pace: int
    person: PersonId | None
    by: str
    state: OperationState
    note: str
    created_at: datetime
    ended_at: datetime | None
    lease: Lease
    token: TokenId | None = None
    """The token it was started with; it stops when that ends."""

    @property
    def on_behalf_of(self) -> str:
        """In whose name it acts, in words."""
        return self.by if self.person else f"the service token {self.by}"


@dataclass(frozen=True, slots=True)
class Progress:
    """How many items have which outcome."""

    counts: dict[ItemOutcome, int]

    def of(self, *outcomes: ItemOutcome) -> int:
        """Add up some outcomes."""
        return sum(self.counts.get(outcome, 0) for outcome in outcomes)

    @property
    def settled(self) -> int:
        """Items that need no more work."""
        return self.of(ItemOutcome.DONE, ItemOutcome.SKIPPED, ItemOutcome.FAILED)

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())

    def sentence(self) -> str:
        """Say it in the audit log's words."""
        left = self.total - self.settled
        told = [
            f"{self.of(outcome):,} {outcome}"
            for outcome in (ItemOutcome.DONE, ItemOutcome.SKIPPED, ItemOutcome.FAILED)
        ]
        return ", ".join([*told, *([f"{left:,} left alone"] if left else [])])


@dataclass(frozen=True, slots=True)
class Matches:
    """What an operation would touch: `count` runs of those that had started by `as_of`."""

    count: int
    as_of: datetime

    @property
    def too_many(self) -> bool:
        """Whether they are more than one operation takes."""
        return self.count > MOST_TARGETS


def narrowed(query: str, action: Action, as_of: datetime) -> str:
    """Let a query match only what `action` can touch, and nothing that starts after `as_of`.

    So what was counted, asked about and confirmed is what the operation freezes, less what
    ended meanwhile.
    """
    admitted = ", ".join(f"'{status}'" for status in _ADMITS[action])
    started = as_of.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    parts = [f"({query})"] if query.strip() else []
    return " AND ".join([*parts, f"ExecutionStatus IN ({admitted})", f"StartTime <= '{started}'"])


def digest_of(aims: Iterable[Aim]) -> str:
    """SHA-256 (hex) of the frozen set: workflow id, run id, each ended by a NUL, in order."""
    text = "".join(f"{aim.workflow_id}\0{aim.run_id}\0" for aim in aims)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def frozen(aims: Iterable[Aim], *, at_most: int) -> tuple[Aim, ...]:
    """Freeze the targets: each once, in the order given.

    Raises:
        Invalid: There is none, or more than an operation takes.
        Conflict: There are more than `at_most`, the number that was confirmed.
    """
    found = tuple(dict.fromkeys(aims))
    if not found:
        raise Invalid("No run matches that this could be done to.", field="query")
    if len(found) > MOST_TARGETS:
        raise Invalid(
            f"At most {MOST_TARGETS:,} runs at once; these are more.",
            field="query",
            hint="Narrow the query, and do it in several operations.",
        )
    if len(found) > at_most:
        raise Conflict(
            f"There are {len(found):,} runs now, more than the {at_most:,} that were confirmed.",
            hint="Count again, and confirm the new number.",
        )
    return found


def check_pace(pace: int) -> int:
    """Accept runs a second.

    Raises:
        Invalid: Too slow or too fast.
    """
    if not 1 <= pace <= FASTEST:
        raise Invalid(f"The pace is 1 to {FASTEST} runs a second.", field="pace")
    return pace


def identity_of(operation: Operation) -> str:
    """Write who acts into Temporal's history: the person, and by which operation."""
    return f"inspector:{operation.by}#{operation.id}"


def request_id_of(operation: OperationId, number: int) -> str:
    """Name the request to the server; repeated after a crash it is the same request."""
    return f"{operation}:{number}"


def spared(action: Action, run: Run) -> str:
    """Say why a run is left alone, "" if it is not."""
    if not run.status.is_open:
        return f"it is closed ({run.status})"
    undone = action is Action.RESUME and run.pause_came_undone
    if not admits(action, run.status) and not undone:
        return f"it is {run.status.lower()}"
    return ""


def declined(error: InspectorError) -> tuple[ItemOutcome, str] | None:
    """What the server's refusal means for one item; None: it says nothing about the item."""
    said = error.detail
    match error:
        case NotFound():
            return ItemOutcome.SKIPPED, said
        case Refused() if "already paused" in said or "not paused" in said:
            return ItemOutcome.SKIPPED, said
        case Refused() if error.hint.startswith("The server limits"):
            return None
        case Refused() | Invalid() | Conflict():
            return ItemOutcome.FAILED, said
        case _:
            return None


def rest_after(operation: Operation, batch: int, took: float) -> float:
    """Seconds to wait after a batch so that the pace is kept; `took` is what it lasted."""
    return max(0.0, batch / operation.pace - took)


def batch_size(pace: int) -> int:
    """How many items one transaction takes: about half a second's worth."""
    return max(1, min(50, pace // 2))


def parse_operation_id(text: str) -> OperationId:
    """Parse an operation's id.

    Raises:
        NotFound: It is none.
    """
    try:
        return OperationId(UUID(text))
    except ValueError:
        raise NotFound("There is no such operation here.") from None
