"""What a run's page reads besides the run itself: audit entries, an event, its namespace."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.audit import Entry
from inspector_app.domain.errors import InspectorError, NotFound
from inspector_app.domain.histories import Event
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import EventId
from inspector_app.domain.refusals import Refusal
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import RunRef
from inspector_app.services import registry

TRAIL_LIMIT = 200
"""Audit entries of a run the page shows; the audit log has the others."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read; `namespace`, `trail` and `refusal` say whether."""

    actor: Actor
    ref: RunRef
    namespace: bool
    trail: bool
    event: EventId | None
    refusal: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything to read."""
        return self.namespace or self.trail or self.event is not None or self.refusal


@dataclass(frozen=True, slots=True)
class Found:
    """What the services answered; what was not wanted is None."""

    namespace: Namespace | None
    trail: tuple[Entry, ...] | None
    event: Event | None
    event_missing: str
    refusal: Refusal | None = None


async def read(wanted: Wanted) -> Found | InspectorError:
    """Read what is wanted. What goes wrong is the answer: the run itself goes on."""
    try:
        return await _read(wanted)
    except InspectorError as error:
        return error


async def _read(wanted: Wanted) -> Found:
    services, actor, ref = registry.services(), wanted.actor, wanted.ref
    namespace = None
    if wanted.namespace:
        namespaces = await services.tenancy.namespaces(actor)
        namespace = next((each for each in namespaces if each.slug == ref.namespace), None)
    trail: tuple[Entry, ...] | None = None
    if wanted.trail:
        trail = await services.audit.of_run(actor, ref, limit=TRAIL_LIMIT)
    event, event_missing = None, ""
    if wanted.event is not None:
        try:
            event = await services.workflows.event(actor, ref, wanted.event)
        except NotFound as error:
            event_missing = error.detail
    refusal = await services.workflows.refusal(actor, ref) if wanted.refusal else None
    return Found(namespace, trail, event, event_missing, refusal)
