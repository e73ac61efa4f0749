"""One-time passwords: made for others, opening for a while, good for choosing one's own."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspector_app.domain.identity import ONE_TIME_LASTS
from inspector_app.domain.ids import PersonId
from inspector_app.services.ports import Clock, Passwords, Work

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
_LENGTH = 20


def one_time_password() -> str:
    """Make the text of one: 99 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


@dataclass(frozen=True, slots=True)
class OneTime:
    """A fresh one: `text` is told once, `hashed` is kept, `until` is its end."""

    text: str
    hashed: str
    until: datetime


class OneTimePasswords:
    """Makes them.

    Args:
        lasts: How long one opens.
    """

    def __init__(
        self, clock: Clock, passwords: Passwords, lasts: timedelta = ONE_TIME_LASTS
    ) -> None:
        self._clock = clock
        self._passwords = passwords
        self.lasts = lasts

    async def make(self) -> OneTime:
        """Make one, to be kept in the transaction that needs it."""
        text = one_time_password()
        return OneTime(text, await self._passwords.hash(text), self._clock() + self.lasts)


async def begin_anew(work: Work, person: PersonId, one_time: OneTime, now: datetime) -> None:
    """Leave somebody nothing but a one-time password to come in with."""
    await work.people.set_password(person, one_time.hashed, one_time_until=one_time.until)
    await work.second_factors.forget(person)
    await work.sessions.revoke_all(person, now)
    await work.tokens.revoke_all(person, now)
