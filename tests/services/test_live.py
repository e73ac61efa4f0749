"""Watching: one poller for all who watch the same, from the first who comes to the last."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from inspector_app.domain.errors import Invalid, NotFound, Unreachable
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.overview import STEPS
from inspector_app.domain.workflows import PendingActivity, RunRef, Status
from inspector_app.services import live as live_service
from inspector_app.services import visibility, watching
from inspector_app.services.live import Asked, Live
from inspector_app.services.overview import OverviewDesk
from inspector_app.services.visibility import Pace, Visibility
from tests.fixtures.counting import Counting, a_summary
from tests.fixtures.temporal import waits_for

REF = RunRef("default", WorkflowId("run"), RunId(""))
LIST = Asked("default", "", "", 50)


@pytest.fixture
async def server(house):
    return Counting(house.time)


@pytest.fixture
def hurried(monkeypatch):
    """A pace that no test waits for."""
    monkeypatch.setattr(visibility, "PER_SECOND", 1000.0)
    monkeypatch.setattr(live_service, "LIST_EVERY", 0.02)
    monkeypatch.setattr(live_service, "LOOK_EVERY", 0.02)
    monkeypatch.setattr(watching, "BEAT", 0.1)
    monkeypatch.setattr(watching, "AGAIN", 0.02)


@pytest.fixture
async def live(house, server):
    paced = Visibility(server)
    overview = OverviewDesk(house.door, paced, house.time, house.redaction)
    made = Live(house.door, server, server, paced, overview, house.redaction)
    yield made
    await made.topics.close()
    await overview.close()


async def heard(watch, holds=lambda found: found is not None):
    """What the watcher hears first that holds."""
    async with asyncio.timeout(10):
        async for found in watch:
            if holds(found):
                return found
    raise AssertionError("a watch has no end")


async def test_an_event_is_heard_at_once_and_the_run_described_again(house, server, live):
    _, ivo = await house.signs_in("ivo")
    async with live.run(ivo, REF) as watch:
        assert (await heard(watch)).events == 5
        server.happens(status=Status.COMPLETED)
        seen = await heard(watch, lambda found: not found.view.run.status.is_open)
        assert seen.events == 6
        assert server.asked["describe"] == 2
        assert server.asked["data"] == 2


async def test_a_hundred_who_watch_a_run_cost_what_one_does(house, server, live):
    _, ivo = await house.signs_in("ivo")
    async with AsyncExitStack() as stack:
        watches = [await stack.enter_async_context(live.run(ivo, REF)) for _ in range(100)]
        await asyncio.gather(*map(heard, watches))
        server.happens()
        await asyncio.gather(*(heard(each, lambda found: found.events == 6) for each in watches))
        assert len(live.topics) == server.following == 1
        assert server.asked.total() <= 5
    assert len(live.topics) == 0
    await waits_for(lambda: asyncio.sleep(0, server.following == 0))


async def test_a_hundred_open_pages_of_all_kinds_stay_under_ten_requests_a_second(
    house, server, live
):
    server.runs = [a_summary(f"run-{n}") for n in range(40)]
    _, ivo = await house.signs_in("ivo")
    async with AsyncExitStack() as stack:
        opened = [live.overview(ivo) for _ in range(20)]
        opened += [live.listing(ivo, LIST) for _ in range(40)]
        opened += [
            live.listing(ivo, Asked("default", f"WorkflowType = '{n}'", "", 50)) for n in range(20)
        ]
        opened += [
            live.run(ivo, RunRef("default", WorkflowId(f"run-{n % 5}"), RunId("")))
            for n in range(20)
        ]
        watches = [await stack.enter_async_context(each) for each in opened]
        await asyncio.gather(*map(heard, watches))
        came = server.asked.total()
        begun = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < begun + 5:
            await asyncio.gather(*(heard(each, lambda _: True) for each in watches[:1]))
        lasted = asyncio.get_running_loop().time() - begun
        assert (server.asked.total() - came) / lasted < 10


async def test_one_who_is_slow_misses_steps_and_never_the_last(house, server, live, hurried):
    _, ivo = await house.signs_in("ivo")
    async with live.run(ivo, REF) as quick, live.run(ivo, REF) as slow:
        await heard(slow)
        for number in range(6, 12):
            server.happens()
            await heard(quick, lambda found, number=number: found and found.events == number)
        last = await heard(slow)
        assert last.events == 11


def an_activity(attempt):
    nothing = (None, None, None, None)
    return PendingActivity("1", "greet", "Started", attempt, 0, *nothing, "", "", paused=False)


async def test_a_run_with_pending_work_is_looked_at_though_no_event_tells(
    house, server, live, hurried
):
    describe, tries = server.describe, iter(range(1, 1000))

    async def retrying(namespace, ref):
        run = await describe(namespace, ref)
        return type(run)(
            **{f: getattr(run, f) for f in run.__slots__}
            | {"activities": (an_activity(next(tries)),)}
        )

    server.describe = retrying
    _, ivo = await house.signs_in("ivo")
    async with live.run(ivo, REF) as watch:
        await heard(watch, lambda found: found and found.view.run.activities == (an_activity(4),))


async def test_a_list_keeps_up_with_what_left_it_until_that_is_closed(
    house, server, live, hurried
):
    gone = a_summary("gone")
    server.runs = [gone, a_summary("stays")]
    everything = server.runs
    server.every = lambda: everything
    _, ivo = await house.signs_in("ivo")
    async with live.listing(ivo, LIST) as watch:
        assert len((await heard(watch)).page.runs) == 2
        server.runs = [a_summary("new"), a_summary("stays")]
        found = await heard(watch, lambda found: found and found.left)
        assert [each.workflow_id for each in found.page.runs] == ["new", "stays"]
        assert [each.status for each in found.left] == [Status.RUNNING]
        everything = [a_summary("gone", Status.COMPLETED)]
        closed = await heard(watch, lambda found: found and not found.left[0].status.is_open)
        assert closed.left[0].workflow_id == "gone"
        await heard(watch)
        server.runs = [a_summary("gone", Status.COMPLETED)]
        await heard(watch, lambda found: found and len(found.page.runs) == 1)


async def test_the_overview_is_looked_at_until_it_is_whole_and_then_now_and_then(
    house, server, live, hurried
):
    _, ivo = await house.signs_in("ivo")
    async with live.overview(ivo) as watch, live.overview(ivo) as another:
        await heard(watch, lambda found: found and len(found.steps) == STEPS)
        await heard(another, lambda found: found and len(found.steps) == STEPS)
        assert len(live.topics) == 1


async def test_a_server_that_went_away_is_said_and_asked_again_until_it_is_back(
    house, server, live, hurried
):
    _, ivo = await house.signs_in("ivo")
    due = house.time() + timedelta(seconds=1)
    async with live.listing(ivo, LIST) as watch:
        await heard(watch)
        server.fault = Unreachable("It refused.", address="x", since=due, next_try=due)
        assert await heard(watch, lambda found: isinstance(found, Unreachable))
        server.fault = None
        await heard(watch, lambda found: found and not isinstance(found, Unreachable))


async def test_a_question_that_is_wrong_is_answered_once(house, server, live, hurried):
    server.fault = Invalid("invalid query", field="query")
    _, ivo = await house.signs_in("ivo")
    async with live.listing(ivo, LIST) as watch:
        assert isinstance(await heard(watch), Invalid)
        assert await heard(watch, lambda found: True) is None
        assert server.asked["page"] == 1


async def test_quiet_is_heard_as_a_beat_at_which_the_door_is_asked_again(
    house, server, live, hurried
):
    _, ivo = await house.signs_in("ivo")
    async with live.run(ivo, REF) as watch:
        await heard(watch)
        assert await anext(watch) is None
        house.behind().does("DELETE FROM namespaces WHERE slug = 'default'")
        with pytest.raises(NotFound):
            await heard(watch, lambda _: False)


async def test_another_tenants_run_cannot_be_watched(house, live):
    _, eve = await house.signs_in("eve")
    with pytest.raises(NotFound):
        async with live.run(eve, REF):
            pass
    assert len(live.topics) == 0


async def test_what_is_asked_in_the_background_waits_its_turn_after_the_first_few(monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(round(seconds, 3))

    monkeypatch.setattr(visibility, "monotonic", lambda: 100.0)
    monkeypatch.setattr(visibility.asyncio, "sleep", sleep)
    pace = Pace()
    for _ in range(8):
        await pace.turn()
    assert waited == [0, 0, 0, 0, 0.25, 0.5, 0.75, 1.0]


async def test_what_nobody_watches_any_more_ends_with_the_app(house, server, live, hurried):
    _, ivo = await house.signs_in("ivo")
    async with live.run(ivo, REF) as watch:
        await heard(watch)
        await live.topics.close()
        await waits_for(lambda: asyncio.sleep(0, server.following == 0))
