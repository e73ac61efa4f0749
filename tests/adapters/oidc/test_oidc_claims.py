"""What of somebody is read out of a token that is true, and how well they must have signed in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_oidc import CALLBACK, LyingOidc
from tests.fixtures.oidc_lies import NOW
from tests.fixtures.oidc_walk import SETTINGS, comes_back


async def test_groups_and_name_come_from_the_user_endpoint_where_the_token_has_none(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(groups=None, preferred_username=None)
    provider.userinfo.update(groups=["app-devs"], preferred_username="ali", email="x@evil.test")
    found = await comes_back(client, provider)
    assert (found.groups, found.username) == (("app-devs",), "ali")
    assert found.email == "alice@example.test"  # what is signed goes before what is not


async def test_an_address_is_verified_only_by_who_says_that_very_address(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(groups=None, email="ana@example.test", email_verified=None)
    provider.userinfo.update(email="mallory@evil.test", email_verified=True)
    found = await comes_back(client, provider)
    assert (found.email, found.email_verified) == ("ana@example.test", False)
    provider.userinfo.update(email="ana@example.test")
    assert (await comes_back(client, provider)).email_verified
    provider.claims.update(email=None)
    provider.userinfo.update(email="other@example.test")
    found = await comes_back(client, provider)
    assert (found.email, found.email_verified) == ("other@example.test", True)
    provider.claims.update(email_verified=True)
    provider.userinfo.update(email_verified=False)
    assert not (await comes_back(client, provider)).email_verified


async def test_groups_may_lie_deeper(client: OidcClient, provider: LyingOidc) -> None:
    provider.claims.update(groups=None, realm_access={"roles": ["ops", 7, ""]})
    settings = replace(SETTINGS, groups_claim="realm_access.roles")
    assert (await comes_back(client, provider, settings=settings)).groups == ("ops",)


async def test_groups_may_have_an_address_for_a_name_and_count_once(
    client: OidcClient, provider: LyingOidc
) -> None:
    claim = "https://example.test/groups"
    provider.claims.update({"groups": None, claim: ["ops", "devs", "ops"]})
    settings = replace(SETTINGS, groups_claim=claim)
    found = await comes_back(client, provider, settings=settings)
    assert found.groups == ("ops", "devs")


async def test_entra_names_too_many_groups_elsewhere(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(
        groups=None,
        _claim_names={"groups": "src1"},
        _claim_sources={"src1": {"endpoint": "https://evil.test/groups"}},
    )
    found = await comes_back(client, provider)
    assert len(found.groups) == 500
    assert provider.asked[-1] == "/v1.0/me/getMemberObjects"


@pytest.mark.parametrize(
    ("settings", "claims", "fits"),
    [
        (replace(SETTINGS, acr=("gold", "silver")), {"acr": "silver"}, True),
        (replace(SETTINGS, acr=("gold",)), {"acr": "silver"}, False),
        (replace(SETTINGS, acr=("gold",)), {}, False),
        (replace(SETTINGS, amr=("mfa",)), {"amr": ["pwd", "mfa"]}, True),
        (replace(SETTINGS, amr=("mfa",)), {"amr": ["pwd"]}, False),
        (replace(SETTINGS, amr=("mfa",)), {"amr": [["mfa"], {"mfa": 1}, 7]}, False),
        (replace(SETTINGS, acr=("gold",)), {"acr": ["gold"]}, False),
        (replace(SETTINGS, amr=("mfa",)), {}, False),
    ],
)
async def test_who_signed_in_too_weakly_does_not_get_in(
    client: OidcClient,
    provider: LyingOidc,
    settings: OidcSettings,
    claims: dict[str, object],
    fits: bool,
) -> None:
    provider.claims.update(claims)
    if fits:
        assert await comes_back(client, provider, settings=settings)
        return
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider, settings=settings)
    assert refused.value.step is Step.STRENGTH


@pytest.mark.parametrize(
    ("proved", "fits"), [(NOW, True), (NOW - 30, True), (NOW - 31, False), (None, False)]
)
async def test_a_fresh_proof_is_one_given_since(
    client: OidcClient,
    provider: LyingOidc,
    proved: int | None,
    fits: bool,
) -> None:
    begun = await client.begin(SETTINGS, callback=CALLBACK, fresh=True)
    assert "prompt=login" in begun.url
    provider.claims.update(auth_time=proved)
    if fits:
        assert await comes_back(client, provider, begun=begun)
        return
    with pytest.raises(SignInFault, match="anew"):
        await comes_back(client, provider, begun=begun)
