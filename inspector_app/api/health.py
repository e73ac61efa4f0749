"""Whether the process lives, and whether it can work."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from inspector_app.api.actor import request_id_of
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented, problem
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry

router = APIRouter(tags=["health"])


@router.get("/healthz", summary="The process lives")
@needs(Permission.PUBLIC)
async def healthz() -> dict[str, str]:
    """Answer without asking anybody."""
    return {"status": "alive"}


@router.get("/readyz", summary="Database, Redis and clusters answer", responses=documented(503))
@needs(Permission.PUBLIC)
async def readyz(request: Request) -> Response:
    """Ask the database, Redis if there is one, and each cluster; names no address to strangers."""
    services = registry.services()
    silent = [] if await services.tries.shared() else ["redis"]
    try:
        silent += [f"cluster {name}" for name in await services.tenancy.silent_clusters()]
    except InspectorError:
        silent.append("database")
    if silent:
        return problem(
            503,
            "Not ready",
            f"Without an answer: {', '.join(silent)}.",
            hint="On the server: inspector doctor",
            request_id=request_id_of(request),
            headers={"Retry-After": "5"},
        )
    return JSONResponse({"status": "ready"})
