"""Roles by hand and by mapping; a membership's role is the highest of both."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select

from inspector_app.adapters.db.provider_tables import MappedRoleRow
from inspector_app.adapters.db.tables import MembershipRow
from inspector_app.domain.admission import MappedRole
from inspector_app.domain.group_roles import Mapped, highest
from inspector_app.domain.ids import PersonId, ProviderId, TenantId
from inspector_app.domain.permissions import Role


def to_mapped(row: MappedRoleRow) -> MappedRole:
    """Parse a row."""
    return MappedRole(
        ProviderId(row.provider), TenantId(row.tenant), Role(row.role), row.group_name
    )


async def give_by_hand(
    session: AsyncSession, person: PersonId, tenant: TenantId, role: Role
) -> None:
    """Give a role by hand; what mappings give stays beside it."""
    row = await session.get(MembershipRow, (person, tenant))
    if row is None:
        session.add(
            MembershipRow(person=person, tenant=tenant, role=role.value, by_hand=role.value)
        )
    else:
        row.by_hand = role.value
    await session.flush()
    await _settle(session, person, tenant)


async def _settle(session: AsyncSession, person: PersonId, tenant: TenantId) -> bool:
    """Make a membership's role the highest there is, or end it; True if the role changed."""
    query = select(MappedRoleRow.role).where(
        MappedRoleRow.person == person, MappedRoleRow.tenant == tenant
    )
    mapped = [Role(role) for role in await session.scalars(query)]
    row = await session.get(MembershipRow, (person, tenant))
    by_hand = Role(row.by_hand) if row and row.by_hand else None
    best = reduce(highest, mapped, by_hand)
    if row is None:
        if best is not None:
            session.add(MembershipRow(person=person, tenant=tenant, role=best.value))
    elif best is None:
        await session.delete(row)
    elif row.role != best.value:
        row.role = best.value
    else:
        return False
    await session.flush()
    return row is not None or best is not None


class SqlMappedRoles:
    """See ports.MappedRoles."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, person: PersonId) -> list[MappedRole]:
        query = select(MappedRoleRow).where(MappedRoleRow.person == person)
        return [to_mapped(row) for row in await self._session.scalars(query)]

    async def set(
        self,
        person: PersonId,
        provider: ProviderId,
        roles: Mapping[TenantId, Mapped],
        *,
        now: datetime,
    ) -> bool:
        query = select(MappedRoleRow).where(
            MappedRoleRow.person == person, MappedRoleRow.provider == provider
        )
        before = {TenantId(row.tenant): row for row in await self._session.scalars(query)}
        for tenant in before.keys() - roles.keys():
            await self._session.delete(before[tenant])
        for tenant, mapped in roles.items():
            await self._session.merge(
                MappedRoleRow(
                    person=person,
                    tenant=tenant,
                    provider=provider,
                    role=mapped.role.value,
                    group_name=mapped.group,
                    at=now,
                )
            )
        await self._session.flush()
        return await self._settle_all(person, before.keys() | roles.keys())

    async def drop_by_hand(self, person: PersonId, tenants: Sequence[TenantId]) -> bool:
        for tenant in tenants:
            row = await self._session.get(MembershipRow, (person, tenant))
            if row is not None:
                row.by_hand = None
        await self._session.flush()
        return await self._settle_all(person, tenants)

    async def by_hand(self, person: PersonId) -> Mapping[TenantId, Role]:
        query = select(MembershipRow).where(MembershipRow.person == person)
        return {
            TenantId(row.tenant): Role(row.by_hand)
            for row in await self._session.scalars(query)
            if row.by_hand
        }

    async def forget(self, provider: ProviderId) -> list[PersonId]:
        gone = await self._session.execute(
            delete(MappedRoleRow)
            .where(col(MappedRoleRow.provider) == provider)
            .returning(col(MappedRoleRow.person), col(MappedRoleRow.tenant))
        )
        changed = {
            PersonId(person): None
            for person, tenant in gone.all()
            if await self._settle_all(PersonId(person), [TenantId(tenant)])
        }
        return list(changed)

    async def _settle_all(self, person: PersonId, tenants: Iterable[TenantId]) -> bool:
        # In one order, so that two who sign in at once wait for one another and never both.
        changed = [
            tenant for tenant in sorted(tenants) if await _settle(self._session, person, tenant)
        ]
        for tenant in changed:
            row = await self._session.get(MembershipRow, (person, tenant))
            if row is not None:  # whoever looks at them to change them finds out
                row.version += 1
        await self._session.flush()
        return bool(changed)
