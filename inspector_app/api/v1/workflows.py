"""Runs: listed, described, and their histories."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from inspector_app.api.actor import CurrentActor
from inspector_app.api.declared import needs
from inspector_app.api.errors import documented
from inspector_app.api.v1.history_models import (
    EventDetail,
    EventOut,
    Events,
    RefusalOut,
    TaskRefusal,
)
from inspector_app.api.v1.run_models import (
    Counts,
    OfferOut,
    RunDetail,
    RunOut,
    Runs,
    RunWithOffers,
)
from inspector_app.domain.errors import Invalid
from inspector_app.domain.ids import EventId, RunId, WorkflowId
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import RunRef
from inspector_app.services import registry

router = APIRouter(prefix="/api/v1/workflows", tags=["workflows"])

_READS = documented(401, 403, 404, 422, 502, 503)
Namespace = Annotated[str, Query(alias="ns", description="The namespace's slug", max_length=64)]
_DIGITS = 18
"""Of the longest number a list counts to; fits 64 bits."""
PageSize = Annotated[int, Query(ge=1, le=1000)]
PageToken = Annotated[str | None, Query(max_length=8000)]
Visibility = Annotated[
    str, Query(alias="query", description="Temporal's visibility language", max_length=8000)
]


def run_ref(
    ns: Namespace,
    workflow_id: Annotated[str, Query(min_length=1, max_length=1000)],
    run_id: Annotated[str, Query(description="Empty: the newest", max_length=64)] = "",
) -> RunRef:
    """Parse which run; ids stand in the query string, since they may hold anything."""
    return RunRef(ns, WorkflowId(workflow_id), RunId(run_id))


Ref = Annotated[RunRef, Depends(run_ref)]


@router.get("", responses=_READS)
@needs(Permission.RUN_READ)
async def list_runs(
    actor: CurrentActor,
    ns: Namespace,
    query: Visibility = "",
    page_size: PageSize = 50,
    page_token: PageToken = None,
) -> Runs:
    """List runs, newest first."""
    page = await registry.services().workflows.page(
        actor, ns, query, page_size=page_size, page_token=page_token
    )
    return Runs(items=[RunOut.of(run) for run in page.runs], next_page_token=page.next_page_token)


@router.get("/counts", responses=_READS)
@needs(Permission.RUN_READ, kind=Kind.HEAVY)
async def count_runs(actor: CurrentActor, ns: Namespace, query: Visibility = "") -> Counts:
    """Count runs by status."""
    return Counts.of(await registry.services().workflows.counts(actor, ns, query))


@router.get("/run", responses=_READS)
@needs(Permission.RUN_READ)
async def one_run(actor: CurrentActor, ref: Ref) -> RunWithOffers:
    """Describe a run, with what its state admits."""
    view = await registry.services().workflows.run(actor, ref)
    return RunWithOffers(
        run=RunDetail.of_run(view.run),
        offers={
            action.value: OfferOut(possible=offer.possible, why_not=offer.why_not)
            for action, offer in view.offers.items()
        },
        native_pause=view.capabilities.native_pause,
    )


@router.get("/run/refusal", responses=_READS)
@needs(Permission.RUN_READ)
async def task_refusal(actor: CurrentActor, ref: Ref) -> TaskRefusal:
    """Say where and why the workflow task keeps failing, from the SDK's own message."""
    found = await registry.services().workflows.refusal(actor, ref)
    return TaskRefusal(refusal=RefusalOut.of(found) if found else None)


def number_of(page_token: str) -> int:
    """Parse the page token of a list that goes by numbers.

    Raises:
        Invalid: It is not one that such a list gave.
    """
    plausible = page_token.isascii() and page_token.isdecimal() and len(page_token) <= _DIGITS
    if not plausible or not (number := int(page_token)):
        raise Invalid("The page token is not one that this list gave.", field="page_token")
    return number


@router.get("/history", responses=_READS)
@needs(Permission.RUN_READ)
async def history(
    actor: CurrentActor,
    ref: Ref,
    page_size: PageSize = 200,
    page_token: PageToken = None,
    from_event: Annotated[int, Query(ge=1)] = 1,
) -> Events:
    """List events from one on, oldest first."""
    start = from_event if page_token is None else number_of(page_token)
    page = await registry.services().workflows.history(
        actor, ref, start=EventId(start), size=page_size
    )
    return Events(
        items=[EventOut.of(row) for row in page.rows],
        next_page_token=str(page.next_event) if page.next_event else None,
        total=page.total,
    )


@router.get("/history/rows", responses=_READS, response_class=Response)
@needs(Permission.RUN_READ)
async def history_rows(
    actor: CurrentActor,
    ref: Ref,
    page_size: PageSize = 500,
    from_event: Annotated[int, Query(ge=1)] = 1,
) -> Response:
    """List events as arrays, for a virtual list: id, at (ms), type, kind, tone, subject, note."""
    page = await registry.services().workflows.history(
        actor, ref, start=EventId(from_event), size=page_size
    )
    rows = [
        (
            row.id,
            int(row.at.timestamp() * 1000),
            row.type,
            row.kind.value,
            row.tone.value,
            row.subject,
            row.note,
        )
        for row in page.rows
    ]
    body = {"total": page.total, "rows": rows, "next_event": page.next_event}
    return Response(orjson.dumps(body), media_type="application/json")


@router.get("/history/event", responses=_READS)
@needs(Permission.RUN_READ)
async def one_event(
    actor: CurrentActor, ref: Ref, event_id: Annotated[int, Query(ge=1)]
) -> EventDetail:
    """Read one event in full."""
    return EventDetail.of(await registry.services().workflows.event(actor, ref, EventId(event_id)))
