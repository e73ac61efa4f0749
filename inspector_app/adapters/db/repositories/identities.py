"""Who somebody at a provider is here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import exists, func
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select

from inspector_app.adapters.db.provider_tables import IdentityRow
from inspector_app.adapters.db.repositories.tenants import SqlTenants
from inspector_app.adapters.db.tables import PersonRow
from inspector_app.domain.admission import Identity, Known
from inspector_app.domain.ids import PersonId, ProviderId
from inspector_app.services.ports import ProviderUse


class SqlIdentities:
    """See ports.Identities."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def get(self, provider: ProviderId, realm: str, subject: str) -> Identity | None:
        row = await self._session.get(IdentityRow, (provider, realm, subject))
        return _to_identity(row) if row else None

    async def put(self, identity: Identity) -> None:
        await self._session.merge(
            IdentityRow(
                provider=identity.provider,
                realm=identity.realm,
                subject=identity.subject,
                person=identity.person,
                username=identity.username,
                email=identity.email,
                email_verified=identity.email_verified,
                signed_in_at=identity.signed_in_at,
            )
        )
        await self._session.flush()

    async def of(self, person: PersonId) -> list[Identity]:
        query = select(IdentityRow).where(IdentityRow.person == person)
        return [_to_identity(row) for row in await self._session.scalars(query)]

    async def with_email(
        self, email: str, *, local: bool, providers: Sequence[ProviderId]
    ) -> list[Known]:
        elsewhere = (
            select(PersonRow)
            .join(IdentityRow, col(IdentityRow.person) == col(PersonRow.id))
            .where(
                IdentityRow.email == email,
                col(IdentityRow.email_verified),
                col(IdentityRow.provider).in_(providers),
            )
        )
        found = {row.id: row for row in await self._session.scalars(elsewhere)}
        if local:
            nowhere = ~exists().where(col(IdentityRow.person) == col(PersonRow.id))
            here = select(PersonRow).where(PersonRow.username == email, nowhere)
            found |= {row.id: row for row in await self._session.scalars(here)}
        tenants = SqlTenants(self._session)
        return [
            Known(
                PersonId(row.id), row.disabled, tuple(await tenants.memberships(PersonId(row.id)))
            )
            for row in found.values()
        ]

    async def uses(self, providers: Sequence[ProviderId]) -> Mapping[ProviderId, ProviderUse]:
        query = (
            select(
                IdentityRow.provider,
                func.count(func.distinct(col(IdentityRow.person))),
                func.max(IdentityRow.signed_in_at),
            )
            .where(col(IdentityRow.provider).in_(providers))
            .group_by(col(IdentityRow.provider))
        )
        return {
            ProviderId(row[0]): ProviderUse(row[1], row[2])
            for row in await self._session.execute(query)
        }

    async def forget(self, provider: ProviderId) -> None:
        await self._session.execute(
            delete(IdentityRow).where(col(IdentityRow.provider) == provider)
        )

    async def forget_person(self, person: PersonId) -> None:
        await self._session.execute(delete(IdentityRow).where(col(IdentityRow.person) == person))


def _to_identity(row: IdentityRow) -> Identity:
    return Identity(
        provider=ProviderId(row.provider),
        realm=row.realm,
        subject=row.subject,
        person=PersonId(row.person),
        username=row.username,
        email=row.email,
        email_verified=row.email_verified,
        signed_in_at=row.signed_in_at,
    )
