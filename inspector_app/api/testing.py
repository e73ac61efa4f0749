"""A sign-in that is a test: there and back as everybody, then to the page of the provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from fastapi import Query, Request
from starlette.responses import HTMLResponse, Response

from inspector_app.api.actor import address_of, nobody_of, request_id_of
from inspector_app.api.cookies import forget_way, leave_way, session_token, way_of
from inspector_app.api.errors import problem
from inspector_app.api.forms import failed, go, login_page
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.identity import Actor
from inspector_app.domain.limits import Kind
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.services import registry
from inspector_app.services.elsewhere import Departure

Test = Annotated[
    str,
    Query(
        pattern=r"^(true|[A-Za-z0-9_-]{43})?$",
        description=(
            "Test the provider: nobody is signed in by it. `true` as who may see it; else as "
            "`inspector provider test` says."
        ),
    ),
]
_OURS = {"same-origin", "none"}
_HANDED_ON = (
    "<!doctype html><html lang='en'><title>Back to the terminal</title>"
    '<meta name="viewport" content="width=device-width"><link rel="icon" href="/favicon.svg">'
    "<style>:root{color-scheme:light dark}"
    "main{font:15px/1.5 system-ui,sans-serif;max-width:28rem;margin:18vh auto;padding:0 1rem}"
    "h1{font-size:1.25rem}</style>"
    "<main><h1>Back to the terminal</h1><p>Your part of the test is done. What came of it "
    "stands in the terminal where it began. You are not signed in by it, and may close this page."
    "</main>"
)


async def leave_to_test(
    request: Request, actor: Actor, kind: ProviderKind, provider: str, test: str
) -> Response:
    """Send a browser to a provider with a ticket of a test: an admin's, or the operator's."""
    if test != "true":
        return await _leave_for_operator(request, kind, provider, test)
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
    return _left(leaving)


async def _leave_for_operator(
    request: Request, kind: ProviderKind, provider: str, handle: str
) -> Response:
    services, visitor = registry.services(), nobody_of(request)
    try:
        await services.rates.take(Kind.SIGN_IN, visitor)
        leaving = await services.operator_trials.departure(visitor, kind, provider, handle)
    except InspectorError as error:
        return _not_tested(request, error)
    return _left(leaving)


def is_test(request: Request) -> bool:
    """Tell whether this browser comes back from a test."""
    return registry.services().trial_sign_ins.is_test(way_of(request))


async def back_from_test(
    request: Request, actor: Actor, kind: ProviderKind, provider: str, answer: Mapping[str, str]
) -> Response:
    """Go on to what comes of an answer; the session and its cookies stay as they are."""
    services, visitor, ticket = registry.services(), nobody_of(request), way_of(request)
    try:
        await services.rates.take(Kind.SIGN_IN, visitor)
        if services.operator_trials.is_theirs(ticket):
            await services.operator_trials.hand_on(
                visitor, kind, provider, ticket=ticket, answer=answer
            )
            response = HTMLResponse(_HANDED_ON)
        else:
            admin = await _in_tenant(request, actor, provider)
            path = await services.trial_sign_ins.finish(
                admin, kind, provider, ticket=ticket, answer=answer
            )
            response = go(path)
    except InspectorError as error:
        return _not_tested(request, error)
    forget_way(response)
    return response


def _left(leaving: Departure) -> Response:
    response = go(leaving.url)
    if leaving.ticket:
        leave_way(response, leaving.ticket)
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
