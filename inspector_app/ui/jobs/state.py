"""The jobs' state: how each goes, and the one that is being asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import reflex as rx

from inspector_app.domain.errors import Invalid
from inspector_app.domain.jobs import Course
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.services.jobs import JobView
from inspector_app.ui.guard import requires
from inspector_app.ui.session import Notice, SessionState, beats, milliseconds

FOLLOW_EVERY = 3.0
"""Seconds between two looks."""
DASH = "–"  # noqa: RUF001 - as time.js writes what is not there
_LATE = timedelta(minutes=1)
"""A start that comes later than this is said."""


@dataclass(frozen=True)
class JobRow:
    """One job; times in epoch milliseconds."""

    name: str
    title: str
    does: str
    every: str
    state: str
    failure: str
    last: int | None
    took: str
    lag: str
    """In words where that is no delay to speak of."""
    late: bool
    missed: str
    due: int | None
    holder: str
    epoch: str


class JobsState(SessionState):
    """The jobs of the installation. Nothing here is about a tenant."""

    rows: list[JobRow] = []
    asked: JobRow | None = None
    """The job whose dialog is open."""
    reason_error: str = ""
    ready: bool = False

    @rx.event
    @requires(Permission.JOB_READ)
    async def load(self) -> rx.event.EventSpec:
        """Read them, and go on reading."""
        self._opens()
        self.asked, self.reason_error = None, ""
        await self._read()
        return JobsState.follow

    @rx.event(background=True)
    @requires(Permission.JOB_READ, passive=True)
    async def follow(self) -> None:
        """Look again, until the page, the socket, the session or its owner is another."""
        async with self:
            turn = self._take_turn()
        async for said in self._heard(beats(FOLLOW_EVERY), turn):
            async with self:
                if said is not None or not self._has_turn(turn):
                    return
                with self._despite_outage():
                    await self._read()

    @rx.event
    @requires(Permission.JOB_RUN)
    async def ask_run(self, name: str) -> None:
        """Open the dialog that asks for a reason."""
        self.asked = next((row for row in self.rows if row.name == name), None)
        self.reason_error = ""

    @rx.event
    @requires(Permission.JOB_READ)
    async def shut(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the dialog."""
        if not is_open:
            self.asked = None

    @rx.event
    @requires(Permission.JOB_RUN)
    async def run_now(self, form: dict[str, str]) -> None:
        """Make the job due now."""
        if self.asked is None:
            return
        jobs, title = registry.services().jobs, self.asked.title
        try:
            await jobs.ask(self._actor, self.asked.name, form.get("reason", ""))
        except Invalid as error:
            self.reason_error = error.detail
            return
        self.asked = None
        await self._read()
        self.notice = Notice(
            "completed", f"{title}: asked for.", "It starts within seconds; the table follows it."
        )

    async def _read(self) -> None:
        self.rows = [_row(view) for view in await registry.services().jobs.all(self._actor)]
        self.ready = True


def _row(view: JobView) -> JobRow:
    job, course = view.job, view.course
    # The random end of a process's name tells two of the same number apart, and nobody reads it.
    host = course.lease.holder.rpartition(":")[0]
    return JobRow(
        name=job.name,
        title=job.title,
        does=job.does,
        every=lasting(job.every),
        state=view.standing.value,
        failure=course.failure,
        last=milliseconds(course.started_at),
        took=lasting(course.took) if course.took is not None else "",
        lag=_punctual(course),
        late=course.lag > _LATE,
        missed=f"{course.missed:,}",
        due=milliseconds(course.due_at),
        holder=host,
        epoch=f"{course.lease.epoch:,}",
    )


def _punctual(course: Course) -> str:
    if course.started_at is None:
        return DASH
    return lasting(course.lag) if course.lag > _LATE else "on time"


def lasting(span: timedelta) -> str:
    """Write how long something takes, in the two largest units that tell."""
    milli = round(span.total_seconds() * 1000)
    if milli < 1000:  # noqa: PLR2004 - below a second
        return f"{milli} ms"
    if milli < 10_000:  # noqa: PLR2004 - below ten, a tenth tells
        return f"{milli / 1000:.1f} s"
    seconds = milli // 1000
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m"), (1, "s")):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])
