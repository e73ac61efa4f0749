"""From a request to who acts."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Request
from starlette.datastructures import Headers
from structlog.contextvars import bind_contextvars

from inspector_app.api.cookies import session_token
from inspector_app.api.declared import kind_of
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import RequestId
from inspector_app.services import registry

TENANT_HEADER = "X-Inspector-Tenant"


async def actor_of(
    request: Request,
    tenant: Annotated[
        str, Header(alias=TENANT_HEADER, description="For a person in several tenants: which.")
    ] = "",
) -> Actor:
    """Look the token or the session up on the server; without either the actor is anonymous.

    A bearer token stands alone: it never acts with the cookie beside it.

    Raises:
        WrongToken: The token opens nothing.
        TooMany: Nor did many before it, or this is over the rate.
    """
    services = registry.services()
    if has_bearer(request.headers):
        actor = await services.tokens.resolve(
            bearer_of(request.headers),
            tenant_slug=tenant,
            address=address_of(request),
            request_id=request_id_of(request),
        )
    else:
        actor = await services.sessions.resolve(
            session_token(request),
            tenant_slug=tenant,
            address=address_of(request),
            request_id=request_id_of(request),
            # The virtual list of an open page asks by itself: reading never keeps a session alive.
            active=request.method not in {"GET", "HEAD"},
        )
    bind_contextvars(
        actor=str(actor.person or actor.token or actor.kind), tenant=str(actor.tenant or "")
    )
    await services.rates.take(kind_of(request.scope.get("endpoint"), request.method), actor)
    return actor


def nobody_of(request: Request) -> Actor:
    """Who asks before anybody knows who: an address."""
    ident = RequestId(request_id_of(request))
    return Actor(ActorKind.ANONYMOUS, "anonymous", address_of(request), ident)


def has_bearer(headers: Headers) -> bool:
    """Tell whether a request brings a bearer token."""
    return headers.get("authorization", "").lower().startswith("bearer ")


def bearer_of(headers: Headers) -> str:
    """Return the bearer token; "" where two are sent, which is none."""
    sent = headers.getlist("authorization")
    return sent[0].partition(" ")[2].strip() if len(sent) == 1 else ""


def address_of(request: Request) -> str:
    """Return the client's address; the guard has put a trusted proxy's word there."""
    return request.client.host if request.client else ""


def request_id_of(request: Request) -> str:
    """Return the id the guard gave this request."""
    return str(request.scope.get("inspector.request_id", ""))


CurrentActor = Annotated[Actor, Depends(actor_of)]
