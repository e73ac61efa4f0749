from __future__ import annotations

import asyncio

import pytest

from inspector_app.domain.errors import NotFound
from inspector_app.domain.ids import SessionId
from tests.fixtures.database import PASSWORD


async def test_a_session_ends_after_eight_hours_without_use(house):
    token, _ = await house.signs_in("ana")
    house.time.pass_by(hours=7, minutes=59)
    assert (await house.who(token)).signed_in
    house.time.pass_by(minutes=2)
    assert not (await house.who(token)).signed_in


async def test_use_keeps_a_session_alive_and_polling_does_not(house):
    used, _ = await house.signs_in("ana")
    polled, _ = await house.signs_in("ana")
    for _ in range(5):
        house.time.pass_by(hours=2)
        await house.who(used, active=True)
        await house.who(polled, active=False)
    assert (await house.who(used)).signed_in
    assert not (await house.who(polled)).signed_in


async def test_a_session_ends_after_a_week_however_much_it_is_used(house):
    token, _ = await house.signs_in("ana")
    for _ in range(7 * 4):
        house.time.pass_by(hours=6)
        await house.who(token, active=True)
    assert not (await house.who(token)).signed_in


async def all_due(house, actor):
    async with house.database.begin(write=True) as work:
        await work.sessions.make_due(actor.person)


async def test_a_session_that_is_due_goes_on_under_one_new_token_however_many_ask(house):
    token, ana = await house.signs_in("ana")
    await all_due(house, ana)
    asked = await asyncio.gather(*(house.renewed(token) for _ in range(5)))
    (fresh,) = [each for each in asked if each]
    assert (await house.who(fresh)).session == ana.session
    # The old one is known to have been good, and opens nothing, not even another new one.
    late = await house.who(token)
    assert (late.signed_in, late.session, late.must_renew) == (False, None, True)
    assert await house.renewed(token) is None
    assert await house.renewed(fresh) is None


async def test_a_renewed_session_ends_when_it_would_have_ended(house):
    token, ana = await house.signs_in("ana")
    house.time.pass_by(hours=7)
    await all_due(house, ana)
    fresh = await house.renewed(token)
    house.time.pass_by(hours=1, minutes=1)
    assert not (await house.who(fresh)).signed_in


async def test_a_session_that_is_due_can_be_signed_out_of_and_then_gives_no_token(house):
    token, ana = await house.signs_in("ana")
    await all_due(house, ana)
    await house.sessions.close(await house.who(token))
    assert await house.renewed(token) is None
    assert not (await house.who(token)).must_renew


async def test_a_proof_leaves_the_old_token_good_for_nothing_but_the_way_on(house):
    token, ana = await house.signs_in("ana")
    fresh = await house.local.prove(ana, PASSWORD)
    assert (await house.who(token)).must_renew
    assert await house.renewed(token) is None
    await house.sessions.close(await house.who(fresh))
    assert not (await house.who(token)).must_renew


async def test_the_token_itself_is_not_in_the_database(house, tmp_path):
    token, _ = await house.signs_in("ana")
    files = [path.read_bytes() for path in tmp_path.iterdir() if "test.db" in path.name]
    assert all(token.encode() not in content for content in files)


@pytest.mark.parametrize("forged", ["", "x", "a" * 43, "../../etc/passwd", "é" * 20])
async def test_a_forged_token_is_nobody(house, forged):
    await house.signs_in("ana")
    assert not (await house.who(forged)).signed_in


async def test_signing_out_ends_the_session_at_once(house):
    token, ana = await house.signs_in("ana")
    await house.sessions.close(ana)
    assert not (await house.who(token)).signed_in


async def test_a_person_ends_their_other_sessions_and_only_their_own(house):
    other, _ = await house.signs_in("ana")
    eve_token, eve = await house.signs_in("eve")
    token, ana = await house.signs_in("ana")
    with pytest.raises(NotFound):
        await house.sessions.revoke(ana, eve.session)
    assert (await house.who(eve_token)).signed_in
    assert await house.sessions.revoke_others(ana) == 1
    assert not (await house.who(other)).signed_in
    assert (await house.who(token)).signed_in
    assert [each.id for each in await house.sessions.mine(ana)] == [ana.session]
    await house.sessions.revoke(ana, SessionId(ana.session))
    assert not (await house.who(token)).signed_in


async def test_a_csrf_token_fits_its_own_session_only_and_survives_a_key_rotation(house):
    one, _ = await house.signs_in("ana")
    two, _ = await house.signs_in("ana")
    sessions = house.sessions
    assert sessions.csrf_matches(one, sessions.csrf(one))
    assert not sessions.csrf_matches(two, sessions.csrf(one))
    assert not sessions.csrf_matches(one, "")
    made_before = sessions._csrf(one, sessions._keys[1])
    assert sessions.csrf_matches(one, made_before)
