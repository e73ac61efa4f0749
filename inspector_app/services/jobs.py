"""Jobs: seen by admins, asked for by them, and run by whichever process is there first."""

from __future__ import annotations

import time
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import InspectorError, NotFound
from inspector_app.domain.identity import SYSTEM, Actor
from inspector_app.domain.jobs import LEASE, Course, Job, Standing, may_start, standing, started
from inspector_app.domain.leases import Lease, LeaseLost
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, Meter, Work
from inspector_app.services.unmetered import UNMETERED

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job, how it has gone, and what it is at now."""

    job: Job
    course: Course
    standing: Standing


class Held:
    """A job in the hands of this process, for one tick."""

    def __init__(self, door: Door, clock: Clock, name: str, lease: Lease) -> None:
        self._door = door
        self._clock = clock
        self._name = name
        self.lease = lease

    @asynccontextmanager
    async def work(self) -> AsyncGenerator[tuple[Work, datetime]]:
        """Open one short transaction under the lease, which is renewed by it; gives the time.

        Raises:
            LeaseLost: Another process has the job now; nothing of the block is kept.
        """
        async with _as_system(self._door, self._name, write=True) as work:
            yield work, await self._renew(work)

    @asynccontextmanager
    async def deed(
        self, actor: Actor, target: Target, *, action: str, detail: str
    ) -> AsyncGenerator[tuple[Work, datetime]]:
        """Do so with something that is written down: in the chain of the `actor`'s tenant."""
        async with self._door.enter(
            actor, Permission.OPERATOR, target, action=action, detail=detail
        ) as work:
            yield work, await self._renew(work)

    async def _renew(self, work: Work) -> datetime:
        now = self._clock()
        self.lease = replace(self.lease, until=now + LEASE)
        await work.jobs.renew(self._name, self.lease)
        return now

    async def in_pieces(self, piece: Callable[[Work, datetime], Awaitable[int]]) -> int:
        """Do `piece`, each time in a transaction of its own, until it finds nothing more."""
        done = 0
        while True:
            async with self.work() as (work, now):
                found = await piece(work, now)
            if not found:
                return done
            done += found


Tick = Callable[[Held], Awaitable[int]]
"""What a job does; answers how many things it dealt with."""


class JobDesk:
    """Every job of the installation.

    Args:
        jobs: What each does.
        holder: What this process is called in a lease.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        jobs: tuple[Job, ...],
        holder: str,
        meter: Meter = UNMETERED,
    ) -> None:
        self._door = door
        self._meter = meter
        self._clock = clock
        self._jobs: Mapping[str, Job] = {job.name: job for job in jobs}
        self._holder = holder

    async def all(self, actor: Actor) -> list[JobView]:
        """List the jobs. They serve every tenant, so nothing they say is about one."""
        async with self._door.enter(
            actor, Permission.JOB_READ, Target("job", ""), record=False
        ) as work:
            found = await work.jobs.all()
        now = self._clock()
        return [
            JobView(job, found[name], standing(found[name], now))
            for name, job in self._jobs.items()
            if name in found
        ]

    async def ask(self, actor: Actor, name: str, reason: str) -> JobView:
        """Make a job due now: a process takes it within seconds, once more if it runs already.

        Raises:
            NotFound: No such job.
            Invalid: No reason is given.
        """
        target = Target("job", name)
        await self._door.authorise(actor, Permission.JOB_RUN, target)
        given = check_reason(reason)
        if name not in self._jobs:
            raise NotFound(f"There is no job {name[:80]!r}.", hint="GET /api/v1/admin/jobs")
        async with self._door.enter(
            actor, Permission.JOB_RUN, target, action="job.run", reason=given
        ) as work:
            now = self._clock()
            await work.jobs.ask(name, now)
            course = (await work.jobs.all())[name]
        return JobView(self._jobs[name], course, standing(course, now))

    async def enlist(self) -> None:
        """Give each job its row; at the start of a process."""
        async with _as_system(self._door, "", write=True) as work:
            await work.jobs.enlist(self._jobs, self._clock())

    async def run_if_due(self, name: str, tick: Tick) -> bool:
        """Take the job if it is due and free, and do it once; tells whether it did.

        Raises:
            StorageUnavailable: Whether it is due cannot be found out, or its end not be written:
                then its lease runs out, and the next to look takes it over.
        """
        job = self._jobs[name]
        async with _as_system(self._door, name, write=False) as work:
            seen = (await work.jobs.all()).get(name)
        if seen is None or not may_start(job, seen, self._clock()):
            return False
        course = started(job, seen, self._holder, self._clock())
        async with _as_system(self._door, name, write=True) as work:
            if not await work.jobs.start(name, course, seen=seen.lease.epoch):
                return False  # another process was there first
        await self._do(name, Held(self._door, self._clock, name, course.lease), tick)
        return True

    async def _do(self, name: str, held: Held, tick: Tick) -> None:
        begun, failure, count = time.monotonic(), "", 0
        try:
            count = await tick(held)
        except LeaseLost:
            log.warning("job_taken_over", job=name, epoch=held.lease.epoch)
            return
        except InspectorError as error:
            failure = error.title
        except Exception as error:  # noqa: BLE001 - one job's mistake must not end the others
            # Its message may hold a payload: kind and place are enough to find it.
            failure = InspectorError.title
            place = "".join(traceback.format_tb(error.__traceback__))
            kind = type(error).__name__
            log.error("job_failed", job=name, kind=kind, place=place)  # noqa: TRY400 - see above
        # The wall clock may have been set meanwhile.
        took = timedelta(seconds=time.monotonic() - begun)
        self._meter.job(name, "failed" if failure else "done", took.total_seconds())
        try:
            async with _as_system(self._door, name, write=True) as work:
                await work.jobs.end(
                    name, held.lease, now=self._clock(), took=took, failure=failure
                )
        except LeaseLost:
            log.warning("job_taken_over", job=name, epoch=held.lease.epoch)
            return
        if count or failure:  # most have found nothing to do
            log.info("job_ended", job=name, dealt_with=count, failure=failure)


@asynccontextmanager
async def _as_system(door: Door, name: str, *, write: bool) -> AsyncGenerator[Work]:
    async with door.enter(
        SYSTEM, Permission.OPERATOR, Target("job", name), record=False, write=write
    ) as work:
        yield work
