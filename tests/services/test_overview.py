"""The overview: every namespace counted once for all who look, each on its own."""

from __future__ import annotations

import asyncio

import pytest

from inspector_app.domain.errors import Denied, Invalid, Unreachable
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.overview import STEPS, STUCK
from inspector_app.domain.permissions import Role
from inspector_app.domain.workflows import Status
from inspector_app.services import visibility
from inspector_app.services.overview import OverviewDesk
from inspector_app.services.visibility import Visibility
from tests.fixtures.counting import Counting, a_summary
from tests.fixtures.temporal import waits_for


@pytest.fixture
async def server(house, monkeypatch):
    monkeypatch.setattr(visibility, "PER_SECOND", 1000.0)
    return Counting(house.time)


@pytest.fixture
async def desk(house, server):
    made = OverviewDesk(house.door, Visibility(server), house.time, house.redaction)
    yield made
    await made.close()


async def whole(desk, actor):
    """Look until the chart is counted."""

    async def looked():
        found = await desk.look(actor)
        return found if len(found.steps) == STEPS else None

    return await waits_for(looked)


async def test_numbers_are_the_servers_and_say_when_they_were_counted(house, server, desk):
    server.totals = {Status.RUNNING: 7, Status.PAUSED: 1, Status.COMPLETED: 20, Status.FAILED: 2}
    _, ivo = await house.signs_in("ivo")
    (now,) = (await desk.look(ivo)).namespaces
    assert (now.slug, now.running, now.paused, now.trouble) == ("default", 7, 1, "")
    assert (now.closed.failed, now.closed.completed) == (2, 20)
    assert now.at == house.time()


async def test_a_hundred_who_look_at_once_cost_what_one_does(house, server, desk):
    _, ivo = await house.signs_in("ivo")
    await asyncio.gather(*(desk.look(ivo) for _ in range(100)))
    assert server.asked["page"] == 1
    await whole(desk, ivo)
    assert server.asked["counts"] == 2 + STEPS


async def test_later_only_what_can_have_changed_is_counted_again(house, server, desk):
    _, ivo = await house.signs_in("ivo")
    await whole(desk, ivo)
    before = server.asked["counts"]
    house.time.pass_by(seconds=6)
    await desk.look(ivo)
    # The step under way, and the one before it, which runs may still be added to.
    await waits_for(lambda: asyncio.sleep(0, server.asked["counts"] == before + 2 + 2))


async def test_a_chart_that_takes_long_to_count_is_counted_by_one(house, server, desk):
    counts, goes_on = server.counts, asyncio.Event()

    async def held(place, query):
        if "CloseTime <" in query:
            await goes_on.wait()
        return await counts(place, query)

    server.counts = held
    _, ivo = await house.signs_in("ivo")
    await desk.look(ivo)
    house.time.pass_by(seconds=6)
    await desk.look(ivo)
    goes_on.set()
    await whole(desk, ivo)
    assert server.asked["counts"] == 2 + 2 + STEPS


async def test_a_step_that_was_counted_while_under_way_is_counted_again(house, server, desk):
    _, ivo = await house.signs_in("ivo")
    newest = (await whole(desk, ivo)).steps[-1]
    house.time.pass_by(minutes=20)
    server.totals = {Status.COMPLETED: 9}

    async def again():
        found = {step.at: step.closed for step in (await desk.look(ivo)).steps}
        return found.get(newest.at) and found[newest.at].completed == 9

    await waits_for(again)


async def test_what_is_stuck_or_paused_is_named_and_all_of_it_counted(house, server, desk):
    server.runs = [a_summary(f"run-{n}", problems=("cause=X",)) for n in range(9)]
    server.totals = {Status.RUNNING: 9, Status.PAUSED: 9}
    _, ivo = await house.signs_in("ivo")
    found = await desk.look(ivo)
    assert len(found.needy) == 10
    assert found.namespaces[0].stuck == 18


async def test_a_namespace_whose_server_is_silent_says_so_and_the_others_still_show(
    house, server, desk
):
    await house.tenancy.add_cluster(house.operator, "away", "127.0.0.1:2")
    await house.tenancy.grant(
        house.operator, tenant_slug="demo", cluster="away", name="agents", slug="silent"
    )
    counts = server.counts

    async def counted(place, query):
        if place.slug == "silent":
            raise Unreachable(
                "It refused.", address="x", since=house.time(), next_try=house.time()
            )
        return await counts(place, query)

    server.counts = counted
    _, ivo = await house.signs_in("ivo")
    found = await desk.look(ivo)
    assert [(each.slug, each.trouble) for each in found.namespaces] == [
        ("default", ""),
        ("silent", "It refused."),
    ]
    server.counts = counts
    assert not any(each.trouble for each in (await desk.look(ivo)).namespaces)


async def test_an_older_server_that_knows_no_stuck_runs_still_gives_the_rest(house, server, desk):
    page = server.page

    async def without(place, query, **options):
        if query == STUCK:
            raise Invalid("invalid search attribute", field="query")
        return await page(place, query, **options)

    server.page = without
    _, ivo = await house.signs_in("ivo")
    (now,) = (await desk.look(ivo)).namespaces
    assert (now.running, now.stuck, now.trouble) == (1, 0, "")


async def test_steps_that_cannot_be_counted_are_left_for_the_next_time(house, server, desk):
    counts = server.counts

    async def without_steps(place, query):
        if "CloseTime <" in query:
            raise Unreachable(
                "It refused.", address="x", since=house.time(), next_try=house.time()
            )
        return await counts(place, query)

    server.counts = without_steps
    _, ivo = await house.signs_in("ivo")
    assert (await desk.look(ivo)).steps == ()
    server.counts = counts
    house.time.pass_by(seconds=6)
    assert len((await whole(desk, ivo)).steps) == STEPS


async def test_a_tenant_without_namespaces_and_a_person_without_a_tenant(house, desk):
    _, eve = await house.signs_in("eve")
    assert [each.slug for each in (await desk.look(eve)).namespaces] == ["theirs"]
    stray = Actor(ActorKind.PERSON, "x", "10.0.0.1", "r", role=Role.OBSERVER)
    assert (await desk.look(stray)).namespaces == ()
    nobody = Actor(ActorKind.PERSON, "x", "10.0.0.1", "r")
    with pytest.raises(Denied):
        await desk.look(nobody)
