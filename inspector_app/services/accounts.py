"""Local accounts: signing in, passwords, and the people the operator makes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from math import ceil
from uuid import UUID
from weakref import WeakValueDictionary

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict, Invalid, NotFound, TooMany, WrongCredentials
from inspector_app.domain.identity import (
    PASSWORD_MAX,
    Actor,
    ActorKind,
    Person,
    check_password,
    check_username,
)
from inspector_app.domain.ids import PersonId, RequestId, new_id
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, Passwords, Tries, Work
from inspector_app.services.sessions import SessionDesk

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
_ONE_TIME_LENGTH = 20
_LOCAL = "local"
_NOBODY = PersonId(UUID(int=0))

_Keys = tuple[tuple[str, str], ...]
"""What wrong tries are counted by: ("account", name), ("address", address)."""


def one_time_password() -> str:
    """Make a password that is printed once and must be changed; 99 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ONE_TIME_LENGTH))


class Accounts:
    """Everything about local accounts, through the door."""

    def __init__(
        self, door: Door, clock: Clock, passwords: Passwords, sessions: SessionDesk, tries: Tries
    ) -> None:
        self._door = door
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._tries = tries
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def sign_in(
        self, username: str, password: str, *, address: str, user_agent: str, request_id: str
    ) -> tuple[str, Person]:
        """Open a session for who knows the password; returns its token and the person.

        An unknown name, a disabled account and a wrong password cost the same and read the same.

        Raises:
            WrongCredentials: They do not fit.
            TooMany: The account or the address has used up its tries for now.
        """
        name = username.strip().lower()[:64]
        nobody = Actor(
            ActorKind.ANONYMOUS,
            name or "anonymous",
            address,
            RequestId(request_id),
            provider=_LOCAL,
        )
        target = Target("session", name)
        keys = (("account", name), ("address", address))
        async with self._turn(keys):
            await self._refuse_too_many(keys, nobody, target, "session.open")
            async with self._door.enter(nobody, Permission.PUBLIC, target, record=False) as work:
                person = await work.people.by_username(name)
                kept = await work.people.password_hash(person.id if person else _NOBODY)
            # Hashed always: time must not tell whether the name exists.
            fits = len(password) <= PASSWORD_MAX and await self._passwords.verify(password, kept)
            if not fits or person is None or person.disabled:
                await self._count_wrong(keys)
                await self._door.note_failure(
                    nobody, Permission.PUBLIC, target, "session.open", "wrong name or password"
                )
                raise WrongCredentials("Name and password do not match.")
            await self._tries.forget(keys[0])
        actor = replace(await self._actor_of(nobody, person), kind=ActorKind.PERSON)
        async with self._door.enter(
            actor, Permission.PUBLIC, target, action="session.open"
        ) as work:
            token = await self._sessions.open(
                work, person, provider=_LOCAL, address=address, user_agent=user_agent
            )
        return token, person

    async def change_password(
        self, actor: Actor, current: str, new: str, *, user_agent: str
    ) -> str:
        """Replace the actor's password, end all their sessions and return a new one's token.

        Raises:
            WrongCredentials: `current` is not the password.
            Invalid: `new` is no good password, or the current one again.
            TooMany: Too many wrong tries.
        """
        keys = (("account", actor.name), ("address", actor.address))
        target = Target("person", actor.name)
        await self._door.authorise(actor, Permission.SESSION_OWN, target)
        person_id = _person_of(actor)
        async with self._turn(keys):
            await self._check_current(actor, target, keys, current)
        check_password(new, actor.name)
        if secrets.compare_digest(new.encode(), current.encode()):
            raise Invalid("The new password is the current one.", field="new")
        hashed = await self._passwords.hash(new)
        async with self._door.enter(
            actor, Permission.SESSION_OWN, target, action="password.change"
        ) as work:
            await work.people.set_password(person_id, hashed, must_change=False)
            await work.sessions.revoke_all(person_id, self._clock())
            person = await _existing(work, actor.name)
            return await self._sessions.open(
                work, person, provider=_LOCAL, address=actor.address, user_agent=user_agent
            )

    async def _check_current(
        self, actor: Actor, target: Target, keys: _Keys, current: str
    ) -> None:
        await self._refuse_too_many(keys, actor, target, "password.change")
        async with self._door.enter(actor, Permission.SESSION_OWN, target, record=False) as work:
            kept = await work.people.password_hash(_person_of(actor))
        if len(current) <= PASSWORD_MAX and await self._passwords.verify(current, kept):
            return
        await self._count_wrong(keys)
        await self._door.note_failure(
            actor, Permission.SESSION_OWN, target, "password.change", "wrong current password"
        )
        raise WrongCredentials("The current password is not right.")

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
        one_time = None
        if password is not None:
            hashed = await self._passwords.hash(check_password(password, name))
        else:
            one_time = one_time_password()
            hashed = await self._passwords.hash(one_time)
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
                    must_change_password=password is None,
                )
                await work.people.add(person, hashed, now)
            await work.tenants.set_role(person.id, tenant.id, role)
        return person, one_time

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
        """Give a person a new one-time password, end their sessions, let a disabled one in."""
        name, one_time = check_username(username), one_time_password()
        hashed = await self._passwords.hash(one_time)
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("person", name), action="person.reset"
        ) as work:
            person = await _existing(work, name)
            await work.people.set_password(person.id, hashed, must_change=True)
            await work.people.set_disabled(person.id, disabled=False)
            await work.sessions.revoke_all(person.id, self._clock())
        return one_time

    async def disable(self, actor: Actor, username: str) -> int:
        """Keep a person out from their next event on; returns how many sessions ended."""
        name = check_username(username)
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("person", name), action="person.disable"
        ) as work:
            person = await _existing(work, name)
            await work.people.set_disabled(person.id, disabled=True)
            return await work.sessions.revoke_all(person.id, self._clock())

    @asynccontextmanager
    async def _turn(self, keys: _Keys) -> AsyncGenerator[None]:
        """Let one try at a time pass for an account and an address.

        Many at once would all be let in before the first wrong one counts.
        """
        async with AsyncExitStack() as turns:
            for key in keys:
                await turns.enter_async_context(self._turns.setdefault(key, asyncio.Lock()))
            yield

    async def _count_wrong(self, keys: _Keys) -> None:
        for key in keys:
            await self._tries.add(key)

    async def _refuse_too_many(
        self, keys: _Keys, actor: Actor, target: Target, action: str
    ) -> None:
        for key in keys:
            wait = await self._tries.wait(key)
            if not wait:
                continue
            permission = Permission.PUBLIC if actor.person is None else Permission.SESSION_OWN
            # Under one name for an address: a new name a try must not chain an entry a try.
            who = actor if key[0] == "account" else replace(actor, name="anonymous")
            await self._door.refuse(
                who, permission, target, action, f"too many wrong passwords for this {key[0]}"
            )
            minutes = ceil(wait / 60)
            raise TooMany(
                f"Too many wrong tries. Wait {minutes} minute{'s' * (minutes != 1)}, "
                "then try again.",
                retry_after=wait,
            )

    async def _actor_of(self, nobody: Actor, person: Person) -> Actor:
        target = Target("session", person.username)
        async with self._door.enter(nobody, Permission.PUBLIC, target, record=False) as work:
            found = await work.tenants.memberships(person.id)
        # Belongs to one tenant: its chain. To several or none: the installation's.
        only = found[0] if len(found) == 1 else None
        return replace(
            nobody,
            name=person.username,
            person=person.id,
            tenant=only.tenant.id if only else None,
            tenant_slug=only.tenant.slug if only else "",
            role=only.role if only else None,
        )


def _person_of(actor: Actor) -> PersonId:
    assert actor.person is not None  # or the door had not let them in
    return actor.person


async def _existing(work: Work, name: str) -> Person:
    person = await work.people.by_username(name)
    if person is None:
        raise NotFound(f"There is no person {name!r}.", hint="inspector user create makes one.")
    return person
