"""What the overview shows, made from what the service counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inspector_app.domain.overview import (
    ENDED_BADLY,
    PAUSED,
    STEP,
    STEPS,
    STUCK,
    Closed,
    NamespaceNow,
    Needy,
    Overview,
    Step,
    closed_since,
)
from inspector_app.domain.workflows import RunRef, Status
from inspector_app.ui import routes
from inspector_app.ui.session import milliseconds

HEIGHT, WIDTH, GAP = 1000, 20, 4
"""Of the chart, in its own units: the highest bar, from one bar to the next, and between them."""
_NOTHING = "\N{EN DASH}"
NAMESPACES = "namespaces"
"""The table's id: a number that several namespaces share leads there, each to its own list."""


@dataclass(frozen=True)
class Tile:
    """One number: what it is of, what helps to read it, and the list behind it."""

    value: str = ""
    unit: str = ""
    note: str = ""
    css: str = ""
    href: str = ""


@dataclass(frozen=True)
class Bar:
    """The runs that closed in five minutes, as heights one above the other; `y` from the top."""

    x: int
    good: int
    good_y: int
    failed: int
    failed_y: int
    timed_out: int
    timed_out_y: int
    words: str


@dataclass(frozen=True)
class Cell:
    """A number and the list it counts."""

    value: str
    href: str


@dataclass(frozen=True)
class NamespaceRow:
    """One namespace in the table."""

    slug: str
    cluster: str
    href: str
    trouble: str
    running: Cell
    paused: Cell
    stuck: Cell
    closed: Cell
    rate: Cell


@dataclass(frozen=True)
class NeedyRow:
    """A run that waits for somebody; `since` in epoch milliseconds."""

    workflow_id: str
    workflow_type: str
    namespace: str
    kind: str
    """`paused`, `parted` (non-deterministic) or `failing`."""
    why: str
    since: int | None
    href: str


Count = Callable[[NamespaceNow], int]
Query = Callable[[NamespaceNow], str]


def _stuck(now: NamespaceNow) -> int:
    return now.stuck


def _paused(now: NamespaceNow) -> int:
    return now.paused


def _since(now: NamespaceNow) -> str:
    return closed_since(now.since)


def _bad_since(now: NamespaceNow) -> str:
    return f"{_since(now)} AND {ENDED_BADLY}"


def tiles(found: Overview, tenant: str) -> dict[str, Tile]:
    """The numbers of the whole tenant, by their tile's name."""
    if not found.heard:
        silent = Tile(_NOTHING, "", "no server answers", "", f"#{NAMESPACES}")
        return dict.fromkeys(("stuck", "paused", "failing", "throughput"), silent)
    stuck, paused = found.total(_stuck), found.total(_paused)
    closed, running = found.closed, found.total(lambda each: each.running)

    def to(count: Count, query: Query) -> str:
        place = found.only_place(count)
        if place is None:
            return f"#{NAMESPACES}"
        return routes.workflows(tenant, namespace=place.slug, query=query(place))

    return {
        "stuck": Tile(
            f"{stuck:,}",
            "",
            "workflow tasks keep failing" if stuck else "no workflow task fails",
            "st-failed" if stuck else "",
            to(_stuck, lambda _: STUCK),
        ),
        "paused": Tile(
            f"{paused:,}",
            "",
            "held until resumed" if paused else "none is held",
            "st-paused" if paused else "",
            to(_paused, lambda _: PAUSED),
        ),
        "failing": Tile(
            _percent(closed) or _NOTHING,
            "last hour" if closed.total else "",
            f"{closed.bad:,} of {closed.total:,} closed" if closed.total else "nothing closed",
            "st-failed" if closed.bad else "",
            to(lambda each: each.closed.bad, _bad_since),
        ),
        "throughput": Tile(
            f"{closed.total:,}",
            "closed, last hour",
            f"{running:,} running",
            "",
            to(lambda each: each.closed.total, _since),
        ),
    }


def alerts(tenant: str) -> Tile:
    """What fires: nothing, as long as there are no rules."""
    return Tile("None", "", "there are no alert rules", "", routes.alerts(tenant))


def row(now: NamespaceNow, tenant: str) -> NamespaceRow:
    """One namespace; each number leads to the list it counts."""

    def to(query: str) -> str:
        return routes.workflows(tenant, namespace=now.slug, query=query)

    return NamespaceRow(
        slug=now.slug,
        cluster=now.cluster,
        href=routes.workflows(tenant, namespace=now.slug),
        trouble=now.trouble,
        running=Cell(f"{now.running:,}", to("ExecutionStatus = 'Running'")),
        paused=Cell(f"{now.paused:,}", to(PAUSED)),
        stuck=Cell(f"{now.stuck:,}", to(STUCK)),
        closed=Cell(f"{now.closed.total:,}", to(_since(now))),
        rate=Cell(_percent(now.closed) or _NOTHING, to(_bad_since(now))),
    )


def needy(found: Needy, tenant: str) -> NeedyRow:
    """A run that waits, and why."""
    run, kind, why = found.run, "failing", "Workflow task keeps failing"
    if run.status is Status.PAUSED:
        kind, why = "paused", f"Paused: {run.pause_reason}" if run.pause_reason else "Paused"
    elif any("NonDeterministic" in problem for problem in run.problems):
        kind, why = "parted", "Parts from its history"
    return NeedyRow(
        workflow_id=run.workflow_id,
        workflow_type=run.workflow_type,
        namespace=found.namespace,
        kind=kind,
        why=why,
        since=milliseconds(run.started_at),
        href=routes.run(tenant, RunRef(found.namespace, run.workflow_id, run.run_id)),
    )


def bars(steps: tuple[Step, ...]) -> list[Bar]:
    """Draw the steps, oldest first, as far as they have been counted."""
    highest = max((each.closed.total for each in steps), default=0)
    newest = steps[-1].at if steps else None
    return [
        _bar((STEPS - 1 - (newest - each.at) // STEP) * WIDTH, each, HEIGHT / highest)
        for each in steps
        if each.closed.total and newest is not None
    ]


def _bar(x: int, step: Step, scale: float) -> Bar:
    closed = step.closed
    good = round((closed.completed + closed.other) * scale)
    failed, timed_out = round(closed.failed * scale), round(closed.timed_out * scale)
    begin, end = f"{step.at:%H:%M}", f"{step.at + STEP:%H:%M}"
    return Bar(
        x=x + GAP // 2,
        good=good,
        good_y=HEIGHT - good,
        failed=failed,
        failed_y=HEIGHT - good - failed,
        timed_out=timed_out,
        timed_out_y=HEIGHT - good - failed - timed_out,
        words=f"{begin} to {end} UTC: {closed.total:,} closed, {closed.failed:,} failed, "
        f"{closed.timed_out:,} timed out",
    )


def _percent(closed: Closed) -> str:
    return "" if closed.share is None else f"{closed.share * 100:.1f} %"
