"""One event in full, as JSON that a person can read."""

from __future__ import annotations

import base64
import binascii
from typing import Final, cast

from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent

from inspector_app.adapters.temporal.payloads import readable, to_json
from inspector_app.domain.ids import EventId

_CAUSES: Final = (
    ("scheduledEventId", "Scheduled by"),
    ("startedEventId", "Started by"),
    ("initiatedEventId", "Initiated by"),
    ("acceptedEventId", "Accepted by"),
    ("workflowTaskCompletedEventId", "Decided by"),
)


def to_json_text(event: HistoryEvent) -> str:
    """Return Temporal's own JSON form, indented, with payloads decoded in place."""
    return to_json(_open(MessageToDict(event)))


def links_of(event: HistoryEvent) -> tuple[tuple[str, EventId], ...]:
    """Return what caused an event, as (label, event id)."""
    name = event.WhichOneof("attributes")
    if name is None:
        return ()
    fields = MessageToDict(getattr(event, name))
    return tuple(
        (label, EventId(int(fields[field]))) for field, label in _CAUSES if fields.get(field)
    )


def _open(value: object) -> object:
    """Replace every payload within a message's JSON form by its value."""
    if isinstance(value, list):
        return [_open(each) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, object]", value)
    if (payload := _payload(fields)) is not None:
        return readable(payload)
    return {key: _open(each) for key, each in fields.items()}


def _payload(fields: dict[str, object]) -> Payload | None:
    metadata = fields.get("metadata")
    if not isinstance(metadata, dict) or not set(fields) <= {"metadata", "data"}:
        return None
    try:
        return Payload(
            metadata={
                key: base64.b64decode(str(each))
                for key, each in cast("dict[str, object]", metadata).items()
            },
            data=base64.b64decode(str(fields.get("data", ""))),
        )
    except binascii.Error:
        return None
