"""Signing in elsewhere by a browser that goes there and comes back with an answer."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector_app.domain.identity import Actor
from inspector_app.domain.provider_settings import (
    LdapSettings,
    OAuth2Settings,
    OidcSettings,
    ProviderKind,
    SamlSettings,
)
from inspector_app.domain.providers import realm_of
from inspector_app.domain.sign_in_places import callback_of, saml_place
from inspector_app.domain.signing_in import Begun, Claimed, SignInFault, Step
from inspector_app.services.entering import Entered, Entrance
from inspector_app.services.ports import Clock
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry
from inspector_app.services.tickets import Ticket

PATIENCE = 30.0
"""Seconds that all of a provider's answers may take together: each alone may take ten, and a
list of groups has many pages."""

AT_ONCE = 20
"""Sign-ins that wait for a tenant's providers; further ones wait for them. Else a provider that
hangs, which a tenant's admin may well set, held all connections that there are for everybody."""


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the ticket it keeps meanwhile."""

    url: str
    ticket: str = field(repr=False)


class SignInElsewhere:
    """OpenID Connect, OAuth 2, and the way to SAML; SAML's way back is in `arrivals`.

    Args:
        origin: Our public address, without a trailing slash.
        patience: See PATIENCE.
    """

    def __init__(
        self,
        entrance: Entrance,
        clock: Clock,
        ways: AllWays,
        origin: str,
        *,
        patience: float = PATIENCE,
    ) -> None:
        self._patience = patience
        self._turns = defaultdict[str, asyncio.Semaphore](lambda: asyncio.Semaphore(AT_ONCE))
        self._entrance = entrance
        self._clock = clock
        self._ways = ways
        self._origin = origin

    async def begin(
        self,
        visitor: Actor,
        kind: ProviderKind,
        key: str,
        *,
        next_page: str = "",
        proving: bool = False,
    ) -> Departure:
        """Say where the browser of `visitor` goes to sign in.

        With `proving`, the visitor's open session is to be proved anew: they are asked there
        again, where the protocol knows how; OAuth 2 does not.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: It does not answer.
        """
        entry = await self._entrance.find(visitor, kind, key)
        provider = entry.provider
        async with self._entrance.told(visitor, provider):
            begun = await self.begun(entry, fresh=proving)
        session = str(visitor.session) if proving and visitor.signed_in else ""
        ticket = Ticket(key, realm_of(provider.settings), begun.kept, next_page, session)
        return Departure(begun.url, self._entrance.tickets.seal(ticket))

    async def finish(
        self,
        visitor: Actor,
        kind: ProviderKind,
        key: str,
        *,
        ticket: str,
        answer: Mapping[str, str],
        user_agent: str,
    ) -> Entered:
        """Let in who came back with an `answer`, the query of the callback.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: Something does not hold; what, is in the audit log.
        """
        entry = await self._entrance.find(visitor, kind, key)
        async with self._entrance.told(visitor, entry.provider):
            opened = self._entrance.opened(ticket, entry.provider)
            claimed = await self.claimed(entry, opened, answer)
            return await self._entrance.enter(
                visitor, entry.provider, claimed, user_agent=user_agent, ticket=opened
            )

    async def begun(self, entry: Entry, *, fresh: bool = False) -> Begun:
        """Ask for the way to a provider, for whatever is to come of it.

        Raises:
            SignInFault: It does not answer, or is a directory.
        """
        provider, ways = entry.provider, self._ways.of(entry.provider)
        callback = callback_of(self._origin, provider)
        match provider.settings:
            case OidcSettings() as settings:
                return await ways.oidc.begin(settings, callback=callback, fresh=fresh)
            case OAuth2Settings() as settings:
                return await ways.oauth2.begin(settings, callback=callback)
            case SamlSettings() as settings:
                place = saml_place(self._origin, provider, entry.secret)
                return ways.of_saml().begin(settings, place, now=self._clock(), fresh=fresh)
            case LdapSettings():
                raise SignInFault(Step.REACH, "A directory is asked by a form.")

    async def claimed(self, entry: Entry, opened: Ticket, answer: Mapping[str, str]) -> Claimed:
        """Change what a browser came back with into who it is, for whatever is to come of it.

        Raises:
            SignInFault: Something does not hold, or takes too long.
        """
        try:
            whose = entry.provider.tenant_slug
            async with asyncio.timeout(self._patience), self._turns[whose]:
                return await self._claimed(entry, opened, answer)
        except TimeoutError as error:
            detail = f"All of its answers took longer than {self._patience:g} seconds."
            raise SignInFault(Step.REACH, detail, passing=True) from error

    async def _claimed(self, entry: Entry, opened: Ticket, answer: Mapping[str, str]) -> Claimed:
        ways, callback = self._ways.of(entry.provider), callback_of(self._origin, entry.provider)
        match entry.provider.settings:
            case OidcSettings() as settings:
                return await ways.oidc.finish(
                    settings, entry.secret, callback=callback, kept=opened.kept, answer=answer
                )
            case OAuth2Settings() as settings:
                return await ways.oauth2.finish(
                    settings, entry.secret, callback=callback, kept=opened.kept, answer=answer
                )
            case SamlSettings() | LdapSettings():
                raise SignInFault(Step.ANSWER, "Its answers do not come here.")
