"""The HTTP API as one app; Reflex is mounted under it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import cast

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from inspector_app.api import elsewhere, errors, health, login, metrics, saml
from inspector_app.api.declared import declared_permission, needs
from inspector_app.api.errors import documented
from inspector_app.api.guard import refusals
from inspector_app.api.v1 import (
    actions,
    audit,
    jobs,
    me,
    operations,
    overview,
    people,
    providers,
    redaction,
    saml_providers,
    tokens,
    workflows,
)
from inspector_app.api.v1.models import Problem
from inspector_app.domain.errors import NotFound
from inspector_app.domain.permissions import Permission

ROUTERS = (
    overview.router,
    me.router,
    people.router,
    workflows.router,
    actions.router,
    operations.router,
    audit.router,
    jobs.router,
    providers.router,
    saml_providers.router,
    redaction.router,
    tokens.router,
    login.router,
    elsewhere.router,
    saml.router,
    health.router,
    metrics.router,
)
"""Each carries its whole prefix, so that a route's path is what a client asks for."""


def build_api() -> FastAPI:
    """Build the API; no I/O."""
    app = FastAPI(
        title="Inspector",
        version=version("inspector-app"),
        summary="A control room for workflows on Temporal.",
        # The document is kept in docs/inspector/openapi.yaml, not served.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        swagger_ui_oauth2_redirect_url=None,
        separate_input_output_schemas=False,
    )
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_api_route("/api/{rest:path}", nothing, include_in_schema=False, methods=_EVERY)
    app.add_api_route("/auth/{rest:path}", nothing, include_in_schema=False, methods=_EVERY)
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=1)
    app.openapi = lambda: _document(app)
    return app


_EVERY = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _routes() -> Iterator[APIRoute]:
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                yield route


@needs(Permission.PUBLIC)
async def nothing(request: Request, rest: str) -> None:
    """Answer what no route answers: a problem, not Reflex's page.

    Raises:
        NotFound: Nothing has this path.
        HTTPException: Something has it, but not with this method.
    """
    path = request.url.path
    there = [route.methods or () for route in _routes() if route.path_regex.match(path)]
    if allowed := sorted({method for methods in there for method in methods}):
        raise HTTPException(405, "Method not allowed", headers={"Allow": ", ".join(allowed)})
    raise NotFound(f"There is no {rest[:200]!r} here.", hint="docs/inspector/openapi.yaml")


def _document(app: FastAPI) -> dict[str, object]:
    """Return the OpenAPI document, with each route's permission as `x-permission`."""
    document = FastAPI.openapi(app)
    components = cast("dict[str, dict[str, object]]", document.setdefault("components", {}))
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = Problem.model_json_schema()
    # FastAPI's own shape of validation errors is never sent: ours are problems.
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    components["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "__Host-inspector_session"},
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "A token (insp_…), or the JWT it was exchanged for.",
        },
    }
    components["responses"] = {"Problem": documented(422)[422]}
    for route in _routes():
        if route.include_in_schema:
            _note_permission(document["paths"][route.path_format], route)
    return document


_BY: dict[Permission | None, tuple[str, ...]] = {
    Permission.SESSION_OWN: ("session",),
    Permission.TOKEN_OWN: ("session",),
    Permission.TOKEN_EXCHANGE: ("bearer",),
}
"""What only a person does, and what only a token; everything else both."""
_PROBLEM = {"$ref": "#/components/responses/Problem"}


def _note_permission(path: dict[str, dict[str, object]], route: APIRoute) -> None:
    permission = declared_permission(route.endpoint)
    for method in route.methods or ():
        operation = path[method.lower()]
        operation["x-permission"] = permission.value if permission else None
        if permission is not Permission.PUBLIC:
            by = _BY.get(permission, ("session", "bearer"))
            operation["security"] = [{each: list[str]()} for each in by]
        answers = cast("dict[str, object]", operation.setdefault("responses", {}))
        told = {int(status) for status in answers if int(status) >= 400}  # noqa: PLR2004 - HTTP's own line
        for status in sorted(told | refusals(method) | {429}):
            answers[str(status)] = dict(_PROBLEM)
