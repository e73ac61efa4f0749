"""What the screens show of operations; times in epoch milliseconds."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.operations import (
    Item,
    ItemOutcome,
    OperationState,
)
from inspector_app.domain.workflows import Action, RunRef
from inspector_app.services.operations import Watched
from inspector_app.ui import routes
from inspector_app.ui.session import milliseconds

_VERB = {
    Action.PAUSE: "Pause",
    Action.RESUME: "Resume",
    Action.SIGNAL: "Signal",
    Action.CANCEL: "Cancel",
    Action.TERMINATE: "Terminate",
}
_SETTLED = (ItemOutcome.DONE, ItemOutcome.SKIPPED, ItemOutcome.FAILED)


@dataclass(frozen=True)
class OperationView:
    """One operation, in words and shares."""

    id: str
    title: str
    state: str
    namespace: str
    query: str
    reason: str
    by: str
    pace: str
    digest: str
    note: str
    total: str
    settled: str
    percent: str
    left: str
    created: int | None
    ended: int | None
    href: str
    live: bool
    can_go_on: bool


@dataclass(frozen=True)
class OutcomeCell:
    """How many runs have an outcome, and the address that lists them."""

    outcome: str
    count: str
    href: str


@dataclass(frozen=True)
class ItemRow:
    """What became of one run."""

    number: str
    workflow_id: str
    outcome: str
    detail: str
    at: int | None
    href: str


def title_of(action: Action, signal: str, total: int) -> str:
    """Name an operation: "Pause 2,000 runs", "Signal approve to 3 runs"."""
    runs = f"{total:,} run{'s' * (total != 1)}"
    return f"Signal {signal} to {runs}" if action is Action.SIGNAL else f"{_VERB[action]} {runs}"


def lasting(seconds: float) -> str:
    """Write roughly how long something takes: "about 1 m 20 s"."""
    whole = max(1, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"about {hours} h {minutes:02} m"
    return f"about {minutes} m {rest:02} s" if minutes else f"about {rest} s"


def view_of(watched: Watched) -> OperationView:
    """Say what the screens say of an operation."""
    found, progress = watched.operation, watched.progress
    settled = progress.settled
    live = found.state.is_live
    return OperationView(
        id=str(found.id),
        title=title_of(found.deed.action, found.deed.signal_name, found.total),
        state=found.state.value,
        namespace=found.namespace,
        query=found.query,
        reason=found.deed.reason,
        by=found.by,
        pace=f"{found.pace} runs a second",
        digest=found.digest,
        note=found.note,
        total=f"{found.total:,}",
        settled=f"{settled:,} of {found.total:,}",
        percent=f"{100 * settled / found.total:.1f}%",
        left=f"{lasting((found.total - settled) / found.pace)} left" if live else "",
        created=milliseconds(found.created_at),
        ended=milliseconds(found.ended_at),
        href=routes.operation(found.tenant_slug, str(found.id)),
        live=live,
        can_go_on=found.state is OperationState.STOPPED and settled < found.total,
    )


def cells_of(watched: Watched) -> list[OutcomeCell]:
    """Count the outcomes; what is under way counts as waiting."""
    found, progress = watched.operation, watched.progress
    counts = {each: progress.of(each) for each in _SETTLED}
    counts[ItemOutcome.WAITING] = progress.of(ItemOutcome.WAITING)
    counts[ItemOutcome.STARTED] = progress.of(ItemOutcome.STARTED)
    return [
        OutcomeCell(
            outcome.value,
            f"{count:,}",
            routes.operation(found.tenant_slug, str(found.id), outcome=outcome.value),
        )
        for outcome, count in counts.items()
    ]


def row_of(tenant: str, namespace: str, item: Item) -> ItemRow:
    """Say what became of one run."""
    ref = RunRef(namespace, item.aim.workflow_id, item.aim.run_id)
    return ItemRow(
        number=f"{item.number + 1:,}",
        workflow_id=item.aim.workflow_id,
        outcome=item.outcome.value,
        detail=item.detail,
        at=milliseconds(item.at),
        href=routes.run(tenant, ref),
    )
