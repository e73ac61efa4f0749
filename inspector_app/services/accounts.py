"""The accounts that the operator makes, resets and disables."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict, NotFound
from inspector_app.domain.identity import Actor, Person, check_password, check_username
from inspector_app.domain.ids import PersonId, new_id
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services.door import Door
from inspector_app.services.one_time import OneTime, OneTimePasswords, begin_anew
from inspector_app.services.ports import Clock, Passwords, Work


class Accounts:
    """Everybody's, in whatever tenant: for the operator alone."""

    def __init__(
        self, door: Door, clock: Clock, passwords: Passwords, one_time: OneTimePasswords
    ) -> None:
        self._door = door
        self._clock = clock
        self._passwords = passwords
        self._one_time = one_time

    @property
    def one_time_lasts(self) -> timedelta:
        """How long a password opens that somebody is given."""
        return self._one_time.lasts

    async def create_person(
        self, actor: Actor, username: str, *, tenant_slug: str, role: Role, password: str | None
    ) -> tuple[Person, str | None]:
        """Make an account, or give an existing one a role in another tenant.

        Without `password` a one-time one is made, returned once, and must be changed.

        Raises:
            NotFound: No such tenant.
            Conflict: The person has a role there already.
            Invalid: The name or the password is no good.
        """
        name = check_username(username)
        one_time: OneTime | None = None
        if password is not None:
            hashed = await self._passwords.hash(
                check_password(password, name, is_common=self._passwords.is_common)
            )
        else:
            one_time = await self._one_time.make()
            hashed = one_time.hashed
        target = Target("person", name)
        async with self._door.enter(
            actor,
            Permission.OPERATOR,
            target,
            action="person.create",
            reason=f"{role} of {tenant_slug}",
        ) as work:
            tenant = await work.tenants.by_slug(tenant_slug)
            if tenant is None:
                raise NotFound(
                    f"There is no tenant {tenant_slug!r}.",
                    hint=f"Make it first: inspector tenant create {tenant_slug}",
                )
            person = await work.people.by_username(name)
            if person is not None:
                roles = {each.tenant.slug for each in await work.tenants.memberships(person.id)}
                if tenant_slug in roles or password is not None:
                    raise Conflict(
                        f"There is a person {name!r} already.",
                        hint="Choose another name, or: inspector user reset --username " + name,
                    )
                one_time = None
            else:
                now = self._clock()
                person = Person(
                    id=PersonId(new_id(now)),
                    username=name,
                    disabled=False,
                    must_change_password=one_time is not None,
                    one_time_until=one_time.until if one_time else None,
                )
                await work.people.add(person, hashed, now)
            await work.tenants.set_role(person.id, tenant.id, role)
        return person, one_time.text if one_time else None

    async def first_administrator(
        self, actor: Actor, username: str, tenant_slug: str
    ) -> str | None:
        """Make the installation's first administrator.

        Returns:
            Their one-time password, or None where there are people already.
        """
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("person", ""), record=False
        ) as work:
            if await work.people.count():
                return None
        _, one_time = await self.create_person(
            actor, username, tenant_slug=tenant_slug, role=Role.ADMIN, password=None
        )
        return one_time

    async def is_known(self, actor: Actor, username: str) -> bool:
        """Say whether there is an account of this name, in whatever tenant."""
        name = check_username(username)
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("person", name), record=False
        ) as work:
            return await work.people.by_username(name) is not None

    async def reset(self, actor: Actor, username: str) -> str:
        """Give a one-time password and no second step; let a disabled one in.

        Every session and personal token of theirs ends: whoever had the old password may have
        made one.
        """
        name, one_time = check_username(username), await self._one_time.make()
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("person", name), action="person.reset"
        ) as work:
            person = await _existing(work, name)
            await begin_anew(work, person.id, one_time, self._clock())
            await work.people.set_disabled(person.id, disabled=False)
        return one_time.text

    async def disable(self, actor: Actor, username: str) -> int:
        """Keep a person out from their next event on; returns how many sessions ended."""
        name = check_username(username)
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("person", name), action="person.disable"
        ) as work:
            person = await _existing(work, name)
            await work.people.set_disabled(person.id, disabled=True)
            return await work.sessions.revoke_all(person.id, self._clock())


async def _existing(work: Work, name: str) -> Person:
    person = await work.people.by_username(name)
    if person is None:
        raise NotFound(f"There is no person {name!r}.", hint="inspector user create makes one.")
    return person
