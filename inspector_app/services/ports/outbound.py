"""HTTP calls to what is outside: identity providers, channels, receivers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

PATIENCE = 15.0
"""Seconds that a call takes as a whole at most, resolving and reading included."""
MOST_ANSWERED = 2**20
"""Bytes of an answer's body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request.

    Attributes:
        headers: Without Host, which the URL gives.
        seconds: For the whole of it.
        most: Bytes of the answer's body; one that is longer fails.
    """

    method: str
    url: str = field(repr=False)
    """Kept out of logs: the address of a receiver often is its secret."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    body: bytes = field(default=b"", repr=False)
    seconds: float = PATIENCE
    most: int = MOST_ANSWERED


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Outbound(Protocol):
    """Calls only what may be called, at the address that was looked at, and follows nothing."""

    async def send(self, call: Call) -> Answer:
        """Make one call.

        Raises:
            NotReached: Its address is refused, or there is no whole answer in time.
        """
        ...
