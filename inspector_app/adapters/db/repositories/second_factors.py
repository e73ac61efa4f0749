"""Second factors and recovery codes."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select, update

from inspector_app.adapters.db.tables import RecoveryCodeRow, SecondFactorRow
from inspector_app.domain.ids import PersonId
from inspector_app.domain.second_step import SecondFactor


class SqlSecondFactors:
    """See ports.SecondFactors."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, person: PersonId) -> SecondFactor | None:
        row = await self._session.get(SecondFactorRow, person)
        if row is None:
            return None
        return SecondFactor(person, row.secret, row.confirmed, row.last_step)

    async def put(self, factor: SecondFactor) -> None:
        row = SecondFactorRow(
            person=factor.person,
            secret=factor.sealed,
            confirmed=factor.confirmed,
            last_step=factor.last_step,
        )
        await self._session.merge(row)
        await self._session.flush()

    async def take_step(self, person: PersonId, step: int) -> bool:
        taken = await self._session.execute(
            update(SecondFactorRow)
            .where(
                col(SecondFactorRow.person) == person,
                # In the statement itself: two who bring one code at once are told apart.
                col(SecondFactorRow.last_step) < step,
            )
            .values(last_step=step)
            .returning(col(SecondFactorRow.person))
        )
        return taken.first() is not None

    async def confirm(self, person: PersonId, recovery_hashes: Sequence[str]) -> None:
        await self._session.execute(
            update(SecondFactorRow)
            .where(col(SecondFactorRow.person) == person)
            .values(confirmed=True)
        )
        await self._session.execute(
            delete(RecoveryCodeRow).where(col(RecoveryCodeRow.person) == person)
        )
        self._session.add_all(
            RecoveryCodeRow(person=person, code_hash=each) for each in recovery_hashes
        )
        await self._session.flush()

    async def take_recovery(self, person: PersonId, code_hash: str) -> bool:
        taken = await self._session.execute(
            delete(RecoveryCodeRow)
            .where(
                col(RecoveryCodeRow.person) == person,
                col(RecoveryCodeRow.code_hash) == code_hash,
            )
            .returning(col(RecoveryCodeRow.person))
        )
        return taken.first() is not None

    async def recovery_left(self, person: PersonId) -> int:
        query = select(func.count()).where(col(RecoveryCodeRow.person) == person)
        return (await self._session.scalars(query)).one()

    async def forget(self, person: PersonId) -> None:
        for table in (RecoveryCodeRow, SecondFactorRow):
            await self._session.execute(delete(table).where(col(table.person) == person))
