"""How jobs go, each in a row with its lease."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.tables import JobRow, UtcTime
from inspector_app.domain.jobs import Course
from inspector_app.domain.leases import Lease, LeaseLost

_NEW = text(
    "INSERT INTO jobs (name, holder, epoch, until, due_at, lag_seconds, missed, failure) "
    "VALUES (:name, '', 0, :now, :now, 0, 0, '') ON CONFLICT DO NOTHING"
).bindparams(bindparam("now", type_=UtcTime))


class SqlJobs:
    """See ports.Jobs."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def enlist(self, names: Iterable[str], now: datetime) -> None:
        for name in names:
            await self._session.execute(_NEW, {"name": name, "now": now})

    async def all(self) -> dict[str, Course]:
        rows = await self._session.scalars(select(JobRow))
        return {row.name: _to_course(row) for row in rows}

    async def start(self, name: str, course: Course, *, seen: int) -> bool:
        done = await self._session.execute(
            update(JobRow)
            .where(col(JobRow.name) == name, col(JobRow.epoch) == seen)
            .values(
                holder=course.lease.holder,
                epoch=course.lease.epoch,
                until=course.lease.until,
                due_at=course.due_at,
                started_at=course.started_at,
                ended_at=None,
                lag_seconds=course.lag.total_seconds(),
                missed=course.missed,
            )
            .returning(col(JobRow.name))
        )
        return done.first() is not None

    async def ask(self, name: str, now: datetime) -> None:
        await self._session.execute(
            update(JobRow).where(col(JobRow.name) == name).values(due_at=now)
        )

    async def renew(self, name: str, lease: Lease) -> None:
        await self._under(name, lease, until=lease.until)

    async def end(
        self, name: str, lease: Lease, *, now: datetime, took: timedelta, failure: str
    ) -> None:
        await self._under(
            name,
            lease,
            until=now,
            ended_at=now,
            took_seconds=took.total_seconds(),
            failure=failure,
        )

    async def _under(self, name: str, lease: Lease, **values: object) -> None:
        done = await self._session.execute(
            update(JobRow)
            .where(col(JobRow.name) == name, col(JobRow.epoch) == lease.epoch)
            .values(**values)
            .returning(col(JobRow.name))
        )
        if done.first() is None:
            raise LeaseLost(f"The job {name} is no longer held by {lease.holder}.")


def _to_course(row: JobRow) -> Course:
    return Course(
        lease=Lease(row.holder, row.epoch, row.until),
        due_at=row.due_at,
        started_at=row.started_at,
        ended_at=row.ended_at,
        took=None if row.took_seconds is None else timedelta(seconds=row.took_seconds),
        lag=timedelta(seconds=row.lag_seconds),
        missed=row.missed,
        failure=row.failure,
    )
