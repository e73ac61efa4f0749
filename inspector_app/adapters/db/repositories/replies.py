"""Answers kept under their Idempotency-Key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from inspector_app.adapters.db.tables import IdempotencyRow
from inspector_app.services.ports import Reply


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

    async def forget(self, before: datetime) -> None:
        await self._session.execute(delete(IdempotencyRow).where(col(IdempotencyRow.at) < before))
