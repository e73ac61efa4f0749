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
    """Which entries of a chain: each field narrows, empty ones do not."""

    text: str = ""
    actor: str = ""
    outcome: str = ""
    namespace: str = ""
    workflow_id: str = ""
    before_seq: int | None = None


class Audit(Protocol):
    """The chains. `append` takes the chain's lock and gives the next number."""

    async def append(self, chain: TenantId | None, record: Record) -> Entry: ...
    async def entries(
        self, chain: TenantId | None, wanted: EntryFilter, *, limit: int
    ) -> list[Entry]: ...
    async def count(self, chain: TenantId | None, wanted: EntryFilter) -> int: ...
    async def after(self, chain: TenantId | None, seq: int, *, limit: int) -> list[Entry]:
        """Read entries with a greater number than `seq`, oldest first."""
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
