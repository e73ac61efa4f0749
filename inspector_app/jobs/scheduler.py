"""When this process looks whether a job is due; whether it runs is decided by its row."""

# APScheduler 3 has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from inspector_app.domain.errors import InspectorError
from inspector_app.services.jobs import JobDesk, Tick

log = structlog.get_logger(__name__)

LOOK_EVERY = timedelta(seconds=5)
"""How late a job may start, and how soon after "Run now"."""
_GRACE = 10.0
"""Seconds that what has begun may take when the process ends."""


@asynccontextmanager
async def running(desk: JobDesk, ticks: dict[str, Tick]) -> AsyncGenerator[AsyncIOScheduler]:
    """Look after the jobs `ticks` names until the block ends."""
    await desk.enlist()
    scheduler = AsyncIOScheduler(timezone=UTC)

    under_way: set[asyncio.Task[None]] = set()

    async def look(name: str) -> None:
        task = asyncio.current_task()
        assert task is not None
        under_way.add(task)
        try:
            await desk.run_if_due(name, ticks[name])
        except InspectorError as error:
            # The database is away, or another process was quicker: the next look tries again.
            log.warning("job_not_looked_at", job=name, why=error.title)
        finally:
            under_way.discard(task)

    for name in ticks:
        scheduler.add_job(
            look,
            "interval",
            args=[name],
            seconds=LOOK_EVERY.total_seconds(),
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )
    scheduler.start()
    watch = asyncio.create_task(_keep_time(scheduler), name="jobs' time")
    try:
        yield scheduler
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        scheduler.pause()
        if under_way:  # let them end in order: `shutdown` would cut them off
            await asyncio.wait(under_way, timeout=_GRACE)
        scheduler.shutdown(wait=False)


async def _keep_time(scheduler: AsyncIOScheduler) -> None:
    """APScheduler goes by the wall clock: set back, it would wait until that is made up for."""
    while True:
        await asyncio.sleep(LOOK_EVERY.total_seconds())
        now = datetime.now(UTC)
        for job in scheduler.get_jobs():
            if job.next_run_time > now + 2 * LOOK_EVERY:
                job.modify(next_run_time=now)
