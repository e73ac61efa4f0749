"""The operator's test of a provider: begun at a terminal, walked by any browser, told there.

The operator has no account and no session. What a browser brings back is handed on sealed, and
verified by the command that waits for it: the server gains no right by it.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import NotFound
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import Provider, key_of, no_such_provider
from inspector_app.domain.sign_in_places import start_path
from inspector_app.domain.signing_in import UNDER_WAY, SignInFault
from inspector_app.domain.trial_sign_ins import Tested
from inspector_app.services.door import Door
from inspector_app.services.elsewhere import Departure
from inspector_app.services.entering import Entrance
from inspector_app.services.ports import Cipher, Clock
from inspector_app.services.provider_book import Entry
from inspector_app.services.providers import ProviderDesk
from inspector_app.services.trial_walk import TrialWalk

_BEGINS = "terminal "
"""Of a tester who waits at one; a session's id has no space."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Awaited:
    """A test that waits for a browser to follow its `url`, once."""

    url: str = field(repr=False)
    entry: Entry
    handle: str = field(repr=False)
    ticket: str = field(repr=False)


class OperatorTrials:
    """Of any provider, everybody's and tenants', switched on or off.

    Args:
        origin: Our public address, without a trailing slash.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        cipher: Cipher,
        desk: ProviderDesk,
        entrance: Entrance,
        walk: TrialWalk,
        origin: str,
    ) -> None:
        self._door = door
        self._clock = clock
        self._cipher = cipher
        self._desk = desk
        self._entrance = entrance
        self._walk = walk
        self._origin = origin

    async def begin(self, operator: Actor, key: str) -> Awaited | Tested:
        """Make the address that a browser begins at; or say at once what the test found.

        Raises:
            NotFound: There is no such provider.
        """
        entry = await self._entry(operator, key)
        handle = secrets.token_urlsafe(_BYTES)
        try:
            leaving = await self._walk.begun(operator, entry, _BEGINS + handle)
        except SignInFault as fault:
            return await self._walk.tested(operator, entry.provider, fault)
        content = json.dumps([leaving.url, leaving.ticket])
        await self._leave(operator, Permission.OPERATOR, entry.provider, "begun", handle, content)
        begins = f"{self._origin}{start_path(entry.provider.kind, key)}?test={handle}"
        return Awaited(begins, entry, handle, leaving.ticket)

    async def departure(
        self, visitor: Actor, kind: ProviderKind, key: str, handle: str
    ) -> Departure:
        """Send on the browser that followed the operator's address.

        Raises:
            NotFound: It was followed before, too long ago, or is none.
        """
        entry = await self._entrance.find(visitor, kind, key, off_too=True)
        found = await self._fetched(visitor, Permission.PUBLIC, entry.provider, "begun", handle)
        if found is None:
            raise NotFound(
                "The address of this test was used before, or is too old.",
                hint="Begin again: inspector provider test.",
            )
        url, ticket = json.loads(found)
        return Departure(url, ticket)

    def is_theirs(self, ticket: str) -> bool:
        """Tell whether a browser's ticket is of a test that a terminal waits for."""
        return self._walk.tester_of(ticket).startswith(_BEGINS)

    async def hand_on(
        self,
        visitor: Actor,
        kind: ProviderKind,
        key: str,
        *,
        ticket: str,
        answer: Mapping[str, str],
    ) -> None:
        """Leave for the terminal what a browser came back with.

        Raises:
            NotFound: There is no such provider any more.
        """
        entry = await self._entrance.find(visitor, kind, key, off_too=True)
        handle = self._walk.tester_of(ticket).removeprefix(_BEGINS)
        content = json.dumps(dict(answer))
        await self._leave(visitor, Permission.PUBLIC, entry.provider, "answered", handle, content)

    async def outcome(self, operator: Actor, awaited: Awaited) -> Tested | None:
        """Say what came of it; None while the browser is not back."""
        entry, handle = awaited.entry, awaited.handle
        found = await self._fetched(
            operator, Permission.OPERATOR, entry.provider, "answered", handle
        )
        if found is None:
            return None
        return await self._walk.by_answer(
            operator, entry, _BEGINS + handle, awaited.ticket, json.loads(found)
        )

    async def with_password(
        self, operator: Actor, key: str, username: str, password: str
    ) -> Tested:
        """Bind to a directory as whose password this is; it is kept nowhere.

        Raises:
            NotFound: There is no such directory.
            TooMany: The name or the address has used up its tries for now.
        """
        entry = await self._entry(operator, key)
        if entry.provider.kind is not ProviderKind.LDAP:
            raise no_such_provider()
        return await self._walk.by_password(operator, entry, username, password)

    async def _entry(self, operator: Actor, key: str) -> Entry:
        await self._door.authorise(operator, Permission.OPERATOR, Target("provider", key))
        tenant, _, slug = key.rpartition(".")
        provider = await self._desk.one(operator, slug, tenant=tenant)
        return await self._desk.entry(operator, key_of(tenant, slug), provider.kind)

    async def _leave(
        self,
        actor: Actor,
        permission: Permission,
        provider: Provider,
        what: str,
        handle: str,
        content: str,
    ) -> None:
        async with self._door.enter(
            actor, permission, Target("provider", provider.key), record=False, write=True
        ) as work:
            now, place = self._clock(), _place(what, handle)
            await work.taken_once.fetch(place, now)  # a page loaded again says the same again
            sealed = self._cipher.seal(content)
            await work.taken_once.leave(place, provider.id, sealed, now + UNDER_WAY)

    async def _fetched(
        self, actor: Actor, permission: Permission, provider: Provider, what: str, handle: str
    ) -> str | None:
        async with self._door.enter(
            actor, permission, Target("provider", provider.key), record=False, write=True
        ) as work:
            found = await work.taken_once.fetch(_place(what, handle), self._clock())
        if found is None or found[0] != provider.id:
            return None
        return self._cipher.unseal(found[1])


def _place(what: str, handle: str) -> str:
    return hashlib.sha256(f"test {what} {handle}".encode("utf-8", "surrogatepass")).hexdigest()
