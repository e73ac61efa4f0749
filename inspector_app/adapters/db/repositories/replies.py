"""Answers kept under their Idempotency-Key."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, delete, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.tables import IdempotencyRow, UtcTime
from inspector_app.services.ports import Reply

_Row = IdempotencyRow
_NOTHING_YET = {"status": 0, "body": ""}
_TAKE = text(
    "INSERT INTO idempotency_keys (actor, key, digest, status, body, veil, at) "
    "VALUES (:actor, :key, :digest, :status, :body, '', :at) ON CONFLICT DO NOTHING RETURNING key"
).bindparams(bindparam("at", type_=UtcTime))


def _of(reply: Reply) -> tuple[ColumnElement[bool], ...]:
    return col(_Row.actor) == reply.actor, col(_Row.key) == reply.key


class SqlReplies:
    """See ports.Replies."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def begin(self, reply: Reply, *, forget_before: datetime) -> Reply | None:
        await self._session.execute(delete(_Row).where(*_of(reply), col(_Row.at) < forget_before))
        values = {**_NOTHING_YET, "actor": reply.actor, "key": reply.key}
        taken = await self._session.execute(
            _TAKE, {**values, "digest": reply.digest, "at": reply.at}
        )
        if taken.first() is not None:
            return None
        row = await self._session.get_one(_Row, (reply.actor, reply.key))
        return Reply(row.actor, row.key, row.digest, row.status, row.body, row.at, row.veil)

    async def answer(self, reply: Reply) -> None:
        await self._session.execute(
            update(_Row)
            .where(*_of(reply))
            .values(status=reply.status, body=reply.body, veil=reply.veil)
        )

    async def drop(self, reply: Reply) -> None:
        await self._session.execute(delete(_Row).where(*_of(reply)))

    async def forget(self, before: datetime, *, limit: int) -> int:
        old = select(_Row.actor, _Row.key).where(_Row.at < before).limit(limit)
        keys = tuple_(col(_Row.actor), col(_Row.key))
        gone = await self._session.execute(
            delete(_Row).where(keys.in_(old)).returning(col(_Row.key))
        )
        return len(gone.all())
