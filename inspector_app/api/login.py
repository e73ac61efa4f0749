"""Sign-in, sign-out and password: plain forms, since only HTTP may set an HttpOnly cookie."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import RedirectResponse, Response

from inspector_app.api.actor import CurrentActor, address_of, nobody_of, request_id_of
from inspector_app.api.cookies import (
    end_session,
    leave_notice,
    leave_ticket,
    open_session,
    session_token,
    ticket_of,
)
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.forms import (
    LONGEST_NEXT,
    SEE_OTHER,
    away,
    enter,
    failed,
    forged,
    go,
    home,
    login_page,
    safe_next,
)
from inspector_app.domain.errors import (
    CodeRequired,
    InspectorError,
    NotFound,
    TooMany,
    WrongCredentials,
)
from inspector_app.domain.identity import LOCAL, Actor
from inspector_app.domain.ids import SessionId
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.domain.signing_in import SignInFault
from inspector_app.services import registry

router = APIRouter(prefix="/auth", tags=["sign-in"], default_response_class=RedirectResponse)

Csrf = Annotated[str, Form(alias="csrf_token", max_length=200)]


@router.post("/local/login", status_code=SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.PUBLIC)
async def sign_in(
    request: Request,
    username: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next_page: Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)] = "",
) -> Response:
    """Open a session for who knows the password."""
    services = registry.services()
    wanted = safe_next(next_page)
    try:
        await registry.services().rates.take(Kind.SIGN_IN, nobody_of(request))
        token, person = await services.local.sign_in(
            username,
            password,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id_of(request),
        )
    except CodeRequired as error:
        response = go(login_page(wanted, step="code"))
        leave_ticket(response, error.ticket)
        return response
    except (WrongCredentials, TooMany) as error:
        registry.services().meter.refused("local")
        return failed(request, error, login_page(wanted), username=username[:64])
    return await enter(request, token, person, wanted)


@router.post("/local/second-step", status_code=SEE_OTHER, responses=documented(401, 422, 429))
@needs(Permission.PUBLIC)
async def second_step(
    request: Request,
    code: Annotated[str, Form(max_length=200)],
    next_page: Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)] = "",
) -> Response:
    """Open a session for who gave the password and now brings a code, or a recovery code."""
    wanted = safe_next(next_page)
    try:
        await registry.services().rates.take(Kind.SIGN_IN, nobody_of(request))
        token, person = await registry.services().local.second_step(
            ticket_of(request),
            code,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id_of(request),
        )
    except (WrongCredentials, TooMany) as error:
        registry.services().meter.refused("local")
        return failed(request, error, login_page(wanted, step="code"))
    return await enter(request, token, person, wanted)


@router.post("/local/prove", status_code=SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.SESSION_OWN)
async def prove(
    request: Request,
    actor: CurrentActor,
    secret: Annotated[str, Form(max_length=2000)] = "",
    next_page: Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)] = "",
    csrf_token: Csrf = "",
) -> Response:
    """Take the password, or the second step's code, once more; the session's token changes.

    Who signed in elsewhere goes there to be asked again, and comes back.
    """
    if (refusal := forged(request, csrf_token)) is not None:
        return refusal
    services = registry.services()
    back = safe_next(next_page) or "/login"
    try:
        if actor.provider in {"", LOCAL.provider}:
            token = await services.local.prove(actor, secret)
        elif (there := await services.provider_offers.asks_there(actor)) is not None:
            return away(f"{there.path}?{urlencode({'prove': 'true', 'next': back})}")
        else:
            token = await services.directories.prove(actor, secret)
    except InspectorError as error:
        return failed(request, error, back if actor.signed_in else "/login")
    response = go(back)
    open_session(response, token, services.sessions.csrf(token))
    return response


@router.get("/renew", status_code=SEE_OTHER, responses=documented(401, 422, 429))
@needs(Permission.PUBLIC)
async def renew(
    request: Request,
    actor: CurrentActor,
    next_page: Annotated[str, Query(alias="next", max_length=LONGEST_NEXT)] = "",
) -> Response:
    """After a change of role: give the session its next token, and go on."""
    services = registry.services()
    wanted = safe_next(next_page)
    token = await services.sessions.renew_if_due(session_token(request), actor)
    known = token is not None or actor.signed_in
    response = go(wanted or "/login" if known else login_page(wanted))
    if token is not None:
        open_session(response, token, services.sessions.csrf(token))
    return response


@router.post("/logout", status_code=SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.PUBLIC)
async def sign_out(request: Request, actor: CurrentActor, csrf_token: Csrf = "") -> Response:
    """End the session, wherever its page is open."""
    if actor.session is not None:
        if (refusal := forged(request, csrf_token)) is not None:
            return refusal
        return await _left(actor)
    response = go("/login")
    end_session(response)
    return response


async def _left(actor: Actor) -> Response:
    """End the session here, then lead on to where the provider ends its own."""
    there, fault = None, ""
    try:
        there = await registry.services().leaving.log_out(actor)
    except SignInFault as error:
        fault = error.detail
    response = away(there) if there else go("/login")
    end_session(response)
    if fault:
        leave_notice(
            response,
            message="You are signed out here. Where you signed in, you may still be.",
            hint=f"{fault} Sign out there, too, if others use this browser.",
        )
    return response


@router.post("/local/password", status_code=SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.SESSION_OWN)
async def change_password(
    request: Request,
    actor: CurrentActor,
    current: Annotated[str, Form(max_length=2000)],
    new: Annotated[str, Form(max_length=2000)],
    next_page: Annotated[str, Form(alias="next", max_length=LONGEST_NEXT)] = "",
    csrf_token: Csrf = "",
) -> Response:
    """Replace the password, end every session, and go on in a new one."""
    if (refusal := forged(request, csrf_token)) is not None:
        return refusal
    services = registry.services()
    back = safe_next(next_page) or "/setup"
    try:
        token = await services.local.change_password(
            actor, current, new, user_agent=request.headers.get("user-agent", "")
        )
    except InspectorError as error:
        return failed(request, error, back if actor.signed_in else "/login")
    first = actor.must_change_password
    response = go(await home(request, token) if first else back)
    open_session(response, token, services.sessions.csrf(token))
    if not first:
        leave_notice(
            response, tone="completed", message="Your password is changed. Other sessions ended."
        )
    return response


@router.post("/sessions/revoke", status_code=SEE_OTHER, responses=documented(401, 403, 404, 422))
@needs(Permission.SESSION_OWN)
async def revoke_session(
    request: Request,
    actor: CurrentActor,
    session_id: Annotated[str, Form(max_length=64)] = "",
    others: Annotated[str, Form(max_length=8)] = "",
    csrf_token: Csrf = "",
) -> Response:
    """End one of one's own sessions, or all but this one."""
    if (refusal := forged(request, csrf_token)) is not None:
        return refusal
    sessions = registry.services().sessions
    landing = await home(request, session_token(request) or "")
    back = landing.replace("/overview", "/account")
    try:
        if others == "true":
            ended = await sessions.revoke_others(actor)
            message = f"{ended} other session{'s' * (ended != 1)} ended."
        else:
            await sessions.revoke(actor, _parse_session(session_id))
            message = "The session ended."
    except InspectorError as error:
        return failed(request, error, back if actor.signed_in else "/login")
    response = go(back)
    leave_notice(response, tone="completed", message=message)
    return response


def _parse_session(text: str) -> SessionId:
    try:
        return SessionId(UUID(text))
    except ValueError:
        raise NotFound("There is no such session of yours.") from None
