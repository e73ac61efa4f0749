"""Identity providers, as the services see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from inspector_app.domain.provider_settings import OAuth2Settings, OidcSettings
from inspector_app.domain.signing_in import Begun, Claimed, LoggedOut


class Oidc(Protocol):
    """OpenID Connect: code flow, PKCE, state and nonce. Every fault is a SignInFault."""

    async def look(self, settings: OidcSettings) -> None:
        """Reach the provider, read what it says of itself, and its keys."""
        ...

    async def begin(self, settings: OidcSettings, *, callback: str, fresh: bool = False) -> Begun:
        """Say where the browser goes; `fresh` asks that they prove themselves there anew."""
        ...

    async def finish(
        self,
        settings: OidcSettings,
        secret: str,
        *,
        callback: str,
        kept: Mapping[str, str],
        answer: Mapping[str, str],
    ) -> Claimed:
        """Change what the browser came back with into who it is."""
        ...

    async def log_out_url(self, settings: OidcSettings, hint: str, *, back: str) -> str | None:
        """Say where the browser ends the provider's session too; None where it cannot."""
        ...

    async def logged_out(self, settings: OidcSettings, token: str) -> LoggedOut:
        """Verify a back-channel logout token."""
        ...


class OAuth2(Protocol):
    """OAuth 2 without OpenID Connect. Every fault is a SignInFault."""

    async def begin(self, settings: OAuth2Settings, *, callback: str) -> Begun: ...
    async def finish(
        self,
        settings: OAuth2Settings,
        secret: str,
        *,
        callback: str,
        kept: Mapping[str, str],
        answer: Mapping[str, str],
    ) -> Claimed: ...
