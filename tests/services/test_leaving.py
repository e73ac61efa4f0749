"""Log-out on both sides: which session ends, and which one the provider is told of."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from inspector_app.domain.signing_in import LoggedOut, SignInFault
from tests.fixtures.elsewhere import ADMINS, VISITOR, Abroad
from tests.fixtures.jwt_tricks import unb64
from tests.services.test_elsewhere import logout_token


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_the_provider_is_told_of_the_session_that_ends_and_of_no_other(abroad):
    await abroad.sets(ADMINS)
    entered = {each: await abroad.comes(sid=each) for each in ("s-1", "s-2", "s-3")}
    for sid in ("s-2", "s-3", "s-1"):
        session = entered[sid]
        url = await abroad.leaving.log_out(await abroad.house.who(session.token))
        (hint,) = parse_qs(urlsplit(url).query)["id_token_hint"]
        assert json.loads(unb64(hint.split(".")[1]))["sid"] == sid


async def test_a_word_about_nobody_ends_nobodys_session(abroad):
    provider = await abroad.sets(ADMINS)
    entered = await abroad.comes()
    with pytest.raises(SignInFault):
        await abroad.leaving.ended(VISITOR, provider, LoggedOut("", "", "1"))
    assert (await abroad.house.who(entered.token)).signed_in


async def test_a_word_of_the_provider_stands_in_the_log(abroad):
    await abroad.sets(ADMINS)
    await abroad.comes(sid="s-1")
    await abroad.leaving.by_token(VISITOR, "corp", logout_token(abroad, sid="s-1"))
    record = (await abroad.house.entries(None))[-1].record
    assert (record.action, record.target.id, record.provider) == ("session.end", "s-1", "corp")
    assert record.detail == "corp says that it ended there"
