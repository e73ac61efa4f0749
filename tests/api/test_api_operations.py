"""Bulk work over HTTP, from its count to its last run."""

from __future__ import annotations

from uuid import uuid4

import pytest

from inspector_app.services import registry
from tests.fixtures.operations import SIGNALED, Bulk, times_seen

pytestmark = pytest.mark.temporal

OPERATIONS = "/api/v1/operations"
NOBODYS = "01a20ff0-3dbb-7d27-8fc4-0622115cf2a6"


@pytest.fixture
async def bulk(office, site):
    return Bulk(office.house, site)


async def counted(visitor, query, action="pause"):
    answer = await visitor.gets(f"{OPERATIONS}/count", ns="main", action=action, query=query)
    assert answer.status_code == 200
    found = answer.json()
    return {"confirmed": found["count"], "as_of": found["as_of"], "query": query}


async def carried_out():
    runner = registry.services().operation_runner
    while claimed := await runner.claim():
        await runner.carry_out(claimed)


async def test_a_bulk_signal_from_its_count_to_its_last_run(office, bulk):
    query, handles = await bulk.starts(3)
    ana = await office.signed_in("ana")
    order = {
        **await counted(ana, query, "signal"),
        "action": "signal",
        "signal": "approve",
        "args": [True, "all of them"],
        "reason": "the week is over",
        "pace": 200,
    }
    key = {"Idempotency-Key": uuid4().hex}
    started = await ana.acts(OPERATIONS, order, ns="main", headers=key)
    again = await ana.acts(OPERATIONS, order, ns="main", headers=key)
    assert started.status_code == 200
    assert again.json() == started.json()
    operation = started.json()
    assert (operation["state"], operation["total"], operation["by"]) == ("running", 3, "ana")
    await carried_out()
    ivo = await office.signed_in("ivo")
    ended = (await ivo.gets(f"{OPERATIONS}/{operation['id']}")).json()
    assert (ended["state"], ended["progress"]["done"]) == ("finished", 3)
    assert await times_seen(handles, SIGNALED) == [1, 1, 1]
    first = (await ivo.gets(f"{OPERATIONS}/{operation['id']}/items", page_size=2)).json()
    rest = (
        await ivo.gets(
            f"{OPERATIONS}/{operation['id']}/items", page_token=first["next_page_token"]
        )
    ).json()
    numbers = [item["number"] for item in (*first["items"], *rest["items"])]
    assert (numbers, rest["next_page_token"]) == ([0, 1, 2], None)
    listed = (await ivo.gets(OPERATIONS)).json()["items"]
    assert [each["id"] for each in listed] == [operation["id"]]
    assert "all of them" not in started.text


async def test_it_is_cancelled_and_goes_on(office, bulk):
    query, _ = await bulk.starts(2)
    ana = await office.signed_in("ana")
    order = {**await counted(ana, query), "action": "pause", "reason": "look"}
    operation = (await ana.acts(OPERATIONS, order, ns="main")).json()
    place = f"{OPERATIONS}/{operation['id']}"
    stopped = await ana.acts(f"{place}/cancel", {"reason": "wait"})
    assert stopped.json()["state"] == "stopping"
    await carried_out()
    waiting = (await ana.gets(f"{place}/items", outcome="waiting")).json()["items"]
    assert len(waiting) == 2
    assert (await ana.acts(f"{place}/cancel", {"reason": "again"})).status_code == 409
    going_on = await ana.acts(f"{place}/resume", {"reason": "go"})
    assert going_on.json()["state"] == "running"
    await carried_out()
    assert (await ana.gets(place)).json()["progress"]["done"] == 2


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"action": "explode"}, 422),
        ({"pace": 0}, 422),
        ({"confirmed": 0}, 409),
        ({"runs": [{"workflow_id": "a", "run_id": "b"}]}, 422),
        ({"as_of": "2026-11-24T12:00:00"}, 422),
        ({"reason": " "}, 422),
        ({"query": "Nonsense ="}, 422),
        ({"unknown": 1}, 422),
    ],
)
async def test_what_is_wrong_with_an_order_is_said_and_nothing_starts(
    office, bulk, change, status
):
    query, _ = await bulk.starts(1)
    ana = await office.signed_in("ana")
    order = {**await counted(ana, query), "action": "pause", "reason": "x", **change}
    answer = await ana.acts(OPERATIONS, order, ns="main")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert (await ana.gets(OPERATIONS)).json()["items"] == []


async def test_who_may_not_is_refused_and_others_find_nothing(office, bulk):
    query, _ = await bulk.starts(1)
    ana, ivo = await office.signed_in("ana"), await office.signed_in("ivo")
    order = {**await counted(ana, query), "action": "terminate", "reason": "x"}
    assert (await ivo.acts(OPERATIONS, order, ns="main")).status_code == 403
    operation = (await ana.acts(OPERATIONS, order, ns="main")).json()
    assert (
        await ivo.acts(f"{OPERATIONS}/{operation['id']}/cancel", {"reason": "x"})
    ).status_code == 403
    eve = await office.signed_in("eve")
    theirs = await eve.gets(f"{OPERATIONS}/{operation['id']}")
    nobodys = await eve.gets(f"{OPERATIONS}/{NOBODYS}")
    assert theirs.status_code == nobodys.status_code == 404
    assert theirs.json()["detail"] == nobodys.json()["detail"]
    assert (await eve.gets(OPERATIONS)).json() == {"items": [], "next_page_token": None}
    assert (await eve.gets(OPERATIONS, page_token="nonsense")).status_code == 404
