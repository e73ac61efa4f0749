"""Identity providers, as the services see them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inspector_app.domain.errors import Invalid
from inspector_app.domain.provider_settings import (
    LdapSettings,
    OAuth2Settings,
    OidcSettings,
    SamlSettings,
)
from inspector_app.domain.providers import Provider
from inspector_app.domain.saml_trust import Certificate, Described
from inspector_app.domain.signing_in import (
    Arrived,
    Begun,
    Claimed,
    KeyStep,
    LoggedOut,
    SamlPlace,
    SamlSent,
)


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


class Directory(Protocol):
    """LDAP: search as the service account, whose password is `secret`, then bind as who it is.

    Every fault is a SignInFault, but for a wrong name or password. `whose` is the tenant that set
    it, "" the operator: what one tenant's directories hold up, however many, is its own alone.
    """

    async def look(self, settings: LdapSettings, secret: str, *, whose: str = "") -> None:
        """Reach a server, bind to it, and find the places that are searched."""
        ...

    async def find(
        self, settings: LdapSettings, secret: str, username: str, *, whose: str = ""
    ) -> Claimed:
        """Say who somebody is without their password, for a dry run.

        Raises:
            WrongCredentials: Nobody, or more than one, has the name.
        """
        ...

    async def sign_in(
        self,
        settings: LdapSettings,
        secret: str,
        username: str,
        password: str,
        *,
        whose: str = "",
    ) -> Claimed:
        """Say who it is whose name and password these are.

        Raises:
            WrongCredentials: They are nobody's; an empty password never leaves this machine.
        """
        ...


class Saml(Protocol):
    """SAML 2.0, Redirect to the identity provider and POST back. Every fault is a SignInFault."""

    async def new_keys(self, entity_id: str, now: datetime) -> str:
        """Make a key pair of ours: the private key and a certificate, PEM. Takes a while."""
        ...

    async def turned(self, keys: str, step: KeyStep, entity_id: str, now: datetime) -> str:
        """Take a step of changing `keys`, one or two pairs, of which the first one is in use.

        The other one is in our metadata, and what is encrypted for it opens.
        """
        ...

    def look(self, settings: SamlSettings, place: SamlPlace) -> None:
        """Read the provider's certificates and our keys, as far as there is anything to see."""
        ...

    def own(self, keys: str) -> Sequence[Certificate]:
        """Read the certificates of our `keys`, in their order."""
        ...

    def described(self, xml: str, now: datetime) -> Described:
        """Read the identity provider's metadata.

        Its signature is not looked at, since nobody knows yet whose it would be: people compare
        the certificates' fingerprints.
        """
        ...

    def metadata(self, settings: SamlSettings, place: SamlPlace) -> str:
        """Describe us to the identity provider, as XML."""
        ...

    def begin(
        self, settings: SamlSettings, place: SamlPlace, *, now: datetime, fresh: bool = False
    ) -> Begun:
        """Say where the browser goes, with a signed request.

        `kept` has `request`, the request's id, and `state`, sent as its RelayState. `fresh` asks
        that they prove themselves there anew (ForceAuthn): then `fresh_since` has the second
        that `Arrived.proved_at` must not be before.
        """
        ...

    async def finish(
        self,
        settings: SamlSettings,
        place: SamlPlace,
        *,
        response: str,
        now: datetime,
        request: str | None,
    ) -> Arrived:
        """Verify a `SAMLResponse` as it was posted to the ACS.

        With `request` it must answer that one; None, as at the ACS, where no cookie comes along,
        leaves that to whoever has the ticket: `Arrived.answers` says which.
        """
        ...

    def log_out_url(
        self, settings: SamlSettings, place: SamlPlace, hint: str, *, now: datetime
    ) -> str | None:
        """Say where the browser ends the session there, too; None where it cannot.

        `hint` is what `Claimed.hint` was: whatever is needed to name the session.
        """
        ...

    async def logged_out(
        self, settings: SamlSettings, place: SamlPlace, *, sent: SamlSent, now: datetime
    ) -> LoggedOut:
        """Verify a LogoutRequest.

        Without a session it ends all of that subject's; where `id_attribute` is set there is a
        session and no subject.
        """
        ...

    def log_out_answer(
        self,
        settings: SamlSettings,
        place: SamlPlace,
        *,
        answers: str,
        relay: str,
        now: datetime,
    ) -> str:
        """Say where the browser takes our signed answer to the LogoutRequest of that id."""
        ...

    async def answered(
        self, settings: SamlSettings, place: SamlPlace, *, sent: SamlSent, now: datetime
    ) -> None:
        """Verify a LogoutResponse to a log-out that began here."""
        ...


@dataclass(frozen=True, slots=True)
class Ways:
    """How providers are spoken to; None where what a kind needs is not installed.

    SAML's libraries come with the first call of `saml`: few installations need them.
    """

    oidc: Oidc
    oauth2: OAuth2
    saml: Callable[[], Saml] | None = None
    directory: Directory | None = None

    def of_saml(self) -> Saml:
        """Return how SAML is spoken.

        Raises:
            Invalid: It is not installed.
        """
        if self.saml is None:
            raise Invalid("This Inspector does not speak SAML.", field="kind")
        return self.saml()

    def of_directory(self) -> Directory:
        """Return how LDAP is spoken.

        Raises:
            Invalid: It is not installed.
        """
        if self.directory is None:
            raise Invalid(
                "This Inspector does not speak LDAP.",
                field="kind",
                hint="Install it with its extra: pip install 'inspector-app[ldap]'",
            )
        return self.directory


@dataclass(frozen=True, slots=True)
class AllWays:
    """What tenants set reaches allowed networks only; the operator's may stand anywhere."""

    tenants: Ways
    operators: Ways

    def of(self, provider: Provider) -> Ways:
        """Return how `provider` is spoken to."""
        return self.operators if provider.tenant is None or provider.managed else self.tenants
