"""What Prometheus reads of Inspector itself."""

from __future__ import annotations

import asyncio
import hmac
from contextlib import suppress
from importlib.metadata import version
from time import perf_counter

import structlog
from fastapi import APIRouter, Request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from starlette.responses import Response
from starlette.types import Scope

from inspector_app.api.actor import address_of, request_id_of
from inspector_app.api.declared import needs
from inspector_app.api.errors import problem
from inspector_app.domain.audit import Target
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import RequestId
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.settings import load_settings

_BUILD = Gauge("inspector_build_info", "The version that runs.", ["version"])
_BUILD.labels(version("inspector-app")).set(1)
_REQUESTS = Counter(
    "inspector_http_requests_total",
    "Requests answered, by route as it is declared.",
    ["method", "route", "status"],
)
_SECONDS = Histogram(
    "inspector_http_request_duration_seconds",
    "Time to answer a request.",
    ["route"],
)
log = structlog.get_logger(__name__)
_PATIENCE = 2.0
"""Seconds for the database; without it the other numbers are told all the same."""
_METHODS = {"GET", "HEAD", "POST", "OPTIONS"}

router = APIRouter()


class Answer:
    """Counts one request when it is answered; the route as declared, so that labels are few."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._begun = perf_counter()
        self.status = 499
        """The client's own close, unless an answer begins."""
        self.ended = False

    def count(self) -> None:
        """Count it."""
        route = getattr(self._scope.get("route"), "path", "")
        if not route:
            route = "/api" if self._scope["path"].startswith("/api/") else "page"
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        _REQUESTS.labels(method, route, str(self.status)).inc()
        seconds = perf_counter() - self._begun
        _SECONDS.labels(route).observe(seconds)
        if route != "page":
            log.info(
                "request",
                method=method,
                route=route,
                status=self.status,
                milliseconds=round(seconds * 1000, 1),
            )


@router.get("/metrics", include_in_schema=False)
@needs(Permission.METRICS_READ)
async def metrics(request: Request) -> Response:
    """Answer Prometheus: without a token on loopback only, else to the bearer token.

    Raises:
        StorageUnavailable: A refusal could not be written down.
    """
    settings = load_settings()
    if not settings.metrics_open or settings.metrics_token:
        expected = f"Bearer {settings.metrics_token}" if settings.metrics_token else ""
        given = request.headers.get("authorization", "")
        if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
            await _note_refusal(request)
            return problem(
                401,
                "Metrics need a token",
                "Send the bearer token of INSPECTOR_METRICS_TOKEN.",
                request_id=request_id_of(request),
                headers={"WWW-Authenticate": "Bearer"},
            )
    # Asked for at each scrape: on a process that does not deliver, a gauge would stand still.
    with suppress(InspectorError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            await registry.services().feeds.measure()
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


async def _note_refusal(request: Request) -> None:
    nobody = Actor(
        ActorKind.ANONYMOUS, "anonymous", address_of(request), RequestId(request_id_of(request))
    )
    await registry.services().door.refuse(
        nobody, Permission.METRICS_READ, Target("metrics", ""), "metrics.read", "no metrics token"
    )
