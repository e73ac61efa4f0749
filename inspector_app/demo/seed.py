"""What the demo puts into Inspector: a tenant, the embedded cluster, a first administrator."""

from __future__ import annotations

from inspector_app.domain.permissions import Role
from inspector_app.services.audit import operator
from inspector_app.settings import Settings
from inspector_app.wiring import wired

TENANT, CLUSTER, NAMESPACE, ADMIN = "demo", "local", "default", "admin"


async def seed(settings: Settings, temporal_address: str) -> str:
    """Bring the demo's tenant up to date; the same again changes nothing.

    Returns:
        How to sign in. The one-time password is in it at the first start only.
    """
    actor = operator("demo")
    async with wired(settings) as services:
        tenancy = services.tenancy
        if TENANT not in {tenant.slug for tenant in await tenancy.tenants(actor)}:
            await tenancy.create_tenant(actor, TENANT, "Demo")
        cluster = next(
            (each for each in await tenancy.clusters(actor) if each.name == CLUSTER), None
        )
        if cluster is None:
            await tenancy.add_cluster(actor, CLUSTER, temporal_address)
        elif cluster.address != temporal_address:
            await tenancy.move_cluster(actor, CLUSTER, temporal_address)
        granted = {
            (tenant.slug, namespace.slug) for tenant, namespace in await tenancy.granted(actor)
        }
        if (TENANT, NAMESPACE) not in granted:
            await tenancy.grant(
                actor, tenant_slug=TENANT, cluster=CLUSTER, name=NAMESPACE, slug=NAMESPACE
            )
        one_time = await services.accounts.first_administrator(actor, ADMIN, TENANT)
    sign_in = (
        f"Sign in as {ADMIN} with the one-time password {one_time} (shown only now)."
        if one_time
        else f"Sign in with your account. Forgotten? inspector user reset --username {ADMIN}"
    )
    more = f"inspector user create --username NAME --tenant {TENANT} --role {Role.OBSERVER}"
    return f"{sign_in}\nFor the other roles (observer, developer): {more}"
