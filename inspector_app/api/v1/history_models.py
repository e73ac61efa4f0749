"""The shapes of a run's history: its events, and why its workflow task keeps failing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from inspector_app.api.v1.models import Model, Time
from inspector_app.domain.histories import Event, EventRow
from inspector_app.domain.refusals import Refusal


class EventOut(Model):
    """One event in a line."""

    event_id: int
    at: Time
    type: str
    kind: str
    tone: str
    subject: str
    note: str

    @classmethod
    def of(cls, row: EventRow) -> EventOut:
        """From the domain's value."""
        return cls(
            event_id=row.id,
            at=row.at,
            type=row.type,
            kind=row.kind.value,
            tone=row.tone.value,
            subject=row.subject,
            note=row.note,
        )


class Events(Model):
    """A page of a history; `total` is how many events it has now."""

    items: list[EventOut]
    next_page_token: str | None
    total: int


class EventDetail(Model):
    """One event in full."""

    event: EventOut
    json_text: Annotated[str, Field(description="Temporal's own JSON, payloads decoded")]
    links: list[tuple[str, int]]

    @classmethod
    def of(cls, event: Event) -> EventDetail:
        """From the domain's value."""
        links = [(label, int(number)) for label, number in event.links]
        return cls(event=EventOut.of(event.row), json_text=event.json, links=links)


class RefusalOut(Model):
    """Why the run's workflow task keeps failing, in plain words."""

    nondeterminism: bool
    summary: str
    event_id: Annotated[
        int | None, Field(description="Where history and code part, if the SDK's message says")
    ]
    certain: Annotated[
        bool, Field(description="False if several events fit: `event_id` is the first of them")
    ]
    failed_at: Annotated[int, Field(description="The WorkflowTaskFailed")]
    sdk_message: str
    remedies: list[str]

    @classmethod
    def of(cls, refusal: Refusal) -> RefusalOut:
        """From the domain's value."""
        return cls(
            nondeterminism=refusal.nondeterminism,
            summary=refusal.summary,
            event_id=refusal.event_id,
            certain=refusal.certain,
            failed_at=refusal.failure.event_id,
            sdk_message=refusal.failure.message,
            remedies=list(refusal.remedies),
        )


class TaskRefusal(Model):
    """`refusal` is null where the last workflow task did not fail."""

    refusal: RefusalOut | None
