"""Who asks, and which namespaces their tenant has."""

from __future__ import annotations

from fastapi import APIRouter

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.v1.models import Me, NamespaceOut, Namespaces, TenantRole
from inspector_app.domain.permissions import HELD, Permission
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1", tags=["people"])


@router.get("/me", responses=documented(401, 403))
@needs(Permission.SELF)
async def me(actor: CurrentActor) -> Me:
    """Say who asks, and what they may."""
    memberships = await registry.services().tenancy.memberships(actor)
    return Me(
        username=actor.name,
        tenant=actor.tenant_slug,
        role=actor.role or "",
        permissions=sorted(each for each in HELD[actor.role] if actor.may(each))
        if actor.role
        else [],
        tenants=[
            TenantRole(slug=each.tenant.slug, name=each.tenant.name, role=each.role)
            for each in memberships
        ],
        must_change_password=actor.must_change_password,
    )


@router.get("/namespaces", responses=documented(401, 403))
@needs(Permission.NAMESPACE_READ)
async def namespaces(actor: CurrentActor) -> Namespaces:
    """List the tenant's namespaces."""
    found = await registry.services().tenancy.namespaces(actor)
    return Namespaces(
        items=[
            NamespaceOut(slug=each.slug, name=each.name, cluster=each.cluster.name)
            for each in found
        ]
    )
