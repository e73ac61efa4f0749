"""What the demo has once, and what it starts: never twice, however often it is started."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from temporalio.client import Client

from inspector_app.demo import traffic
from inspector_app.demo.places import MAIN, PLACES
from inspector_app.demo.samples.approval import PurchaseInput
from inspector_app.demo.samples.pipeline import Trouble
from inspector_app.demo.samples.stuck import InvoiceReminderV2
from inspector_app.demo.standing import (
    LONG_RUN,
    SCHEDULE,
    STUCK_RUN,
    ensure_schedule,
    serve_stuck_run,
)
from inspector_app.demo.starts import Start, begin
from inspector_app.demo.traffic import CYCLE, MOST_WAITING, answer_oldest, plan
from inspector_app.demo.worker import connected, work
from inspector_app.domain.ids import EventId, RunId, WorkflowId
from inspector_app.domain.refusals import refusal
from inspector_app.domain.workflows import RunRef
from tests.fixtures.temporal import running, waits_for

NON_DETERMINISTIC = (
    "TemporalReportedProblems = 'cause=WorkflowTaskFailedCauseNonDeterministicError'"
)


@asynccontextmanager
async def meanwhile(work):
    task = asyncio.create_task(work)
    try:
        yield
        assert not task.done(), task.result()
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def ids(client, query=""):
    return [each.id async for each in client.list_workflows(query)]


@pytest.mark.temporal
async def test_the_stuck_run_is_reported_as_non_deterministic_and_stays_one_run(demo):
    name = uuid4().hex
    run = replace(STUCK_RUN, id=f"invoice-reminder/{name}", task_queue=name)

    async def reported():
        return await ids(demo.client, f"{NON_DETERMINISTIC} AND WorkflowId = '{run.id}'")

    async with meanwhile(serve_stuck_run(demo.client, run)):
        await waits_for(reported, seconds=60)
    failed = [
        event.workflow_task_failed_event_attributes.failure.message
        for event in await demo.events(run.id)
        if event.HasField("workflow_task_failed_event_attributes")
    ]
    assert "[TMPRL1100]" in failed[0]
    assert "look_up_invoice" in failed[0]
    assert "check_disputes" in failed[0]
    found = await _refusal(demo, run.id)
    assert found.summary == (
        "At event 5 the history has activity 'look_up_invoice', and the worker's code asks for"
        " activity 'check_disputes' there."
    )
    assert (found.event_id, found.certain) == (5, True)
    assert any("Reset the run to event 4 " in each for each in found.remedies)

    async with meanwhile(serve_stuck_run(demo.client, run)):
        # Whoever resets it to its beginning gets it going again.
        handle = await demo.reset_to_beginning(run.id)
        await waits_for(lambda: _waits_on_version_two(demo, handle))
        await handle.signal(InvoiceReminderV2.paid)
        assert await handle.result() == "paid"
    assert len(await ids(demo.client, f"WorkflowId = '{run.id}'")) == 2  # the reset made one


async def _refusal(demo, workflow_id):
    """What the run's page says of it."""
    ref = RunRef("default", WorkflowId(workflow_id), RunId(""))
    failure = await demo.histories.task_failure(demo.namespace, ref)
    page = await demo.histories.page(demo.namespace, ref, start=EventId(1), size=100)
    return refusal(failure, page.rows)


@pytest.mark.temporal
async def test_a_stuck_run_that_somebody_has_paused_stops_no_start(demo):
    name = uuid4().hex
    run = replace(STUCK_RUN, id=f"invoice-reminder/{name}", task_queue=name)
    await begin(demo.client, run)
    await demo.pause(run.id)
    async with meanwhile(serve_stuck_run(demo.client, run)):
        await waits_for(lambda: demo.is_served(name))
    await demo.client.get_workflow_handle(run.id).terminate()


async def _waits_on_version_two(demo, handle):
    kinds = [
        event.activity_task_scheduled_event_attributes.activity_type.name
        async for event in handle.fetch_history_events()
    ]
    return {"check_disputes", "look_up_invoice"} <= set(kinds)


@pytest.mark.temporal
async def test_a_second_start_doubles_nothing_and_goes_on_where_the_first_one_ended(tmp_path):
    counter = tmp_path / "next-run"
    names = tuple(place.name for place in PLACES)
    with running(tmp_path / "temporal", in_memory=True, namespaces=names) as server:
        client = await Client.connect(server.address)

        async def stand():
            there = {
                *await ids(client),
                *[each.id async for each in await client.list_schedules()],
            }
            return {LONG_RUN.id, STUCK_RUN.id, SCHEDULE} <= there

        async def has_started(number):
            return counter.exists() and int(counter.read_text() or 0) >= number

        async with meanwhile(work(server.address, counter)):
            await waits_for(stand)
            await waits_for(lambda: has_started(2))
        reached = int(counter.read_text())
        async with meanwhile(work(server.address, counter)):
            await waits_for(lambda: has_started(reached + 1))
        found = await ids(client)
        assert len(found) == len(set(found))
        assert {plan(number)[1].id for number in (0, 1)} <= set(found)


@pytest.mark.temporal
async def test_a_data_folder_of_an_older_version_gets_the_namespaces_it_lacks(tmp_path):
    with running(tmp_path / "temporal"):
        pass
    names = tuple(place.name for place in PLACES)
    with running(tmp_path / "temporal", namespaces=names) as server:
        for name in names:
            assert await ids(await connected(server.address, name)) == []


@pytest.mark.temporal
async def test_the_worker_waits_for_its_server_and_never_ends_without_it(tmp_path):
    folder, counter = tmp_path / "temporal", tmp_path / "next-run"
    with running(folder, in_memory=True) as server:
        pass
    names = tuple(place.name for place in PLACES)
    with ExitStack() as servers:
        async with meanwhile(work(server.address, counter)):
            again = servers.enter_context(running(folder, in_memory=True, namespaces=names))
            assert again.address == server.address
            client = await Client.connect(again.address)
            await waits_for(lambda: ids(client))


@pytest.mark.temporal
async def test_a_schedule_that_somebody_has_changed_is_left_as_it_is(demo):
    await ensure_schedule(demo.client)
    handle = demo.client.get_schedule_handle(SCHEDULE)
    await handle.pause(note="stocktaking")
    await ensure_schedule(demo.client)
    described = await handle.describe()
    assert described.schedule.state.note == "stocktaking"
    assert [each.every for each in described.schedule.spec.intervals] == [timedelta(minutes=10)]
    await handle.delete()


@pytest.mark.temporal
async def test_where_too_many_wait_the_oldest_get_an_answer(demo, monkeypatch):
    monkeypatch.setattr(traffic, "MOST_WAITING", {"PurchaseApproval": 1})
    run = Start(
        workflow="PurchaseApproval",
        id="",
        argument=PurchaseInput("a desk", "90 EUR", decides="lena", then="sofia"),
    )
    first, second = f"old-{uuid4().hex}", f"young-{uuid4().hex}"
    await begin(demo.client, replace(run, id=first))
    await begin(demo.client, replace(run, id=second))

    waiting = "ExecutionStatus = 'Running' AND WorkflowType = 'PurchaseApproval'"

    async def listed():
        return await ids(demo.client, waiting) == [second, first]

    await waits_for(listed)
    assert await answer_oldest(demo.client) == 1
    decision = await demo.client.get_workflow_handle(first).result()
    assert decision["note"] == "by the demo's own manager"
    await demo.client.get_workflow_handle(second).terminate()


def test_the_runs_are_the_same_again_for_everybody_and_each_has_an_id_of_its_own():
    first, again = ([plan(number) for number in range(100)] for _ in range(2))
    assert first == again
    assert len({start.id for _, start in first}) == 100
    assert {place for place, _ in first} == set(PLACES)


def test_the_first_half_minute_shows_every_kind_of_run_and_every_trouble():
    starts = [plan(number) for number in range(len(CYCLE))]
    main = [start for place, start in starts if place is MAIN]
    assert {start.workflow for start in main} == {*MOST_WAITING, "Pipeline"}
    assert any("outage" in start.summary for start in main)
    pipelines = [start.argument for start in main if start.workflow == "Pipeline"]
    assert {each.trouble for each in pipelines} == set(Trouble)
