"""Seals of the audit log, the keys that sign them, and where both go besides the database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inspector_app.domain.ids import TenantId
from inspector_app.domain.seals import PublicKey, SealKind, SignedSeal


@dataclass(frozen=True, slots=True)
class KeptKey:
    """A key that signs seals, sealed itself: the private one, or once retired the public one.

    Only who holds the installation's secret can have written it, so it is believed.
    """

    id: str
    sealed: bytes
    retired: bool


@dataclass(frozen=True, slots=True)
class SinkState:
    """How a sink has done.

    Attributes:
        upto: By feed, the number up to which it has taken everything.
        failing_since: Of the first failure since it last took something; None while all is well.
        failure: What the last one was.
    """

    upto: dict[str, int]
    failing_since: datetime | None = None
    failure: str = ""


class Seals(Protocol):
    """Checkpoints and cuts; each gets the next number of the installation."""

    async def add(self, signed: SignedSeal) -> None: ...
    async def lines(self, chain: TenantId | None) -> list[str]:
        """Read all of one chain, oldest first."""
        ...

    async def newest(self, chain: TenantId | None, kind: SealKind) -> SignedSeal | None: ...
    async def checkpoint_before(
        self, chain: TenantId | None, moment: datetime, *, up_to: int
    ) -> SignedSeal | None:
        """Read the newest checkpoint made up to a moment, of an entry up to a number."""
        ...

    async def chains(self) -> set[TenantId | None]: ...
    async def after(self, number: int, *, limit: int) -> list[tuple[int, SignedSeal]]:
        """Read seals of every chain with a greater number, oldest first."""
        ...

    async def last(self) -> int:
        """Return the greatest number; 0 when there is none."""
        ...

    async def forget_checkpoints(self, chain: TenantId | None, before: int) -> None:
        """Forget those of entries that are cut off."""
        ...

    async def keys(self) -> list[KeptKey]:
        """Read every key there was, the newest first."""
        ...

    async def add_key(self, key: KeptKey, now: datetime) -> None: ...
    async def retire_key(self, key: KeptKey) -> None: ...


class Sinks(Protocol):
    """How far each sink is."""

    async def state(self, sink: str) -> SinkState: ...
    async def move(self, sink: str, feed: str, upto: int) -> None:
        """Write down what it has taken; it is well again."""
        ...

    async def fail(self, sink: str, failure: str, now: datetime) -> None: ...


class Signatures(Protocol):
    """Ed25519. A private key is text in PEM."""

    def new_key(self) -> str: ...
    def public_of(self, private: str) -> PublicKey: ...
    def sign(self, private: str, text: str) -> str: ...
    def fits(self, key: PublicKey, text: str, signature: str) -> bool: ...
    def read(self, pem: str) -> list[PublicKey]:
        """Parse one public key in PEM, or several.

        Raises:
            Invalid: It holds none, or one of another kind.
        """
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """Something that leaves: one JSON object.

    Attributes:
        id: The same each time it is sent, and of nothing else.
        kind: `entry`, `checkpoint` or `cut`.
        outcome: Of an entry.
        chain, seq: Where it belongs.
    """

    id: str
    kind: str
    chain: str
    seq: int
    at: datetime
    text: str
    outcome: str = ""


class Sink(Protocol):
    """Somewhere outside that takes lines: each at least once, in order.

    Attributes:
        id: Stays the same for the same target.
        name: For people, logs and metrics: no credential, no path.
    """

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    async def take(self, lines: Sequence[Line]) -> None:
        """Hand them over; returns once they are taken, within seconds.

        Raises:
            NotTaken: They were not, or that cannot be told: they are sent again.
        """
        ...
