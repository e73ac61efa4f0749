from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from inspector_app.domain.audit import Outcome, Target
from inspector_app.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    SignInRequired,
    StorageUnavailable,
)
from inspector_app.domain.jobs import LEASE, Standing
from inspector_app.domain.permissions import Permission
from inspector_app.jobs import intents, tidy_replies, tidy_sessions
from inspector_app.jobs.ticks import JOBS, TICKS
from inspector_app.services.jobs import JobDesk

NAME = tidy_sessions.JOB.name
RUN = Target("run", "research/1", "default", "r-1")


@pytest.fixture
async def here(house):
    await house.jobs.enlist()
    return house.jobs


@pytest.fixture
def there(house):
    """Another process beside this one, on the same database."""
    return JobDesk(house.door, house.time, JOBS, "there")


@pytest.fixture
async def noor(house):
    _, noor = await house.signs_in("noor")
    return noor


async def seen(desk, actor, name=NAME):
    """What an admin sees of one job."""
    return next(each for each in await desk.all(actor) if each.job.name == name)


async def nothing(_held):
    return 0


async def rows(house, table):
    with house.behind().engine.connect() as connection:
        return connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar()


async def test_a_due_job_runs_once_and_waits_for_its_next_time(house, here, noor):
    assert (await seen(here, noor)).standing is Standing.WAITING
    assert await here.run_if_due(NAME, nothing)
    assert not await here.run_if_due(NAME, nothing)
    course = (await seen(here, noor)).course
    assert (course.lease.holder, course.started_at, course.ended_at) == (
        "here",
        house.time.now,
        house.time.now,
    )
    assert course.due_at == house.time.now + tidy_sessions.JOB.every
    house.time.pass_by(hours=1)
    assert await here.run_if_due(NAME, nothing)


async def test_every_job_has_its_row_however_often_processes_start(here, there, noor):
    await here.run_if_due(NAME, nothing)
    await asyncio.gather(there.enlist(), there.enlist())
    views = await here.all(noor)
    assert [view.job.name for view in views] == [job.name for job in JOBS] == list(TICKS)
    assert (await seen(here, noor)).standing is Standing.DONE


async def test_of_two_processes_that_look_at_once_one_runs_it(here, there):
    ran = []

    async def tick(held):
        ran.append(held.lease.holder)
        return 1

    # The one that was too late may be told so in either way; it tries again at its next look.
    looks = await asyncio.gather(
        here.run_if_due(NAME, tick), there.run_if_due(NAME, tick), return_exceptions=True
    )
    assert len(ran) == 1
    assert [look for look in looks if look is True] == [True]
    assert all(look is False or isinstance(look, Conflict) for look in looks if look is not True)


async def test_a_holder_that_lost_its_lease_in_the_middle_writes_nothing(house, here, there, noor):
    await house.signs_in("ana")
    before = await rows(house, "sessions")

    async def slow(held):
        async with held.work():
            pass  # a first piece, while the job is still ours
        house.time.pass_by(seconds=LEASE.seconds)
        assert await there.run_if_due(NAME, nothing)
        async with held.work() as (work, now):
            return await work.sessions.forget(now + timedelta(days=99), limit=9)

    assert await here.run_if_due(NAME, slow)
    assert await rows(house, "sessions") == before
    view = await seen(here, noor)
    assert (view.course.lease.holder, view.course.lease.epoch) == ("there", 2)
    assert view.standing is Standing.DONE


async def test_a_late_holder_does_not_write_its_end_over_the_next_ones_work(
    house, here, there, noor
):
    async def slow(_held):
        house.time.pass_by(seconds=LEASE.seconds)
        assert await there.run_if_due(NAME, failing)
        return 1

    async def failing(_held):
        raise StorageUnavailable("The disk is full.")

    assert await here.run_if_due(NAME, slow)
    view = await seen(here, noor)
    assert (view.standing, view.course.failure) == (Standing.FAILED, StorageUnavailable.title)


async def test_each_piece_of_work_prolongs_the_lease(house, here, there):
    async def long(held):
        for _ in range(3):
            house.time.pass_by(seconds=LEASE.seconds - 1)
            async with held.work():
                assert not await there.run_if_due(NAME, nothing)
        return 3

    assert await here.run_if_due(NAME, long)


async def test_a_job_that_breaks_says_so_in_a_title_and_never_in_its_own_words(here, noor):
    async def breaks(_held):
        raise RuntimeError("secret payload")

    assert await here.run_if_due(NAME, breaks)
    view = await seen(here, noor)
    assert (view.standing, view.course.failure) == (Standing.FAILED, "Something went wrong")


async def test_an_admin_asks_for_a_run_and_it_is_audited(house, here, noor):
    await here.run_if_due(NAME, nothing)
    view = await here.ask(noor, NAME, " after the incident ")
    assert view.course.due_at == house.time.now
    assert await here.run_if_due(NAME, nothing)
    last = (await house.entries(noor.tenant))[-1].record
    assert (last.action, last.target.id, last.reason) == ("job.run", NAME, "after the incident")


async def test_what_is_asked_for_has_a_reason_and_is_there(here, noor):
    with pytest.raises(Invalid, match="reason"):
        await here.ask(noor, NAME, "  ")
    with pytest.raises(NotFound, match="no job 'sweep'"):
        await here.ask(noor, "sweep", "why not")


@pytest.mark.parametrize("who", ["ivo", "ana"])
async def test_jobs_are_for_admins(house, here, who):
    _, actor = await house.signs_in(who)
    with pytest.raises(Denied):
        await here.all(actor)
    with pytest.raises(Denied):
        await here.ask(actor, NAME, "because")
    nobody = await house.who("")
    with pytest.raises(SignInRequired):
        await here.all(nobody)


async def test_sessions_that_ended_are_kept_for_a_month_and_then_removed(house, here):
    token, ana = await house.signs_in("ana")
    await house.sessions.close(ana)
    await house.signs_in("ivo")
    house.time.pass_by(days=29)
    await house.signs_in("noor")
    await here.run_if_due(NAME, tidy_sessions.tick)
    assert await rows(house, "sessions") == 3
    house.time.pass_by(days=1, hours=9)
    kept, _ = await house.signs_in("eve")
    await here.run_if_due(NAME, tidy_sessions.tick)
    assert await rows(house, "sessions") == 2
    assert not (await house.who(token)).signed_in
    assert (await house.who(kept)).signed_in


async def test_much_is_removed_in_pieces(house, here, monkeypatch):
    monkeypatch.setattr(tidy_sessions, "PIECE", 2)
    for _ in range(5):
        await house.signs_in("ana")
    house.time.pass_by(days=60)
    await here.run_if_due(NAME, tidy_sessions.tick)
    assert await rows(house, "sessions") == 0


async def test_answers_are_removed_when_no_repetition_gets_them_any_more(house, here, noor):
    async def act():
        return "{}"

    await house.repeats.once(noor, "old", b"", act)
    house.time.pass_by(hours=25)
    await house.repeats.once(noor, "new", b"", act)
    await here.run_if_due(tidy_replies.JOB.name, tidy_replies.tick)
    assert await rows(house, "idempotency_keys") == 1


async def test_an_intent_is_closed_when_no_action_takes_so_long(house, here):
    _, ana = await house.signs_in("ana")
    entered = house.door.reach(ana, Permission.RUN_TERMINATE, RUN, reason="x")
    await entered.__aenter__()  # and never left: the process is gone
    await here.run_if_due(intents.JOB.name, intents.tick)
    assert (await house.entries(ana.tenant))[-1].record.outcome is Outcome.INTENT
    house.time.pass_by(minutes=5)
    await here.run_if_due(intents.JOB.name, intents.tick)
    last = (await house.entries(ana.tenant))[-1].record
    assert (last.outcome, last.target.id) == (Outcome.UNKNOWN, "research/1")
    house.time.pass_by(minutes=5)
    await here.run_if_due(intents.JOB.name, intents.tick)
    assert (await house.entries(ana.tenant))[-1].record == last
