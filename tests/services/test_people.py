"""People of a tenant, kept by its admins."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from inspector_app.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    OneTimePasswordOver,
    ProofRequired,
    RenewalRequired,
    WrongCredentials,
    WrongToken,
)
from inspector_app.domain.ids import PersonId, SessionId
from inspector_app.domain.people import Change
from inspector_app.domain.permissions import Role
from inspector_app.domain.tokens import TokenKind, TokenOrder
from tests.fixtures.database import PASSWORD
from tests.fixtures.tokens import comes, personal, service

WHY = "they left"


async def colleague(house, actor, name):
    found, _ = await house.people.page(actor, limit=100)
    return next(each for each in found if each.person.username == name)


async def change(house, actor, name, reason=WHY):
    """A change of somebody as they are now."""
    found = await colleague(house, actor, name)
    return Change(found.person.id, found.version, reason)


async def shared(house, name="ana"):
    """Give somebody of demo a role in the other tenant, as the operator does."""
    await house.accounts.create_person(
        house.operator, name, tenant_slug="other", role=Role.OBSERVER, password=None
    )


async def last_record(house, actor):
    return (await house.entries(actor.tenant))[-1].record


async def test_an_admin_sees_their_tenants_people_and_nobody_elses(house):
    _, noor = await house.signs_in("noor")
    await house.signs_in("ana")
    await house.signs_in("ana")
    found, more = await house.people.page(noor, limit=100)
    assert [(each.person.username, each.role) for each in found] == [
        ("ana", "developer"),
        ("ivo", "observer"),
        ("noor", "admin"),
    ]
    ana, ivo, _ = found
    assert (ana.live_sessions, ana.provider, ana.seen_at) == (2, "local", house.time.now)
    assert (ivo.live_sessions, ivo.provider, ivo.signed_in_at, more) == (0, "", None, None)


async def test_people_come_a_page_at_a_time(house):
    _, noor = await house.signs_in("noor")
    first, more = await house.people.page(noor, limit=2)
    rest, end = await house.people.page(noor, after=more, limit=2)
    assert [each.person.username for each in first + rest] == ["ana", "ivo", "noor"]
    assert end is None


@pytest.mark.parametrize("name", ["ivo", "ana"])
async def test_nobody_but_an_admin_sees_or_changes_people(house, name):
    _, actor = await house.signs_in(name)
    for asked in (house.people.page(actor, limit=1), house.people.add(actor, "x", Role.ADMIN)):
        with pytest.raises(Denied):
            await asked


async def test_a_person_who_is_added_signs_in_once_and_chooses_a_password(house):
    _, noor = await house.signs_in("noor")
    added, one_time = await house.people.add(noor, "Mia", Role.DEVELOPER)
    assert (added.person.username, added.role) == ("mia", Role.DEVELOPER)
    token, person = await house.local.sign_in(
        "mia", one_time, address="10.0.0.2", user_agent="", request_id="r"
    )
    assert person.must_change_password
    assert (await house.who(token)).tenant == noor.tenant
    record = await last_record(house, await house.who(token))
    assert one_time not in repr(await house.entries(noor.tenant))
    assert record.actor_name == "mia"


async def test_a_name_that_is_taken_reads_the_same_here_and_elsewhere(house):
    _, noor = await house.signs_in("noor")
    texts = []
    for name in ("ana", "eve"):
        with pytest.raises(Conflict) as taken:
            await house.people.add(noor, name, Role.OBSERVER)
        texts.append(taken.value.detail.replace(name, ""))
    assert texts[0] == texts[1]
    _, eve = await house.signs_in("eve")
    assert eve.tenant_slug == "other"


async def test_a_new_role_counts_at_once_and_the_session_goes_on_under_another_token(house):
    _, noor = await house.signs_in("noor")
    token, _ = await house.signs_in("ana")
    changed = await house.people.change_role(
        noor, await change(house, noor, "ana", "new job"), Role.OBSERVER
    )
    assert changed.role is Role.OBSERVER
    stale = await house.who(token)
    assert (stale.signed_in, stale.role, stale.must_renew) == (False, None, True)
    with pytest.raises(RenewalRequired):
        await house.sessions.mine(stale)
    fresh = await house.renewed(token)
    ana = await house.who(fresh)
    assert (ana.role, ana.session) == (Role.OBSERVER, stale.session)
    assert not (await house.who(token)).signed_in
    assert await house.renewed(token) is None
    records = [entry.record for entry in await house.entries(noor.tenant)]
    role = next(each for each in records if each.action == "person.role")
    assert (role.target.id, role.reason, role.detail) == ("ana", "new job", "to observer")


async def test_what_takes_something_away_needs_a_reason(house):
    _, noor = await house.signs_in("noor")
    empty = await change(house, noor, "ana", reason="  ")
    for deed in (house.people.remove, house.people.disable, house.people.sign_out):
        with pytest.raises(Invalid):
            await deed(noor, empty)
    assert (await colleague(house, noor, "ana")).version == 1


async def test_who_is_removed_is_out_and_may_be_let_in_again(house):
    _, noor = await house.signs_in("noor")
    token, _ = await house.signs_in("ana")
    await house.people.remove(noor, await change(house, noor, "ana"))
    assert not (await house.who(token)).signed_in
    assert [each.person.username for each in (await house.people.page(noor, limit=9))[0]] == [
        "ivo",
        "noor",
    ]
    _, one_time = await house.people.add(noor, "ana", Role.OBSERVER)
    with pytest.raises(WrongCredentials):
        await house.signs_in("ana")
    assert one_time


async def test_who_is_disabled_is_out_until_enabled_again(house):
    _, noor = await house.signs_in("noor")
    token, _ = await house.signs_in("ana")
    out = await house.people.disable(noor, await change(house, noor, "ana"))
    assert (out.person.disabled, out.live_sessions) == (True, 0)
    assert not (await house.who(token)).signed_in
    with pytest.raises(WrongCredentials):
        await house.signs_in("ana")
    await house.people.enable(noor, await change(house, noor, "ana", "came back"))
    assert (await house.signs_in("ana"))[1].role is Role.DEVELOPER


async def test_a_reset_opens_by_the_one_time_password_only(house):
    _, noor = await house.signs_in("noor")
    token, _ = await house.signs_in("ana")
    _, one_time = await house.people.reset(noor, await change(house, noor, "ana"))
    assert not (await house.who(token)).signed_in
    with pytest.raises(WrongCredentials):
        await house.signs_in("ana")
    _, person = await house.local.sign_in(
        "ana", one_time, address="10.0.0.2", user_agent="", request_id="r"
    )
    assert person.must_change_password
    with pytest.raises(Conflict, match="your own"):
        await house.people.reset(noor, await change(house, noor, "noor"))


async def test_a_reset_ends_personal_tokens_and_leaves_the_tenants_own(house):
    _, text = await personal(house)
    _, robot = await service(house)
    _, noor = await house.signs_in("noor")
    await house.people.reset(noor, await change(house, noor, "ana"))
    with pytest.raises(WrongToken):
        await comes(house, text)
    assert (await comes(house, robot)).name == "robot"


async def test_who_is_removed_does_not_get_old_tokens_back_by_being_let_in_again(house):
    await shared(house)
    _, ana = await house.signs_in("ana", tenant="demo")
    order = TokenOrder("ci", Role.DEVELOPER)
    _, text = await house.tokens.create(ana, TokenKind.PERSONAL, order)
    _, elsewhere = await house.signs_in("ana", tenant="other")
    async with house.database.begin(write=True) as work:
        await work.tenants.set_role(ana.person, elsewhere.tenant, Role.DEVELOPER)
    _, elsewhere = await house.signs_in("ana", tenant="other")
    _, theirs = await house.tokens.create(elsewhere, TokenKind.PERSONAL, order)
    _, noor = await house.signs_in("noor")
    await house.people.remove(noor, await change(house, noor, "ana"))
    await house.accounts.create_person(
        house.operator, "ana", tenant_slug="demo", role=Role.DEVELOPER, password=None
    )
    with pytest.raises(WrongToken):
        await comes(house, text)
    assert (await comes(house, theirs)).tenant_slug == "other"


async def test_a_one_time_password_opens_for_a_day(house):
    _, noor = await house.signs_in("noor")
    added, one_time = await house.people.add(noor, "mia", Role.OBSERVER)
    assert added.person.one_time_until == house.time.now + timedelta(hours=24)

    async def comes_in(address):
        return await house.local.sign_in(
            "mia", one_time, address=address, user_agent="", request_id="r"
        )

    house.time.pass_by(hours=23, minutes=59)
    token, _ = await comes_in("10.0.0.2")
    house.time.pass_by(minutes=1)
    with pytest.raises(OneTimePasswordOver, match="its time is over"):
        await house.local.change_password(
            await house.who(token), one_time, "another good one 7", user_agent=""
        )
    for _ in range(11):  # it was right: no guess that others would have to wait for
        with pytest.raises(OneTimePasswordOver):
            await comes_in("10.0.0.3")
    with pytest.raises(WrongCredentials) as wrong:
        await house.local.sign_in(
            "mia", "x" * 20, address="10.0.0.4", user_agent="", request_id="r"
        )
    assert type(wrong.value) is WrongCredentials  # who does not know it hears nothing of it
    assert (await colleague(house, noor, "mia")).state(house.time.now) == "expired"
    _, noor = await house.signs_in("noor")
    _, one_time = await house.people.reset(noor, await change(house, noor, "mia"))
    token, _ = await comes_in("10.0.0.2")
    token = await house.local.change_password(
        await house.who(token), one_time, "another good one 7", user_agent=""
    )
    house.time.pass_by(hours=25)
    _, noor = await house.signs_in("noor")
    assert (await colleague(house, noor, "mia")).state(house.time.now) == "active"


async def test_the_last_admin_can_neither_leave_nor_step_down_nor_be_disabled(house):
    _, noor = await house.signs_in("noor")
    mine = await change(house, noor, "noor")
    for deed in (
        house.people.remove(noor, mine),
        house.people.disable(noor, mine),
        house.people.change_role(noor, mine, Role.DEVELOPER),
    ):
        with pytest.raises(Conflict, match="last admin"):
            await deed
    assert (await colleague(house, noor, "noor")).role is Role.ADMIN


async def test_a_disabled_admin_does_not_count_as_one_who_remains(house):
    _, noor = await house.signs_in("noor")
    await house.people.change_role(noor, await change(house, noor, "ana"), Role.ADMIN)
    await house.people.disable(noor, await change(house, noor, "ana"))
    with pytest.raises(Conflict, match="last admin"):
        await house.people.remove(noor, await change(house, noor, "noor"))


async def test_two_admins_who_take_each_others_role_at_once_leave_one(house):
    _, noor = await house.signs_in("noor")
    await house.people.change_role(noor, await change(house, noor, "ana"), Role.ADMIN)
    _, ana = await house.signs_in("ana")
    ended = await asyncio.gather(
        house.people.change_role(noor, await change(house, noor, "ana"), Role.OBSERVER),
        house.people.change_role(ana, await change(house, noor, "noor"), Role.OBSERVER),
        return_exceptions=True,
    )
    assert sorted(isinstance(each, Conflict) for each in ended) == [False, True]
    roles = [each.role for each in (await house.people.page(noor, limit=9))[0]]
    assert roles.count(Role.ADMIN) == 1


async def test_of_two_who_edit_one_person_the_second_is_told_and_nothing_is_lost(house):
    _, noor = await house.signs_in("noor")
    seen = await change(house, noor, "ivo")
    await house.people.change_role(noor, seen, Role.DEVELOPER)
    with pytest.raises(Conflict, match="Somebody else changed ivo"):
        await house.people.disable(noor, seen)
    ivo = await colleague(house, noor, "ivo")
    assert (ivo.role, ivo.person.disabled, ivo.version) == (Role.DEVELOPER, False, 2)


async def test_an_account_that_is_also_elsewhere_can_only_lose_its_role_here(house):
    await shared(house)
    _, noor = await house.signs_in("noor")
    token, _ = await house.signs_in("ana", tenant="demo")
    ana = await colleague(house, noor, "ana")
    assert (ana.shared, ana.seen_at, ana.live_sessions, ana.provider) == (True, None, 0, "")
    seen = await change(house, noor, "ana")
    for deed in (house.people.disable, house.people.enable, house.people.reset):
        with pytest.raises(Conflict, match="operator keeps"):
            await deed(noor, seen)
    with pytest.raises(Conflict):
        await house.people.sign_out(noor, seen)
    with pytest.raises(Conflict):
        await house.people.sessions(noor, ana.person.id)
    await house.people.change_role(noor, seen, Role.OBSERVER)
    token = await house.renewed(token)
    assert (await house.who(token, tenant="demo")).role is Role.OBSERVER
    await house.people.remove(noor, await change(house, noor, "ana"))
    token = await house.renewed(token)
    assert (await house.who(token, tenant="demo")).role is None
    assert (await house.who(token, tenant="other")).role is Role.OBSERVER


async def test_another_tenants_person_reads_as_one_that_is_not_there(house):
    _, noor = await house.signs_in("noor")
    _, eve = await house.signs_in("eve")
    theirs = (await house.people.page(eve, limit=9))[0][0].person.id
    texts = []
    for person in (theirs, PersonId(uuid4())):
        told = []
        for deed in (
            house.people.one(noor, person),
            house.people.sessions(noor, person),
            house.people.remove(noor, Change(person, 1, WHY)),
            house.people.reset(noor, Change(person, 1, WHY)),
        ):
            with pytest.raises(NotFound) as missing:
                await deed
            told.append(missing.value.detail)
        texts.append(told)
    assert texts[0] == texts[1]
    assert (await house.signs_in("eve"))[1].role is Role.ADMIN
    denied = [e.record for e in await house.entries(noor.tenant) if e.record.outcome == "denied"]
    assert denied[0].detail == "There is no such person in this organisation."


async def test_an_admin_sees_where_somebody_is_signed_in_and_ends_one_or_all(house):
    _, noor = await house.signs_in("noor")
    here, _ = await house.signs_in("ana", address="10.1.1.1")
    house.time.pass_by(minutes=1)
    there, _ = await house.signs_in("ana", address="10.2.2.2")
    ana = await colleague(house, noor, "ana")
    found = await house.people.sessions(noor, ana.person.id)
    assert [(each.address, each.user_agent) for each in found] == [
        ("10.2.2.2", "Chrome/156 Linux"),
        ("10.1.1.1", "Chrome/156 Linux"),
    ]
    await house.people.end_session(noor, await change(house, noor, "ana"), found[0].id)
    assert [(await house.who(t)).signed_in for t in (here, there)] == [True, False]
    for session in (found[0].id, noor.session, SessionId(uuid4())):
        with pytest.raises(NotFound):
            await house.people.end_session(noor, await change(house, noor, "ana"), session)
    await house.people.sign_out(noor, await change(house, noor, "ana"))
    assert not (await house.who(here)).signed_in


async def test_a_while_after_signing_in_a_change_needs_the_password_again(house):
    token, noor = await house.signs_in("noor")
    house.time.pass_by(minutes=15)
    noor = await house.who(token)
    wanted = await change(house, noor, "ana")
    with pytest.raises(ProofRequired):
        await house.people.disable(noor, wanted)
    with pytest.raises(WrongCredentials):
        await house.local.prove(noor, "not it")
    fresh = await house.local.prove(noor, PASSWORD)
    assert not (await house.who(token)).signed_in
    assert (await house.people.disable(await house.who(fresh), wanted)).person.disabled
