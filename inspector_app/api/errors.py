"""Errors as RFC 9457 problems: what happened, why, what to do. Never a stack trace."""

from __future__ import annotations

import math
import traceback
from datetime import UTC, datetime

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from inspector_app.api.actor import request_id_of
from inspector_app.domain.errors import (
    CodeRequired,
    Conflict,
    Denied,
    InspectorError,
    Invalid,
    NotFound,
    NotReached,
    OneTimePasswordOver,
    PasswordChangeRequired,
    ProofRequired,
    Refused,
    RenewalRequired,
    SignInRequired,
    StorageUnavailable,
    SwitchedOff,
    TooMany,
    Unreachable,
    WrongCredentials,
    WrongToken,
)
from inspector_app.domain.signing_in import SignInFault, SignInRefused

log = structlog.get_logger(__name__)

STATUS: dict[type[InspectorError], int] = {
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    SwitchedOff: 409,
    SignInRequired: 401,
    RenewalRequired: 401,
    WrongCredentials: 401,
    OneTimePasswordOver: 401,
    WrongToken: 401,
    SignInRefused: 401,
    CodeRequired: 401,
    PasswordChangeRequired: 403,
    ProofRequired: 403,
    Denied: 403,
    TooMany: 429,
    Refused: 502,
    NotReached: 502,
    SignInFault: 502,
    Unreachable: 503,
    StorageUnavailable: 503,
}
MEDIA_TYPE = "application/problem+json"
_LONGEST_PLACE = 200


def status_of(error: InspectorError) -> int:
    """Return the HTTP status of an error; 500 for a kind nobody named."""
    return STATUS.get(type(error), 500)


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    hint: str = "",
    kind: str = "about:blank",
    request_id: str = "",
    more: dict[str, object] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """Make a problem document."""
    body = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail,
        "hint": hint,
        "request_id": request_id,
        **(more or {}),
    }
    return Response(orjson.dumps(body), status, headers, MEDIA_TYPE)


def of_error(error: InspectorError, request_id: str) -> Response:
    """Make the problem document of an error that Inspector explains."""
    more: dict[str, object] = {}
    headers: dict[str, str] = {}
    match error:
        case Invalid() if error.field:
            more["field"] = error.field
        case SwitchedOff():
            more["flag"] = error.flag
        case Denied() if error.needs:
            more["needs"] = error.needs
        case SignInRequired():
            headers["WWW-Authenticate"] = "Bearer"
        case WrongToken():
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        case TooMany():
            headers["Retry-After"] = str(math.ceil(error.retry_after))
        case Unreachable():
            more["address"] = error.address
            moment = error.next_try.astimezone(UTC).isoformat(timespec="milliseconds")
            more["next_try"] = moment.replace("+00:00", "Z")
            wait = (error.next_try - datetime.now(UTC)).total_seconds()
            headers["Retry-After"] = str(max(1, math.ceil(wait)))
        case _:
            pass
    name = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(error).__name__)
    return problem(
        status_of(error),
        error.title,
        error.detail,
        hint=error.hint,
        kind=f"urn:inspector:problem:{name.lstrip('-')}",
        request_id=request_id,
        more=more,
        headers=headers,
    )


def install(app: FastAPI) -> None:
    """Answer every error of `app` as a problem document."""

    @app.exception_handler(InspectorError)
    async def explained(request: Request, error: InspectorError) -> Response:
        return of_error(error, request_id_of(request))

    @app.exception_handler(RequestValidationError)
    async def unfit(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        broken_json = first["type"] == "json_invalid"
        # Of broken JSON the place is a character's number, of the body as a whole nothing.
        place = ["body"] if broken_json else [str(part) for part in first["loc"]]
        what = " ".join(place[1:])[:_LONGEST_PLACE] or place[0]
        return problem(
            400 if broken_json else 422,
            "The body is not JSON" if broken_json else "The input is not valid",
            f"{what}: {first['msg']}.",
            kind="urn:inspector:problem:invalid",
            request_id=request_id_of(request),
            more={"field": place[-1]},
        )

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        return problem(
            error.status_code,
            str(error.detail),
            f"{request.method} {request.url.path[:200]}",
            request_id=request_id_of(request),
            headers=dict(error.headers or {}),
        )

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> Response:
        # Its message may hold a payload: kind and place are enough to find it.
        place = "".join(traceback.format_tb(error.__traceback__))
        log.error("request_failed", kind=type(error).__name__, place=place)
        return problem(
            500,
            "Something went wrong in Inspector",
            "It is in the log, under the request id.",
            hint="Try again; if it stays so, give the request id to the operator.",
            request_id=request_id_of(request),
        )


def documented(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Describe problem answers in the OpenAPI document."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": "A problem", "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in statuses
    }
