"""Sessions: opened at sign-in, looked up at every request and event, ended."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import NotFound, StorageUnavailable
from inspector_app.domain.identity import (
    SYSTEM,
    Actor,
    ActorKind,
    Origin,
    Person,
    Session,
    is_live,
)
from inspector_app.domain.ids import RequestId, SessionId, new_id
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tenancy import Membership, SignedIn
from inspector_app.services.door import Door
from inspector_app.services.gathering import Gathered
from inspector_app.services.ports import Clock, Work

TOUCH_EVERY = timedelta(minutes=1)
"""A session's last use is written at most this often: a page view must not cost a write."""
_AGENT_LENGTH = 300
_ANY = Target("session", "")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class SessionDesk:
    """Opens, finds and ends sessions. The token itself is never stored."""

    def __init__(self, door: Door, clock: Clock, secret_keys: tuple[str, ...]) -> None:
        self._door = door
        self._clock = clock
        self._keys = tuple(key.encode() for key in secret_keys)
        self._signed_in = Gathered(self._look_up)

    async def open(
        self, work: Work, person: Person, *, origin: Origin, address: str, user_agent: str
    ) -> str:
        """Store a new session within the caller's transaction and return its token."""
        token, now = secrets.token_urlsafe(32), self._clock()
        session = Session(
            id=SessionId(new_id(now)),
            person=person.id,
            address=address,
            user_agent=user_agent[:_AGENT_LENGTH],
            created_at=now,
            last_seen_at=now,
            proved_at=now,
            origin=origin,
        )
        await work.sessions.add(session, _digest(token))
        return token

    async def renew(self, work: Work, session: SessionId, *, until: datetime | None = None) -> str:
        """Give a session whose person has just proved who they are another token; return it.

        It ends at `until`, if it does not end before.
        """
        token = secrets.token_urlsafe(32)
        await work.sessions.renew(session, _digest(token), self._clock(), until=until)
        return token

    async def resolve(
        self, token: str | None, *, tenant_slug: str, address: str, request_id: str, active: bool
    ) -> Actor:
        """Find who acts: the person behind `token` in the tenant `tenant_slug`.

        With an empty slug, the person's only tenant; without membership no tenant and no role.
        After a change of role, until `renew_if_due`, one that must renew and may nothing else.
        `active` says that a person did something: polling never keeps a session alive.
        """
        nobody = Actor(ActorKind.ANONYMOUS, "anonymous", address, RequestId(request_id))
        if not token:
            return nobody
        now, digest = self._clock(), _digest(token)
        found = await self._signed_in.get(digest)
        if found is None:
            async with self._door.enter(nobody, Permission.PUBLIC, _ANY, record=False) as work:
                # An open page's websocket goes on with the cookie of its handshake.
                return replace(nobody, must_renew=await work.sessions.was_renewed(digest))
        session, person = found.session, found.person
        if person.disabled or not is_live(session, now):
            return nobody
        if session.renew_due:
            return replace(
                nobody,
                kind=ActorKind.PERSON,
                name=person.username,
                person=person.id,
                session=session.id,
                provider=session.provider,
                must_renew=True,
            )
        if active and now - session.last_seen_at >= TOUCH_EVERY:
            # A database that takes no writes for now must not keep people from reading.
            with suppress(StorageUnavailable):
                async with self._door.enter(
                    nobody, Permission.PUBLIC, _ANY, record=False, write=True
                ) as work:
                    await work.sessions.touch(session.id, now)
        within = session.origin.within
        opened = (each for each in found.memberships if within in {None, each.tenant.id})
        chosen = _membership(tuple(opened), tenant_slug)
        return Actor(
            kind=ActorKind.PERSON,
            name=person.username,
            address=address,
            request_id=RequestId(request_id),
            person=person.id,
            session=session.id,
            provider=session.provider,
            tenant=chosen.tenant.id if chosen else None,
            tenant_slug=chosen.tenant.slug if chosen else "",
            role=chosen.role if chosen else None,
            must_change_password=person.must_change_password,
            proved_at=session.proved_at,
            within=within,
        )

    async def _look_up(self, digests: frozenset[str]) -> dict[str, SignedIn]:
        async with self._door.enter(SYSTEM, Permission.PUBLIC, _ANY, record=False) as work:
            return await work.sessions.by_token_hashes(digests)

    async def renew_if_due(self, token: str | None, actor: Actor) -> str | None:
        """Give the session of `token`, after a change of role, its next token; once.

        Returns:
            It, or None where none is due: then the old one, if it was one, opens nothing.
        """
        if not token or actor.session is None or not actor.must_renew:
            return None
        fresh, target = secrets.token_urlsafe(32), Target("session", str(actor.session))
        async with self._door.enter(
            actor, Permission.PUBLIC, target, record=False, write=True
        ) as work:
            renewed = await work.sessions.renew_if_due(_digest(token), _digest(fresh))
        return fresh if renewed else None

    def csrf(self, token: str) -> str:
        """Return the CSRF token that belongs to a session's token: an HMAC of it."""
        return self._csrf(token, self._keys[0])

    def csrf_matches(self, token: str, given: str) -> bool:
        """Tell whether `given` was made for this session, with the newest or an older key."""
        return any(
            hmac.compare_digest(self._csrf(token, key).encode(), given.encode())
            for key in self._keys
        )

    @staticmethod
    def _csrf(token: str, key: bytes) -> str:
        return hmac.new(key, b"csrf:" + token.encode(), hashlib.sha256).hexdigest()

    async def mine(self, actor: Actor) -> list[Session]:
        """List the actor's own live sessions, last used first."""
        target = Target("session", actor.name)
        async with self._door.enter(actor, Permission.SESSION_OWN, target, record=False) as work:
            found = await _own(work, actor)
        now = self._clock()
        return [session for session in found if is_live(session, now)]

    async def revoke(self, actor: Actor, session: SessionId) -> None:
        """End one of the actor's own sessions; it is refused at its next event.

        Raises:
            NotFound: It is not theirs, or not there.
        """
        target = Target("session", str(session))
        async with self._door.enter(
            actor, Permission.SESSION_OWN, target, action="session.revoke"
        ) as work:
            if session not in {each.id for each in await _own(work, actor)}:
                raise NotFound("There is no such session of yours.")
            await work.sessions.revoke(session, self._clock())

    async def revoke_others(self, actor: Actor) -> int:
        """End all of the actor's sessions but the one they act in; returns how many."""
        target = Target("session", f"others of {actor.name}")
        async with self._door.enter(
            actor, Permission.SESSION_OWN, target, action="session.revoke"
        ) as work:
            others = [each.id for each in await _own(work, actor) if each.id != actor.session]
            now = self._clock()
            return sum([await work.sessions.revoke(each, now) for each in others])

    async def close(self, actor: Actor) -> None:
        """Sign out: end the session the actor acts in. One that is to be renewed ends, too."""
        target = Target("session", str(actor.session or ""))
        async with self._door.enter(
            replace(actor, must_renew=False),
            Permission.SESSION_OWN,
            target,
            action="session.close",
        ) as work:
            assert actor.session is not None  # or the door had not let them in
            await work.sessions.revoke(actor.session, self._clock())


async def _own(work: Work, actor: Actor) -> list[Session]:
    """Read the actor's sessions; a tenant's own provider opens nothing about the others."""
    found = await work.sessions.of(actor.person) if actor.person else []
    return [each for each in found if actor.within in {None, each.origin.within}]


def _membership(memberships: tuple[Membership, ...], slug: str) -> Membership | None:
    if not slug:
        return memberships[0] if len(memberships) == 1 else None
    return next((each for each in memberships if each.tenant.slug == slug), None)
