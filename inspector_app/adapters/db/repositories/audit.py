"""The chains of audit entries."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Table, delete, func, text, tuple_
from sqlalchemy import select as select_plain
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from inspector_app.adapters.db.repositories.audit_rows import (
    asked_for,
    key_of,
    to_chain,
    to_entry,
    to_row,
)
from inspector_app.adapters.db.tables import AuditEntryRow, AuditHeadRow, OpenIntentRow
from inspector_app.domain.audit import (
    GENESIS,
    Entry,
    Outcome,
    Record,
    Unreadable,
    chained_hash,
)
from inspector_app.domain.ids import EntryId, TenantId, new_id
from inspector_app.services.ports import EVERYTHING, EntryFilter

_Row = AuditEntryRow
_Open = OpenIntentRow
_TABLE = cast("Table", AuditEntryRow.__dict__["__table__"])
_WALK = 1000
"""Entries read at a time when a whole chain is checked."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEW_HEAD = text(
    "INSERT INTO audit_heads (chain, seq, hash) VALUES (:chain, 0, :hash) ON CONFLICT DO NOTHING"
)


class SqlAudit:
    """See ports.Audit."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def append(self, chain: TenantId | None, record: Record) -> Entry:
        """Take the chain's lock (the head's row) and give the next number."""
        if record.intent is not None:
            # Before the head: `take_open_intents` locks in this order, too.
            await self._session.execute(
                delete(_Open).where(
                    col(_Open.chain) == key_of(chain), col(_Open.seq) == record.intent
                )
            )
        query = select(AuditHeadRow).where(AuditHeadRow.chain == key_of(chain)).with_for_update()
        head = (await self._session.scalars(query)).one_or_none()
        if head is None:
            # Two first entries at once: the second waits here for the first.
            await self._session.execute(_NEW_HEAD, {"chain": key_of(chain), "hash": GENESIS})
            head = (await self._session.scalars(query)).one()
        seq, previous = head.seq + 1, head.hash
        entry = Entry(
            id=EntryId(new_id(record.at)),
            chain=chain,
            seq=seq,
            record=record,
            previous=previous,
            hash=chained_hash(chain, seq, record, previous),
        )
        head.seq, head.hash = entry.seq, entry.hash
        self._session.add(to_row(entry))
        if record.outcome is Outcome.INTENT:
            self._session.add(_Open(chain=key_of(chain), seq=seq, at=record.at))
        await self._session.flush()
        return entry

    async def entries(
        self, chain: TenantId | None, wanted: EntryFilter, *, limit: int
    ) -> list[Entry]:
        query = select(_Row).where(*asked_for(chain, wanted))
        if wanted.before_seq is not None:
            query = query.where(_Row.seq < wanted.before_seq)
        rows = await self._session.scalars(query.order_by(col(_Row.seq).desc()).limit(limit))
        return [to_entry(row) for row in rows]

    async def count(self, chain: TenantId | None, wanted: EntryFilter) -> int:
        query = select(func.count()).select_from(_Row).where(*asked_for(chain, wanted))
        return (await self._session.scalars(query)).one()

    async def after(
        self,
        chain: TenantId | None,
        seq: int,
        *,
        limit: int,
        wanted: EntryFilter = EVERYTHING,
        up_to: int | None = None,
    ) -> list[Entry]:
        asked = [*asked_for(chain, wanted), col(_Row.seq) > seq]
        if up_to is not None:
            asked.append(col(_Row.seq) <= up_to)
        return [to_entry(row) for row in await self._plain(asked, limit)]

    async def first(self, chain: TenantId | None) -> int:
        query = select(func.min(_Row.seq)).where(_Row.chain == key_of(chain))
        return (await self._session.scalars(query)).one() or 0

    async def remove(self, chain: TenantId | None, up_to: int, *, limit: int) -> int:
        oldest = (
            select(_Row.seq)
            .where(_Row.chain == key_of(chain), _Row.seq <= up_to)
            .order_by(col(_Row.seq))
            .limit(limit)
        )
        # By their numbers, with the bounds read first: neither database likes `LIMIT` in a delete.
        found = (await self._session.scalars(oldest)).all()
        if found:
            await self._session.execute(
                delete(_Row).where(
                    col(_Row.chain) == key_of(chain),
                    col(_Row.seq) >= found[0],
                    col(_Row.seq) <= found[-1],
                )
            )
        return len(found)

    async def walk(self, chain: TenantId | None) -> AsyncGenerator[Entry]:
        # None, not 0: an entry slipped in under the first must not hide.
        last: int | None = None
        limit = _WALK
        while True:
            try:
                rows = await self._rows(chain, last, limit)
            except ValueError as error:  # a time or an id that is none: find out where
                if limit == 1:
                    raise Unreadable((last or 0) + 1) from error
                limit = 1
                continue
            if not rows:
                return
            for row in rows:
                yield to_entry(row)
            last = rows[-1].seq

    async def _rows(self, chain: TenantId | None, after: int | None, limit: int) -> Sequence[_Row]:
        asked = asked_for(chain, EVERYTHING)
        if after is not None:
            asked.append(col(_Row.seq) > after)
        return await self._plain(asked, limit)

    async def _plain(self, asked: list[ColumnElement[bool]], limit: int) -> Sequence[_Row]:
        """Read plain rows with the names of `_Row`: half the time of objects that are tracked."""
        query = select_plain(_TABLE).where(*asked).order_by(_TABLE.c.seq).limit(limit)
        return cast("Sequence[_Row]", (await self._session.execute(query)).all())

    async def head(self, chain: TenantId | None) -> tuple[int, str]:
        row = await self._session.get(AuditHeadRow, key_of(chain))
        return (row.seq, row.hash) if row else (0, GENESIS)

    async def chains(self) -> list[TenantId | None]:
        # From both tables: a head that was deleted must not hide its entries.
        heads = set(await self._session.scalars(select(AuditHeadRow.chain)))
        heads |= set(await self._session.scalars(select(_Row.chain).distinct()))
        # A key that is no tenant's id was tampered with: it leaves a gap in its own chain.
        return [to_chain(key) for key in sorted(heads) if not key or _ID.fullmatch(key)]

    async def take_open_intents(self, until: datetime | None, *, limit: int) -> list[Entry]:
        # Deleted, and by that locked: whoever writes the outcome meanwhile waits, or was first.
        old = select(_Open.chain, _Open.seq).limit(limit)
        if until is not None:
            old = old.where(_Open.at <= until)
        taken = await self._session.execute(
            delete(_Open)
            .where(tuple_(col(_Open.chain), col(_Open.seq)).in_(old))
            .returning(col(_Open.chain), col(_Open.seq))
        )
        found: list[Entry] = []
        for chain, seq in sorted(tuple(each) for each in taken):
            query = select(_Row).where(_Row.chain == chain, _Row.seq == seq)
            found += [to_entry(row) for row in await self._session.scalars(query)]
        return found
