"""What counts once, and what waits for a browser."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid
from sqlmodel import col, select

from inspector_app.adapters.db.provider_tables import ArrivalRow, TakenMessageRow
from inspector_app.adapters.db.tables import UtcTime
from inspector_app.domain.ids import ProviderId

_TAKE = text(
    "INSERT INTO taken_messages (provider, message_hash, until) "
    "VALUES (:provider, :message_hash, :until) ON CONFLICT DO NOTHING RETURNING message_hash"
).bindparams(bindparam("provider", type_=Uuid()), bindparam("until", type_=UtcTime))


class SqlTakenOnce:
    """See ports.TakenOnce."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def take(self, provider: ProviderId, message: str, until: datetime) -> bool:
        hashed = hashlib.sha256(message.encode("utf-8", "surrogatepass")).hexdigest()
        taken = await self._session.execute(
            _TAKE, {"provider": provider, "message_hash": hashed, "until": until}
        )
        return taken.first() is not None

    async def leave(
        self, handle_hash: str, provider: ProviderId, sealed: bytes, until: datetime
    ) -> None:
        self._session.add(
            ArrivalRow(handle_hash=handle_hash, provider=provider, content=sealed, until=until)
        )
        await self._session.flush()

    async def fetch(self, handle_hash: str, now: datetime) -> tuple[ProviderId, bytes] | None:
        # In one statement: of two who come with one handle, one gets it.
        found = await self._session.execute(
            delete(ArrivalRow)
            .where(col(ArrivalRow.handle_hash) == handle_hash, col(ArrivalRow.until) > now)
            .returning(col(ArrivalRow.provider), col(ArrivalRow.content))
        )
        row = found.first()
        return (ProviderId(UUID(str(row[0]))), row[1]) if row else None

    async def forget(self, before: datetime, *, limit: int) -> int:
        keys = tuple_(col(TakenMessageRow.provider), col(TakenMessageRow.message_hash))
        old = (
            select(TakenMessageRow.provider, TakenMessageRow.message_hash)
            .where(col(TakenMessageRow.until) < before)
            .limit(limit)
        )
        taken = await self._session.execute(
            delete(TakenMessageRow)
            .where(keys.in_(old))
            .returning(col(TakenMessageRow.message_hash))
        )
        left = select(ArrivalRow.handle_hash).where(col(ArrivalRow.until) < before).limit(limit)
        arrived = await self._session.execute(
            delete(ArrivalRow)
            .where(col(ArrivalRow.handle_hash).in_(left))
            .returning(col(ArrivalRow.handle_hash))
        )
        return len(taken.all()) + len(arrived.all())
