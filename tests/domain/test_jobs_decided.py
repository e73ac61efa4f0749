from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector_app.domain.jobs import (
    LEASE,
    Course,
    Job,
    Standing,
    may_start,
    standing,
    started,
)
from inspector_app.domain.leases import Lease

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
JOB = Job("sweep", "Sweep", "Sweeps.", every=10 * MINUTE)
FRESH = Course(Lease("", 0, NOON), due_at=NOON)


def ended(course, at=NOON, failure=""):
    """What the row says when the tick of `course` has ended."""
    lease = replace(course.lease, until=at)
    return replace(course, lease=lease, ended_at=at, took=SECOND, failure=failure)


def test_a_job_that_never_ran_may_start_at_once_and_then_is_not_free():
    assert standing(FRESH, NOON) is Standing.WAITING
    assert may_start(JOB, FRESH, NOON)
    running = started(JOB, FRESH, "a", NOON)
    assert standing(running, NOON) is Standing.RUNNING
    assert not may_start(JOB, running, NOON + LEASE - SECOND)


def test_it_starts_again_one_period_after_it_was_due():
    done = ended(started(JOB, FRESH, "a", NOON + SECOND))
    assert standing(done, NOON) is Standing.DONE
    assert done.due_at == NOON + JOB.every
    assert not may_start(JOB, done, done.due_at - SECOND)
    assert may_start(JOB, done, done.due_at)


def test_a_failure_is_told_and_waits_for_the_next_time():
    failed = ended(started(JOB, FRESH, "a", NOON), failure="The disk is full")
    assert standing(failed, NOON) is Standing.FAILED
    assert not may_start(JOB, failed, NOON + MINUTE)
    assert standing(started(JOB, failed, "a", failed.due_at), failed.due_at) is Standing.RUNNING


def test_a_job_whose_holder_is_gone_is_taken_over_with_a_greater_epoch_before_it_is_due():
    left = started(JOB, FRESH, "a", NOON)
    later = NOON + LEASE
    assert standing(left, later) is Standing.INTERRUPTED
    assert may_start(JOB, left, later)
    taken = started(JOB, left, "b", later)
    assert (taken.lease.holder, taken.lease.epoch) == ("b", left.lease.epoch + 1)
    assert (taken.due_at, taken.lag, taken.missed) == (left.due_at, timedelta(), 0)


def test_what_was_missed_is_counted_and_made_up_for_by_one_start():
    done = ended(started(JOB, FRESH, "a", NOON))
    back = done.due_at + 35 * MINUTE
    again = started(JOB, done, "a", back)
    assert (again.missed, again.lag) == (3, 35 * MINUTE)
    assert again.due_at == done.due_at + 40 * MINUTE
    assert not may_start(JOB, ended(again, back), back + MINUTE)
    assert started(JOB, ended(again, back), "a", again.due_at).missed == 3


def test_a_holder_that_was_gone_for_long_has_missed_starts_too():
    left = started(JOB, FRESH, "a", NOON)
    taken = started(JOB, left, "b", left.due_at + 25 * MINUTE)
    assert (taken.missed, taken.due_at) == (2, left.due_at + 30 * MINUTE)


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(hours=3), 11 * MINUTE])
def test_a_clock_set_back_makes_it_due_once_and_then_in_step(jump):
    done = ended(started(JOB, FRESH, "a", NOON))
    then = NOON - jump
    assert may_start(JOB, done, then)
    again = ended(started(JOB, done, "a", then), then)
    assert (again.missed, again.lag) == (0, timedelta())
    assert again.due_at == then + JOB.every
    assert not may_start(JOB, again, then + MINUTE)


def test_a_clock_set_back_does_not_leave_a_job_to_a_holder_that_is_gone():
    left = started(JOB, FRESH, "a", NOON)
    then = NOON - timedelta(days=1)
    assert standing(left, then) is Standing.INTERRUPTED
    assert may_start(JOB, left, then)


def test_asked_for_while_it_runs_it_starts_once_more_when_it_has_ended():
    running = started(JOB, FRESH, "a", NOON)
    asked = replace(running, due_at=NOON + SECOND)
    assert not may_start(JOB, asked, NOON + 2 * SECOND)
    assert may_start(JOB, ended(asked, NOON + 2 * SECOND), NOON + 2 * SECOND)


@given(
    jumps=st.lists(
        st.timedeltas(min_value=timedelta(days=-900), max_value=timedelta(days=900)), max_size=8
    )
)
def test_however_the_clock_jumps_the_next_start_is_within_one_period_and_there_is_no_storm(jumps):
    now, course = NOON, FRESH
    for jump in jumps:
        now += jump
        if may_start(JOB, course, now):
            course = ended(started(JOB, course, "a", now), now)
        assert not may_start(JOB, course, now)
        assert now < course.due_at <= now + JOB.every
