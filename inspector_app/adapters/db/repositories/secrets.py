"""Everything that is kept encrypted, found by the type of its column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Column, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from inspector_app.adapters.db.tables import Sealed
from inspector_app.services.ports.secrets import Kept


def sealed_columns() -> dict[str, Column[bytes]]:
    """Return the columns of every table that hold sealed values, by `table.column`."""
    return {
        f"{table.name}.{column.name}": cast("Column[bytes]", column)
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    }


class SqlSecrets:
    """See ports.Secrets."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def places(self) -> Sequence[str]:
        return list(sealed_columns())

    async def after(
        self, place: str, row: tuple[object, ...] | None, *, limit: int
    ) -> Sequence[Kept]:
        column = sealed_columns()[place]
        keys = _keys(column)
        query = select(*keys, column).where(column.is_not(None)).order_by(*keys).limit(limit)
        if row is not None:
            query = query.where(tuple_(*keys) > tuple_(*row))
        found = await self._session.execute(query)
        return [Kept(tuple(each[:-1]), each[-1]) for each in found]

    async def replace(self, place: str, kept: Kept, sealed: bytes) -> bool:
        column = sealed_columns()[place]
        same = [key == value for key, value in zip(_keys(column), kept.row, strict=True)]
        changed = await self._session.execute(
            update(column.table)
            .where(*same, column == kept.sealed)
            .values({column: sealed})
            .returning(column)
        )
        return changed.first() is not None


def _keys(column: Column[bytes]) -> list[Column[object]]:
    return list(column.table.primary_key.columns)
