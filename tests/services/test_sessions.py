from __future__ import annotations

import pytest

from inspector_app.domain.errors import NotFound
from inspector_app.domain.ids import SessionId


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
