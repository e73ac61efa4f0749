"""Tenants, memberships, clusters and the grant of namespaces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.repositories.roles import give_by_hand
from inspector_app.adapters.db.tables import ClusterRow, MembershipRow, NamespaceRow, TenantRow
from inspector_app.domain.ids import ClusterId, NamespaceId, PersonId, TenantId
from inspector_app.domain.permissions import Role
from inspector_app.domain.tenancy import Cluster, Membership, Namespace, Tenant


def to_tenant(row: TenantRow) -> Tenant:
    """Parse a row."""
    return Tenant(id=TenantId(row.id), slug=row.slug, name=row.name)


def _to_cluster(row: ClusterRow) -> Cluster:
    return Cluster(id=ClusterId(row.id), name=row.name, address=row.address)


def _to_namespace(row: NamespaceRow, cluster: ClusterRow) -> Namespace:
    return Namespace(
        id=NamespaceId(row.id),
        tenant=TenantId(row.tenant),
        slug=row.slug,
        name=row.name,
        cluster=_to_cluster(cluster),
    )


# At every look at Temporal: put together once.
_NAMESPACE = (
    select(NamespaceRow, ClusterRow)
    .join(ClusterRow, col(ClusterRow.id) == col(NamespaceRow.cluster))
    .where(
        col(NamespaceRow.tenant) == bindparam("tenant"),
        col(NamespaceRow.slug) == bindparam("slug"),
    )
)


class SqlTenants:
    """See ports.Tenants."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, tenant: Tenant, now: datetime) -> None:
        self._session.add(
            TenantRow(id=tenant.id, slug=tenant.slug, name=tenant.name, created_at=now)
        )
        await self._session.flush()

    async def by_slug(self, slug: str) -> Tenant | None:
        rows = await self._session.scalars(select(TenantRow).where(TenantRow.slug == slug))
        row = rows.one_or_none()
        return to_tenant(row) if row else None

    async def all(self) -> list[Tenant]:
        rows = await self._session.scalars(select(TenantRow).order_by(col(TenantRow.slug)))
        return [to_tenant(row) for row in rows]

    async def memberships(self, person: PersonId) -> list[Membership]:
        query = (
            select(MembershipRow, TenantRow)
            .join(TenantRow, col(TenantRow.id) == col(MembershipRow.tenant))
            .where(MembershipRow.person == person)
            .order_by(col(TenantRow.slug))
        )
        return [
            Membership(person=person, tenant=to_tenant(tenant), role=Role(row.role))
            for row, tenant in await self._session.execute(query)
        ]

    async def set_role(self, person: PersonId, tenant: TenantId, role: Role) -> None:
        await give_by_hand(self._session, person, tenant, role)

    async def add_cluster(self, cluster: Cluster) -> None:
        self._session.add(ClusterRow(id=cluster.id, name=cluster.name, address=cluster.address))
        await self._session.flush()

    async def move_cluster(self, cluster: ClusterId, address: str) -> None:
        await self._session.execute(
            update(ClusterRow).where(col(ClusterRow.id) == cluster).values(address=address)
        )

    async def cluster(self, name: str) -> Cluster | None:
        rows = await self._session.scalars(select(ClusterRow).where(ClusterRow.name == name))
        row = rows.one_or_none()
        return _to_cluster(row) if row else None

    async def clusters(self) -> list[Cluster]:
        rows = await self._session.scalars(select(ClusterRow).order_by(col(ClusterRow.name)))
        return [_to_cluster(row) for row in rows]

    async def grant(self, namespace: Namespace) -> None:
        self._session.add(
            NamespaceRow(
                id=namespace.id,
                tenant=namespace.tenant,
                slug=namespace.slug,
                name=namespace.name,
                cluster=namespace.cluster.id,
            )
        )
        await self._session.flush()

    async def namespaces(self, tenant: TenantId) -> list[Namespace]:
        query = (
            select(NamespaceRow, ClusterRow)
            .join(ClusterRow, col(ClusterRow.id) == col(NamespaceRow.cluster))
            .where(NamespaceRow.tenant == tenant)
            .order_by(col(NamespaceRow.slug))
        )
        return [_to_namespace(row, cluster) for row, cluster in await self._session.execute(query)]

    async def namespace(self, tenant: TenantId, slug: str) -> Namespace | None:
        rows = await self._session.execute(_NAMESPACE, {"tenant": tenant, "slug": slug})
        found = rows.one_or_none()
        return _to_namespace(found[0], found[1]) if found else None

    async def owner(self, cluster: ClusterId, name: str) -> NamespaceId | None:
        query = select(NamespaceRow.id).where(
            NamespaceRow.cluster == cluster, NamespaceRow.name == name
        )
        found = (await self._session.scalars(query)).one_or_none()
        return NamespaceId(found) if found else None
