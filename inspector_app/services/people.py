"""The people of a tenant, kept by its admins. What belongs to other tenants stays out of reach."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import Conflict, NotFound
from inspector_app.domain.identity import Actor, Person, Session, check_username, is_live
from inspector_app.domain.ids import PersonId, SessionId, TenantId, new_id
from inspector_app.domain.people import (
    Change,
    Colleague,
    check_admin_remains,
    check_own_account,
    check_version,
    no_such_person,
)
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services.door import Door
from inspector_app.services.one_time import OneTimePasswords, begin_anew
from inspector_app.services.ports import Clock, Work


class PeopleDesk:
    """Lets people in, changes what they may, and shuts them out, through the door."""

    def __init__(self, door: Door, clock: Clock, one_time: OneTimePasswords) -> None:
        self._door = door
        self._clock = clock
        self._one_time = one_time

    @property
    def one_time_lasts(self) -> timedelta:
        """How long a password opens that somebody is given."""
        return self._one_time.lasts

    async def page(
        self, actor: Actor, *, after: str = "", limit: int
    ) -> tuple[list[Colleague], str | None]:
        """Read the tenant's people by name, from after the name `after` on.

        Returns:
            Them, and what to give as `after` for the next page, if there is one.
        """
        async with self._door.enter(
            actor, Permission.PEOPLE_READ, Target("person", ""), record=False
        ) as work:
            found = await work.colleagues.page(
                _tenant_of(actor), self._clock(), after=after, limit=limit + 1
            )
        more = found[limit - 1].person.username if len(found) > limit else None
        return found[:limit], more

    async def one(self, actor: Actor, person: PersonId) -> Colleague:
        """Read one.

        Raises:
            NotFound: Nobody, or nobody of this tenant: the same; audited.
        """
        return await self._find(actor, Permission.PEOPLE_READ, person)

    async def sessions(self, actor: Actor, person: PersonId) -> list[Session]:
        """List where somebody is signed in, last used first.

        Raises:
            NotFound: As `one`.
            Conflict: The account belongs to other tenants, too.
        """
        found = await self.one(actor, person)
        check_own_account(found)
        target = Target("person", found.person.username)
        async with self._door.enter(actor, Permission.PEOPLE_READ, target, record=False) as work:
            sessions = await work.sessions.of(person)
        now = self._clock()
        return [each for each in sessions if is_live(each, now)]

    async def add(self, actor: Actor, username: str, role: Role) -> tuple[Colleague, str]:
        """Make an account and return its one-time password, which must be changed.

        Who belongs nowhere any more may come back; what another tenant has is out of reach.

        Raises:
            Conflict: The name is taken, here or elsewhere: both read the same.
            Invalid: It is none.
        """
        name, now = check_username(username), self._clock()
        await self._door.authorise(actor, Permission.PEOPLE_WRITE, Target("person", name))
        one_time = await self._one_time.make()
        async with self._door.enter(
            actor,
            Permission.PEOPLE_WRITE,
            Target("person", name),
            action="person.create",
            detail=f"as {role}",
        ) as work:
            person = await work.people.by_username(name)
            if person is None:
                person = Person(
                    PersonId(new_id(now)),
                    name,
                    disabled=False,
                    must_change_password=True,
                    one_time_until=one_time.until,
                )
                await work.people.add(person, one_time.hashed, now)
            elif await work.tenants.memberships(person.id):
                raise Conflict(f"The name {name!r} is taken.", hint="Choose another.")
            else:
                await begin_anew(work, person.id, one_time, now)
                # Or who signs in elsewhere would share an account with whoever has its password.
                await work.identities.forget_person(person.id)
                await work.people.set_disabled(person.id, disabled=False)
            await work.tenants.set_role(person.id, _tenant_of(actor), role)
        return await self.one(actor, person.id), one_time.text

    async def change_role(self, actor: Actor, change: Change, role: Role) -> Colleague:
        """Give another role. Every session of theirs goes on under another token."""
        async with self._changing(actor, change, "person.role", f"to {role}") as (work, found):
            if role is not Role.ADMIN:
                await self._keep_an_admin(work, actor, found)
            await work.colleagues.set_role(_tenant_of(actor), change.person, role)
            await work.sessions.make_due(change.person)
        return await self.one(actor, change.person)

    async def remove(self, actor: Actor, change: Change) -> None:
        """Take somebody out of the tenant, with their tokens in it.

        An account that is nowhere else is signed out.
        """
        async with self._changing(actor, change, "person.remove") as (work, found):
            await self._keep_an_admin(work, actor, found)
            tenant, now = _tenant_of(actor), self._clock()
            await work.colleagues.remove(tenant, change.person)
            await work.tokens.revoke_all(change.person, now, tenant=tenant)
            if found.shared:
                await work.sessions.make_due(change.person)
            else:
                await work.sessions.revoke_all(change.person, now)

    async def disable(self, actor: Actor, change: Change) -> Colleague:
        """Keep somebody out, from their next event on."""
        async with self._changing(actor, change, "person.disable") as (work, found):
            check_own_account(found)
            await self._keep_an_admin(work, actor, found)
            await work.people.set_disabled(change.person, disabled=True)
            await work.sessions.revoke_all(change.person, self._clock())
        return await self.one(actor, change.person)

    async def enable(self, actor: Actor, change: Change) -> Colleague:
        """Let somebody in again, with the password they had."""
        async with self._changing(actor, change, "person.enable") as (work, found):
            check_own_account(found)
            await work.people.set_disabled(change.person, disabled=False)
        return await self.one(actor, change.person)

    async def reset(self, actor: Actor, change: Change) -> tuple[Colleague, str]:
        """Give a one-time password instead of the password and the second step.

        Their sessions and personal tokens end.

        Raises:
            Conflict: It is the actor's own, which wants the present password.
        """
        target = Target("person", str(change.person))
        await self._door.authorise(actor, Permission.PEOPLE_WRITE, target)
        if change.person == actor.person:
            raise Conflict("This is your own account.", hint="Change its password under Account.")
        one_time = await self._one_time.make()
        async with self._changing(actor, change, "person.reset") as (work, found):
            check_own_account(found)
            await begin_anew(work, change.person, one_time, self._clock())
        return await self.one(actor, change.person), one_time.text

    async def sign_out(self, actor: Actor, change: Change) -> Colleague:
        """End every session of somebody."""
        async with self._changing(actor, change, "person.sign_out") as (work, found):
            check_own_account(found)
            await work.sessions.revoke_all(change.person, self._clock())
        return await self.one(actor, change.person)

    async def end_session(self, actor: Actor, change: Change, session: SessionId) -> Colleague:
        """End one session of somebody.

        Raises:
            NotFound: It is not theirs, or ended.
        """
        async with self._changing(actor, change, "session.revoke", f"session {session}") as (
            work,
            found,
        ):
            check_own_account(found)
            if session not in {each.id for each in await work.sessions.of(change.person)}:
                raise NotFound("There is no such session of theirs.", hint="It may have ended.")
            await work.sessions.revoke(session, self._clock())
        return await self.one(actor, change.person)

    @asynccontextmanager
    async def _changing(
        self, actor: Actor, change: Change, action: str, detail: str = ""
    ) -> AsyncGenerator[tuple[Work, Colleague]]:
        """Open one change of one person, as they are now, one at a time in a tenant."""
        reason = check_reason(change.reason)
        known = await self._find(actor, Permission.PEOPLE_WRITE, change.person)
        tenant = _tenant_of(actor)
        async with self._door.enter(
            actor,
            Permission.PEOPLE_WRITE,
            Target("person", known.person.username),
            action=action,
            reason=reason,
            detail=detail,
        ) as work:
            await work.colleagues.lock(tenant)
            found = await work.colleagues.get(tenant, change.person, self._clock())
            if found is None:
                raise no_such_person()
            check_version(found, change.version)
            yield work, found
            await work.colleagues.note_change(tenant, change.person)

    async def _find(self, actor: Actor, permission: Permission, person: PersonId) -> Colleague:
        target = Target("person", str(person))
        async with self._door.enter(actor, permission, target, record=False) as work:
            found = await work.colleagues.get(_tenant_of(actor), person, self._clock())
            if found is None:
                raise no_such_person()
        return found

    async def _keep_an_admin(self, work: Work, actor: Actor, found: Colleague) -> None:
        check_admin_remains(found, await work.colleagues.admins(_tenant_of(actor)))


def _tenant_of(actor: Actor) -> TenantId:
    assert actor.tenant is not None  # or the door had not let them in
    return actor.tenant
