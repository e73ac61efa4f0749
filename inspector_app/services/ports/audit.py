"""The audit log."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inspector_app.domain.audit import Entry, Record
from inspector_app.domain.ids import TenantId


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of a chain: each field narrows, empty ones do not.

    Attributes:
        text: Words, "or phrases", each of which stands somewhere in the entry.
        actor: Who acted, or for whom; the whole name.
        action: What its action or permission begins with (`run`, `token.create`).
        session: The session or token.
        since, until: The first moment, and the first one after.
    """

    text: str = ""
    actor: str = ""
    action: str = ""
    outcome: str = ""
    target: str = ""
    namespace: str = ""
    workflow_id: str = ""
    address: str = ""
    session: str = ""
    request_id: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_seq: int | None = None


EVERYTHING = EntryFilter()


class Audit(Protocol):
    """The chains. `append` takes the chain's lock and gives the next number."""

    async def append(self, chain: TenantId | None, record: Record) -> Entry: ...
    async def entries(
        self, chain: TenantId | None, wanted: EntryFilter, *, limit: int
    ) -> list[Entry]: ...
    async def count(self, chain: TenantId | None, wanted: EntryFilter) -> int: ...
    async def after(
        self,
        chain: TenantId | None,
        seq: int,
        *,
        limit: int,
        wanted: EntryFilter = EVERYTHING,
        up_to: int | None = None,
    ) -> list[Entry]:
        """Read entries with a greater number than `seq`, oldest first."""
        ...

    async def first(self, chain: TenantId | None) -> int:
        """Return the lowest number there is; 0 in an empty chain."""
        ...

    async def remove(self, chain: TenantId | None, up_to: int, *, limit: int) -> int:
        """Remove the oldest entries, none past `up_to`; says how many. Their cut is sealed."""
        ...

    def walk(self, chain: TenantId | None) -> AsyncIterator[Entry]:
        """Read a whole chain, oldest first, within this transaction.

        Raises:
            Unreadable: A row holds what no version of Inspector wrote.
        """
        ...

    async def head(self, chain: TenantId | None) -> tuple[int, str]: ...
    async def chains(self) -> list[TenantId | None]: ...
    async def take_open_intents(self, until: datetime | None, *, limit: int) -> list[Entry]:
        """Claim intents that have no outcome, all or up to a moment: the caller closes them."""
        ...
