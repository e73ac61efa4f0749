"""What a provider says of somebody that no database and no log takes: refused, and said why."""

from __future__ import annotations

import pytest

from inspector_app.domain.signing_in import SignInRefused
from tests.fixtures.elsewhere import ADMINS, STAFF, VISITOR, Abroad
from tests.fixtures.jwt_tricks import signed, written
from tests.fixtures.trials import runs_a_test

ODD = {
    "a name with a NUL": ({"preferred_username": "al\0ice"}, "who: "),
    "a name with half a character": ({"preferred_username": "al\ud800ice"}, "who: "),
    "a name without end": ({"preferred_username": "a" * 100_000}, "who: "),
    "an id with a NUL": ({"sub": "al\0ice"}, "who: "),
    "an id with half a character": ({"sub": "al\udfffice"}, "who: "),
    "an address with a NUL": ({"email": "al\0ice@example.test"}, "who: "),
    "an address without end": ({"email": f"{'a' * 9000}@example.test"}, "who: "),
    "an address on two lines": ({"email": "alice@example.test\nBcc: x@evil.test"}, "who: "),
    "a session with a NUL": ({"sid": "s\0"}, "who: "),
    "a session without end": ({"sid": "s" * 9000}, "who: "),
    "a name that reads backwards": ({"preferred_username": "\u202ebob"}, "who: "),
    "a group of two lines for some": ({"groups": ["app-admins", "x\u2028y"]}, "groups: "),
    "a group with a NUL": ({"groups": ["app-admins", "x\0"]}, "groups: "),
    "a group without end": ({"groups": ["app-admins", "x" * 9000]}, "groups: "),
}


@pytest.mark.parametrize(("claims", "step"), ODD.values(), ids=ODD.keys())
async def test_what_no_database_takes_is_refused_and_audited(house, claims, step):
    abroad = Abroad(house)
    await abroad.sets(ADMINS)
    key = abroad.provider.key
    # The library that signs for tests writes no half a character.
    abroad.provider.sign = lambda header, said: signed(
        key, "RS256", written(header), written(said)
    )
    with pytest.raises(SignInRefused):
        await abroad.comes(**claims)
    who, outcome, why = await abroad.last_words()
    assert outcome == "failed"
    assert why.startswith(step)
    assert who == "anonymous"
    assert (await abroad.comes_as()).name == "alice"


@pytest.mark.parametrize(("claims", "step"), ODD.values(), ids=ODD.keys())
async def test_a_test_says_at_which_step_it_is_refused(house, claims, step):
    abroad = Abroad(house)
    _, noor = await house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    key = abroad.provider.key
    abroad.provider.sign = lambda header, said: signed(
        key, "RS256", written(header), written(said)
    )
    tested = await runs_a_test(abroad, noor, **claims)
    assert f"{tested.failed.step}: " == step
    assert (tested.said, tested.would) == (None, None)


@pytest.mark.parametrize("about", [{"sid": "s\0"}, {"sub": "al\x7fice"}, {"sid": "s\n" * 3}])
async def test_a_log_out_about_what_no_database_takes_is_refused_and_audited(house, about):
    abroad = Abroad(house)
    await abroad.sets(ADMINS)
    alice = await abroad.comes()
    with pytest.raises(SignInRefused):
        await abroad.leaving.by_token(VISITOR, "corp", abroad.logout_token(**about))
    assert (await abroad.last_words())[1] == "failed"
    assert (await house.who(alice.token)).signed_in


async def test_long_names_and_other_letters_are_names(house):
    abroad = Abroad(house)
    await abroad.sets(ADMINS, STAFF)
    group = f"staff {'名' * 900}"
    found = await abroad.comes_as(
        sub="s" * 255,
        preferred_username="Zoë Ø\u00a0名前",
        sid="😀" * 255,
        groups=[group],
        email="zoe@example.test",
    )
    assert found.role is STAFF.role
