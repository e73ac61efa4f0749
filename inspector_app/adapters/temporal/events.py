"""One event in full, as JSON that a person can read."""

from __future__ import annotations

import base64
import binascii
from typing import Final, cast

from google.protobuf.json_format import MessageToDict
from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent

from inspector_app.adapters.temporal.payloads import readable
from inspector_app.domain.ids import EventId
from inspector_app.domain.veils import Given

_CAUSES: Final = (
    ("scheduledEventId", "Scheduled by"),
    ("startedEventId", "Started by"),
    ("initiatedEventId", "Initiated by"),
    ("acceptedEventId", "Accepted by"),
    ("workflowTaskCompletedEventId", "Decided by"),
)


def to_tree(event: HistoryEvent) -> object:
    """Return Temporal's own JSON form, with the values of payloads in their place."""
    return _open(MessageToDict(event))


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
    """Replace every payload within a message's JSON form by its value, as `Given`."""
    if isinstance(value, list):
        return [_open(each) for each in cast("list[object]", value)]
    if not isinstance(value, dict):
        return value
    fields = cast("dict[str, object]", value)
    if (payload := _payload(fields)) is not None:
        return Given(readable(payload))
    return {key: _open(each) for key, each in fields.items()}


_PAYLOAD: Final = frozenset({"metadata", "data", "externalPayloads"})


def _payload(fields: dict[str, object]) -> Payload | None:
    """Make a payload of its JSON form again; None where it is something else."""
    metadata = fields.get("metadata", {})
    if not fields or not set(fields) <= _PAYLOAD or not isinstance(metadata, dict):
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
