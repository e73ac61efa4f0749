"""Tenants, clusters and the namespaces granted to them."""

from __future__ import annotations

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict, InspectorError, NotFound
from inspector_app.domain.identity import SYSTEM, Actor
from inspector_app.domain.ids import ClusterId, NamespaceId, TenantId, new_id
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tenancy import (
    Cluster,
    Membership,
    Namespace,
    Tenant,
    check_address,
    check_namespace,
    check_slug,
)
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, Workflows


class Tenancy:
    """What the operator sets up, and what a person sees of it."""

    def __init__(self, door: Door, clock: Clock, workflows: Workflows) -> None:
        self._door = door
        self._clock = clock
        self._workflows = workflows

    async def create_tenant(self, actor: Actor, slug: str, name: str) -> Tenant:
        """Make a tenant.

        Raises:
            Conflict: There is one with this slug.
        """
        now = self._clock()
        tenant = Tenant(TenantId(new_id(now)), check_slug(slug, field="tenant"), name or slug)
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("tenant", slug), action="tenant.create"
        ) as work:
            if await work.tenants.by_slug(slug):
                raise Conflict(f"There is a tenant {slug!r} already.")
            await work.tenants.add(tenant, now)
        return tenant

    async def tenants(self, actor: Actor) -> list[Tenant]:
        """List every tenant of the installation."""
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("tenant", ""), record=False
        ) as work:
            return await work.tenants.all()

    async def add_cluster(self, actor: Actor, name: str, address: str) -> Cluster:
        """Connect a Temporal server at `address` (host:port); nothing is called yet.

        Raises:
            Conflict: There is one with this name.
            Invalid: The address has no port.
        """
        cluster = Cluster(
            ClusterId(new_id(self._clock())),
            check_slug(name, field="cluster"),
            check_address(address),
        )
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("cluster", name), action="cluster.add"
        ) as work:
            if await work.tenants.cluster(name):
                raise Conflict(f"There is a cluster {name!r} already.")
            await work.tenants.add_cluster(cluster)
        return cluster

    async def move_cluster(self, actor: Actor, name: str, address: str) -> None:
        """Give a cluster another address.

        Raises:
            NotFound: No such cluster.
            Invalid: The address has no port.
        """
        check_address(address)
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("cluster", name), action="cluster.move"
        ) as work:
            cluster = await work.tenants.cluster(name)
            if cluster is None:
                raise NotFound(f"There is no cluster {name!r}.")
            await work.tenants.move_cluster(cluster.id, address)

    async def clusters(self, actor: Actor) -> list[Cluster]:
        """List every cluster of the installation."""
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("cluster", ""), record=False
        ) as work:
            return await work.tenants.clusters()

    async def silent_clusters(self) -> list[str]:
        """Name the clusters that do not answer; for readiness, so no person asks."""
        silent: list[str] = []
        for cluster in await self.clusters(SYSTEM):
            try:
                await self._workflows.is_up(cluster)
            except InspectorError:
                silent.append(cluster.name)
        return silent

    async def test_cluster(self, actor: Actor, name: str) -> Cluster:
        """Ask a cluster whether it answers.

        Raises:
            NotFound: No such cluster.
            Unreachable: It does not answer.
        """
        cluster = next((each for each in await self.clusters(actor) if each.name == name), None)
        if cluster is None:
            raise NotFound(f"There is no cluster {name!r}.", hint="inspector cluster list")
        await self._workflows.is_up(cluster)
        return cluster

    async def grant(
        self, actor: Actor, *, tenant_slug: str, cluster: str, name: str, slug: str
    ) -> Namespace:
        """Give a Temporal namespace to a tenant, which shows it as `slug`.

        Raises:
            NotFound: No such tenant or cluster.
            Conflict: The namespace is granted already, or the slug is taken.
            Invalid: The slug or the namespace's name is none.
        """
        check_slug(slug, field="slug")
        check_namespace(name)
        async with self._door.enter(
            actor,
            Permission.OPERATOR,
            Target("namespace", f"{cluster}/{name}"),
            action="namespace.grant",
            reason=f"to {tenant_slug} as {slug}",
        ) as work:
            tenant = await work.tenants.by_slug(tenant_slug)
            found = await work.tenants.cluster(cluster)
            if tenant is None or found is None:
                kind, what = ("tenant", tenant_slug) if tenant is None else ("cluster", cluster)
                raise NotFound(f"There is no {kind} {what!r}.", hint=f"inspector {kind} list")
            if await work.tenants.owner(found.id, name):
                raise Conflict(
                    f"Namespace {name!r} of {cluster} is granted already: to exactly one tenant."
                )
            if await work.tenants.namespace(tenant.id, slug):
                raise Conflict(f"{tenant_slug} has a namespace {slug!r} already.")
            granted = Namespace(
                id=NamespaceId(new_id(self._clock())),
                tenant=tenant.id,
                slug=slug,
                name=name,
                cluster=found,
            )
            await work.tenants.grant(granted)
        return granted

    async def granted(self, actor: Actor) -> list[tuple[Tenant, Namespace]]:
        """List every grant of the installation."""
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("namespace", ""), record=False
        ) as work:
            return [
                (tenant, namespace)
                for tenant in await work.tenants.all()
                for namespace in await work.tenants.namespaces(tenant.id)
            ]

    async def namespaces(self, actor: Actor) -> list[Namespace]:
        """List the namespaces of the actor's tenant."""
        target = Target("namespace", "")
        async with self._door.enter(
            actor, Permission.NAMESPACE_READ, target, record=False
        ) as work:
            return await work.tenants.namespaces(actor.tenant) if actor.tenant else []

    async def memberships(self, actor: Actor) -> list[Membership]:
        """List the tenants the actor has a role in; of a token's person only its own."""
        target = Target("person", actor.name)
        async with self._door.enter(actor, Permission.SELF, target, record=False) as work:
            found = await work.tenants.memberships(actor.person) if actor.person else []
        only = actor.within if actor.signed_in else actor.tenant
        everywhere = actor.signed_in and actor.within is None
        return [each for each in found if everywhere or each.tenant.id == only]
