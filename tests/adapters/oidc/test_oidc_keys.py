"""An OpenID provider's keys: changed, withdrawn, and made up to make us ask."""

from __future__ import annotations

from datetime import timedelta

import pytest
from joserfc.jwk import RSAKey

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.signing_in import SignInFault
from tests.fixtures.lying_oidc import LyingOidc
from tests.fixtures.oidc_walk import comes_back


async def test_changed_keys_are_read_again_and_withdrawn_ones_not_believed(
    client: OidcClient, provider: LyingOidc
) -> None:
    await comes_back(client, provider)
    old = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    provider.keys, provider.header = [provider.key], {"kid": "two"}
    provider.now += timedelta(seconds=11)
    assert (await comes_back(client, provider)).subject == "alice"
    provider.key, provider.header = old, {"kid": "one"}
    provider.now += timedelta(seconds=11)
    with pytest.raises(SignInFault, match="does not have"):
        await comes_back(client, provider)


async def test_a_withdrawn_key_is_believed_for_ten_minutes_at_most(
    client: OidcClient, provider: LyingOidc
) -> None:
    await comes_back(client, provider)
    provider.keys = [RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})]
    provider.now += timedelta(minutes=10)
    with pytest.raises(SignInFault, match="does not have"):
        await comes_back(client, provider)


async def test_unknown_key_ids_do_not_make_us_ask_again_and_again(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.header = {"kid": "made up"}
    for _ in range(20):
        with pytest.raises(SignInFault):
            await comes_back(client, provider)
    assert provider.asked.count("/jwks") == 1
