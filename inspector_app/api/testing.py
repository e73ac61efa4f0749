"""A sign-in that is a test: there and back as everybody, then to the page of the provider."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal

from fastapi import Query, Request
from starlette.responses import Response

from inspector_app.api.actor import address_of, nobody_of, request_id_of
from inspector_app.api.cookies import forget_way, leave_way, session_token, way_of
from inspector_app.api.errors import problem
from inspector_app.api.forms import failed, go, login_page
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.identity import Actor
from inspector_app.domain.limits import Kind
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.services import registry

Test = Annotated[
    Literal["", "true"],
    Query(description="Test the provider, as who may see it: nobody is signed in by it."),
]
_OURS = {"same-origin", "none"}


async def leave_to_test(
    request: Request, actor: Actor, kind: ProviderKind, provider: str
) -> Response:
    """Send the browser of an admin to a provider, with a ticket of a test."""
    if request.headers.get("sec-fetch-site", "none") not in _OURS:
        # A link elsewhere must not begin one in the name of whoever follows it.
        return problem(
            403,
            "Cross-site request",
            "It did not come from a page of Inspector.",
            request_id=request_id_of(request),
        )
    services = registry.services()
    try:
        await services.rates.take(Kind.SIGN_IN, nobody_of(request))
        admin = await _in_tenant(request, actor, provider)
        leaving = await services.trial_sign_ins.begin(admin, kind, provider)
    except InspectorError as error:
        return _not_tested(request, error)
    response = go(leaving.url)
    if leaving.ticket:
        leave_way(response, leaving.ticket)
    return response


def is_test(request: Request) -> bool:
    """Tell whether this browser comes back from a test."""
    return registry.services().trial_sign_ins.is_test(way_of(request))


async def back_from_test(
    request: Request,
    actor: Actor,
    provider: str,
    finish: Callable[[Actor], Awaitable[str]],
) -> Response:
    """Go on to what `finish` found; the session and its cookies stay as they are."""
    try:
        await registry.services().rates.take(Kind.SIGN_IN, nobody_of(request))
        path = await finish(await _in_tenant(request, actor, provider))
    except InspectorError as error:
        return _not_tested(request, error)
    response = go(path)
    forget_way(response)
    return response


async def _in_tenant(request: Request, actor: Actor, provider: str) -> Actor:
    """Look the session up anew, in the tenant whose provider it is."""
    if actor.session is None:
        return actor  # nobody, or a token, which stands alone
    return await registry.services().sessions.resolve(
        session_token(request),
        tenant_slug=provider.rpartition(".")[0],
        address=address_of(request),
        request_id=request_id_of(request),
        active=True,
    )


def _not_tested(request: Request, error: InspectorError) -> Response:
    response = failed(request, error, login_page(""))
    forget_way(response)
    return response
