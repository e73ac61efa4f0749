"""Signing in elsewhere: to the provider, back from it, and out when it says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Query, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from inspector_app.api.actor import CurrentActor, nobody_of
from inspector_app.api.cookies import forget_way, leave_notice, leave_way, open_session, way_of
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.forms import (
    LONGEST_NEXT,
    SEE_OTHER,
    enter,
    failed,
    go,
    login_page,
    safe_next,
)
from inspector_app.api.testing import Test, back_from_test, is_test, leave_to_test
from inspector_app.domain.errors import InspectorError, NotFound, TooMany, WrongCredentials
from inspector_app.domain.identity import Actor
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from inspector_app.services import registry
from inspector_app.services.entering import Entered

router = APIRouter(prefix="/auth", tags=["sign-in"], default_response_class=RedirectResponse)

Key = Annotated[
    str,
    Path(
        pattern=r"^[a-z0-9.-]{1,97}$",
        description="The provider's slug; of a tenant's own, the tenant's and a dot before it.",
    ),
]
Next = Annotated[str, Query(alias="next", max_length=LONGEST_NEXT)]
Prove = Annotated[Literal["", "true"], Query(description="Prove the open session anew.")]
_TROUBLES = (SignInRefused, NotFound, TooMany, WrongCredentials)
_ANSWERS = documented(401, 404, 422, 429)
_CHANGE = "Change it where the directory lets you."


@router.get("/oidc/{provider}/login", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def oidc_login(
    request: Request,
    actor: CurrentActor,
    provider: Key,
    next_page: Next = "",
    prove: Prove = "",
    test: Test = "",
) -> Response:
    """Go to an OpenID provider."""
    if test:
        return await leave_to_test(request, actor, ProviderKind.OIDC, provider, test)
    return await leave_for(request, actor, ProviderKind.OIDC, provider, next_page, prove)


@router.get("/oidc/{provider}/callback", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def oidc_callback(request: Request, actor: CurrentActor, provider: Key) -> Response:
    """Come back from it, with a code."""
    return await _come_back(request, actor, ProviderKind.OIDC, provider)


@router.get("/oauth2/{provider}/login", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def oauth2_login(
    request: Request,
    actor: CurrentActor,
    provider: Key,
    next_page: Next = "",
    prove: Prove = "",
    test: Test = "",
) -> Response:
    """Go to an OAuth 2 server."""
    if test:
        return await leave_to_test(request, actor, ProviderKind.OAUTH2, provider, test)
    return await leave_for(request, actor, ProviderKind.OAUTH2, provider, next_page, prove)


@router.get("/oauth2/{provider}/callback", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def oauth2_callback(request: Request, actor: CurrentActor, provider: Key) -> Response:
    """Come back from it, with a code."""
    return await _come_back(request, actor, ProviderKind.OAUTH2, provider)


@router.post("/ldap/{provider}/login", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def ldap_login(
    request: Request,
    provider: Key,
    username: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next_page: Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)] = "",
) -> Response:
    """Open a session for who knows the password in a directory."""
    services, visitor = registry.services(), nobody_of(request)
    wanted = safe_next(next_page)
    try:
        await services.rates.take(Kind.SIGN_IN, visitor)
        entered = await services.directories.with_password(
            visitor, provider, username, password, user_agent=agent_of(request)
        )
    except _TROUBLES as error:
        services.meter.refused(ProviderKind.LDAP)
        back = login_page(wanted, tenant=tenant_of(provider), **{"with": provider})
        return failed(request, error, back, username=username[:64])
    response = await enter(request, entered.token, entered.person, wanted)
    if entered.warning:
        leave_notice(response, tone="drift", message=entered.warning, hint=_CHANGE)
    return response


@router.post(
    "/oidc/{provider}/backchannel-logout",
    responses={400: {"description": "The token does not hold."}, **documented(404, 422, 429)},
    response_class=JSONResponse,
)
@needs(Permission.PUBLIC)
async def oidc_logged_out(
    request: Request,
    provider: Key,
    logout_token: Annotated[str, Form(max_length=100_000)],
) -> Response:
    """Take an OpenID provider's word that a session there ended (Back-Channel Logout 1.0)."""
    services, visitor = registry.services(), nobody_of(request)
    await services.rates.take(Kind.SIGN_IN, visitor)
    try:
        await services.leaving.by_token(visitor, provider, logout_token)
    except SignInRefused:
        services.meter.refused(ProviderKind.OIDC)
        return JSONResponse({"error": "invalid_request"}, 400)
    return Response(status_code=200)


async def leave_for(
    request: Request,
    actor: Actor,
    kind: ProviderKind,
    provider: str,
    next_page: str,
    prove: str,
) -> Response:
    """Send the browser to a provider, with a ticket to come back with."""
    services, wanted = registry.services(), safe_next(next_page)
    try:
        await services.rates.take(Kind.SIGN_IN, nobody_of(request))
        leaving = await services.elsewhere.begin(
            actor, kind, provider, next_page=wanted, proving=bool(prove) and actor.signed_in
        )
    except _TROUBLES as error:
        return refused(request, error, kind, provider, wanted)
    response = go(leaving.url)
    leave_way(response, leaving.ticket)
    return response


async def let_in(request: Request, entered: Entered) -> Response:
    """Go on as who a provider vouched for."""
    wanted = safe_next(entered.next_page)
    if entered.proved:
        response = go(wanted or "/login")
        csrf = registry.services().sessions.csrf(entered.token)
        open_session(response, entered.token, csrf)
    else:
        response = await enter(request, entered.token, entered.person, wanted)
    forget_way(response)
    return response


def refused(
    request: Request, error: InspectorError, kind: ProviderKind, provider: str, wanted: str = ""
) -> Response:
    """Lead back to the sign-in page, which says that it did not work."""
    registry.services().meter.refused(kind)
    response = failed(request, error, login_page(wanted, tenant=tenant_of(provider)))
    forget_way(response)
    return response


async def _come_back(
    request: Request, actor: Actor, kind: ProviderKind, provider: str
) -> Response:
    services, ticket, answer = registry.services(), way_of(request), _answer_of(request)
    if is_test(request):
        return await back_from_test(request, actor, kind, provider, answer)
    try:
        await services.rates.take(Kind.SIGN_IN, nobody_of(request))
        entered = await services.elsewhere.finish(
            actor,
            kind,
            provider,
            ticket=ticket,
            answer=answer,
            user_agent=agent_of(request),
        )
    except _TROUBLES as error:
        return refused(request, error, kind, provider)
    return await let_in(request, entered)


def _answer_of(request: Request) -> Mapping[str, str]:
    """Read the query; one that says anything twice says nothing (RFC 6749, 3.1)."""
    given = request.query_params.multi_items()
    answer = dict(given)
    return answer if len(answer) == len(given) else {}


def agent_of(request: Request) -> str:
    """Return what the browser calls itself."""
    return request.headers.get("user-agent", "")


def tenant_of(key: str) -> str:
    """Return the slug of the tenant whose provider it is; "" of the installation's."""
    return key.rpartition(".")[0]
