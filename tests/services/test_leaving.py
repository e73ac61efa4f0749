"""Log-out on both sides: which session ends, and which one the provider is told of."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from inspector_app.domain.signing_in import LoggedOut, SignInFault, SignInRefused
from tests.fixtures.elsewhere import ADMINS, VISITOR, Abroad
from tests.fixtures.jwt_tricks import unb64


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
    await abroad.leaving.by_token(VISITOR, "corp", abroad.logout_token(sid="s-1"))
    record = (await abroad.house.entries(None))[-1].record
    assert (record.action, record.target.id, record.provider) == ("session.end", "s-1", "corp")
    assert record.detail == "corp says that it ended there"


async def test_the_providers_word_ends_its_session_here_once(abroad):
    await abroad.sets(ADMINS)
    first, other = await abroad.comes(sid="s-1"), await abroad.comes(sid="s-2")
    token = abroad.logout_token(sid="s-1")
    assert await abroad.leaving.by_token(VISITOR, "corp", token) == 1
    assert not (await abroad.house.who(first.token)).signed_in
    assert (await abroad.house.who(other.token)).signed_in
    with pytest.raises(SignInRefused):
        await abroad.leaving.by_token(VISITOR, "corp", token)
    assert "was used before" in (await abroad.last_words())[2]
    assert await abroad.leaving.by_token(VISITOR, "corp", abroad.logout_token(sub="alice")) == 1
    assert not (await abroad.house.who(other.token)).signed_in


async def test_a_providers_word_ends_no_session_of_another_provider(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second")
    here = await abroad.comes(sid="s-1")
    there = await abroad.comes(key="second", sid="s-1")
    assert await abroad.leaving.by_token(VISITOR, "second", abroad.logout_token(sid="s-1")) == 1
    assert (await abroad.house.who(here.token)).signed_in
    assert not (await abroad.house.who(there.token)).signed_in
    both = abroad.logout_token(sid="s-1", sub="bob")
    assert await abroad.leaving.by_token(VISITOR, "corp", both) == 0
    with pytest.raises(SignInRefused):
        await abroad.leaving.by_token(
            VISITOR, "corp", abroad.logout_token(sid="s-1", iss="https://evil.test")
        )
    assert (await abroad.house.who(here.token)).signed_in


async def test_logging_out_leads_to_the_provider_and_ends_ours_even_when_it_is_away(abroad):
    await abroad.sets(ADMINS)
    alice = await abroad.comes_as()
    url = await abroad.leaving.log_out(alice)
    assert url is not None
    assert url.startswith("https://login.example.test/realm/end?")
    assert "id_token_hint=" in url
    first = await abroad.comes()
    abroad.provider.away = True
    abroad.house.time.pass_by(hours=2)
    with pytest.raises(SignInFault):
        await abroad.leaving.log_out(await abroad.house.who(first.token))
    assert not (await abroad.house.who(first.token)).signed_in


async def test_a_local_session_ends_without_anybody_elsewhere(abroad):
    token, ana = await abroad.house.signs_in("ana")
    assert await abroad.leaving.log_out(ana) is None
    assert not (await abroad.house.who(token)).signed_in
