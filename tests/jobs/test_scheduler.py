from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from inspector_app.domain.errors import StorageUnavailable
from inspector_app.domain.jobs import Standing
from inspector_app.jobs import scheduler, tidy_sessions
from inspector_app.jobs.ticks import TICKS
from inspector_app.services import registry
from tests.fixtures.temporal import waits_for

NAME = tidy_sessions.JOB.name


@pytest.fixture(autouse=True)
def quick(monkeypatch, house):
    desks = SimpleNamespace(seals=house.seals, feeds=house.feeds)
    monkeypatch.setattr(registry, "services", lambda: desks)
    monkeypatch.setattr(scheduler, "LOOK_EVERY", timedelta(seconds=0.05))


async def all_done(house):
    _, noor = await house.signs_in("noor")

    async def done():
        views = await house.jobs.all(noor)
        return views and all(view.standing is Standing.DONE for view in views)

    return done


async def test_every_job_runs_once_a_process_is_up(house):
    done = await all_done(house)
    async with scheduler.running(house.jobs, TICKS):
        await waits_for(done)


async def test_a_clock_set_back_does_not_stop_it_from_looking(house):
    ran = []

    async def tick(_held):
        ran.append(house.time.now)
        return 1

    async with scheduler.running(house.jobs, {NAME: tick}) as running:
        await waits_for(_async(lambda: len(ran) == 1))
        # What APScheduler is left with when the clock is put back by a day.
        (job,) = running.get_jobs()
        job.modify(next_run_time=datetime.now(UTC) + timedelta(days=1))
        house.time.pass_by(days=-1)
        await waits_for(_async(lambda: len(ran) == 2))
        house.time.pass_by(hours=1)
        await waits_for(_async(lambda: len(ran) == 3))


async def test_a_clock_set_forward_brings_one_run_and_no_storm(house):
    looks, ran = [], []
    original = house.jobs.run_if_due

    async def look(name, tick):
        looks.append(name)
        return await original(name, tick)

    house.jobs.run_if_due = look

    async def tick(_held):
        ran.append(house.time.now)
        return 1

    async with scheduler.running(house.jobs, {NAME: tick}):
        await waits_for(_async(lambda: len(ran) == 1))
        house.time.pass_by(days=365)
        await waits_for(_async(lambda: len(ran) == 2))
        seen = len(looks)
        await waits_for(_async(lambda: len(looks) > seen + 3))
    assert len(ran) == 2


async def test_a_database_that_is_away_is_looked_at_again(house):
    tries = []
    original = house.jobs.run_if_due

    async def away_at_first(name, tick):
        tries.append(name)
        if len(tries) == 1:
            raise StorageUnavailable("The database does not answer.")
        return await original(name, tick)

    house.jobs.run_if_due = away_at_first
    ran = []

    async def tick(_held):
        ran.append(1)
        return 1

    async with scheduler.running(house.jobs, {NAME: tick}):
        await waits_for(_async(lambda: ran))


def _async(condition):
    async def asked():
        return condition()

    return asked
