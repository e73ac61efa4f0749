"""Accounts and their password hashes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.tables import PersonRow
from inspector_app.domain.identity import Person
from inspector_app.domain.ids import PersonId


def to_person(row: PersonRow) -> Person:
    """Parse a row."""
    return Person(
        id=PersonId(row.id),
        username=row.username,
        disabled=row.disabled,
        must_change_password=row.must_change_password,
        one_time_until=row.one_time_until,
    )


class SqlPeople:
    """See ports.People."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, person: PersonId) -> Person | None:
        row = await self._session.get(PersonRow, person)
        return to_person(row) if row else None

    async def by_username(self, username: str) -> Person | None:
        query = select(PersonRow).where(PersonRow.username == username)
        row = (await self._session.scalars(query)).one_or_none()
        return to_person(row) if row else None

    async def add(self, person: Person, password_hash: str, now: datetime) -> None:
        self._session.add(
            PersonRow(
                id=person.id,
                username=person.username,
                password_hash=password_hash,
                must_change_password=person.must_change_password,
                one_time_until=person.one_time_until,
                disabled=person.disabled,
                created_at=now,
            )
        )
        await self._session.flush()

    async def password_hash(self, person: PersonId) -> str | None:
        query = select(PersonRow.password_hash).where(PersonRow.id == person)
        # Who signs in elsewhere has none.
        return (await self._session.scalars(query)).one_or_none() or None

    async def set_password(
        self, person: PersonId, password_hash: str, *, one_time_until: datetime | None
    ) -> None:
        await self._session.execute(
            update(PersonRow)
            .where(col(PersonRow.id) == person)
            .values(
                password_hash=password_hash,
                must_change_password=one_time_until is not None,
                one_time_until=one_time_until,
            )
        )

    async def set_disabled(self, person: PersonId, *, disabled: bool) -> None:
        await self._session.execute(
            update(PersonRow).where(col(PersonRow.id) == person).values(disabled=disabled)
        )

    async def count(self) -> int:
        return (await self._session.scalars(select(func.count()).select_from(PersonRow))).one()
