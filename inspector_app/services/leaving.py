"""Log-out on both sides: ours ends theirs, theirs ends ours."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.admission import is_text
from inspector_app.domain.audit import Target
from inspector_app.domain.identity import LOCAL, Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import (
    LdapSettings,
    OAuth2Settings,
    OidcSettings,
    ProviderKind,
    SamlSettings,
)
from inspector_app.domain.providers import Provider
from inspector_app.domain.sign_in_places import saml_place
from inspector_app.domain.signing_in import LoggedOut, SignInFault, Step
from inspector_app.services.door import Door
from inspector_app.services.entering import Entrance, guest_of
from inspector_app.services.ports import Cipher, Clock
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry, ProviderBook
from inspector_app.services.sessions import SessionDesk

_KEPT = timedelta(minutes=15)
"""Longer than a logout token is believed."""


class Leaving:
    """Ends sessions at both places.

    Args:
        origin: Our public address, without a trailing slash.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        cipher: Cipher,
        book: ProviderBook,
        entrance: Entrance,
        ways: AllWays,
        sessions: SessionDesk,
        origin: str,
    ) -> None:
        self._door = door
        self._clock = clock
        self._cipher = cipher
        self._book = book
        self._entrance = entrance
        self._ways = ways
        self._sessions = sessions
        self._origin = origin

    async def log_out(self, actor: Actor) -> str | None:
        """End the actor's session here, and say where the browser ends the provider's, too.

        Ours is over whatever the provider answers, or whether it does.

        Returns:
            The address at the provider; None where there is none to go to.

        Raises:
            SignInFault: The provider could not be asked: its session may go on.
        """
        target = Target("session", str(actor.session or ""))
        async with self._door.enter(actor, Permission.PUBLIC, target, record=False) as work:
            found = await work.sessions.of(actor.person) if actor.person else []
            origin = next((each.origin for each in found if each.id == actor.session), LOCAL)
            elsewhere = origin.provider != LOCAL.provider
            entry = await self._book.find(work, origin.provider) if elsewhere else None
        await self._sessions.close(actor)
        hint = self._cipher.unseal(origin.hint) if origin.hint else ""
        return await self._way_out(entry, hint) if entry else None

    async def _way_out(self, entry: Entry, hint: str) -> str | None:
        ways = self._ways.of(entry.provider)
        match entry.provider.settings:
            case OidcSettings() as settings:
                back = f"{self._origin}/login"
                return await ways.oidc.log_out_url(settings, hint, back=back)
            case SamlSettings() as settings:
                place = saml_place(self._origin, entry.provider, entry.secret)
                return ways.of_saml().log_out_url(settings, place, hint, now=self._clock())
            case OAuth2Settings() | LdapSettings():
                return None

    async def by_token(self, visitor: Actor, key: str, token: str) -> int:
        """Take an OpenID provider's word that a session there ended; returns how many did here.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: The token does not hold, or was taken before.
        """
        entry = await self._entrance.find(visitor, ProviderKind.OIDC, key)
        settings = entry.provider.settings
        assert isinstance(settings, OidcSettings)  # by its kind
        async with self._entrance.told(visitor, entry.provider):
            oidc = self._ways.of(entry.provider).oidc
            return await self.ended(
                visitor, entry.provider, await oidc.logged_out(settings, token)
            )

    async def ended(self, visitor: Actor, provider: Provider, word: LoggedOut) -> int:
        """End the sessions that a provider's verified word is about; each word counts once.

        Raises:
            SignInFault: It was taken before, or names nothing.
        """
        if not word.subject and not word.session:
            raise SignInFault(Step.WHO, "It names no session and nobody.")
        if not is_text(word.subject) or not is_text(word.session):
            raise SignInFault(Step.WHO, "What it names is too long, or no plain text.")
        now, guest = self._clock(), guest_of(visitor, provider)
        async with self._door.enter(
            guest,
            Permission.PUBLIC,
            Target("session", word.session or word.subject),
            action="session.end",
            detail=f"{provider.key} says that it ended there",
        ) as work:
            if not await work.taken_once.take(provider.id, word.id, now + _KEPT):
                raise SignInFault(Step.ANSWER, "The message was used before.")
            ended = await work.provider_sessions.end(
                provider.key, now, subject=word.subject, session=word.session
            )
        return len(ended)
