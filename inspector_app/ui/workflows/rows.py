"""What the list shows of runs, and how much of what is new it does not show yet."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from inspector_app.domain.workflows import RunRef, RunSummary
from inspector_app.ui import routes
from inspector_app.ui.session import milliseconds


@dataclass(frozen=True)
class RunRow:
    """One run in the list; times in epoch milliseconds."""

    workflow_id: str
    run_id: str
    workflow_type: str
    status: str
    task_queue: str
    started: int | None
    closed: int | None
    stuck: str
    note: str
    href: str


@dataclass(frozen=True)
class CountCell:
    """How many runs of a status the query matches, and the address that shows only them."""

    status: str
    count: str
    href: str


def run_row(run: RunSummary, tenant: str, namespace: str) -> RunRow:
    """One row, with the address of the run's page."""
    nondeterministic = any("NonDeterministic" in problem for problem in run.problems)
    stuck = "Non-deterministic" if nondeterministic else ""
    if run.problems and not stuck:
        stuck = "Workflow task failing"
    return RunRow(
        workflow_id=run.workflow_id,
        run_id=run.run_id,
        workflow_type=run.workflow_type,
        status=run.status.value,
        task_queue=run.task_queue,
        started=milliseconds(run.started_at),
        closed=milliseconds(run.closed_at),
        stuck=stuck,
        note=run.pause_reason,
        href=routes.run(tenant, RunRef(namespace, run.workflow_id, run.run_id)),
    )


def unseen(shown: AbstractSet[str], now: Sequence[str]) -> int:
    """Count what stands in `now` above the last of what is shown: it came since.

    What stands below only moved up from the next page.
    """
    last = max((place for place, each in enumerate(now) if each in shown), default=len(now))
    return sum(each not in shown for each in now[:last])
