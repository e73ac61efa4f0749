"""Log-out on both sides of an OpenID provider: what goes there, and whose word ends a session."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.signing_in import SignInFault
from tests.fixtures.lying_oidc import (
    CLIENT,
    SECRET,
    Json,
    LyingOidc,
    by_curve,
    by_secret,
    foreign,
    unsigned,
)
from tests.fixtures.oidc_lies import LOGOUT_LIES
from tests.fixtures.oidc_walk import SETTINGS

WHOSE: Json = {"sub": "alice", "sid": "session-1", "jti": "1"}


async def test_log_out_ends_the_session_there_with_the_token_as_hint(client: OidcClient) -> None:
    url = await client.log_out_url(SETTINGS, "the.id.token", back="http://127.0.0.1:8000/login")
    assert url is not None
    asked = parse_qs(urlsplit(url).query)
    assert asked["id_token_hint"] == ["the.id.token"]
    assert asked["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/login"]
    assert asked["client_id"] == [CLIENT]


async def test_a_logout_token_says_whose_session_ended(
    client: OidcClient, provider: LyingOidc
) -> None:
    found = await client.logged_out(SETTINGS, provider.logout_token(WHOSE | {"exp": None}))
    assert (found.subject, found.session, found.id) == ("alice", "session-1", "1")


@pytest.mark.parametrize(("header", "claims"), LOGOUT_LIES.values(), ids=LOGOUT_LIES.keys())
async def test_a_logout_token_that_is_none_ends_nothing(
    client: OidcClient,
    provider: LyingOidc,
    header: Json,
    claims: Json,
) -> None:
    with pytest.raises(SignInFault):
        await client.logged_out(SETTINGS, provider.logout_token(WHOSE | claims, header))


@pytest.mark.parametrize("sign", [unsigned, foreign, by_secret(SECRET), by_curve])
async def test_a_logout_token_that_is_not_the_providers_ends_nothing(
    client: OidcClient, provider: LyingOidc, sign: Callable[..., str]
) -> None:
    provider.sign = sign
    with pytest.raises(SignInFault):
        await client.logged_out(SETTINGS, provider.logout_token(WHOSE))
