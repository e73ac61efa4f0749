from __future__ import annotations

import asyncio

import pytest

from inspector_app.domain.audit import Outcome, Target
from inspector_app.domain.errors import (
    Conflict,
    Denied,
    NotFound,
    PasswordChangeRequired,
    SignInRequired,
    StorageUnavailable,
    Unreachable,
)
from inspector_app.domain.permissions import Permission, Role

RUN = Target("run", "research/1", "default", "r-1")


async def test_an_action_outside_leaves_its_intent_and_its_outcome(house):
    _, ana = await house.signs_in("ana")
    async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="wrong customer") as ns:
        assert ns.name == "demo-ns"
        intent = (await house.entries(ana.tenant))[-1]
        assert intent.record.outcome is Outcome.INTENT
    done = (await house.entries(ana.tenant))[-1]
    assert (done.record.outcome, done.record.intent) == (Outcome.DONE, intent.seq)
    assert done.record.reason == "wrong customer"
    assert done.record.actor_name == "ana"


async def test_an_action_that_fails_says_so_and_still_raises(house):
    _, ana = await house.signs_in("ana")
    with pytest.raises(Conflict):
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x"):
            raise Conflict("it is closed")
    last = (await house.entries(ana.tenant))[-1].record
    assert (last.outcome, last.detail) == (Outcome.FAILED, Conflict.title)


async def test_a_server_that_falls_silent_leaves_the_outcome_unknown(house):
    _, ana = await house.signs_in("ana")
    now = house.time()
    with pytest.raises(Unreachable):
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x"):
            raise Unreachable("silent", address="a:1", since=now, next_try=now)
    last = (await house.entries(ana.tenant))[-1].record
    assert last.outcome is Outcome.UNKNOWN
    assert "may have been done" in last.detail


async def test_a_cancelled_request_leaves_its_outcome_as_unknown(house):
    _, ana = await house.signs_in("ana")
    begun = asyncio.Event()

    async def act():
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x"):
            begun.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(act())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await house.entries(ana.tenant))[-1].record.outcome is Outcome.UNKNOWN


async def test_an_intent_whose_process_died_is_closed_as_unknown_at_the_next_start(house):
    _, ana = await house.signs_in("ana")
    entered = house.door.reach(ana, Permission.RUN_TERMINATE, RUN, reason="x")
    await entered.__aenter__()  # and never left: the process is gone
    assert await house.audit.reconcile() == 1
    last = (await house.entries(ana.tenant))[-1].record
    assert (last.outcome, last.target.id) == (Outcome.UNKNOWN, "research/1")
    assert await house.audit.reconcile() == 0


async def test_an_observer_cannot_act_and_the_denial_is_audited(house):
    _, ivo = await house.signs_in("ivo")
    with pytest.raises(Denied) as denied:
        await house.door.authorise(ivo, Permission.RUN_CANCEL, RUN)
    assert denied.value.needs == Role.DEVELOPER
    last = (await house.entries(ivo.tenant))[-1].record
    assert (last.outcome, last.permission) == (Outcome.DENIED, Permission.RUN_CANCEL)


async def test_a_flood_of_denials_is_counted_not_chained(house):
    _, ivo = await house.signs_in("ivo")
    before = len(await house.entries(ivo.tenant))
    for _ in range(50):
        with pytest.raises(Denied):
            await house.door.authorise(ivo, Permission.RUN_CANCEL, RUN)
    assert len(await house.entries(ivo.tenant)) == before + 1
    house.time.pass_by(minutes=2)
    with pytest.raises(Denied):
        await house.door.authorise(ivo, Permission.RUN_CANCEL, RUN)
    assert (await house.entries(ivo.tenant))[-1].record.repeated == 49


async def test_counted_denials_are_not_lost_when_the_process_ends(house):
    _, ivo = await house.signs_in("ivo")
    for _ in range(3):
        with pytest.raises(Denied):
            await house.door.authorise(ivo, Permission.RUN_SIGNAL, RUN)
    await house.door.close()
    assert (await house.entries(ivo.tenant))[-1].record.repeated == 2


async def test_nobody_signed_in_is_asked_to_sign_in(house):
    nobody = await house.who(None)
    with pytest.raises(SignInRequired):
        await house.door.authorise(nobody, Permission.RUN_READ, RUN)


async def test_a_one_time_password_opens_nothing_but_its_own_change(house):
    _, one_time = await house.accounts.create_person(
        house.operator, "new", tenant_slug="demo", role=Role.ADMIN, password=None
    )
    token, _ = await house.local.sign_in(
        "new", one_time, address="a", user_agent="", request_id=""
    )
    actor = await house.who(token)
    with pytest.raises(PasswordChangeRequired):
        await house.door.authorise(actor, Permission.RUN_READ, RUN)
    await house.door.authorise(actor, Permission.SESSION_OWN, RUN)


async def test_another_tenants_namespace_reads_as_one_that_is_not_there(house):
    _, ana = await house.signs_in("ana")
    answers = []
    for slug in ("theirs", "nowhere"):
        with pytest.raises(NotFound) as missing:
            await house.door.look(ana, Permission.RUN_READ, Target("run", "x", slug))
        answers.append(missing.value.detail.replace(slug, "…") + missing.value.hint)
    assert answers[0] == answers[1]


async def test_without_an_audit_entry_nothing_is_done(house):
    _, ana = await house.signs_in("ana")
    acted = False
    with house.behind().holds(), pytest.raises(StorageUnavailable) as refused:
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x"):
            acted = True
    assert not acted
    assert refused.value.hint


@pytest.mark.only_on("sqlite", reason="of a PostgreSQL we cannot say how large it may get")
async def test_on_a_full_disk_nothing_is_done(house):
    _, ana = await house.signs_in("ana")
    acted = False
    async with house.database.begin(write=True) as work:
        pages = await work.people._session.execute(_text("PRAGMA page_count"))
        count = pages.scalar_one()
        await work.people._session.execute(_text(f"PRAGMA max_page_count={count}"))
    with pytest.raises(StorageUnavailable, match="full"):
        async with house.door.reach(ana, Permission.RUN_CANCEL, RUN, reason="x" * 500_000):
            acted = True
    assert not acted


def _text(sql):
    from sqlalchemy import text

    return text(sql)
