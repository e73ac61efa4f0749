"""The second step of signing in: enrolled by its person, asked for after the password."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict, Invalid, WrongCredentials
from inspector_app.domain.identity import LOCAL, Actor, Person
from inspector_app.domain.ids import PersonId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.second_step import (
    RECOVERY_CODES,
    SECRET_BYTES,
    SecondFactor,
    bare,
    enrolment_uri,
    is_code,
    recovery_hash,
    secret_text,
    step_of,
)
from inspector_app.services.door import Door
from inspector_app.services.guesses import Guesses
from inspector_app.services.ports import Cipher, Clock, Work

TICKET_LASTS = timedelta(minutes=5)
"""Between the password and the code."""
_ISSUER = "Inspector"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_GROUPS, _GROUP = 4, 4


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app is told, once."""

    secret: str
    uri: str


@dataclass(frozen=True, slots=True)
class SecondStep:
    """How somebody's second step stands."""

    on: bool
    recovery_left: int


class SecondSteps:
    """Secrets are encrypted at rest, recovery codes hashed; every code opens once."""

    def __init__(self, door: Door, clock: Clock, cipher: Cipher, guesses: Guesses) -> None:
        self._door = door
        self._clock = clock
        self._cipher = cipher
        self._guesses = guesses

    async def of(self, actor: Actor) -> SecondStep:
        """Say how the actor's own stands."""
        async with self._door.enter(
            actor, Permission.SESSION_OWN, _self(actor), record=False
        ) as work:
            found = await work.second_factors.get(person_of(actor))
            left = await work.second_factors.recovery_left(person_of(actor))
        return SecondStep(found is not None and found.confirmed, left)

    async def begin(self, actor: Actor) -> Enrolment:
        """Make a new secret; nobody is asked for its codes before `confirm`.

        Raises:
            Conflict: There is one in use; or they sign in elsewhere, where that is asked.
        """
        if actor.provider != LOCAL.provider:
            raise Conflict(
                f"You signed in by {actor.provider}, which asks for a second step itself.",
                hint="Set one up there.",
            )
        secret = secrets.token_bytes(SECRET_BYTES)
        async with self._door.enter(
            actor, Permission.SESSION_SECURE, _self(actor), action="second_step.begin"
        ) as work:
            found = await work.second_factors.get(person_of(actor))
            if found is not None and found.confirmed:
                raise Conflict("You have a second step.", hint="Remove it first.")
            sealed = self._cipher.seal(secret.hex())
            await work.second_factors.put(SecondFactor(person_of(actor), sealed))
        return Enrolment(secret_text(secret), enrolment_uri(secret, actor.name, _ISSUER))

    async def confirm(self, actor: Actor, code: str) -> tuple[str, ...]:
        """Begin asking for codes, end the actor's other sessions; return the recovery codes.

        Raises:
            Conflict: There is nothing to confirm.
            Invalid: `code` is none.
            WrongCredentials, TooMany: `code` is not the app's.
        """
        if not is_code(code):  # no guess, so it does not count as one
            raise Invalid("The code has six digits.", field="code")
        codes = tuple(_recovery_code() for _ in range(RECOVERY_CODES))
        target, person = _self(actor), person_of(actor)
        await self._door.authorise(actor, Permission.SESSION_SECURE, target)
        async with (
            self._guesses.turn(actor, target, "second_step.confirm", "wrong code"),
            self._door.enter(
                actor, Permission.SESSION_SECURE, target, action="second_step.confirm"
            ) as work,
        ):
            found = await work.second_factors.get(person)
            if found is None or found.confirmed:
                raise Conflict("There is no second step to confirm.", hint="Begin anew.")
            if not await self._take_step(work, found, code):
                raise WrongCredentials("The code is not the app's, or its minute is over.")
            await work.second_factors.confirm(person, [recovery_hash(each) for each in codes])
            await work.sessions.revoke_all(person, self._clock(), keep=actor.session)
        return codes

    async def remove(self, actor: Actor, code: str) -> None:
        """Ask for no codes any more; needs one, or a recovery code.

        Raises:
            WrongCredentials, TooMany: `code` does not fit.
        """
        target = _self(actor)
        await self._door.authorise(actor, Permission.SESSION_SECURE, target)
        async with (
            self._guesses.turn(actor, target, "second_step.remove", "wrong code"),
            self._door.enter(
                actor, Permission.SESSION_SECURE, target, action="second_step.remove"
            ) as work,
        ):
            if not await self.asked_of(work, person_of(actor)):
                raise Conflict("You have no second step.", hint="You can set one up.")
            if not await self.fits(work, person_of(actor), code):
                raise WrongCredentials("The code does not fit.")
            await work.second_factors.forget(person_of(actor))

    async def asked_of(self, work: Work, person: PersonId) -> bool:
        """Tell whether `person` must bring a code, too."""
        found = await work.second_factors.get(person)
        return found is not None and found.confirmed

    async def fits(self, work: Work, person: PersonId, code: str) -> bool:
        """Take a code or a recovery code, within the caller's transaction; each opens once."""
        found = await work.second_factors.get(person)
        if found is None or not found.confirmed:
            return False
        return await self._take_step(work, found, code) or await work.second_factors.take_recovery(
            person, recovery_hash(code)
        )

    async def _take_step(self, work: Work, factor: SecondFactor, code: str) -> bool:
        secret = bytes.fromhex(self._cipher.unseal(factor.sealed))
        step = step_of(secret, bare(code), self._clock())
        return step is not None and await work.second_factors.take_step(factor.person, step)

    def ticket(self, person: Person, password_hash: str) -> str:
        """Vouch that `person` gave the password just now; only we can open it."""
        until = (self._clock() + TICKET_LASTS).timestamp()
        content = ["second step", str(person.id), person.username, password_hash, until]
        return self._cipher.seal(json.dumps(content)).decode()

    def opened(self, ticket: str) -> tuple[PersonId, str, str] | None:
        """Return whom a ticket is for, their user name and password hash; None if it is over."""
        try:
            content = json.loads(self._cipher.unseal(ticket.encode("utf-8", "replace")))
        except (Conflict, ValueError):
            return None
        match content:
            case ["second step", str(person), str(name), str(kept), float(until)] if (
                0 < until - self._clock().timestamp() <= TICKET_LASTS.total_seconds()
            ):
                return PersonId(UUID(person)), name, kept
            case _:
                return None


def person_of(actor: Actor) -> PersonId:
    """Return the person the door has let in."""
    assert actor.person is not None  # or it had not
    return actor.person


def _self(actor: Actor) -> Target:
    return Target("person", actor.name)


def _recovery_code() -> str:
    groups = ("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)
