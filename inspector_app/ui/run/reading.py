"""One look at a run: what to ask the services, and what they answered."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.audit import Entry
from inspector_app.domain.errors import InspectorError, NotFound
from inspector_app.domain.histories import Event
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import EventId
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import Action, Capabilities, Offer, Run, RunData, RunRef
from inspector_app.services import registry

TRAIL_LIMIT = 200
"""Audit entries of a run the page shows; the audit log has the others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to look at. `status` is the one on show, "" before the first look."""

    actor: Actor
    ref: RunRef
    status: str
    trail: bool
    event: EventId | None


@dataclass(frozen=True, slots=True)
class Found:
    """What the services answered; what was not wanted, or did not change, is None."""

    ref: RunRef
    run: Run
    capabilities: Capabilities
    offers: dict[Action, Offer]
    namespace: Namespace | None
    data: RunData | None
    trail: tuple[Entry, ...] | None
    event: Event | None
    event_missing: str


async def read(wanted: Wanted) -> Found | InspectorError:
    """Look once. What goes wrong is the answer, so that a loop can decide what to do."""
    try:
        return await _read(wanted)
    except InspectorError as error:
        return error


async def _read(wanted: Wanted) -> Found:
    services, actor = registry.services(), wanted.actor
    seen = await services.workflows.run(actor, wanted.ref)
    summary = seen.run.summary
    ref = RunRef(wanted.ref.namespace, summary.workflow_id, summary.run_id)
    changed = summary.status.value != wanted.status
    namespace = None
    if not wanted.status:
        namespaces = await services.tenancy.namespaces(actor)
        namespace = next((each for each in namespaces if each.slug == ref.namespace), None)
    data = await services.workflows.data(actor, ref) if changed else None
    trail: tuple[Entry, ...] | None = None
    if wanted.trail or changed:
        trail = await services.audit.of_run(actor, ref, limit=TRAIL_LIMIT)
    event, event_missing = None, ""
    if wanted.event is not None:
        try:
            event = await services.workflows.event(actor, ref, wanted.event)
        except NotFound as error:
            event_missing = error.detail
    return Found(
        ref=ref,
        run=seen.run,
        capabilities=seen.capabilities,
        offers=seen.offers,
        namespace=namespace,
        data=data,
        trail=trail,
        event=event,
        event_missing=event_missing,
    )
