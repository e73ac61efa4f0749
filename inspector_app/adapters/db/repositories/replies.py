"""Answers kept under their Idempotency-Key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select

from inspector_app.adapters.db.tables import IdempotencyRow
from inspector_app.services.ports import Reply

_Row = IdempotencyRow


class SqlReplies:
    """See ports.Replies."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def find(self, actor: str, key: str) -> Reply | None:
        row = await self._session.get(IdempotencyRow, (actor, key))
        if row is None:
            return None
        return Reply(row.actor, row.key, row.digest, row.status, row.body, row.at)

    async def add(self, reply: Reply) -> None:
        await self._session.merge(
            IdempotencyRow(
                actor=reply.actor,
                key=reply.key,
                digest=reply.digest,
                status=reply.status,
                body=reply.body,
                at=reply.at,
            )
        )

    async def forget(self, before: datetime, *, limit: int) -> int:
        old = select(_Row.actor, _Row.key).where(_Row.at < before).limit(limit)
        keys = tuple_(col(_Row.actor), col(_Row.key))
        gone = await self._session.execute(
            delete(_Row).where(keys.in_(old)).returning(col(_Row.key))
        )
        return len(gone.all())
