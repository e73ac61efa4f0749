"""Checkpoints and cuts of the audit log, their keys, and how far the log's sinks are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, delete, func, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.repositories.audit_rows import key_of, to_chain
from inspector_app.adapters.db.tables import (
    AuditFailureRow,
    AuditKeyRow,
    AuditPositionRow,
    AuditSealRow,
    UtcTime,
)
from inspector_app.domain.ids import TenantId
from inspector_app.domain.seals import SealKind, SignedSeal, read_seal
from inspector_app.services.ports import KeptKey, SinkState

_Row = AuditSealRow
_MOVE = text(
    "INSERT INTO audit_positions (sink, feed, upto) VALUES (:sink, :feed, :upto) "
    "ON CONFLICT (sink, feed) DO UPDATE SET upto = excluded.upto"
)
_FAIL = text(
    "INSERT INTO audit_failures (sink, since, failure) VALUES (:sink, :now, :failure) "
    "ON CONFLICT (sink) DO UPDATE SET failure = excluded.failure"
).bindparams(bindparam("now", type_=UtcTime))


class SqlSeals:
    """See ports.Seals."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, signed: SignedSeal) -> None:
        # Whoever adds one holds a job's lease, and with it the others off.
        seal = signed.seal
        self._session.add(
            _Row(
                number=await self.last() + 1,
                chain=key_of(seal.chain),
                kind=seal.kind.value,
                seq=seal.seq,
                at=seal.at,
                line=signed.line,
            )
        )
        await self._session.flush()

    async def lines(self, chain: TenantId | None) -> list[str]:
        query = select(_Row.line).where(_Row.chain == key_of(chain)).order_by(col(_Row.number))
        return list(await self._session.scalars(query))

    async def newest(self, chain: TenantId | None, kind: SealKind) -> SignedSeal | None:
        query = (
            select(_Row.line)
            .where(_Row.chain == key_of(chain), _Row.kind == kind.value)
            .order_by(col(_Row.seq).desc())
            .limit(1)
        )
        return _to_seal((await self._session.scalars(query)).first())

    async def checkpoint_before(
        self, chain: TenantId | None, moment: datetime, *, up_to: int
    ) -> SignedSeal | None:
        query = (
            select(_Row.line)
            .where(
                _Row.chain == key_of(chain),
                _Row.kind == SealKind.CHECKPOINT.value,
                _Row.at <= moment,
                _Row.seq <= up_to,
            )
            .order_by(col(_Row.seq).desc())
            .limit(1)
        )
        return _to_seal((await self._session.scalars(query)).first())

    async def chains(self) -> set[TenantId | None]:
        return {
            to_chain(key) for key in await self._session.scalars(select(_Row.chain).distinct())
        }

    async def after(self, number: int, *, limit: int) -> list[tuple[int, SignedSeal]]:
        query = select(_Row).where(_Row.number > number).order_by(col(_Row.number)).limit(limit)
        return [(row.number, read_seal(row.line)) for row in await self._session.scalars(query)]

    async def last(self) -> int:
        return (await self._session.scalars(select(func.max(_Row.number)))).one() or 0

    async def forget_checkpoints(self, chain: TenantId | None, before: int) -> None:
        await self._session.execute(
            delete(_Row).where(
                col(_Row.chain) == key_of(chain),
                col(_Row.kind) == SealKind.CHECKPOINT.value,
                col(_Row.seq) < before,
            )
        )

    async def keys(self) -> list[KeptKey]:
        newest = col(AuditKeyRow.created_at).desc()
        query = select(AuditKeyRow).order_by(col(AuditKeyRow.retired), newest)
        rows = await self._session.scalars(query)
        return [KeptKey(row.id, row.sealed, row.retired) for row in rows]

    async def add_key(self, key: KeptKey, now: datetime) -> None:
        self._session.add(
            AuditKeyRow(id=key.id, sealed=key.sealed, retired=key.retired, created_at=now)
        )
        await self._session.flush()

    async def retire_key(self, key: KeptKey) -> None:
        await self._session.execute(
            update(AuditKeyRow)
            .where(col(AuditKeyRow.id) == key.id)
            .values(sealed=key.sealed, retired=True)
        )


def _to_seal(line: str | None) -> SignedSeal | None:
    return read_seal(line) if line is not None else None


class SqlSinks:
    """See ports.Sinks."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def state(self, sink: str) -> SinkState:
        rows = await self._session.scalars(
            select(AuditPositionRow).where(AuditPositionRow.sink == sink)
        )
        upto = {row.feed: row.upto for row in rows}
        failing = await self._session.get(AuditFailureRow, sink)
        if failing is None:
            return SinkState(upto)
        return SinkState(upto, failing.since, failing.failure)

    async def move(self, sink: str, feed: str, upto: int) -> None:
        await self._session.execute(_MOVE, {"sink": sink, "feed": feed, "upto": upto})
        await self._session.execute(
            delete(AuditFailureRow).where(col(AuditFailureRow.sink) == sink)
        )

    async def fail(self, sink: str, failure: str, now: datetime) -> None:
        await self._session.execute(_FAIL, {"sink": sink, "failure": failure, "now": now})
