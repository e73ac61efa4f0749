"""Who asks: what they may, their tenant's namespaces, and where they are signed in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.me_models import Me, NamespaceOut, Namespaces, TenantRole
from inspector_app.api.v1.models import Model, Time
from inspector_app.domain.identity import Actor, Session, session_ends_at
from inspector_app.domain.ids import SessionId
from inspector_app.domain.permissions import HELD, Permission
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1", tags=["people"])
_ACTS = documented(400, 401, 403, 404, 409, 413, 422, 503)


class SessionOut(Model):
    """Where a person is signed in; `current` is the session that asks."""

    id: UUID
    address: str
    user_agent: str
    provider: str
    created_at: Time
    last_used_at: Time
    ends_at: Time
    current: bool

    @classmethod
    def of(cls, session: Session, actor: Actor) -> SessionOut:
        """From the domain's value."""
        return cls(
            id=session.id,
            address=session.address,
            user_agent=session.user_agent,
            provider=session.provider,
            created_at=session.created_at,
            last_used_at=session.last_seen_at,
            ends_at=session_ends_at(session),
            current=session.id == actor.session,
        )


class Sessions(Model):
    """All of them; the list is short."""

    items: list[SessionOut]
    next_page_token: str | None = None

    @classmethod
    def of(cls, sessions: Iterable[Session], actor: Actor) -> Sessions:
        """From the domain's values."""
        return cls(items=[SessionOut.of(each, actor) for each in sessions])


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


@router.get("/me/sessions", responses=documented(401, 403))
@needs(Permission.SESSION_OWN)
async def my_sessions(actor: CurrentActor) -> Sessions:
    """List where one is signed in oneself, last used first."""
    return Sessions.of(await registry.services().sessions.mine(actor), actor)


@router.post("/me/sessions/{session}/end", response_model=Sessions, responses=_ACTS)
@needs(Permission.SESSION_OWN)
async def end_my_session(
    request: Request,
    actor: CurrentActor,
    session: Annotated[UUID, Path()],
    key: IdempotencyKey = "",
) -> Response:
    """End one of one's own; answers with those that are left."""
    desk = registry.services().sessions

    async def answer() -> Sessions:
        await desk.revoke(actor, SessionId(session))
        return Sessions.of(await desk.mine(actor), actor)

    return await once(request, actor, key, answer)


@router.post("/me/sessions/end-others", response_model=Sessions, responses=_ACTS)
@needs(Permission.SESSION_OWN)
async def end_my_other_sessions(
    request: Request, actor: CurrentActor, key: IdempotencyKey = ""
) -> Response:
    """End all of one's own but the one that asks; answers with it."""
    desk = registry.services().sessions

    async def answer() -> Sessions:
        await desk.revoke_others(actor)
        return Sessions.of(await desk.mine(actor), actor)

    return await once(request, actor, key, answer)
