"""SAML over HTTP: to the provider and back, log-outs from both sides, our metadata."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from inspector_app.api.actor import CurrentActor, nobody_of
from inspector_app.api.cookies import way_of
from inspector_app.api.declared import needs
from inspector_app.api.elsewhere import (
    Key,
    Next,
    Prove,
    agent_of,
    leave_for,
    let_in,
    refused,
)
from inspector_app.api.errors import documented
from inspector_app.api.forms import SEE_OTHER, go
from inspector_app.api.testing import Test, back_from_test, is_test, leave_to_test
from inspector_app.domain.errors import NotFound, TooMany
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SamlSent, SignInRefused
from inspector_app.services import registry

router = APIRouter(prefix="/auth/saml", tags=["sign-in"], default_response_class=RedirectResponse)
_TROUBLES = (SignInRefused, NotFound, TooMany)
_ANSWERS = documented(401, 404, 422, 429)
_LONGEST, _LONGEST_RELAY = 2**20, 2000
_XML = "application/samlmetadata+xml"

Relay = Annotated[str, Form(alias="RelayState", max_length=_LONGEST_RELAY)]


@router.get("/{provider}/login", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def saml_login(
    request: Request,
    actor: CurrentActor,
    provider: Key,
    next_page: Next = "",
    prove: Prove = "",
    test: Test = "",
) -> Response:
    """Go to a SAML identity provider, with a signed request."""
    if test:
        return await leave_to_test(request, actor, ProviderKind.SAML, provider, test)
    return await leave_for(request, actor, ProviderKind.SAML, provider, next_page, prove)


@router.post("/{provider}/acs", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def saml_acs(
    request: Request,
    provider: Key,
    response: Annotated[str, Form(alias="SAMLResponse", max_length=_LONGEST)],
    relay: Relay = "",
) -> Response:
    """Take what the provider has a browser post, from its site: verified, it waits for `finish`.

    No cookie of ours comes along, so nobody is signed in here.
    """
    services, visitor = registry.services(), nobody_of(request)
    try:
        await services.rates.take(Kind.SIGN_IN, visitor)
        handle = await services.arrivals.arrive(visitor, provider, response, relay=relay)
    except _TROUBLES as error:
        return refused(request, error, ProviderKind.SAML, provider)
    return go(f"/auth/saml/{provider}/finish?{urlencode({'handle': handle})}")


@router.get("/{provider}/finish", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def saml_finish(
    request: Request,
    actor: CurrentActor,
    provider: Key,
    handle: Annotated[str, Query(max_length=200)],
) -> Response:
    """Let in the browser that asked for what arrived under the handle."""
    services, ticket = registry.services(), way_of(request)
    if is_test(request):
        answer = {"handle": handle}
        return await back_from_test(request, actor, ProviderKind.SAML, provider, answer)
    try:
        await services.rates.take(Kind.SIGN_IN, nobody_of(request))
        entered = await services.arrivals.fetch(
            actor,
            provider,
            ticket=ticket,
            handle=handle,
            user_agent=agent_of(request),
        )
    except _TROUBLES as error:
        return refused(request, error, ProviderKind.SAML, provider)
    return await let_in(request, entered)


@router.get("/{provider}/sls", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def saml_log_out(
    request: Request,
    provider: Key,
    relay: Annotated[str, Query(alias="RelayState", max_length=_LONGEST_RELAY)] = "",
) -> Response:
    """Take a log-out message by redirect: signed, over the query as it stands."""
    return await _log_out(request, provider, SamlSent(request.url.query), relay)


@router.post("/{provider}/sls", status_code=SEE_OTHER, responses=_ANSWERS)
@needs(Permission.PUBLIC)
async def saml_log_out_posted(
    request: Request,
    provider: Key,
    asked: Annotated[str, Form(alias="SAMLRequest", max_length=_LONGEST)] = "",
    answered: Annotated[str, Form(alias="SAMLResponse", max_length=_LONGEST)] = "",
    relay: Relay = "",
) -> Response:
    """Take a log-out message by POST: signed within."""
    name, message = ("SAMLResponse", answered) if answered else ("SAMLRequest", asked)
    sent = SamlSent(urlencode({name: message}), posted=True)
    return await _log_out(request, provider, sent, relay)


@router.get(
    "/{provider}/metadata",
    response_class=Response,
    responses={
        200: {"description": "An EntityDescriptor", "content": {_XML: {}}},
        **documented(404, 409, 422, 429),
    },
)
@needs(Permission.PUBLIC)
async def saml_metadata(request: Request, provider: Key) -> Response:
    """Describe Inspector to the identity provider; signed."""
    services, visitor = registry.services(), nobody_of(request)
    await services.rates.take(Kind.READ, visitor)
    return Response(await services.saml.metadata(visitor, provider), media_type=_XML)


async def _log_out(request: Request, provider: str, sent: SamlSent, relay: str) -> Response:
    services, visitor = registry.services(), nobody_of(request)
    try:
        await services.rates.take(Kind.SIGN_IN, visitor)
        return go(await services.saml.by_message(visitor, provider, sent, relay=relay))
    except _TROUBLES as error:
        return refused(request, error, ProviderKind.SAML, provider)
