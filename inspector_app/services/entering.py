"""What every sign-in elsewhere has in common: its provider, its faults, and the way in."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime

import structlog

from inspector_app.domain.admission import check_claimed
from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict
from inspector_app.domain.identity import Actor, ActorKind, Origin, Person
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import Provider, no_such_provider, realm_of
from inspector_app.domain.signing_in import Claimed, SignInFault, SignInRefused, Step
from inspector_app.services.admission import Admission, Admitted
from inspector_app.services.door import Door
from inspector_app.services.ports import Cipher, Clock, Work
from inspector_app.services.provider_book import Entry, ProviderBook
from inspector_app.services.sessions import SessionDesk
from inspector_app.services.tickets import Ticket, Tickets

log = structlog.get_logger(__name__)
_ANY = Target("session", "")
_TRIES = 8
"""At letting somebody in whom a neighbour of the same moment gets in the way of."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody who is in: their session's token, and where they wanted to go."""

    token: str = field(repr=False)
    person: Person
    next_page: str = ""
    proved: bool = False
    """Whether it is the session that was open before, proved anew."""
    warning: str = ""
    """What they should know of their password at the provider."""


class Entrance:
    """Every fault is audited with its step; a browser is told as much as it needs."""

    def __init__(
        self, door: Door, clock: Clock, cipher: Cipher, book: ProviderBook, sessions: SessionDesk
    ) -> None:
        self._door = door
        self._cipher = cipher
        self._book = book
        self._sessions = sessions
        self._admission = Admission(clock, book)
        self.tickets = Tickets(cipher, clock)

    async def find(
        self, visitor: Actor, kind: ProviderKind, key: str, *, off_too: bool = False
    ) -> Entry:
        """Look up a provider that is switched on; `off_too`, where a test may be under way.

        Raises:
            NotFound: There is no such.
        """
        async with self._door.enter(
            visitor, Permission.PUBLIC, Target("provider", key), record=False
        ) as work:
            entry = await self._book.find(work, key)
            if entry is None or entry.provider.kind is not kind:
                raise no_such_provider()
            if not (entry.provider.enabled or off_too):
                raise no_such_provider()
        return entry

    def opened(self, ticket: str, provider: Provider, *, testing: str = "") -> Ticket:
        """Open a browser's ticket: of a sign-in, or of a test by the session `testing`.

        Raises:
            SignInFault: It is none, or the provider has become another one since.
        """
        opened = self.tickets.opened(ticket, provider.key)
        if opened.realm != realm_of(provider.settings):
            raise SignInFault(Step.ANSWER, "The provider's settings changed on the way.")
        if opened.testing != testing:
            detail = "A test signs nobody in, and a sign-in is no test."
            raise SignInFault(Step.ANSWER, detail)
        return opened

    @asynccontextmanager
    async def told(self, visitor: Actor, provider: Provider) -> AsyncGenerator[None]:
        """Audit a fault of the block by its step, and tell the browser that it did not work.

        Raises:
            SignInRefused: In the place of a SignInFault.
        """
        try:
            yield
        except SignInFault as fault:
            guest = guest_of(visitor, provider)
            guest = replace(guest, name=fault.who[:64] or guest.name)
            await self._door.note_failure(
                guest, Permission.PUBLIC, _ANY, "session.open", f"{fault.step}: {fault.detail}"
            )
            log.warning("sign_in_refused", provider=provider.key, step=fault.step.value)
            raise SignInRefused(provider.name, fault) from fault

    async def enter(
        self,
        visitor: Actor,
        provider: Provider,
        claimed: Claimed,
        *,
        user_agent: str,
        ticket: Ticket | None = None,
    ) -> Entered:
        """Open a session for who a provider vouches for, or prove the one that asked.

        Raises:
            SignInFault: They are not let in; what they had by mapping is taken away.
        """
        check_claimed(claimed)
        try:
            return await self._enter(visitor, provider, claimed, user_agent, ticket)
        except SignInFault as fault:
            fault.who = claimed.username
            raise

    async def _enter(
        self,
        visitor: Actor,
        provider: Provider,
        claimed: Claimed,
        user_agent: str,
        ticket: Ticket | None,
    ) -> Entered:
        next_page = ticket.next_page if ticket else ""
        guest, admitted = await self._admitted(visitor, provider, claimed)
        person = admitted.person
        if admitted.refusal is not None or person is None:
            raise admitted.refusal or SignInFault(Step.WHO, "It is nobody.")
        if ticket is not None and ticket.proving:
            if visitor.provider != provider.key:
                # A tenant's admins say what their own provider says: no proof for other sessions.
                raise SignInFault(Step.WHO, "The session was opened by another provider.")
            token = await self._proved(visitor, person, ticket, claimed.until)
            return Entered(token, person, next_page, proved=True)
        hint = self._cipher.seal(claimed.hint) if claimed.hint else None
        origin = Origin(
            provider.key, claimed.subject, claimed.session, hint, provider.tenant, claimed.until
        )
        async with self._door.enter(
            guest,
            Permission.PUBLIC,
            Target("session", person.username),
            action="session.open",
            detail=admitted.told,
        ) as work:
            await self._as_it_is(work, provider)
            token = await self._sessions.open(
                work, person, origin=origin, address=visitor.address, user_agent=user_agent
            )
        return Entered(token, person, next_page, warning=claimed.warning)

    async def _admitted(
        self, visitor: Actor, provider: Provider, claimed: Claimed
    ) -> tuple[Actor, Admitted]:
        """Admit who is vouched for; of two who come at one moment the later one looks again."""
        for _ in range(_TRIES - 1):
            # The same new person twice, or two of one name: one was made meanwhile.
            with suppress(Conflict):
                return await self._admitted_once(visitor, provider, claimed)
        return await self._admitted_once(visitor, provider, claimed)

    async def _admitted_once(
        self, visitor: Actor, provider: Provider, claimed: Claimed
    ) -> tuple[Actor, Admitted]:
        guest = guest_of(visitor, provider)
        async with self._door.enter(
            guest, Permission.PUBLIC, _ANY, record=False, write=True
        ) as work:
            current = await self._as_it_is(work, provider)
            admitted = await self._admission.admit(work, current, claimed)
            if admitted.person is not None:
                guest = await _as_person(work, guest, admitted.person, current)
        return guest, admitted

    async def _as_it_is(self, work: Work, provider: Provider) -> Provider:
        """Read a provider anew, and hold it: whoever changes it waits until the work is done.

        The provider was asked meanwhile, and may have taken its time to answer.

        Raises:
            SignInFault: It is off, gone, or was set up in another way since.
        """
        await work.providers.hold(provider.key)
        entry = await self._book.find(work, provider.key)
        now = entry.provider if entry else None
        if now is None or not now.enabled:
            raise SignInFault(Step.ANSWER, "The provider was switched off or removed on the way.")
        if (now.id, now.settings) != (provider.id, provider.settings):
            raise SignInFault(Step.ANSWER, "The provider's settings changed on the way.")
        return now

    async def _proved(
        self, visitor: Actor, person: Person, ticket: Ticket, until: datetime | None
    ) -> str:
        """Renew the session that asked for a proof, if it was its person who gave it."""
        if str(visitor.session or "") != ticket.proving or visitor.person != person.id:
            raise SignInFault(Step.WHO, "Somebody else signed in than whose session it is.")
        return await self.prove(visitor, until=until)

    async def prove(self, actor: Actor, *, until: datetime | None = None) -> str:
        """Take that the actor has just proved who they are; returns the session's new token.

        The session ends at `until`, if it does not end before.
        """
        assert actor.session is not None  # or they had nothing to prove
        target = Target("session", str(actor.session))
        async with self._door.enter(
            # A role that changed on the way renews the token, too: with this one.
            replace(actor, kind=ActorKind.PERSON, must_renew=False),
            Permission.SESSION_OWN,
            target,
            action="session.prove",
        ) as work:
            return await self._sessions.renew(work, actor.session, until=until)


def guest_of(visitor: Actor, provider: Provider) -> Actor:
    """Who knocks, before anybody knows who: in the chain of the provider's tenant."""
    return Actor(
        kind=ActorKind.ANONYMOUS,
        name=visitor.name if visitor.person is None else "anonymous",
        address=visitor.address,
        request_id=visitor.request_id,
        provider=provider.key,
        tenant=provider.tenant,
        tenant_slug=provider.tenant_slug,
    )


async def _as_person(work: Work, guest: Actor, person: Person, provider: Provider) -> Actor:
    """Who is let in: in the chain of their only tenant, or else the installation's."""
    found = await work.tenants.memberships(person.id)
    found = [each for each in found if provider.tenant in {None, each.tenant.id}]
    only = found[0] if len(found) == 1 else None
    return replace(
        guest,
        kind=ActorKind.PERSON,
        name=person.username,
        person=person.id,
        tenant=only.tenant.id if only else None,
        tenant_slug=only.tenant.slug if only else "",
        role=only.role if only else None,
    )
