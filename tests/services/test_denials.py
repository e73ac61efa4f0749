"""What is refused is written down, counted where it comes in floods, and never lost silently."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace

import pytest

from inspector_app.adapters.db import unit_of_work
from inspector_app.domain.audit import Outcome, Target
from inspector_app.domain.errors import (
    Conflict,
    Denied,
    NotFound,
    SignInRequired,
    StorageUnavailable,
    TooMany,
    WrongCredentials,
)
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services import floods
from tests.fixtures.database import PASSWORD

RUN = Target("run", "research/1", "default", "r-1")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    """A write gives up at once, where a person would wait five seconds."""
    monkeypatch.setattr(unit_of_work, "BUSY_SECONDS", 0.05)


@pytest.fixture
def locked(house):
    """Hold the database as another program would."""
    return house.behind().holds


async def denied(house, actor, permission=Permission.RUN_CANCEL, target=RUN):
    with pytest.raises(Denied):
        await house.door.authorise(actor, permission, target)


async def chain(house, actor, outcome=Outcome.DENIED):
    return [
        entry.record
        for entry in await house.entries(actor.tenant)
        if entry.record.outcome is outcome
    ]


async def test_each_address_and_each_tenant_of_a_person_has_its_own_first_denial(house):
    await house.accounts.create_person(
        house.operator, "ivo", tenant_slug="other", role=Role.OBSERVER, password=None
    )
    token, _ = await house.signs_in("ivo")
    here, there = await house.who(token, tenant="demo"), await house.who(token, tenant="other")
    for actor in (here, replace(here, address="10.0.0.2"), there):
        await denied(house, actor)
        await denied(house, actor)
    assert len(await chain(house, here)) == 2
    assert len(await chain(house, there)) == 1


async def test_a_denial_that_could_not_be_chained_counts_towards_the_next(house, locked):
    _, ivo = await house.signs_in("ivo")
    with locked(), pytest.raises(StorageUnavailable):
        await house.door.authorise(ivo, Permission.RUN_CANCEL, RUN)
    await denied(house, ivo)
    assert await chain(house, ivo) == []
    house.time.pass_by(minutes=2)
    await denied(house, ivo)
    assert [record.repeated for record in await chain(house, ivo)] == [2]


async def test_a_flood_under_many_names_keeps_the_counters_few_and_loses_none(house, monkeypatch):
    monkeypatch.setattr(floods, "_MOST_COUNTED", 2)
    _, ivo = await house.signs_in("ivo")
    first = replace(ivo, address="10.1.0.0")
    await denied(house, first)
    await denied(house, first)
    for number in (1, 2, 3):
        await denied(house, replace(ivo, address=f"10.1.0.{number}"))
    assert len(house.door._floods._floods) == 2
    counted = [record for record in await chain(house, ivo) if record.repeated]
    assert [(record.address, record.repeated) for record in counted] == [("10.1.0.0", 1)]


async def test_a_counter_that_should_go_stays_when_nothing_can_be_written(
    house, monkeypatch, locked
):
    monkeypatch.setattr(floods, "_MOST_COUNTED", 1)
    _, ivo = await house.signs_in("ivo")
    await denied(house, ivo)
    await denied(house, ivo)
    with locked(), pytest.raises(StorageUnavailable):
        await house.door.authorise(replace(ivo, address="else"), Permission.RUN_CANCEL, RUN)
    await house.door.close()
    counted = {record.address: record.repeated for record in (await chain(house, ivo))[1:]}
    assert counted == {ivo.address: 1, "else": 1}


async def test_what_was_counted_is_kept_when_it_cannot_be_written_at_the_end(house, locked):
    _, ivo = await house.signs_in("ivo")
    await denied(house, ivo)
    await denied(house, ivo)
    with locked(), pytest.raises(StorageUnavailable):
        await house.door.close()
    await house.door.close()
    assert [record.repeated for record in await chain(house, ivo)] == [0, 1]
    await house.door.close()
    assert len(await chain(house, ivo)) == 2


async def test_an_outcome_that_cannot_be_written_says_that_the_action_did_happen(house, locked):
    _, ana = await house.signs_in("ana")
    with (
        ExitStack() as meanwhile,
        pytest.raises(StorageUnavailable, match=r"ended \(done\)") as unsaid,
    ):
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x"):
            meanwhile.enter_context(locked())
    assert "before you repeat it" in unsaid.value.hint
    assert "nothing was done" not in unsaid.value.detail
    assert await house.audit.reconcile() == 1


async def test_the_end_waits_for_outcomes_that_are_on_their_way(house):
    _, ana = await house.signs_in("ana")
    inside = asyncio.Event()

    async def act():
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x"):
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(act())
    await inside.wait()
    task.cancel()
    while not house.door._settling:
        await asyncio.sleep(0)
    task.cancel()  # twice: the second one hits while the outcome is written
    await house.door.close()
    assert len(await chain(house, ana, Outcome.UNKNOWN)) == 1
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_an_entry_takes_from_outside_is_made_fit_to_be_kept(house):
    _, ivo = await house.signs_in("ivo")
    odd = Target("run", "half \ud800 nul \0 " + "x" * 5000, "default")
    await denied(house, ivo, target=odd)
    (record,) = await chain(house, ivo)
    assert record.target.id.startswith("half \\ud800 nul \\x00 xxx")
    assert len(record.target.id) == 1000
    assert (await house.audit.verify(house.operator, ivo.tenant)).first_break is None


async def test_a_read_is_authorised_and_not_recorded(house):
    _, ana = await house.signs_in("ana")
    before = len(await house.entries(ana.tenant))
    await house.door.look(ana, Permission.RUN_READ, RUN)
    await house.tenancy.namespaces(ana)
    assert len(await house.entries(ana.tenant)) == before


async def test_who_belongs_to_no_tenant_finds_no_namespace(house):
    with pytest.raises(NotFound):
        await house.door.look(replace(house.operator), Permission.PUBLIC, RUN)


async def test_a_write_that_fails_leaves_neither_itself_nor_an_entry(house):
    before = len(await house.entries(None))
    with pytest.raises(Conflict):
        async with house.door.enter(
            house.operator, Permission.OPERATOR, Target("tenant", "x"), action="tenant.create"
        ):
            raise Conflict("no")
    assert len(await house.entries(None)) == before


async def test_nobody_is_let_in_and_that_is_written_down_once(house):
    nobody = await house.who(None)
    for _ in range(3):
        with pytest.raises(SignInRequired):
            await house.door.authorise(nobody, Permission.RUN_READ, RUN)
    (record,) = await chain(house, nobody)
    assert (record.actor_name, record.detail) == ("anonymous", "not signed in")


async def test_a_hundred_guesses_at_once_are_ten(house):
    async def guess(number):
        with pytest.raises((WrongCredentials, TooMany)) as refused:
            await house.local.sign_in(
                "ana", f"wrong {number}", address="10.6.6.6", user_agent="", request_id=""
            )
        return refused.type

    kinds = await asyncio.gather(*(guess(number) for number in range(100)))
    assert kinds.count(WrongCredentials) == 10


async def test_guessing_on_under_ever_new_names_chains_one_entry_not_one_a_try(house):
    for number in range(40):
        with pytest.raises((WrongCredentials, TooMany)):
            await house.local.sign_in(
                f"name-{number}", "wrong", address="10.6.6.6", user_agent="", request_id=""
            )
    nobody = await house.who(None)
    (refused,) = await chain(house, nobody)
    assert (refused.action, refused.address) == ("session.open", "10.6.6.6")
    assert len(await chain(house, nobody, Outcome.FAILED)) == 30


async def test_a_right_password_forgives_the_wrong_ones_of_the_account(house):
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(WrongCredentials):
                await house.local.sign_in(
                    "ana", "wrong", address=f"10.6.{_}.1", user_agent="", request_id=""
                )
        assert await house.signs_in("ana", address="10.7.7.7")


async def test_the_current_password_cannot_be_guessed_through_its_change(house):
    _, ana = await house.signs_in("ana")
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await house.local.change_password(ana, "x" * 300, "y" * 20, user_agent="")
    with pytest.raises(TooMany):
        await house.local.change_password(ana, PASSWORD, "a good new one 7", user_agent="")
    assert (await chain(house, ana))[-1].action == "password.change"


async def test_a_page_opens_while_its_last_use_cannot_be_written(house, locked):
    token, _ = await house.signs_in("ana")
    house.time.pass_by(hours=1)
    with locked():
        assert (await house.who(token, active=True)).signed_in
