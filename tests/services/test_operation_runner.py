"""The runner: waking, closing, waiting for a silent server, ending what may not go on."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest

from inspector_app.domain.errors import Conflict, Denied, Refused, StorageUnavailable, Unreachable
from inspector_app.domain.operations import LEASE, OperationState
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.tokens import TokenOrder
from inspector_app.domain.workflows import Action
from inspector_app.services import operation_runner
from tests.fixtures.operations import PAUSED, Bulk, times_seen
from tests.fixtures.temporal import waits_for
from tests.fixtures.tokens import comes, personal, service

pytestmark = pytest.mark.temporal


@pytest.fixture
async def bulk(house, site):
    await house.reaches(site.namespace.cluster.address, "runs")
    return Bulk(house, site)


@pytest.fixture
async def ana(house):
    return (await house.signs_in("ana"))[1]


class Troubled:
    """The server's port, whose pause fails as the test says before it works."""

    def __init__(self, workflows, *troubles):
        self.workflows, self.troubles = workflows, list(troubles)

    def __getattr__(self, name):
        return getattr(self.workflows, name)

    async def pause(self, *args, **options):
        if self.troubles:
            raise self.troubles.pop(0)
        await self.workflows.pause(*args, **options)


async def running(runner):
    """Start the runner as the server process does."""
    return asyncio.create_task(runner.run())


async def ended(bulk, actor, found):
    operation = (await bulk.desk.one(actor, found.id)).operation
    return None if operation.state.is_live else operation


async def test_it_is_woken_by_what_is_started_and_lets_a_batch_end_when_it_closes(
    bulk, ana, monkeypatch
):
    monkeypatch.setattr(operation_runner, "LOOK_EVERY", 3600.0)
    work = await running(bulk.runner)
    query, handles = await bulk.starts(6)
    found = await bulk.orders(ana, query, pace=4)

    async def begun():
        return (await bulk.desk.one(ana, found.id)).progress.settled

    await waits_for(begun, what="the first batch")
    await bulk.runner.close()
    await asyncio.wait([work], timeout=5)
    assert work.done()
    watched = await bulk.desk.one(ana, found.id)
    assert watched.operation.state is OperationState.RUNNING
    assert 0 < watched.progress.settled < 6
    # The lease is free at once: nobody waits for a process that said good-bye.
    await bulk.finishes(bulk.another_runner())
    assert await bulk.outcomes(ana, found) == "6 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1] * 6


async def test_closing_does_not_wait_for_what_does_not_end(bulk, ana, monkeypatch):
    monkeypatch.setattr(operation_runner, "_GRACE", 0.01)
    hung = asyncio.Event()

    class Hanging(Troubled):
        async def pause(self, *args, **options):
            hung.set()
            await asyncio.sleep(3600)

    runner = bulk.another_runner(Hanging(bulk.workflows))
    query, _ = await bulk.starts(1)
    found = await bulk.orders(ana, query)
    work = await running(runner)
    await asyncio.wait_for(hung.wait(), 10)
    await runner.close()
    await asyncio.wait([work], timeout=5)
    bulk.house.time.pass_by(seconds=LEASE.total_seconds())
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "1 done, 0 skipped, 0 failed"


async def test_a_silent_or_busy_server_is_waited_for_and_said(bulk, ana, monkeypatch):
    monkeypatch.setattr(operation_runner, "_LONGEST_WAIT", 0.01)
    now = bulk.house.time()
    silent = Unreachable("The server is away.", address="a:1", since=now, next_try=now)
    busy = Refused("Slow down.", hint="The server limits how often it may be asked; wait a bit.")
    query, handles = await bulk.starts(2)
    found = await bulk.orders(ana, query)
    notes = []

    class Watching(Troubled):
        async def pause(self, *args, **options):
            notes.append((await bulk.desk.one(ana, found.id)).operation.note)
            await super().pause(*args, **options)

    runner = bulk.another_runner(Watching(bulk.workflows, silent, silent, busy))
    await runner.carry_out(await runner.claim())
    assert "The server is away." in notes
    assert await bulk.outcomes(ana, found) == "2 done, 0 skipped, 0 failed"
    assert (await bulk.desk.one(ana, found.id)).operation.note == ""
    assert await times_seen(handles, PAUSED) == [1, 1]


async def test_a_server_that_says_no_fails_the_run_and_not_the_operation(bulk, ana):
    query, _ = await bulk.starts(2)
    found = await bulk.orders(ana, query)
    runner = bulk.another_runner(Troubled(bulk.workflows, Refused("Not allowed here.")))
    await runner.carry_out(await runner.claim())
    assert await bulk.outcomes(ana, found) == "1 done, 0 skipped, 1 failed"


async def test_it_stops_when_the_namespace_is_no_longer_the_tenants(bulk, house, ana):
    query, _ = await bulk.starts(1)
    found = await bulk.orders(ana, query)
    house.behind().does("UPDATE namespaces SET slug = 'gone' WHERE slug = 'runs'")
    await bulk.finishes()
    stopped = await ended(bulk, ana, found)
    assert stopped.note == "The namespace runs is no longer the tenant's."


async def test_it_stops_when_who_started_it_left_the_tenant(bulk, house, ana):
    query, _ = await bulk.starts(1)
    found = await bulk.orders(ana, query)
    house.behind().does(
        "DELETE FROM memberships WHERE person IN (SELECT id FROM people WHERE username = 'ana')"
    )
    await bulk.finishes()
    _, noor = await house.signs_in("noor")
    assert (await ended(bulk, noor, found)).note == "ana no longer belongs to the tenant."


async def test_it_stops_when_the_token_that_started_it_is_revoked(bulk, house, ana):
    token, text = await personal(house)
    query, _ = await bulk.starts(1)
    found = await bulk.orders(await comes(house, text), query)
    assert (found.by, found.token) == ("ana", token.id)
    await house.tokens.revoke(ana, token.id)
    await bulk.finishes()
    assert "expired or revoked" in (await ended(bulk, ana, found)).note
    with pytest.raises(Conflict, match="in the name of ana"):
        await bulk.desk.go_on(ana, found.id, "with my own hands")


async def test_a_service_token_starts_bulk_work_and_revoking_it_stops_the_rest(bulk, house):
    token, text = await service(house)
    robot = await comes(house, text)
    query, handles = await bulk.starts(6)
    found = await bulk.orders(robot, query, pace=4)
    assert (found.person, found.by, found.token) == (None, "robot", token.id)
    _, noor = await house.signs_in("noor")

    class Revoking(Troubled):
        async def pause(self, *args, **options):
            await super().pause(*args, **options)
            await house.tokens.revoke(noor, token.id)

    runner = bulk.another_runner(Revoking(bulk.workflows))
    await runner.carry_out(await runner.claim())
    stopped = await ended(bulk, noor, found)
    assert stopped.note == (
        "The service token robot, with which it was started, is expired or revoked."
    )
    assert sum(await times_seen(handles, PAUSED)) == 2
    with pytest.raises(Conflict, match="in the name of the service token robot"):
        await bulk.desk.go_on(noor, found.id, "with my own hands")
    last = (await house.entries(noor.tenant))[-1].record
    assert (last.actor_name, last.behalf, last.action) == (
        "system",
        "the service token robot",
        "operation.stopped",
    )


async def test_a_service_token_carries_its_bulk_work_to_the_end(bulk, house):
    _, text = await service(house)
    query, handles = await bulk.starts(2)
    found = await bulk.orders(await comes(house, text), query)
    await house.accounts.disable(house.operator, "noor")  # people come and go
    await bulk.finishes()
    _, ana = await house.signs_in("ana")
    assert (await ended(bulk, ana, found)).state is OperationState.FINISHED
    assert await times_seen(handles, PAUSED) == [1, 1]


async def test_a_service_token_whose_scopes_lack_the_action_starts_nothing(bulk, house):
    scopes = frozenset({Permission.OPERATION_START, Permission.RUN_CANCEL})
    order = TokenOrder("narrow", Role.DEVELOPER, scopes=scopes)
    _, text = await house.tokens.create_for(house.operator, "demo", order)
    query, _ = await bulk.starts(1)
    with pytest.raises(Denied, match="run:pause"):
        await bulk.orders(await comes(house, text), query)


async def test_it_goes_on_for_who_was_renamed_and_stops_for_who_must_choose_a_password(
    bulk, house, ana
):
    query, _ = await bulk.starts(2)
    first = await bulk.orders(ana, query)
    house.behind().does("UPDATE people SET username = 'ana2' WHERE username = 'ana'")
    await bulk.finishes()
    assert (await ended(bulk, ana, first)).state is OperationState.FINISHED
    house.behind().does("UPDATE people SET username = 'ana' WHERE username = 'ana2'")
    second = await bulk.orders(ana, query, Action.RESUME, of=2)
    await house.accounts.reset(house.operator, "ana")
    await bulk.finishes()
    _, noor = await house.signs_in("noor")
    assert "one-time password" in (await bulk.desk.one(noor, second.id)).operation.note


async def test_a_database_that_is_away_interrupts_and_loses_nothing(bulk, house, ana):
    query, handles = await bulk.starts(3)
    found = await bulk.orders(ana, query, pace=2)
    claimed = await bulk.runner.claim()
    begin, calls = house.database.begin, []

    def fails_once(*, write):
        calls.append(write)
        if len(calls) == 2:
            raise StorageUnavailable("The database is away.")
        return begin(write=write)

    house.database.begin = fails_once
    await bulk.runner.carry_out(claimed)
    house.database.begin = begin
    assert (await bulk.desk.one(ana, found.id)).operation.state is OperationState.RUNNING
    house.time.pass_by(seconds=LEASE.total_seconds())
    await bulk.finishes()
    assert await bulk.outcomes(ana, found) == "3 done, 0 skipped, 0 failed"
    assert await times_seen(handles, PAUSED) == [1, 1, 1]


async def test_a_loop_that_cannot_read_tries_again(bulk, house, ana, monkeypatch):
    monkeypatch.setattr(operation_runner, "LOOK_EVERY", 0.01)
    begin, failed = house.database.begin, []

    def away(*, write):
        failed.append(write)
        raise StorageUnavailable("The database is away.")

    house.database.begin = away
    work = await running(bulk.runner)

    async def tried_twice():
        return len(failed) > 1

    await waits_for(tried_twice, what="two tries")
    house.database.begin = begin
    query, _ = await bulk.starts(1)
    found = await bulk.orders(ana, query)
    await waits_for(lambda: ended(bulk, ana, found), what="its end")
    await bulk.runner.close()
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def test_what_slept_through_its_lease_leaves_the_run_to_others(bulk, house, ana):
    query, handles = await bulk.starts(1)
    await bulk.orders(ana, query)
    runner = bulk.another_runner()
    claimed = await runner.claim()
    real = runner._step

    async def sleeps(*args):
        found = await real(*args)
        house.time.pass_by(seconds=(LEASE - timedelta(seconds=1)).total_seconds())
        return found

    runner._step = sleeps
    batch = await runner._step(claimed, (), "")
    assert "taken this over" in (await runner._touch(batch, batch.items[0])).detail
    assert await times_seen(handles, PAUSED) == [0]


async def test_a_fault_nobody_foresaw_is_logged_and_others_go_on(bulk, house, ana, capsys):
    query, _ = await bulk.starts(1)
    found = await bulk.orders(ana, query)
    runner = bulk.another_runner(Troubled(bulk.workflows, KeyError("canary")))
    work = await running(runner)

    async def logged():
        return "operation_failed" in "".join(capsys.readouterr())

    await waits_for(logged, what="the log line")
    await runner.close()
    work.cancel()
    assert (await bulk.desk.one(ana, found.id)).operation.state is OperationState.RUNNING
