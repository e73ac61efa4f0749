"""What forms and sign-ins answer a browser: on to a page of ours, or back with what is wrong."""

from __future__ import annotations

import html
from urllib.parse import quote, urlencode

from fastapi import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from inspector_app.api.actor import address_of, request_id_of
from inspector_app.api.cookies import (
    forget_notice,
    forget_ticket,
    leave_notice,
    open_session,
    session_token,
)
from inspector_app.api.errors import of_error, problem, status_of
from inspector_app.domain.errors import InspectorError, TooMany
from inspector_app.domain.identity import Actor, Person
from inspector_app.services import registry

SEE_OTHER = 303
LONGEST_NEXT = 4000
_TAKEN_OUT = {"", ".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"}


def safe_next(wanted: str) -> str:
    """Return `wanted` if it is a path on this very site, else ""."""
    path = wanted.partition("?")[0].partition("#")[0]
    # No path of ours has an empty segment, or one that browsers take out: `/.//host`.
    segments = path.split("/")[1:]
    local = path.startswith("/") and path[1:2] not in {"/", "\\"}
    usual = not any(segment.lower() in _TAKEN_OUT for segment in segments[:-1])
    plain = not any(ord(letter) < 32 or letter in "\\\x7f" for letter in wanted)  # noqa: PLR2004 - the last control character
    return wanted if local and usual and plain and len(wanted) <= LONGEST_NEXT else ""


def forged(request: Request, csrf_token: str) -> Response | None:
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


def login_page(wanted: str, *, tenant: str = "", **fields: str) -> str:
    """The sign-in page, of a tenant where one is given; from there it goes on to `wanted`."""
    fields |= {"next": wanted} if wanted else {}
    path = f"/login/{tenant}" if tenant else "/login"
    return f"{path}?{urlencode(fields, quote_via=quote, safe='')}" if fields else path


async def enter(request: Request, token: str, person: Person, wanted: str) -> Response:
    """Go on in a new session."""
    await _end_earlier(request)
    landing = await home(request, token)
    response = go("/setup" if person.must_change_password else wanted or landing)
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


async def home(request: Request, token: str) -> str:
    """Where a person lands: the overview of their first tenant."""
    return f"/t/{await _first_tenant(await _behind(request, token))}/overview"


async def _first_tenant(actor: Actor) -> str:
    if actor.tenant_slug or not actor.signed_in:
        return actor.tenant_slug
    memberships = await registry.services().tenancy.memberships(actor)
    return memberships[0].tenant.slug if memberships else ""


def go(path: str) -> Response:
    """Go on after a form that went through; what an earlier try answered is past."""
    response = RedirectResponse(path, SEE_OTHER)
    forget_notice(response)
    return response


def away(url: str) -> Response:
    """Go on to another site after a form: by a page, since a form may not be redirected there.

    A browser holds `form-action` of the page with the form against every redirect behind it.
    """
    target = html.escape(url, quote=True)
    response = HTMLResponse(
        "<!doctype html><html lang='en'><title>One moment</title>"
        '<link rel="icon" href="/favicon.svg">'
        f'<meta http-equiv="refresh" content="0;url={target}"><p>One moment. '
        f'<a href="{target}">Go on to where you signed in</a>'
    )
    forget_notice(response)
    return response


def failed(request: Request, error: InspectorError, back: str, *, username: str = "") -> Response:
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
