"""Signing in with the password of a directory: it is typed here, and known only there."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict, WrongCredentials
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import LdapSettings, ProviderKind
from inspector_app.domain.providers import realm_of
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from inspector_app.services.door import Door
from inspector_app.services.entering import Entered, Entrance, guest_of
from inspector_app.services.guesses import Guesses
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry, ProviderBook


class DirectorySignIn:
    """Wrong passwords count as those of local accounts do, by name and address."""

    def __init__(
        self, door: Door, entrance: Entrance, book: ProviderBook, ways: AllWays, guesses: Guesses
    ) -> None:
        self._door = door
        self._entrance = entrance
        self._book = book
        self._ways = ways
        self._guesses = guesses

    async def with_password(
        self, visitor: Actor, key: str, username: str, password: str, *, user_agent: str
    ) -> Entered:
        """Let in who knows a password there.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            WrongCredentials: They do not fit.
            TooMany: The name or the address has used up its tries for now.
            SignInRefused: The directory does not answer, or they have no place here.
        """
        entry = await self._entrance.find(visitor, ProviderKind.LDAP, key)
        name = _counted(username)
        guest = replace(guest_of(visitor, entry.provider), name=name)
        async with self._entrance.told(guest, entry.provider):
            claimed = await self._bound(guest, entry, username, password, "session.open")
            entered = await self._entrance.enter(
                guest, entry.provider, claimed, user_agent=user_agent
            )
        await self._guesses.forget(guest)
        return entered

    async def told(
        self, visitor: Actor, entry: Entry, username: str, password: str, *, action: str
    ) -> Claimed:
        """Say who knows a password there, for whatever is to come of it; a wrong one counts.

        Raises:
            WrongCredentials, TooMany: As in `with_password`; audited as `action`.
            SignInFault: The directory does not answer as it should.
        """
        guest = replace(guest_of(visitor, entry.provider), name=_counted(username))
        claimed = await self._bound(guest, entry, username, password, action)
        await self._guesses.forget(guest)
        return claimed

    async def prove(self, actor: Actor, password: str) -> str:
        """Take the actor's password there for a fresh proof; returns the session's new token.

        Raises:
            Conflict: They did not sign in by a directory.
            WrongCredentials, TooMany: It does not fit.
            SignInRefused: The directory does not answer.
        """
        target = Target("session", actor.provider)
        async with self._door.enter(actor, Permission.SESSION_OWN, target, record=False) as work:
            entry = await self._book.find(work, actor.provider)
            found = await work.sessions.of(actor.person) if actor.person else []
            origin = next((each.origin for each in found if each.id == actor.session), None)
            settings = entry.provider.settings if entry else None
            if entry is None or origin is None or not isinstance(settings, LdapSettings):
                raise Conflict("You did not sign in by a directory.", hint="Sign in again.")
            realm = realm_of(settings)
            identity = await work.identities.get(entry.provider.id, realm, origin.subject)
        async with self._entrance.told(actor, entry.provider):
            name = identity.username if identity else ""
            claimed = await self._bound(actor, entry, name, password, "session.prove")
            if claimed.subject != origin.subject:
                raise SignInFault(Step.WHO, "The name is somebody else's by now.")
            return await self._entrance.prove(actor)

    async def _bound(
        self, actor: Actor, entry: Entry, username: str, password: str, action: str
    ) -> Claimed:
        settings = entry.provider.settings
        assert isinstance(settings, LdapSettings)  # by its kind
        directory = self._ways.of(entry.provider).of_directory()
        target = Target("session", actor.name)
        async with self._guesses.turn(actor, target, action, "wrong name or password"):
            # Many a directory takes an empty password for an anonymous bind, which works.
            if not password or not username.strip():
                raise WrongCredentials("Name and password do not match.")
            return await directory.sign_in(
                settings,
                entry.secret,
                username.strip(),
                password,
                whose=entry.provider.tenant_slug,
            )


def _counted(username: str) -> str:
    """A name as directories compare it: else each way to write it had its own tries.

    As RFC 4518 has it, and without accents besides: Active Directory takes `álice` for alice.
    """
    apart = unicodedata.normalize("NFKD", username).casefold()
    plain = "".join(each for each in apart if not unicodedata.combining(each))
    return " ".join(plain.split())[:64] or "anonymous"
