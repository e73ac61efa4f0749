"""What no table holds: the time, secrets, counters."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from inspector_app.domain.limits import Rate


class Clock(Protocol):
    """The time, in UTC."""

    def __call__(self) -> datetime:
        """Return now, aware, in UTC."""
        ...


class Passwords(Protocol):
    """Password hashing, off the event loop and limited in how many run at once."""

    async def hash(self, password: str) -> str: ...
    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Compare; with no hash, spend the same time and answer False."""
        ...

    def is_common(self, password: str) -> bool:
        """Tell whether it, or the two parts it is made of, are on the lists attackers try."""
        ...


class Meter(Protocol):
    """Inspector's own numbers; times in seconds. Labels are never somebody's data."""

    def door(self, permission: str, outcome: str) -> None: ...
    def event(self, handler: str, outcome: str, seconds: float) -> None: ...
    def temporal(self, method: str, status: str, seconds: float) -> None: ...
    def job(self, name: str, outcome: str, seconds: float) -> None: ...
    def refused(self, provider: str) -> None:
        """Count a sign-in that failed, or a bearer token that opened nothing."""
        ...

    def touched(self, action: str, outcome: str) -> None:
        """Count a run that bulk work is done with."""
        ...

    def limited(self, kind: str) -> None:
        """Count what was refused for its rate."""
        ...

    def alone(self) -> None:
        """Count what this process counted alone, since Redis was away."""
        ...

    def called(self, outcome: str, seconds: float) -> None:
        """Count an HTTP call to the outside: answered, refused (by us or for good), failed."""
        ...

    def audited(self, sink: str, lines: int) -> None:
        """Count what a sink of the audit log has taken."""
        ...

    def audit_behind(self, sink: str, lines: int, seconds: float) -> None:
        """Say what it has not, and how old the oldest of it is."""
        ...


class Cipher(Protocol):
    """Keeps a text secret at rest."""

    def seal(self, text: str) -> bytes: ...
    def unseal(self, sealed: bytes) -> str:
        """Open what `seal` made.

        Raises:
            Conflict: None of the keys that are set opens it.
        """
        ...

    def renewed(self, sealed: bytes) -> bytes | None:
        """Seal what `sealed` holds under the newest key; None when it is so already.

        Raises:
            Conflict: None of the keys that are set opens it.
        """
        ...


class Tries(Protocol):
    """What is counted against a rate, by whom: ("account", provider, name, place), for one."""

    async def add(self, rate: Rate, key: tuple[str, ...]) -> None: ...
    async def forget(self, rate: Rate, key: tuple[str, ...]) -> None: ...
    async def wait(self, rate: Rate, key: tuple[str, ...], *, most: int | None = None) -> float:
        """Seconds until one more may be counted; 0 when it may be now.

        With `most`, as if the rate's count were that.
        """
        ...

    async def take(self, rate: Rate, key: tuple[str, ...]) -> float:
        """Count one if it may be, and answer 0; else seconds until it may be."""
        ...

    async def shared(self) -> bool:
        """Tell whether they are counted for all processes: what is shared by them answers."""
        ...
