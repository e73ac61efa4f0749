"""What the shapes of requests and answers are made of; unknown fields are refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, WithJsonSchema

Time = Annotated[
    datetime,
    PlainSerializer(
        lambda at: at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        return_type=str,
    ),
    Field(description="RFC 3339, UTC, milliseconds"),
]
Seconds = Annotated[
    timedelta,
    PlainSerializer(lambda lasting: lasting.total_seconds(), return_type=float),
    WithJsonSchema({"type": "number", "description": "Seconds"}),
]


class Model(BaseModel):
    """Refuses unknown fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Problem(Model):
    """RFC 9457. Some kinds carry more members: field, flag, needs, address, next_try."""

    model_config = ConfigDict(extra="allow", frozen=True)

    type: str
    title: str
    status: int
    detail: str
    hint: str
    request_id: str


class Act(Model):
    """An action needs a reason; it stands in the audit log."""

    reason: Annotated[str, Field(max_length=2000)]
