"""The chains of audit entries."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from inspector_app.adapters.db.tables import AuditEntryRow, AuditHeadRow, OpenIntentRow
from inspector_app.domain.audit import (
    GENESIS,
    Entry,
    Outcome,
    Record,
    Target,
    Unreadable,
    chained_hash,
)
from inspector_app.domain.ids import EntryId, TenantId, new_id
from inspector_app.domain.permissions import Permission
from inspector_app.services.ports import EntryFilter

_Row = AuditEntryRow
_Open = OpenIntentRow
_T = TypeVar("_T")
_WALK = 1000
"""Entries read at a time when a whole chain is checked."""
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_NEW_HEAD = text(
    "INSERT INTO audit_heads (chain, seq, hash) VALUES (:chain, 0, :hash) ON CONFLICT DO NOTHING"
)


def _key(chain: TenantId | None) -> str:
    return str(chain) if chain else ""


def _to_chain(key: str) -> TenantId | None:
    return TenantId(UUID(key)) if key else None


def _to_entry(row: AuditEntryRow) -> Entry:
    try:
        return _parsed(row)
    except ValueError as error:
        raise Unreadable(row.seq) from error


def _parsed(row: AuditEntryRow) -> Entry:
    record = Record(
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        role=row.role,
        provider=row.provider,
        session=row.session,
        address=row.address,
        permission=Permission(row.permission),
        action=row.action,
        target=Target(row.target_kind, row.target_id, row.target_namespace, row.target_run),
        reason=row.reason,
        outcome=Outcome(row.outcome),
        detail=row.detail,
        request_id=row.request_id,
        intent=row.intent,
        repeated=row.repeated,
    )
    return Entry(
        id=EntryId(row.id),
        chain=_to_chain(row.chain),
        seq=row.seq,
        record=record,
        previous=row.previous,
        hash=row.hash,
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
                    col(_Open.chain) == _key(chain), col(_Open.seq) == record.intent
                )
            )
        query = select(AuditHeadRow).where(AuditHeadRow.chain == _key(chain)).with_for_update()
        head = (await self._session.scalars(query)).one_or_none()
        if head is None:
            # Two first entries at once: the second waits here for the first.
            await self._session.execute(_NEW_HEAD, {"chain": _key(chain), "hash": GENESIS})
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
        self._session.add(_to_row(entry))
        if record.outcome is Outcome.INTENT:
            self._session.add(_Open(chain=_key(chain), seq=seq, at=record.at))
        await self._session.flush()
        return entry

    async def entries(
        self, chain: TenantId | None, wanted: EntryFilter, *, limit: int
    ) -> list[Entry]:
        query = _narrow(select(_Row), chain, wanted)
        if wanted.before_seq is not None:
            query = query.where(_Row.seq < wanted.before_seq)
        rows = await self._session.scalars(query.order_by(col(_Row.seq).desc()).limit(limit))
        return [_to_entry(row) for row in rows]

    async def count(self, chain: TenantId | None, wanted: EntryFilter) -> int:
        query = _narrow(select(func.count()).select_from(_Row), chain, wanted)
        return (await self._session.scalars(query)).one()

    async def after(self, chain: TenantId | None, seq: int, *, limit: int) -> list[Entry]:
        return [_to_entry(row) for row in await self._rows(chain, seq, limit)]

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
                yield _to_entry(row)
            last = rows[-1].seq

    async def _rows(self, chain: TenantId | None, after: int | None, limit: int) -> Sequence[_Row]:
        query = select(_Row).where(_Row.chain == _key(chain))
        if after is not None:
            query = query.where(_Row.seq > after)
        rows = (await self._session.scalars(query.order_by(col(_Row.seq)).limit(limit))).all()
        self._session.expunge_all()
        return rows

    async def head(self, chain: TenantId | None) -> tuple[int, str]:
        row = await self._session.get(AuditHeadRow, _key(chain))
        return (row.seq, row.hash) if row else (0, GENESIS)

    async def chains(self) -> list[TenantId | None]:
        # From both tables: a head that was deleted must not hide its entries.
        heads = set(await self._session.scalars(select(AuditHeadRow.chain)))
        heads |= set(await self._session.scalars(select(_Row.chain).distinct()))
        # A key that is no tenant's id was tampered with: it leaves a gap in its own chain.
        return [_to_chain(key) for key in sorted(heads) if not key or _ID.fullmatch(key)]

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
            found += [_to_entry(row) for row in await self._session.scalars(query)]
        return found


def _narrow(
    query: SelectOfScalar[_T], chain: TenantId | None, wanted: EntryFilter
) -> SelectOfScalar[_T]:
    query = query.where(_Row.chain == _key(chain))
    if wanted.text:
        query = query.where(or_(*(_contains(column, wanted.text) for column in _SEARCHED)))
    if wanted.actor:
        query = query.where(_Row.actor_name == wanted.actor)
    if wanted.outcome:
        query = query.where(_Row.outcome == wanted.outcome)
    if wanted.namespace:
        query = query.where(_Row.target_namespace == wanted.namespace)
    if wanted.workflow_id:
        query = query.where(_Row.target_kind == "run", _Row.target_id == wanted.workflow_id)
    return query


_SEARCHED = (col(_Row.actor_name), col(_Row.action), col(_Row.target_id), col(_Row.reason))


def _contains(column: Mapped[str], text: str) -> ColumnElement[bool]:
    # SQLite's lower() knows ASCII only: what else was typed must be found as it was typed.
    return or_(
        func.lower(column).contains(text.lower(), autoescape=True),
        column.contains(text, autoescape=True),
    )


def _to_row(entry: Entry) -> AuditEntryRow:
    record, target = entry.record, entry.record.target
    return AuditEntryRow(
        id=entry.id,
        chain=_key(entry.chain),
        seq=entry.seq,
        at=record.at,
        actor_kind=record.actor_kind,
        actor_id=record.actor_id,
        actor_name=record.actor_name,
        role=record.role,
        provider=record.provider,
        session=record.session,
        address=record.address,
        permission=record.permission.value,
        action=record.action,
        target_kind=target.kind,
        target_id=target.id,
        target_namespace=target.namespace,
        target_run=target.run,
        reason=record.reason,
        outcome=record.outcome.value,
        detail=record.detail,
        request_id=record.request_id,
        intent=record.intent,
        repeated=record.repeated,
        previous=entry.previous,
        hash=entry.hash,
    )
