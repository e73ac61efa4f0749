"""A provider that lies when asked to, and our client of it."""

from __future__ import annotations

import pytest

from inspector_app.adapters.identity.oidc import OidcClient
from tests.fixtures.elsewhere import one_key
from tests.fixtures.lying_oidc import LyingOidc


@pytest.fixture
def provider() -> LyingOidc:
    """Tells the truth so far."""
    return LyingOidc(one_key())


@pytest.fixture
def client(provider: LyingOidc) -> OidcClient:
    """Ours."""
    return OidcClient(provider, provider.clock)
