"""Signing in with a password of ours, proving it again, and changing it."""

from __future__ import annotations

import secrets
from dataclasses import replace
from uuid import UUID

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import (
    CodeRequired,
    Invalid,
    OneTimePasswordOver,
    WrongCredentials,
)
from inspector_app.domain.identity import (
    LOCAL,
    PASSWORD_MAX,
    Actor,
    ActorKind,
    Person,
    check_password,
)
from inspector_app.domain.ids import PersonId, RequestId
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.guesses import Guesses
from inspector_app.services.ports import Clock, Passwords
from inspector_app.services.second_steps import SecondSteps, person_of
from inspector_app.services.sessions import SessionDesk

_NOBODY = PersonId(UUID(int=0))


class LocalSignIn:
    """What somebody does with the password of their account here."""

    def __init__(
        self,
        door: Door,
        clock: Clock,
        passwords: Passwords,
        sessions: SessionDesk,
        guesses: Guesses,
        second_steps: SecondSteps,
    ) -> None:
        self._door = door
        self._clock = clock
        self._passwords = passwords
        self._sessions = sessions
        self._guesses = guesses
        self._second_steps = second_steps

    async def sign_in(
        self, username: str, password: str, *, address: str, user_agent: str, request_id: str
    ) -> tuple[str, Person]:
        """Open a session for who knows the password; returns its token and the person.

        An unknown name, a disabled account and a wrong password cost the same and read the same.

        Raises:
            WrongCredentials: They do not fit.
            TooMany: The account or the address has used up its tries for now.
            CodeRequired: They do; the person's second step is to come, with its ticket.
            OneTimePasswordOver: They do, and it was for one time, which is over.
        """
        nobody = _nobody(username.strip().lower()[:64], address, request_id)
        target = Target("session", nobody.name)
        async with self._guesses.turn(nobody, target, "session.open", "wrong name or password"):
            async with self._door.enter(nobody, Permission.PUBLIC, target, record=False) as work:
                person = await work.people.by_username(nobody.name)
                kept = await work.people.password_hash(person.id if person else _NOBODY)
            # Hashed always: time must not tell whether the name exists.
            fits = len(password) <= PASSWORD_MAX and await self._passwords.verify(password, kept)
            if not fits or person is None or kept is None or person.disabled:
                raise WrongCredentials("Name and password do not match.")
        if person.is_too_late(self._clock()):  # no guess, so it does not count as one
            ended = "the one-time password has ended"
            await self._door.note_failure(nobody, Permission.PUBLIC, target, "session.open", ended)
            raise OneTimePasswordOver
        async with self._door.enter(nobody, Permission.PUBLIC, target, record=False) as work:
            if await self._second_steps.asked_of(work, person.id):
                raise CodeRequired(self._second_steps.ticket(person, kept))
        return await self._open(nobody, person, user_agent)

    async def second_step(
        self, ticket: str, code: str, *, address: str, user_agent: str, request_id: str
    ) -> tuple[str, Person]:
        """Open a session for who gave the password and brings a code of their second step.

        Raises:
            WrongCredentials: The code does not fit or was used, or the ticket is over.
            TooMany: The account or the address has used up its tries for now.
        """
        opened = self._second_steps.opened(ticket)
        nobody = _nobody(opened[1] if opened else "", address, request_id)
        target = Target("session", nobody.name)
        async with self._guesses.turn(nobody, target, "session.open", "wrong code"):
            if opened is None:
                raise WrongCredentials("That took too long.", hint="Begin with your password.")
            ident, name, kept = opened
            async with self._door.enter(
                nobody, Permission.PUBLIC, target, record=False, write=True
            ) as work:
                person = await work.people.by_username(name)
                still = kept == await work.people.password_hash(ident)
                fits = await self._second_steps.fits(work, ident, code)
            if person is None or person.disabled or not still or not fits:
                raise WrongCredentials("The code does not fit.", hint="Each code opens once.")
        return await self._open(nobody, person, user_agent)

    async def _open(self, nobody: Actor, person: Person, user_agent: str) -> tuple[str, Person]:
        await self._guesses.forget(nobody)
        actor = replace(await self._actor_of(nobody, person), kind=ActorKind.PERSON)
        async with self._door.enter(
            actor, Permission.PUBLIC, Target("session", nobody.name), action="session.open"
        ) as work:
            token = await self._sessions.open(
                work, person, origin=LOCAL, address=nobody.address, user_agent=user_agent
            )
        return token, person

    async def prove(self, actor: Actor, secret: str) -> str:
        """Take the actor's code, or without a second step the password, for a fresh proof.

        Returns:
            The session's new token: the old one opens nothing any more.

        Raises:
            WrongCredentials, TooMany: It does not fit.
        """
        target, person = Target("session", str(actor.session or "")), actor.person
        await self._door.authorise(actor, Permission.SESSION_OWN, target)
        assert person is not None  # or the door had not let them in
        assert actor.session is not None
        async with self._guesses.turn(actor, target, "session.prove", "wrong password or code"):
            async with self._door.enter(
                actor, Permission.SESSION_OWN, target, record=False, write=True
            ) as work:
                by_code = await self._second_steps.asked_of(work, person)
                fits = by_code and await self._second_steps.fits(work, person, secret)
                kept = await work.people.password_hash(person)
            if not by_code:
                fits = len(secret) <= PASSWORD_MAX and await self._passwords.verify(secret, kept)
            if not fits:
                raise WrongCredentials(f"The {'code' if by_code else 'password'} is not right.")
        async with self._door.enter(
            actor, Permission.SESSION_OWN, target, action="session.prove"
        ) as work:
            return await self._sessions.renew(work, actor.session)

    async def change_password(
        self, actor: Actor, current: str, new: str, *, user_agent: str
    ) -> str:
        """Replace the actor's password, end all their sessions and return a new one's token.

        Raises:
            WrongCredentials: `current` is not the password.
            Invalid: `new` is no good password, or the current one again.
            TooMany: Too many wrong tries.
            OneTimePasswordOver: `current` was for one time, which is over.
        """
        target = Target("person", actor.name)
        await self._door.authorise(actor, Permission.SESSION_OWN, target)
        person_id = person_of(actor)
        async with self._guesses.turn(actor, target, "password.change", "wrong current password"):
            async with self._door.enter(
                actor, Permission.SESSION_OWN, target, record=False
            ) as work:
                kept = await work.people.password_hash(person_id)
                person = await work.people.get(person_id)
            if len(current) > PASSWORD_MAX or not await self._passwords.verify(current, kept):
                raise WrongCredentials("The current password is not right.")
        if person is None or person.is_too_late(self._clock()):
            raise OneTimePasswordOver
        check_password(new, actor.name, is_common=self._passwords.is_common)
        if secrets.compare_digest(new.encode(), current.encode()):
            raise Invalid("The new password is the current one.", field="new")
        hashed = await self._passwords.hash(new)
        async with self._door.enter(
            actor, Permission.SESSION_OWN, target, action="password.change"
        ) as work:
            await work.people.set_password(person_id, hashed, one_time_until=None)
            await work.sessions.revoke_all(person_id, self._clock())
            person = replace(person, must_change_password=False, one_time_until=None)
            return await self._sessions.open(
                work, person, origin=LOCAL, address=actor.address, user_agent=user_agent
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


def _nobody(name: str, address: str, request_id: str) -> Actor:
    return Actor(
        ActorKind.ANONYMOUS,
        name or "anonymous",
        address,
        RequestId(request_id),
        provider=LOCAL.provider,
    )
