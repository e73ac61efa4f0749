"""A clock that jumps: nobody is let in for longer, and nobody is kept out once it is right."""

from __future__ import annotations

import base64
import time as clock_of_the_machine

import pytest

from inspector_app.adapters.tries import CountedTries
from inspector_app.domain.audit import Target
from inspector_app.domain.errors import (
    Denied,
    ProofRequired,
    TooMany,
    WrongCredentials,
    WrongToken,
)
from inspector_app.domain.limits import WRONG
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.second_step import STEP_SECONDS, code_at
from inspector_app.domain.tokens import TokenKind, TokenOrder
from tests.fixtures.database import PASSWORD

DAY = {"days": 1}
KEY = ("account", "ana", "10.0.0.1")


async def test_a_session_opened_while_the_clock_was_ahead_ends_with_the_mistake(house):
    house.time.pass_by(days=400)
    token, _ = await house.signs_in("ana")
    assert (await house.who(token)).signed_in
    house.time.pass_by(days=-400)
    assert not (await house.who(token)).signed_in
    again, _ = await house.signs_in("ana")
    assert (await house.who(again)).signed_in


async def test_a_clock_that_jumps_ahead_ends_sessions_and_back_again_they_are_there(house):
    token, _ = await house.signs_in("ana")
    house.time.pass_by(**DAY)
    assert not (await house.who(token)).signed_in
    house.time.pass_by(days=-1)
    assert (await house.who(token)).signed_in


async def test_replicas_whose_clocks_are_minutes_apart_know_each_others_sessions(house):
    token, _ = await house.signs_in("ana")
    house.time.pass_by(minutes=-4)
    assert (await house.who(token)).signed_in


async def test_a_proof_given_while_the_clock_was_ahead_is_none(house):
    _, noor = await house.signs_in("noor")
    house.time.pass_by(hours=-1)
    with pytest.raises(ProofRequired):
        await house.door.authorise(noor, Permission.PEOPLE_WRITE, Target("person", "ivo"))


async def test_a_code_fits_again_as_soon_as_the_clock_is_right(house):
    _, ana = await house.signs_in("ana")
    secret = (await house.second_steps.begin(ana)).secret

    def app_shows(now):
        return code_at(base64.b32decode(secret), int(now.timestamp()) // STEP_SECONDS)

    await house.second_steps.confirm(ana, app_shows(house.time()))
    right = house.time.now
    for wrong in ({"hours": 5}, {"hours": -5}):
        house.time.pass_by(**wrong)
        async with house.database.begin(write=True) as work:
            assert not await house.second_steps.fits(work, ana.person, app_shows(right))
        house.time.now = right
    house.time.pass_by(seconds=STEP_SECONDS * 2)
    async with house.database.begin(write=True) as work:
        assert await house.second_steps.fits(work, ana.person, app_shows(house.time()))


async def test_a_ticket_made_while_the_clock_was_ahead_opens_nothing(house):
    async with house.database.begin(write=False) as work:
        person = await work.people.by_username("ana")
    house.time.pass_by(**DAY)
    ticket = house.second_steps.ticket(person, "hash")
    assert house.second_steps.opened(ticket)
    house.time.pass_by(days=-1)
    assert house.second_steps.opened(ticket) is None


async def test_a_jwt_signed_while_the_clock_was_ahead_is_not_valid_yet(house):
    _, ana = await house.signs_in("ana")
    order = TokenOrder("ci", Role.DEVELOPER, 30)
    _, text = await house.tokens.create(ana, TokenKind.PERSONAL, order)

    async def comes(given):
        return await house.tokens.resolve(given, tenant_slug="", address="10.0.0.1", request_id="")

    house.time.pass_by(**DAY)
    signed, _ = await house.jwts.exchange(await comes(text))
    assert (await comes(signed)).by_token
    house.time.pass_by(days=-1)
    with pytest.raises(WrongToken):
        await comes(signed)
    fresh, _ = await house.jwts.exchange(await comes(text))
    assert (await comes(fresh)).by_token


async def test_denials_go_on_being_chained_after_the_clock_was_put_back(house):
    _, ivo = await house.signs_in("ivo")

    async def denied():
        with pytest.raises(Denied):
            await house.door.authorise(ivo, Permission.RUN_CANCEL, Target("run", "r"))
        chain = await house.entries(ivo.tenant)
        return [each.record.repeated for each in chain if each.record.outcome == "denied"]

    assert await denied() == [0]
    assert await denied() == [0]
    house.time.pass_by(days=-1)
    assert await denied() == [0, 1]


@pytest.mark.parametrize("jump", [86_400, -86_400])
async def test_wrong_tries_wait_as_long_as_ever_when_the_clock_jumps(monkeypatch, jump):
    tries = CountedTries(None)
    for _ in range(10):
        await tries.add(WRONG, KEY)
    now = clock_of_the_machine.time
    monkeypatch.setattr(clock_of_the_machine, "time", lambda: now() + jump)
    assert 0 < await tries.wait(WRONG, KEY) <= WRONG.seconds


async def test_redis_keeps_nobody_waiting_longer_when_the_clock_is_put_back(redis, monkeypatch):
    tries = CountedTries(redis.url)
    for _ in range(10):
        await tries.add(WRONG, KEY)
    now = clock_of_the_machine.time
    monkeypatch.setattr(clock_of_the_machine, "time", lambda: now() - 86_400)
    other = CountedTries(redis.url)
    assert 0 < await other.wait(WRONG, KEY) <= WRONG.seconds
    for each in (tries, other):
        await each.close()


async def test_a_sign_in_waits_no_longer_for_a_clock_that_was_put_back(house):
    async def tries(password):
        return await house.local.sign_in(
            "ana", password, address="10.6.6.6", user_agent="", request_id=""
        )

    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await tries("wrong")
    house.time.pass_by(days=-30)
    with pytest.raises(TooMany) as wait:
        await tries(PASSWORD)
    assert wait.value.retry_after <= WRONG.seconds
