"""Measures what the budgets are about, each against its peer in the same run.

`python -m benchmarks [--events N]` prints one JSON line a row and, last, a table. Absolute
times on a shared machine say little; the ratio to the peer counts.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import (
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
)
from temporalio.client import Client

from benchmarks.browser import measure_browser
from benchmarks.door import measure_door
from benchmarks.live import measure_live
from benchmarks.process import listing_p95, measure_process
from benchmarks.replays import measure_replays
from inspector_app.domain.ids import EventId
from inspector_app.domain.workflows import RunRef
from tests.fixtures.app import served
from tests.fixtures.aside import Aside
from tests.fixtures.samples import Approval, Busy
from tests.fixtures.temporal import Site, running


@dataclass(frozen=True)
class Row:
    """One measurement; `budget` bounds `ratio` (ours to the peer's), or `ours` without a peer."""

    work: str
    ours: float
    peer: float | None
    unit: str
    budget: float

    @property
    def ratio(self) -> float:
        """Ours to the peer's, or ours alone."""
        return self.ours / self.peer if self.peer else self.ours

    @property
    def met(self) -> bool:
        """Whether the budget holds."""
        return self.ratio <= self.budget


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that `work` takes."""
    begun = perf_counter()
    await work()
    return perf_counter() - begun


async def all_rows(site: Site, ref: RunRef) -> None:
    """Read a whole history through our adapter, as somebody who is about to search it."""
    start: int | None = 1
    while start:
        page = await site.histories.page(site.namespace, ref, start=EventId(start), size=1000)
        start = page.next_event


async def all_raw(site: Site, ref: RunRef) -> None:
    """Read a whole history as raw pages."""
    token, execution = b"", WorkflowExecution(workflow_id=ref.workflow_id, run_id=ref.run_id)
    while True:
        request = GetWorkflowExecutionHistoryRequest(
            namespace="default", execution=execution, maximum_page_size=256, next_page_token=token
        )
        answer = await site.client.workflow_service.get_workflow_execution_history(request)
        if not (token := answer.next_page_token):
            return


async def measure_history(site: Site, ref: RunRef, events: int) -> list[Row]:
    """A whole history, cold and cached, against the raw fetch."""
    raw = min([await timed(lambda: all_raw(site, ref)) for _ in range(2)])
    cold = await timed(lambda: all_rows(site, ref))
    cached = await timed(lambda: all_rows(site, ref))
    return [
        Row(f"history of {events:,} events, cold", cold, raw, "s", 1.3),
        Row(f"history of {events:,} events, cached", cached, raw, "s", 0.15),
    ]


async def raw_list(site: Site) -> float:
    """Milliseconds of the raw call for a list of 100, p95."""
    request = ListWorkflowExecutionsRequest(namespace="default", page_size=100)

    async def ask() -> None:
        await site.client.workflow_service.list_workflow_executions(request)

    taken: list[float] = []
    for _ in range(40):
        taken.append(await timed(ask))
        await asyncio.sleep(0.05)  # the server limits how often it reads its own storage
    return statistics.quantiles(taken, n=20)[-1] * 1000


async def prepare(site: Site, wanted: int) -> tuple[RunRef, int]:
    """Make one long history and a hundred short ones."""
    async with site.worker():
        ref, handle = await site.start(Busy.run, wanted, id="long-history")
        for number in range(100):
            await site.start(Approval.run, "x", id=f"short-{number}")
        await handle.result()
    run = await site.workflows.describe(site.namespace, ref)
    return ref, run.summary.history_length


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--events", type=int, default=50_000)
    wanted = parser.parse_args().events
    rows = [Row(*each) for each in (*measure_replays(), *measure_door())]
    with tempfile.TemporaryDirectory() as folder:
        path, aside = Path(folder), Aside()
        ui_port = 8399
        with running(path / "temporal", in_memory=True, ui_port=ui_port) as server:
            site = Site(server.address, aside.does(Client.connect(server.address)))
            ref, events = aside.does(prepare(site, wanted), 600)
            # As the server does at its start: what was made so far stays, and to look among it
            # for what is to go costs as much as a history.
            gc.collect()
            gc.freeze()
            rows += aside.does(measure_history(site, ref, events), 300)
            (path / "app").mkdir()
            with served(path / "app", server.address) as app:
                listed, raw = listing_p95(app), aside.does(raw_list(site), 300)
                rows.append(Row("list of 100 over the API, p95", listed, raw, "ms", 1.5))
                rows += [
                    Row(*each)
                    for each in (
                        *measure_browser(app, ref, events, f"http://127.0.0.1:{ui_port}"),
                        *measure_live(app, site, aside),
                        *measure_process(app),
                    )
                ]
        aside.ends()
    for row in rows:
        print(json.dumps({**asdict(row), "ratio": round(row.ratio, 3), "met": row.met}))
    print(f"\n{'work':52} {'ours':>10} {'peer':>10} {'ratio':>7} {'budget':>7}")
    for row in rows:
        peer = f"{row.peer:.3f}" if row.peer else "none"
        verdict = "" if row.met else "  MISSED"
        numbers = f"{row.ours:8.3f} {row.unit:2} {peer:>8} {row.ratio:7.2f} {row.budget:7.2f}"
        print(f"{row.work:52} {numbers}{verdict}")


if __name__ == "__main__":
    main()
