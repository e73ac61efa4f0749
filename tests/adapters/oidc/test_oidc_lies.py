"""OpenID Connect against a provider that lies: not one lie gets in; clocks may differ a little."""

from __future__ import annotations

import pytest

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_oidc import SECRET, LyingOidc
from tests.fixtures.oidc_lies import LIES, NOW, Lie
from tests.fixtures.oidc_walk import comes_back


@pytest.mark.parametrize(("lie", "step"), LIES.values(), ids=LIES.keys())
async def test_a_lie_gets_nobody_in(
    client: OidcClient, provider: LyingOidc, lie: Lie, step: Step
) -> None:
    lie(provider)
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider)
    assert refused.value.step is step
    assert "eyJ" not in refused.value.detail
    assert SECRET not in refused.value.detail


async def test_clocks_may_be_half_a_minute_apart(client: OidcClient, provider: LyingOidc) -> None:
    provider.claims.update(exp=NOW - 29, iat=NOW + 29)
    assert (await comes_back(client, provider)).subject == "alice"


async def test_a_clock_five_minutes_off_is_named_as_the_cause(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(exp=NOW - 300, iat=NOW - 600)
    with pytest.raises(SignInFault, match="expired") as refused:
        await comes_back(client, provider)
    assert "clock" in refused.value.hint


@pytest.mark.parametrize("claims", [{"iat": NOW + 300}, {"nbf": NOW + 300}])
async def test_a_clock_five_minutes_behind_is_named_as_the_cause(
    client: OidcClient, provider: LyingOidc, claims: dict[str, object]
) -> None:
    provider.claims.update(claims)
    with pytest.raises(SignInFault, match="not hold") as refused:
        await comes_back(client, provider)
    assert "clock" in refused.value.hint
