"""Operations over a real Temporal server and both databases."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from inspector_app.domain.errors import Conflict, Denied, Invalid, NotFound, SwitchedOff
from inspector_app.domain.identity import Actor
from inspector_app.domain.operations import LEASE, Aim, ItemOutcome, OperationState, Order
from inspector_app.domain.permissions import Role
from inspector_app.domain.workflows import Action, RunRef
from inspector_app.services.workflows import WorkflowDesk
from tests.fixtures.operations import PAUSED, SIGNALED, Bulk, times_seen

pytestmark = pytest.mark.temporal


async def placed(house, site):
    await house.reaches(site.namespace.cluster.address, "runs")
    return Bulk(house, site)


@pytest.fixture
async def bulk(house, site):
    return await placed(house, site)


@pytest.fixture
async def ana(house) -> Actor:
    return (await house.signs_in("ana"))[1]


class Slow:
    """The server's port, where something happens between two calls."""

    def __init__(self, workflows, *, before=None, after=None):
        self.workflows, self.before, self.after = workflows, before, after
        self.sent = 0

    def __getattr__(self, name):
        return getattr(self.workflows, name)

    async def pause(self, *args, **options):
        self.sent += 1
        number = self.sent
        if self.before:
            await self.before(number)
        await self.workflows.pause(*args, **options)
        if self.after:
            await self.after(number)


async def test_a_query_is_counted_confirmed_frozen_and_done_run_by_run(bulk, house, ana):
    query, handles = await bulk.starts(7)
    assert (await bulk.desk.count(ana, "runs", Action.PAUSE, query)).count == 7
    found = await bulk.orders(ana, query)
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "7 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1] * 7
    ended = (await bulk.desk.one(ana, found.id)).operation
    assert (ended.state, ended.note) == (OperationState.FINISHED, "")
    actions = [
        (each.record.action, each.record.detail)
        for each in await house.entries(ana.tenant)
        if each.record.target.kind == "operation"
    ]
    assert actions == [
        ("operation.pause", f"7 runs, SHA-256 {found.digest}"),
        ("operation.finished", "7 done, 0 skipped, 0 failed"),
    ]


async def test_each_action_goes_to_every_run(bulk, ana):
    query, handles = await bulk.starts(3)
    await bulk.orders(ana, query)
    await bulk.finishes()
    for action in (Action.RESUME, Action.CANCEL, Action.TERMINATE):
        found = await bulk.orders(ana, query, action, confirmed=3, aims=await aims_of(handles))
        await bulk.finishes()
        expected = "3 done, 0 skipped, 0 failed"
        if action is Action.TERMINATE:  # the cancel has ended some of them meanwhile
            items, _ = await bulk.desk.items(ana, found.id, outcome=None, after=-1, limit=9)
            assert all(item.outcome in {ItemOutcome.DONE, ItemOutcome.SKIPPED} for item in items)
        else:
            assert await bulk.outcomes(ana, found) == expected
    states = {(await handle.describe()).status.name for handle in handles}
    assert states <= {"CANCELED", "TERMINATED"}


async def aims_of(handles):
    return tuple(Aim(handle.id, handle.first_execution_run_id) for handle in handles)


async def test_a_signal_reaches_every_run_and_one_that_would_harm_is_refused(bulk, ana):
    query, handles = await bulk.starts(3)
    wrong = {"signal_name": "aprove", "signal_args": (True, "go")}
    with pytest.raises(Invalid, match="Did you mean approve") as refused:
        await bulk.orders(ana, query, Action.SIGNAL, **wrong)
    assert refused.value.field == "name"
    with pytest.raises(Invalid, match="has a name"):
        await bulk.orders(ana, query, Action.SIGNAL)
    right = {"signal_name": "approve", "signal_args": (True, "go")}
    found = await bulk.orders(ana, query, Action.SIGNAL, **right)
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "3 done, 0 skipped, 0 failed"
    assert [await handle.result() for handle in handles] == [{"approved": True}] * 3
    assert await times_seen(handles, SIGNALED) == [1, 1, 1]


async def test_runs_that_changed_meanwhile_are_left_alone_and_said_why(bulk, ana):
    query, handles = await bulk.starts(3)
    found = await bulk.orders(ana, query)
    await handles[0].terminate()
    await WorkflowDesk(
        bulk.house.door, bulk.workflows, bulk.site.histories, bulk.house.redaction
    ).pause(ana, ref_of(handles[1]), "by hand")
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "1 done, 2 skipped, 0 failed"
    skipped, more = await bulk.desk.items(
        ana, found.id, outcome=ItemOutcome.SKIPPED, after=-1, limit=1
    )
    assert more is not None
    rest, _ = await bulk.desk.items(
        ana, found.id, outcome=ItemOutcome.SKIPPED, after=more, limit=5
    )
    told = {item.detail for item in (*skipped, *rest)}
    assert told == {"workflow execution already completed", "workflow is already paused."}


def ref_of(handle):
    return RunRef("runs", handle.id, handle.first_execution_run_id)


async def test_a_process_killed_between_call_and_note_is_followed_without_touching_twice(
    bulk, house, ana
):
    query, handles = await bulk.starts(12)
    found = await bulk.orders(ana, query, pace=10)

    async def dies(sent):
        if sent == 3:
            raise asyncio.CancelledError

    killed = bulk.another_runner(Slow(bulk.workflows, after=dies))
    with suppress(asyncio.CancelledError):
        await killed.carry_out(await killed.claim())
    assert sum(await times_seen(handles, PAUSED)) >= 3
    assert await bulk.runner.claim() is None  # the lease of the dead still stands
    house.time.pass_by(seconds=LEASE.total_seconds())
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "12 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1] * 12


async def test_a_holder_that_slept_through_its_lease_sends_nothing_more(bulk, house, ana):
    query, handles = await bulk.starts(4)
    found = await bulk.orders(ana, query, pace=8)
    sleeper = Slow(bulk.workflows)

    async def oversleeps(sent):
        if sent == 1:
            house.time.pass_by(seconds=LEASE.total_seconds())
            await bulk.finishes()

    sleeper.after = oversleeps
    late = bulk.another_runner(sleeper)
    await late.carry_out(await late.claim())
    assert await bulk.outcomes(ana, found) == "4 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1] * 4
    ended = (await bulk.desk.one(ana, found.id)).operation
    assert ended.lease.epoch == 2


async def test_a_clock_set_back_an_hour_stops_no_operation(bulk, house, ana):
    query, handles = await bulk.starts(2)
    found = await bulk.orders(ana, query)
    await bulk.another_runner().claim()  # and its process dies
    assert await bulk.runner.claim() is None
    house.time.pass_by(hours=-1)
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "2 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1, 1]


async def test_cancelling_leaves_the_rest_alone_and_it_can_go_on(bulk, ana):
    query, handles = await bulk.starts(6)
    found = await bulk.orders(ana, query, pace=4)

    async def cancels(sent):
        if sent == 1:
            await bulk.desk.cancel(ana, found.id, "wrong query")

    runner = bulk.another_runner(Slow(bulk.workflows, before=cancels))
    await runner.carry_out(await runner.claim())
    stopped = (await bulk.desk.one(ana, found.id)).operation
    assert (stopped.state, stopped.note) == (OperationState.STOPPED, "Cancelled.")
    assert await bulk.outcomes(ana, found) == "2 done, 0 skipped, 0 failed, 4 left alone"
    with pytest.raises(Conflict):
        await bulk.desk.cancel(ana, found.id, "again")
    await bulk.desk.go_on(ana, found.id, "the query was right")
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "6 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1] * 6
    with pytest.raises(Conflict):
        await bulk.desk.go_on(ana, found.id, "once more")


async def test_it_stops_when_who_started_it_may_no_longer(bulk, house, ana):
    query, handles = await bulk.starts(4)
    found = await bulk.orders(ana, query, pace=4)

    async def demoted(sent):
        if sent == 1:
            async with house.database.begin(write=True) as work:
                await work.tenants.set_role(ana.person, ana.tenant, Role.OBSERVER)

    runner = bulk.another_runner(Slow(bulk.workflows, after=demoted))
    await runner.carry_out(await runner.claim())
    stopped = (await bulk.desk.one(ana, found.id)).operation
    assert stopped.state is OperationState.STOPPED
    assert stopped.note == "ana is now observer and may not do this."
    assert sum(await times_seen(handles, PAUSED)) == 2


async def test_it_stops_when_the_account_is_disabled(bulk, house, ana):
    query, handles = await bulk.starts(2)
    found = await bulk.orders(ana, query)
    await house.accounts.disable(house.operator, "ana")
    await bulk.finishes()
    _, noor = await house.signs_in("noor")
    stopped = (await bulk.desk.one(noor, found.id)).operation
    assert stopped.note == "The account of ana is disabled."
    assert sum(await times_seen(handles, PAUSED)) == 0


async def test_another_tenants_operation_is_not_there(bulk, house, ana):
    query, _ = await bulk.starts(1)
    found = await bulk.orders(ana, query)
    _, eve = await house.signs_in("eve")
    for ask in (
        bulk.desk.one(eve, found.id),
        bulk.desk.items(eve, found.id, outcome=None, after=-1, limit=5),
        bulk.desk.cancel(eve, found.id, "mine"),
        bulk.desk.go_on(eve, found.id, "mine"),
    ):
        with pytest.raises(NotFound):
            await ask
    assert await bulk.desk.page(eve, before=None, limit=5) == ((), None)


async def test_who_may_only_look_counts_and_starts_nothing(bulk, house):
    query, _ = await bulk.starts(1)
    _, ivo = await house.signs_in("ivo")
    with pytest.raises(Denied):
        await bulk.desk.count(ivo, "runs", Action.PAUSE, query)
    order = Order(Action.PAUSE, "x", confirmed=9, as_of=house.time(), query=query)
    with pytest.raises(Denied):
        await bulk.desk.start(ivo, "runs", order)
    with pytest.raises(Denied):
        await bulk.desk.cancel(ivo, (await made(bulk, house, query)).id, "x")


async def made(bulk, house, query):
    _, ana = await house.signs_in("ana")
    return await bulk.orders(ana, query)


async def test_only_who_started_it_lets_it_go_on(bulk, house, ana):
    query, _ = await bulk.starts(2)
    found = await bulk.orders(ana, query)
    await bulk.desk.cancel(ana, found.id, "wait")
    await bulk.finishes()
    _, noor = await house.signs_in("noor")
    with pytest.raises(Conflict, match="in the name of ana"):
        await bulk.desk.go_on(noor, found.id, "for her")


async def test_more_runs_than_were_confirmed_are_refused(bulk, ana):
    query, _ = await bulk.starts(3)
    with pytest.raises(Conflict, match="3 runs now"):
        await bulk.orders(ana, query, confirmed=2)


async def test_operations_are_listed_newest_first_page_by_page(bulk, ana):
    query, _ = await bulk.starts(1)
    first = await bulk.orders(ana, query)
    bulk.house.time.pass_by(seconds=1)
    second = await bulk.orders(ana, query)
    (newest,), token = await bulk.desk.page(ana, before=None, limit=1)
    (older,), end = await bulk.desk.page(ana, before=token, limit=1)
    assert [newest.operation.id, older.operation.id] == [second.id, first.id]
    assert end is None
    assert newest.progress.total == 1


async def test_where_pausing_is_off_the_switch_is_named(house, plain_site):
    bulk = await placed(house, plain_site)
    _, ana = await house.signs_in("ana")
    order = Order(Action.PAUSE, "x", confirmed=9, as_of=house.time())
    with pytest.raises(SwitchedOff):
        await bulk.desk.start(ana, "runs", order)


async def test_what_ended_long_ago_is_forgotten_and_the_rest_stays(bulk, house, ana):
    query, _ = await bulk.starts(1)
    ended = await bulk.orders(ana, query)
    house.time.pass_by(seconds=1)
    running = await bulk.orders(ana, query)
    await bulk.desk.cancel(ana, ended.id, "x")
    await bulk.runner.carry_out(await bulk.runner.claim())
    async with house.database.begin(write=True) as work:
        later = house.time.now + timedelta(seconds=1)
        assert await work.operations.forget(later, limit=5) == 1
        assert await work.operations.forget(later, limit=5) == 0
    with pytest.raises(NotFound):
        await bulk.desk.one(ana, ended.id)
    assert (await bulk.desk.one(ana, running.id)).progress.total == 1


async def test_what_a_signal_carries_is_not_readable_in_the_database(bulk, house, ana):
    query, _ = await bulk.starts(1)
    canary = "canary-4711"
    found = await bulk.orders(
        ana, query, Action.SIGNAL, signal_name="approve", signal_args=(True, canary)
    )
    async with house.database.begin(write=False) as work:
        kept = await work.operations.get(ana.tenant, found.id)
    assert canary.encode() not in kept.deed.sealed_args
    assert canary in bulk.cipher.unseal(kept.deed.sealed_args)
