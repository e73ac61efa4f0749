"""The cookies, by their names and flags (contracts.md)."""

from __future__ import annotations

import base64
import secrets

import orjson
from starlette.requests import HTTPConnection
from starlette.responses import Response

from inspector_app.domain.identity import SESSION_LIFETIME
from inspector_app.domain.signing_in import UNDER_WAY
from inspector_app.settings import load_settings

_SESSION, _CSRF, _NOTICE = "inspector_session", "inspector_csrf", "inspector_notice"
_TICKET, _WAY = "inspector_ticket", "inspector_way"
_TICKET_SECONDS = 300
_NOTICE_SECONDS = 15
"""Long enough for one redirect and one page."""


def _secure() -> bool:
    return bool(load_settings().cookie_prefix)


def _name(name: str) -> str:
    return load_settings().cookie_prefix + name


def session_token(request: HTTPConnection) -> str | None:
    """Return the session's token, if the browser sent one."""
    return request.cookies.get(_name(_SESSION))


def open_session(response: Response, token: str, csrf: str) -> None:
    """Give the browser a session; the CSRF token is readable by our own pages."""
    seconds = int(SESSION_LIFETIME.total_seconds())
    for name, value, hidden in ((_SESSION, token, True), (_CSRF, csrf, False)):
        response.set_cookie(
            _name(name),
            value,
            max_age=seconds,
            path="/",
            secure=_secure(),
            httponly=hidden,
            samesite="lax",
        )


def end_session(response: Response) -> None:
    """Take the session from the browser."""
    for name, hidden in ((_SESSION, True), (_CSRF, False)):
        response.delete_cookie(
            _name(name),
            path="/",
            secure=_secure(),
            httponly=hidden,
            samesite="lax",
        )


def leave_ticket(response: Response, ticket: str) -> None:
    """Keep that the password was right until the code comes."""
    response.set_cookie(
        _name(_TICKET),
        ticket,
        max_age=_TICKET_SECONDS,
        path="/",
        secure=_secure(),
        httponly=True,
        samesite="lax",
    )


def ticket_of(request: HTTPConnection) -> str:
    """Return what `leave_ticket` left."""
    return request.cookies.get(_name(_TICKET), "")


def forget_ticket(response: Response) -> None:
    """Take the ticket from the browser."""
    response.delete_cookie(
        _name(_TICKET), path="/", secure=_secure(), httponly=True, samesite="lax"
    )


def leave_way(response: Response, ticket: str) -> None:
    """Keep that this browser went to a provider, until it is back."""
    response.set_cookie(
        _name(_WAY),
        ticket,
        max_age=int(UNDER_WAY.total_seconds()),
        path="/",
        secure=_secure(),
        httponly=True,
        samesite="lax",  # it comes back by a GET: a provider's POST to the ACS needs no cookie
    )


def way_of(request: HTTPConnection) -> str:
    """Return what `leave_way` left."""
    return request.cookies.get(_name(_WAY), "")


def forget_way(response: Response) -> None:
    """Take it from the browser: an answer is taken once."""
    response.delete_cookie(_name(_WAY), path="/", secure=_secure(), httponly=True, samesite="lax")


def leave_notice(response: Response, **fields: str) -> None:
    """Tell the next page what a form answered; never a password."""
    fields["of"] = secrets.token_urlsafe(6)  # two that say the same are two
    value = base64.urlsafe_b64encode(orjson.dumps(fields)).decode().rstrip("=")
    response.set_cookie(
        _name(_NOTICE),
        value,
        max_age=_NOTICE_SECONDS,
        path="/",
        secure=_secure(),
        httponly=True,
        samesite="lax",
    )


def forget_notice(response: Response) -> None:
    """Take back what an earlier form answered."""
    response.delete_cookie(
        _name(_NOTICE), path="/", secure=_secure(), httponly=True, samesite="lax"
    )
