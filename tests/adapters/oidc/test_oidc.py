"""OpenID Connect there and back: who is let in, what an answer must fit, and how one leaves."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from tests.fixtures.lying_oidc import CALLBACK, SECRET, LyingOidc
from tests.fixtures.oidc_lies import COMEBACKS
from tests.fixtures.oidc_walk import SETTINGS, comes_back


async def test_who_signed_in_there_is_who_they_say(
    client: OidcClient, provider: LyingOidc
) -> None:
    found = await comes_back(client, provider)
    assert replace(found, hint="") == Claimed(
        subject="alice",
        username="alice",
        email="alice@example.test",
        email_verified=True,
        groups=("app-admins",),
        session="session-1",
    )
    assert found.hint.count(".") == 2
    assert "hint" not in repr(found)


async def test_the_browser_is_sent_with_state_nonce_and_a_challenge(client: OidcClient) -> None:
    first, second = [await client.begin(SETTINGS, callback=CALLBACK) for _ in range(2)]
    asked = {name: each[0] for name, each in parse_qs(urlsplit(first.url).query).items()}
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == CALLBACK
    assert asked["scope"].split() == ["openid", "profile", "email"]
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] == first.kept["state"]
    assert asked["nonce"] == first.kept["nonce"]
    assert first.kept["verifier"] not in first.url
    for name in ("state", "nonce", "verifier"):
        assert len(first.kept[name]) >= 43
        assert first.kept[name] != second.kept[name]


@pytest.mark.parametrize("instead", COMEBACKS.values(), ids=COMEBACKS.keys())
async def test_an_answer_to_something_else_is_not_taken(
    client: OidcClient, provider: LyingOidc, instead: dict[str, str | None]
) -> None:
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider, instead=instead, begun=begun)
    assert refused.value.step is Step.ANSWER
    assert "/token" not in provider.asked


async def test_a_stolen_code_is_worth_nothing_in_another_browser(
    client: OidcClient, provider: LyingOidc
) -> None:
    theirs, ours = [await client.begin(SETTINGS, callback=CALLBACK) for _ in range(2)]
    stolen = provider.approve(theirs.url)
    with pytest.raises(SignInFault) as refused:
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=ours.kept, answer=stolen)
    assert refused.value.step is Step.ANSWER
    injected = {**stolen, "state": ours.kept["state"]}
    with pytest.raises(SignInFault) as refused:
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=ours.kept, answer=injected)
    assert (refused.value.step, "invalid_grant" in refused.value.detail) == (Step.CODE, True)


async def test_a_code_opens_once(client: OidcClient, provider: LyingOidc) -> None:
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    back = provider.approve(begun.url)
    await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)
    with pytest.raises(SignInFault, match="invalid_grant"):
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)


@pytest.mark.parametrize("methods", [["plain"], [], None, "S256"])
async def test_no_provider_talks_us_out_of_the_challenge(
    client: OidcClient, provider: LyingOidc, methods: object
) -> None:
    provider.described.update(code_challenge_methods_supported=methods)
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    assert "code_challenge_method=S256" in begun.url
    back = provider.approve(begun.url)
    other = {**begun.kept, "verifier": "x" * 43}
    with pytest.raises(SignInFault, match="invalid_grant"):
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=other, answer=back)


async def test_a_provider_that_is_away_is_said_to_be_and_asked_again(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.away = True
    with pytest.raises(SignInFault, match="not reached") as refused:
        await client.begin(SETTINGS, callback=CALLBACK)
    assert (refused.value.step, refused.value.passing) == (Step.REACH, True)
    provider.away = False
    assert (await comes_back(client, provider)).subject == "alice"
