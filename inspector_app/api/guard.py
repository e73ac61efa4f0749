"""The outer guard: one ASGI layer around everything, Reflex and its websocket included."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from inspector_app.api import metrics, proxies
from inspector_app.api.actor import has_bearer
from inspector_app.api.bodies import MOST_BODY, TOO_LARGE, Body
from inspector_app.api.cookies import session_token
from inspector_app.api.errors import problem
from inspector_app.api.headers import caching, common, content_security_policy
from inspector_app.domain.ids import new_id
from inspector_app.services import registry
from inspector_app.settings import Settings

MOST_HEADERS, MOST_ADDRESS = 32 * 2**10, 16 * 2**10
_MOST_LINES = 100
_LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}
_SAFE = {"GET", "HEAD", "OPTIONS"}
_CLOSED = ("/ping", "/_health", "/_upload", "/_all_routes", "/auth-codespace")
"""What Reflex mounts and no page of ours needs."""
_WITHOUT_SESSION = {"/auth/local/login"}
_FROM_PROVIDERS = re.compile(
    r"/auth/(?:oidc/[a-z0-9.-]+/backchannel-logout|saml/[a-z0-9.-]+/(?:acs|sls))"
)
"""What providers post to, from their site or machine. Each is guarded by a signature and taken
once; none acts by a cookie."""
_FORM = "application/x-www-form-urlencoded"


def refusals(method: str) -> set[int]:
    """Return the statuses the guard may answer with, whatever route a request is for."""
    return {TOO_LARGE, 414, 421, 431} | (set() if method in _SAFE else {403})


class OuterGuard:
    """Host, Origin, CSRF, limits, headers and request ids, before anything else runs."""

    def __init__(self, app: ASGIApp, settings: Settings, script_hashes: frozenset[str]) -> None:
        self._app = app
        self._public = urlsplit(settings.public_url)
        self._origin = settings.public_url
        self._proxies = settings.trusted_proxies
        policy = content_security_policy(settings.public_url, script_hashes)
        self._headers = common(policy, https=self._public.scheme == "https")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, answer it, or close the socket."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        request_id = str(new_id(datetime.now(UTC)))
        scope = proxies.believe({**scope, "inspector.request_id": request_id}, self._proxies)
        structlog.contextvars.bind_contextvars(request_id=request_id)
        try:
            refusal = self._refusal(scope, Headers(scope=scope), request_id)
            if scope["type"] == "websocket":
                await self._websocket(scope, receive, send, refusal)
            else:
                await self._http(scope, receive, send, refusal)
        finally:
            structlog.contextvars.unbind_contextvars("request_id", "actor", "tenant")

    async def _websocket(
        self, scope: Scope, receive: Receive, send: Send, refusal: Response | None
    ) -> None:
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await receive()
        # Closing before accepting answers the handshake with 403.
        await send({"type": "websocket.close", "code": 1008, "reason": ""})

    async def _http(
        self, scope: Scope, receive: Receive, send: Send, refusal: Response | None
    ) -> None:
        answer, body = metrics.Answer(scope), Body(receive, Headers(scope=scope))

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                if message["status"] == TOO_LARGE:
                    await body.drain()
                self._dress(scope, message)
                answer.status = message["status"]
            await send(message)
            ended = message["type"] == "http.response.body" and not message.get("more_body")
            answer.ended = answer.ended or ended

        try:
            if refusal is not None:
                await refusal(scope, receive, dressed)
            else:
                await self._app(scope, body.receive, dressed)
        except Exception:
            # With a whole answer sent, `errors` has logged it; the server would once more, and
            # not as one line.
            if not answer.ended:
                raise
        finally:
            answer.count()

    def _dress(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in self._headers:
            headers[name.decode()] = value.decode()
        headers["x-request-id"] = scope["inspector.request_id"]
        failed = message["status"] >= 400  # noqa: PLR2004 - HTTP's own line
        headers["cache-control"] = "no-store" if failed else caching(scope["path"]).decode()
        headers["server"] = "inspector"  # else the server adds its own name

    def _refusal(  # noqa: PLR0911 - one line a reason
        self, scope: Scope, headers: Headers, request_id: str
    ) -> Response | None:
        """Return why a request is not let in, or None."""
        if (answer := _too_much_asked(scope, request_id)) is not None:
            return answer
        if (answer := self._host(scope, headers, request_id)) is not None:
            return answer
        if scope["type"] == "websocket":
            same = headers.getlist("origin") == [self._origin]
            return None if same else problem(403, "Foreign origin", "", request_id=request_id)
        path = scope["path"]
        if any(path == closed or path.startswith(f"{closed}/") for closed in _CLOSED):
            return problem(404, "Not found", "", request_id=request_id)
        if not _fits(headers.get("content-length", "0")):
            return _too_large(scope)
        # What carries a bearer token acts by that alone (`actor_of`), so nobody can borrow it.
        if scope["method"] in _SAFE or (path.startswith("/api/") and has_bearer(headers)):
            return None
        if _FROM_PROVIDERS.fullmatch(path):
            return None
        return self._cross_site(scope, headers, request_id)

    def _host(self, scope: Scope, headers: Headers, request_id: str) -> Response | None:
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        if host == self._public.netloc:
            return None
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        on_loopback = (self._public.hostname or "") in _LOOPBACK
        if on_loopback and name in _LOOPBACK and scope.get("method") in {"GET", "HEAD"}:
            query = scope["query_string"].decode("latin-1")
            # The raw path keeps its escapes; it begins with one slash or is no path at all.
            path = "/" + scope.get("raw_path", b"/").decode("latin-1").lstrip("/")
            target = f"{self._origin}{path}" + (f"?{query}" if query else "")
            return RedirectResponse(target, 308)
        return problem(
            421,
            "Unknown host",
            f"Inspector answers to {self._public.netloc} only.",
            hint="Open that address, or set INSPECTOR_PUBLIC_URL to the one people use.",
            request_id=request_id,
        )

    def _cross_site(self, scope: Scope, headers: Headers, request_id: str) -> Response | None:
        """Refuse what another site may have caused: every unsafe request is asked."""
        site = headers.get("sec-fetch-site")
        origin = headers.get("origin")
        from_here = site == "same-origin" if site else origin == self._origin
        if not from_here or (origin is not None and origin != self._origin):
            return problem(
                403,
                "Cross-site request",
                "It did not come from a page of Inspector.",
                hint=f"Send Origin: {self._origin}",
                request_id=request_id,
            )
        token = session_token(HTTPConnection(scope))
        if scope["path"] in _WITHOUT_SESSION or token is None:
            return None
        if _is_form(scope, headers):
            return None  # the token is in the form; the route reads and compares it
        given = headers.get("x-csrf-token", "")
        if registry.services().sessions.csrf_matches(token, given):
            return None
        return problem(
            403,
            "CSRF token missing or wrong",
            "A cookie request that acts carries X-CSRF-Token, the value of the CSRF cookie.",
            request_id=request_id,
        )


def _is_form(scope: Scope, headers: Mapping[str, str]) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return scope["path"].startswith("/auth/") and kind == _FORM


def _fits(length: str) -> bool:
    short = len(length) <= len(str(MOST_BODY))
    return short and length.isdecimal() and int(length) <= MOST_BODY


def _too_much_asked(scope: Scope, request_id: str) -> Response | None:
    if len(scope["headers"]) > _MOST_LINES:
        detail = f"A request has at most {_MOST_LINES} header lines."
        return problem(431, "Too many headers", detail, request_id=request_id)
    if sum(len(name) + len(value) for name, value in scope["headers"]) > MOST_HEADERS:
        detail = f"A request's headers have at most {MOST_HEADERS} bytes."
        return problem(431, "Headers too large", detail, request_id=request_id)
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > MOST_ADDRESS:
        detail = f"Path and query have at most {MOST_ADDRESS} bytes."
        return problem(414, "Address too long", detail, request_id=request_id)
    return None


def _too_large(scope: Scope) -> Response:
    return problem(
        TOO_LARGE,
        "Body too large",
        f"A request's body has at most {MOST_BODY} bytes.",
        request_id=scope["inspector.request_id"],
    )
