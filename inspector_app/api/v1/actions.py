"""Acting on runs: with a reason, once per Idempotency-Key, answering the state afterwards."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.once import IdempotencyKey, once
from inspector_app.api.v1.models import Act
from inspector_app.api.v1.run_models import DoneOut, Signal
from inspector_app.api.v1.workflows import Namespace, Ref
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Done, RunRef
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1", tags=["actions"])

_ANSWERS = documented(400, 401, 403, 404, 409, 413, 422, 502, 503)


async def _once(
    request: Request, actor: Actor, key: str, act: Callable[[], Awaitable[Done]]
) -> Response:
    async def answer() -> DoneOut:
        return DoneOut.of(await act())

    return await once(request, actor, key, answer)


@router.post("/workflows/pause", response_model=DoneOut, responses=_ANSWERS)
@needs(Permission.RUN_PAUSE)
async def pause(
    request: Request, actor: CurrentActor, ref: Ref, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Pause a run natively; answers when the server says so."""
    desk = registry.services().workflows
    return await _once(request, actor, key, lambda: desk.pause(actor, ref, act.reason))


@router.post("/workflows/resume", response_model=DoneOut, responses=_ANSWERS)
@needs(Permission.RUN_RESUME)
async def resume(
    request: Request, actor: CurrentActor, ref: Ref, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Let a paused run go on."""
    desk = registry.services().workflows
    return await _once(request, actor, key, lambda: desk.resume(actor, ref, act.reason))


@router.post("/workflows/signal", response_model=DoneOut, responses=_ANSWERS)
@needs(Permission.RUN_SIGNAL)
async def signal(
    request: Request, actor: CurrentActor, ref: Ref, act: Signal, key: IdempotencyKey = ""
) -> Response:
    """Send a signal; one that the workflow does not declare needs `force`."""
    return await _signal(request, actor, ref, act, key)


@router.post("/temporal/signal/{workflow_id:path}", response_model=DoneOut, responses=_ANSWERS)
@needs(Permission.RUN_SIGNAL)
async def signal_by_path(
    request: Request,
    actor: CurrentActor,
    workflow_id: str,
    ns: Namespace,
    act: Signal,
    run_id: Annotated[str, Query(max_length=64)] = "",
    key: IdempotencyKey = "",
) -> Response:
    """Send a signal; the workflow id is the rest of the path."""
    ref = RunRef(ns, WorkflowId(workflow_id), RunId(run_id))
    return await _signal(request, actor, ref, act, key)


async def _signal(request: Request, actor: Actor, ref: RunRef, act: Signal, key: str) -> Response:
    desk = registry.services().workflows
    return await _once(
        request,
        actor,
        key,
        lambda: desk.signal(actor, ref, act.name, act.arguments(), act.reason, force=act.force),
    )


@router.post("/workflows/cancel", response_model=DoneOut, responses=_ANSWERS)
@needs(Permission.RUN_CANCEL)
async def cancel(
    request: Request, actor: CurrentActor, ref: Ref, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Ask a run to cancel itself."""
    desk = registry.services().workflows
    return await _once(request, actor, key, lambda: desk.cancel(actor, ref, act.reason))


@router.post("/workflows/terminate", response_model=DoneOut, responses=_ANSWERS)
@needs(Permission.RUN_TERMINATE)
async def terminate(
    request: Request, actor: CurrentActor, ref: Ref, act: Act, key: IdempotencyKey = ""
) -> Response:
    """Stop a run at once, without clean-up."""
    desk = registry.services().workflows
    return await _once(request, actor, key, lambda: desk.terminate(actor, ref, act.reason))
