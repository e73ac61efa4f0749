"""The second step: enrolled, asked for, used once, taken away."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import inspect

from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.domain.errors import (
    CodeRequired,
    Conflict,
    Invalid,
    ProofRequired,
    TooMany,
    WrongCredentials,
)
from inspector_app.domain.people import Change
from inspector_app.domain.second_step import STEP_SECONDS, code_at, step_of
from tests.fixtures.database import PASSWORD, House

ELSEWHERE = {"address": "10.0.0.1", "user_agent": "", "request_id": "r"}


def code_of(secret, now, steps=0):
    return code_at(base64.b32decode(secret), int(now.timestamp()) // STEP_SECONDS + steps)


async def enrolled(house, name="ana"):
    """Somebody with a second step: their token, secret and recovery codes."""
    token, actor = await house.signs_in(name)
    secret = (await house.second_steps.begin(actor)).secret
    codes = await house.second_steps.confirm(actor, code_of(secret, house.time()))
    house.time.pass_by(minutes=1)
    return token, secret, codes


async def ticket(house, name="ana"):
    with pytest.raises(CodeRequired) as asked:
        await house.local.sign_in(name, PASSWORD, **ELSEWHERE)
    return asked.value.ticket


# RFC 6238, appendix B (SHA-1), its last six digits.
@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_codes_are_those_of_the_standard(seconds, code):
    now = datetime.fromtimestamp(seconds, UTC)
    assert step_of(b"12345678901234567890", code, now) == seconds // STEP_SECONDS


@pytest.mark.parametrize(("steps", "fits"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_clocks_may_differ_by_one_step(steps, fits):
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    step = int(now.timestamp()) // STEP_SECONDS + steps
    assert (step_of(b"s" * 20, code_at(b"s" * 20, step), now) == step) == fits


async def test_with_a_second_step_the_password_alone_opens_nothing(house):
    _, secret, _ = await enrolled(house)
    mine = await ticket(house)
    token, _ = await house.local.second_step(mine, code_of(secret, house.time()), **ELSEWHERE)
    assert (await house.who(token)).name == "ana"


async def test_each_code_opens_once(house):
    _, secret, _ = await enrolled(house)
    code = code_of(secret, house.time())
    await house.local.second_step(await ticket(house), code, **ELSEWHERE)
    for again in (code, code_of(secret, house.time(), -1)):
        with pytest.raises(WrongCredentials):
            await house.local.second_step(await ticket(house), again, **ELSEWHERE)


async def test_a_recovery_code_opens_once_however_it_is_typed(house):
    _, _, codes = await enrolled(house)
    typed = codes[0].replace("-", " ").upper()
    token, _ = await house.local.second_step(await ticket(house), typed, **ELSEWHERE)
    with pytest.raises(WrongCredentials):
        await house.local.second_step(await ticket(house), codes[0], **ELSEWHERE)
    assert (await house.second_steps.of(await house.who(token))).recovery_left == 9


async def another_process(house):
    """The same database and keys behind a connection pool of its own."""
    return House(SqlDatabase(house.url), house.url, house.time)


@pytest.mark.parametrize("kind", ["code", "recovery code"])
async def test_of_two_processes_that_get_one_code_at_once_one_lets_it_in(house, kind):
    _, secret, codes = await enrolled(house)
    code = codes[0] if kind == "recovery code" else code_of(secret, house.time())
    there = await another_process(house)
    tickets = [await ticket(house) for _ in range(6)]
    ended = await asyncio.gather(
        *(
            process.local.second_step(mine, code, **ELSEWHERE)
            for process, mine in zip([house, there] * 3, tickets, strict=True)
        ),
        return_exceptions=True,
    )
    await there.database.close()
    assert sorted(isinstance(each, WrongCredentials) for each in ended) == [False] + [True] * 5


@pytest.mark.parametrize(("seconds", "fits"), [(-30, True), (30, True), (-61, False), (61, False)])
async def test_a_phone_whose_clock_is_half_a_minute_off_is_let_in(house, seconds, fits):
    _, secret, _ = await enrolled(house)
    shown = code_of(secret, house.time.now + timedelta(seconds=seconds))
    coming = house.local.second_step(await ticket(house), shown, **ELSEWHERE)
    if fits:
        assert await coming
    else:
        with pytest.raises(WrongCredentials):
            await coming


async def test_a_ticket_is_over_after_minutes_and_with_a_new_password(house):
    token, secret, _ = await enrolled(house)
    late = await ticket(house)
    house.time.pass_by(minutes=5)
    stale = await ticket(house)
    ana = await house.who(token)
    await house.local.change_password(ana, PASSWORD, "another good one 7", user_agent="")
    for dead in (late, stale, "", "x", "\ud800"):
        with pytest.raises(WrongCredentials):
            await house.local.second_step(dead, code_of(secret, house.time()), **ELSEWHERE)


async def test_ten_wrong_codes_make_wait_and_the_password_in_between_does_not_help(house):
    await enrolled(house)
    for number in range(10):
        mine = await ticket(house)
        with pytest.raises(WrongCredentials):
            await house.local.second_step(mine, f"00000{number}", **ELSEWHERE)
    with pytest.raises(TooMany):
        await house.local.second_step(mine, "000000", **ELSEWHERE)


async def test_nobody_is_asked_before_the_app_has_shown_that_it_knows_the_secret(house):
    _, ana = await house.signs_in("ana")
    await house.second_steps.begin(ana)
    with pytest.raises(WrongCredentials):
        await house.second_steps.confirm(ana, "000000")
    assert not (await house.second_steps.of(ana)).on
    assert (await house.signs_in("ana"))[1].signed_in


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "①②③④⑤⑥"])
async def test_what_is_no_code_is_said_and_counts_as_no_guess(house, code):
    _, ana = await house.signs_in("ana")
    await house.second_steps.begin(ana)
    for _ in range(11):
        with pytest.raises(Invalid):
            await house.second_steps.confirm(ana, code)
        with pytest.raises(Conflict):
            await house.second_steps.remove(ana, code)


async def test_enrolling_ends_the_other_sessions_and_cannot_be_done_twice(house):
    other, _ = await house.signs_in("ana")
    token, secret, _ = await enrolled(house)
    assert not (await house.who(other)).signed_in
    ana = await house.who(token)
    with pytest.raises(Conflict):
        await house.second_steps.begin(ana)
    with pytest.raises(Conflict):
        await house.second_steps.confirm(ana, code_of(secret, house.time()))


async def test_the_second_step_goes_with_a_code_only(house):
    token, secret, _ = await enrolled(house)
    ana = await house.who(token)
    with pytest.raises(WrongCredentials):
        await house.second_steps.remove(ana, "000000")
    await house.second_steps.remove(ana, code_of(secret, house.time()))
    assert (await house.signs_in("ana"))[1].signed_in


async def test_with_a_second_step_a_proof_is_a_code(house):
    token, secret, _ = await enrolled(house)
    ana = await house.who(token)
    with pytest.raises(WrongCredentials):
        await house.local.prove(ana, PASSWORD)
    assert await house.local.prove(ana, code_of(secret, house.time()))


async def test_a_session_left_open_cannot_change_the_second_step(house):
    token, _ = await house.signs_in("ana")
    house.time.pass_by(minutes=15)
    with pytest.raises(ProofRequired):
        await house.second_steps.begin(await house.who(token))


async def test_an_admins_reset_takes_the_second_step_away(house):
    await enrolled(house)
    _, noor = await house.signs_in("noor")
    ana = next(
        each
        for each in (await house.people.page(noor, limit=9))[0]
        if each.person.username == "ana"
    )
    assert ana.second_step
    wanted = Change(ana.person.id, ana.version, "lost phone")
    _, one_time = await house.people.reset(noor, wanted)
    _, person = await house.local.sign_in("ana", one_time, **ELSEWHERE)
    assert person.must_change_password


async def test_neither_secret_nor_recovery_code_can_be_read_at_rest(house):
    _, secret, codes = await enrolled(house)
    behind = house.behind()
    values = [
        value
        for table in inspect(behind.engine).get_table_names()
        for row in behind.does(f"SELECT * FROM {table}")
        for value in row
    ]
    kept = b" ".join(v if isinstance(v, bytes) else str(v).encode() for v in values)
    assert b"noor" in kept
    raw = base64.b32decode(secret)
    for each in (secret.encode(), raw, raw.hex().encode(), *(c.encode() for c in codes)):
        assert each not in kept
