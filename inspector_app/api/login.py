"""Sign-in, sign-out and password: plain forms, since only HTTP may set an HttpOnly cookie."""

from __future__ import annotations

import html
from typing import Annotated
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from inspector_app.api.actor import CurrentActor, address_of, nobody_of, request_id_of
from inspector_app.api.cookies import (
    end_session,
    forget_notice,
    forget_ticket,
    leave_notice,
    leave_ticket,
    open_session,
    session_token,
    ticket_of,
)
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented, of_error, problem, status_of
from inspector_app.domain.errors import (
    CodeRequired,
    InspectorError,
    NotFound,
    TooMany,
    WrongCredentials,
)
from inspector_app.domain.identity import Actor, Person
from inspector_app.domain.ids import SessionId
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry

router = APIRouter(prefix="/auth", tags=["sign-in"], default_response_class=RedirectResponse)
_SEE_OTHER = 303
_LONGEST = 4000
_TAKEN_OUT = {"", ".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"}

Csrf = Annotated[str, Form(alias="csrf_token", max_length=200)]


def safe_next(wanted: str) -> str:
    """Return `wanted` if it is a path on this very site, else ""."""
    path = wanted.partition("?")[0].partition("#")[0]
    # No path of ours has an empty segment, or one that browsers take out: `/.//host`.
    segments = path.split("/")[1:]
    local = path.startswith("/") and path[1:2] not in {"/", "\\"}
    usual = not any(segment.lower() in _TAKEN_OUT for segment in segments[:-1])
    plain = not any(ord(letter) < 32 or letter in "\\\x7f" for letter in wanted)  # noqa: PLR2004 - the last control character
    return wanted if local and usual and plain and len(wanted) <= _LONGEST else ""


@router.post("/local/login", status_code=_SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.PUBLIC)
async def sign_in(
    request: Request,
    username: Annotated[str, Form(max_length=200)],
    password: Annotated[str, Form(max_length=2000)],
    next_page: Annotated[str, Form(alias="next", max_length=_LONGEST)] = "",
) -> Response:
    """Open a session for who knows the password."""
    services = registry.services()
    wanted = safe_next(next_page)
    try:
        await registry.services().rates.take(Kind.SIGN_IN, nobody_of(request))
        token, person = await services.accounts.sign_in(
            username,
            password,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id_of(request),
        )
    except CodeRequired as error:
        response = _go(_login_page(wanted, step="code"))
        leave_ticket(response, error.ticket)
        return response
    except (WrongCredentials, TooMany) as error:
        registry.services().meter.refused("local")
        return _failed(request, error, _login_page(wanted), username=username[:64])
    return await _enter(request, token, person, wanted)


@router.post("/local/second-step", status_code=_SEE_OTHER, responses=documented(401, 422, 429))
@needs(Permission.PUBLIC)
async def second_step(
    request: Request,
    code: Annotated[str, Form(max_length=200)],
    next_page: Annotated[str, Form(alias="next", max_length=_LONGEST)] = "",
) -> Response:
    """Open a session for who gave the password and now brings a code, or a recovery code."""
    wanted = safe_next(next_page)
    try:
        await registry.services().rates.take(Kind.SIGN_IN, nobody_of(request))
        token, person = await registry.services().accounts.second_step(
            ticket_of(request),
            code,
            address=address_of(request),
            user_agent=request.headers.get("user-agent", ""),
            request_id=request_id_of(request),
        )
    except (WrongCredentials, TooMany) as error:
        registry.services().meter.refused("local")
        return _failed(request, error, _login_page(wanted, step="code"))
    return await _enter(request, token, person, wanted)


@router.post("/local/prove", status_code=_SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.SESSION_OWN)
async def prove(
    request: Request,
    actor: CurrentActor,
    secret: Annotated[str, Form(max_length=2000)],
    next_page: Annotated[str, Form(alias="next", max_length=_LONGEST)] = "",
    csrf_token: Csrf = "",
) -> Response:
    """Take the password, or the second step's code, once more; the session's token changes."""
    if (refusal := _forged(request, csrf_token)) is not None:
        return refusal
    services = registry.services()
    back = safe_next(next_page) or "/login"
    try:
        token = await services.accounts.prove(actor, secret)
    except InspectorError as error:
        return _failed(request, error, back if actor.signed_in else "/login")
    response = _go(back)
    open_session(response, token, services.sessions.csrf(token))
    return response


@router.get("/renew", status_code=_SEE_OTHER, responses=documented(401, 422, 429))
@needs(Permission.PUBLIC)
async def renew(
    request: Request,
    actor: CurrentActor,
    next_page: Annotated[str, Query(alias="next", max_length=_LONGEST)] = "",
) -> Response:
    """After a change of role: give the session its next token, and go on."""
    services = registry.services()
    wanted = safe_next(next_page)
    token = await services.sessions.renew_if_due(session_token(request), actor)
    known = token is not None or actor.signed_in
    response = _go(wanted or "/login" if known else _login_page(wanted))
    if token is not None:
        open_session(response, token, services.sessions.csrf(token))
    return response


@router.post("/logout", status_code=_SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.PUBLIC)
async def sign_out(request: Request, actor: CurrentActor, csrf_token: Csrf = "") -> Response:
    """End the session, wherever its page is open."""
    if actor.session is not None:
        if (refusal := _forged(request, csrf_token)) is not None:
            return refusal
        await registry.services().sessions.close(actor)
    response = _go("/login")
    end_session(response)
    return response


@router.post("/local/password", status_code=_SEE_OTHER, responses=documented(401, 403, 422, 429))
@needs(Permission.SESSION_OWN)
async def change_password(
    request: Request,
    actor: CurrentActor,
    current: Annotated[str, Form(max_length=2000)],
    new: Annotated[str, Form(max_length=2000)],
    next_page: Annotated[str, Form(alias="next", max_length=_LONGEST)] = "",
    csrf_token: Csrf = "",
) -> Response:
    """Replace the password, end every session, and go on in a new one."""
    if (refusal := _forged(request, csrf_token)) is not None:
        return refusal
    services = registry.services()
    back = safe_next(next_page) or "/setup"
    try:
        token = await services.accounts.change_password(
            actor, current, new, user_agent=request.headers.get("user-agent", "")
        )
    except InspectorError as error:
        return _failed(request, error, back if actor.signed_in else "/login")
    first = actor.must_change_password
    response = _go(await _home(request, token) if first else back)
    open_session(response, token, services.sessions.csrf(token))
    if not first:
        leave_notice(
            response, tone="completed", message="Your password is changed. Other sessions ended."
        )
    return response


@router.post("/sessions/revoke", status_code=_SEE_OTHER, responses=documented(401, 403, 404, 422))
@needs(Permission.SESSION_OWN)
async def revoke_session(
    request: Request,
    actor: CurrentActor,
    session_id: Annotated[str, Form(max_length=64)] = "",
    others: Annotated[str, Form(max_length=8)] = "",
    csrf_token: Csrf = "",
) -> Response:
    """End one of one's own sessions, or all but this one."""
    if (refusal := _forged(request, csrf_token)) is not None:
        return refusal
    sessions = registry.services().sessions
    home = await _home(request, session_token(request) or "")
    back = home.replace("/overview", "/account")
    try:
        if others == "true":
            ended = await sessions.revoke_others(actor)
            message = f"{ended} other session{'s' * (ended != 1)} ended."
        else:
            await sessions.revoke(actor, _parse_session(session_id))
            message = "The session ended."
    except InspectorError as error:
        return _failed(request, error, back if actor.signed_in else "/login")
    response = _go(back)
    leave_notice(response, tone="completed", message=message)
    return response


def _parse_session(text: str) -> SessionId:
    try:
        return SessionId(UUID(text))
    except ValueError:
        raise NotFound("There is no such session of yours.") from None


def _forged(request: Request, csrf_token: str) -> Response | None:
    """Refuse a form without the session's CSRF token, in its field or in the header."""
    token = session_token(request)
    given = csrf_token or request.headers.get("x-csrf-token", "")
    if token is None or registry.services().sessions.csrf_matches(token, given):
        return None
    return problem(
        403,
        "CSRF token missing or wrong",
        "The form was not filled on a page of this session.",
        hint="Load the page again and repeat it.",
        request_id=request_id_of(request),
    )


def _login_page(wanted: str, **fields: str) -> str:
    fields |= {"next": wanted} if wanted else {}
    return f"/login?{urlencode(fields, quote_via=quote, safe='')}" if fields else "/login"


async def _enter(request: Request, token: str, person: Person, wanted: str) -> Response:
    """Go on in a new session."""
    await _end_earlier(request)
    home = await _home(request, token)
    response = _go("/setup" if person.must_change_password else wanted or home)
    open_session(response, token, registry.services().sessions.csrf(token))
    forget_ticket(response)
    return response


async def _behind(request: Request, token: str | None) -> Actor:
    return await registry.services().sessions.resolve(
        token,
        tenant_slug="",
        address=address_of(request),
        request_id=request_id_of(request),
        active=False,
    )


async def _end_earlier(request: Request) -> None:
    """End the session this browser had: nobody could reach it any more to sign out."""
    earlier = await _behind(request, session_token(request))
    if earlier.session is not None:
        await registry.services().sessions.close(earlier)


async def _home(request: Request, token: str) -> str:
    """Where a person lands: the overview of their first tenant."""
    return f"/t/{await _first_tenant(await _behind(request, token))}/overview"


async def _first_tenant(actor: Actor) -> str:
    if actor.tenant_slug or not actor.signed_in:
        return actor.tenant_slug
    memberships = await registry.services().tenancy.memberships(actor)
    return memberships[0].tenant.slug if memberships else ""


def _go(path: str) -> Response:
    """Go on after a form that went through; what an earlier try answered is past."""
    response = RedirectResponse(path, _SEE_OTHER)
    forget_notice(response)
    return response


def _failed(request: Request, error: InspectorError, back: str, *, username: str = "") -> Response:
    """Answer a failed form: a problem for programs, for browsers the way back to the page.

    The page reads what to say from a short-lived cookie: nothing typed stands in an address.
    """
    if "text/html" not in request.headers.get("accept", ""):
        return of_error(error, request_id_of(request))
    target = html.escape(back, quote=True)
    response = HTMLResponse(
        "<!doctype html><html lang='en'><title>Not accepted</title>"
        '<link rel="icon" href="/favicon.svg">'
        f'<meta http-equiv="refresh" content="0;url={target}"><p>{html.escape(error.detail)} '
        f'<a href="{target}">Go back</a>',
        status_of(error),
    )
    if isinstance(error, TooMany):
        response.headers["Retry-After"] = str(int(error.retry_after) + 1)
    leave_notice(response, message=error.detail, hint=error.hint, username=username)
    return response
