"""Jobs that Inspector does by itself: when one is due, who may take it, and what it missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from inspector_app.domain.leases import Lease

LEASE = timedelta(seconds=30)
"""How long a job is its holder's without a sign of life; each piece of work renews it."""


class Standing(StrEnum):
    """What a job is at now, as far as its row says."""

    WAITING = "waiting"
    """It has not run yet."""
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """Its holder has gone without an end: the next one to look takes it over."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is done again and again: `does` says what, in a sentence for people."""

    name: str
    title: str
    does: str
    every: timedelta


@dataclass(frozen=True, slots=True)
class Course:
    """How a job has gone so far, over all replicas.

    Attributes:
        lease: Of who runs it, or ran it last.
        due_at: When it is to start next.
        started_at: Its last start; None before the first.
        ended_at: The end of that; None while it runs.
        took: How long it last took from start to end.
        lag: How late the last start was.
        missed: Starts that were left out since the first one, because nobody was there.
        failure: What went wrong the last time, as a title; "" when it went well.
    """

    lease: Lease
    due_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    took: timedelta | None = None
    lag: timedelta = timedelta()
    missed: int = 0
    failure: str = ""

    @property
    def open(self) -> bool:
        """Whether it began and nobody wrote down its end."""
        return self.started_at is not None and self.ended_at is None


def standing(course: Course, now: datetime) -> Standing:
    """Say what a job is at."""
    if course.started_at is None:
        return Standing.WAITING
    if course.open:
        return Standing.INTERRUPTED if _is_free(course.lease, now) else Standing.RUNNING
    return Standing.FAILED if course.failure else Standing.DONE


def may_start(job: Job, course: Course, now: datetime) -> bool:
    """Tell whether whoever looks may take the job: it is free, and due or left half done."""
    return _is_free(course.lease, now) and (course.open or _is_due(job, course.due_at, now))


def started(job: Job, course: Course, holder: str, now: datetime) -> Course:
    """Take the job: a greater epoch, and the next start already set.

    One start makes up for all that were missed, so that a clock set forward brings no storm.
    """
    late = max(now - course.due_at, timedelta())
    again = course.open and not _is_due(job, course.due_at, now)
    next_due = course.due_at
    if not again:
        # In step with the last start, unless that step is not within one period from now.
        next_due = course.due_at + (late // job.every + 1) * job.every
        if not now < next_due <= now + job.every:
            next_due = now + job.every
    return Course(
        lease=Lease(holder, course.lease.epoch + 1, now + LEASE),
        due_at=next_due,
        started_at=now,
        ended_at=None,
        took=course.took,
        lag=late,
        missed=course.missed + late // job.every,
        failure=course.failure,
    )


def _is_due(job: Job, due_at: datetime, now: datetime) -> bool:
    # Further off than a period is no time this clock has set: it was put back since.
    return due_at <= now or due_at > now + job.every


def _is_free(lease: Lease, now: datetime) -> bool:
    # Likewise: no lease lasts longer than one. Should its holder live, the epoch fences it off.
    return lease.is_over(now) or lease.until > now + LEASE
