"""The people of a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased
from sqlmodel import col, delete, select, update

from inspector_app.adapters.db.provider_tables import MappedRoleRow
from inspector_app.adapters.db.repositories.people import to_person
from inspector_app.adapters.db.repositories.roles import give_by_hand, to_mapped
from inspector_app.adapters.db.tables import (
    MembershipRow,
    PersonRow,
    SecondFactorRow,
    SessionRow,
    TenantRow,
)
from inspector_app.domain.admission import MappedRole
from inspector_app.domain.identity import SESSION_IDLE, SESSION_LIFETIME
from inspector_app.domain.ids import PersonId, TenantId
from inspector_app.domain.people import Colleague
from inspector_app.domain.permissions import Role


class SqlColleagues:
    """See ports.Colleagues."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def lock(self, tenant: TenantId) -> None:
        # SQLite leaves FOR UPDATE out: there, one writer at a time is the rule.
        await self._session.execute(
            select(TenantRow.id).where(col(TenantRow.id) == tenant).with_for_update()
        )

    async def page(
        self, tenant: TenantId, now: datetime, *, after: str, limit: int
    ) -> list[Colleague]:
        query = _of(tenant).where(col(PersonRow.username) > after)
        return await self._read(query.order_by(col(PersonRow.username)).limit(limit), now)

    async def get(self, tenant: TenantId, person: PersonId, now: datetime) -> Colleague | None:
        found = await self._read(_of(tenant).where(col(PersonRow.id) == person), now)
        return found[0] if found else None

    async def admins(self, tenant: TenantId) -> int:
        query = (
            select(func.count())
            .select_from(MembershipRow)
            .join(PersonRow, col(PersonRow.id) == col(MembershipRow.person))
            .where(
                MembershipRow.tenant == tenant,
                MembershipRow.role == Role.ADMIN.value,
                col(PersonRow.disabled).is_(False),
            )
        )
        return (await self._session.scalars(query)).one()

    async def set_role(self, tenant: TenantId, person: PersonId, role: Role) -> None:
        await give_by_hand(self._session, person, tenant, role)

    async def note_change(self, tenant: TenantId, person: PersonId) -> None:
        await self._session.execute(
            update(MembershipRow)
            .where(col(MembershipRow.tenant) == tenant, col(MembershipRow.person) == person)
            .values(version=MembershipRow.version + 1)
        )

    async def remove(self, tenant: TenantId, person: PersonId) -> None:
        await self._session.execute(
            delete(MappedRoleRow).where(
                col(MappedRoleRow.tenant) == tenant, col(MappedRoleRow.person) == person
            )
        )
        await self._session.execute(
            delete(MembershipRow).where(
                col(MembershipRow.tenant) == tenant, col(MembershipRow.person) == person
            )
        )

    async def _read(
        self, query: Select[MembershipRow, PersonRow], now: datetime
    ) -> list[Colleague]:
        found = (await self._session.execute(query)).all()
        ids = [person.id for _, person in found]
        counted = (
            select(MembershipRow.person, func.count())
            .where(col(MembershipRow.person).in_(ids))
            .group_by(col(MembershipRow.person))
        )
        tenants = {row[0]: row[1] for row in await self._session.execute(counted)}
        own = [ident for ident in ids if tenants[ident] == 1]
        second = set(
            await self._session.scalars(
                select(SecondFactorRow.person).where(
                    col(SecondFactorRow.person).in_(own), col(SecondFactorRow.confirmed)
                )
            )
        )
        live = and_(
            col(SessionRow.revoked_at).is_(None),
            col(SessionRow.last_seen_at) > now - SESSION_IDLE,
            col(SessionRow.created_at) > now - SESSION_LIFETIME,
            or_(col(SessionRow.ends_by).is_(None), col(SessionRow.ends_by) > now),
        )
        used = (
            select(
                SessionRow.person,
                func.max(SessionRow.created_at),
                func.max(SessionRow.last_seen_at),
                func.sum(case((live, 1), else_=0)),
            )
            .where(col(SessionRow.person).in_(own))
            .group_by(col(SessionRow.person))
        )
        uses = {row[0]: (row[1], row[2], row[3]) for row in await self._session.execute(used)}
        other = aliased(SessionRow)
        newest = select(func.max(other.created_at)).where(other.person == SessionRow.person)
        signed_in_by = select(SessionRow.person, SessionRow.provider).where(
            col(SessionRow.person).in_(own),
            col(SessionRow.created_at) == newest.scalar_subquery(),
        )
        providers = {row[0]: row[1] for row in await self._session.execute(signed_in_by)}
        mapped = await self._mapped([membership for membership, _ in found])
        return [
            Colleague(
                to_person(person),
                Role(membership.role),
                membership.version,
                shared=person.id not in own,
                provider=providers.get(person.id, ""),
                signed_in_at=signed_in,
                seen_at=seen,
                live_sessions=count,
                second_step=person.id in second,
                by_hand=Role(membership.by_hand) if membership.by_hand else None,
                mapped=mapped.get(person.id, ()),
            )
            for membership, person in found
            for signed_in, seen, count in [uses.get(person.id, (None, None, 0))]
        ]

    async def _mapped(self, found: Sequence[MembershipRow]) -> dict[UUID, tuple[MappedRole, ...]]:
        """Read what mappings give in the tenant of these memberships."""
        query = select(MappedRoleRow).where(
            col(MappedRoleRow.person).in_([each.person for each in found]),
            col(MappedRoleRow.tenant).in_({each.tenant for each in found}),
        )
        mapped: dict[UUID, tuple[MappedRole, ...]] = {}
        for row in await self._session.scalars(query):
            mapped[row.person] = (*mapped.get(row.person, ()), to_mapped(row))
        return mapped


def _of(tenant: TenantId) -> Select[MembershipRow, PersonRow]:
    return (
        select(MembershipRow, PersonRow)
        .join(PersonRow, col(PersonRow.id) == col(MembershipRow.person))
        .where(col(MembershipRow.tenant) == tenant)
    )
