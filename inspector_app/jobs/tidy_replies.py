"""Removes answers that no repeated request gets any more."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services.jobs import Held
from inspector_app.services.repeats import KEPT

PIECE = 500

JOB = Job(
    name="tidy-replies",
    title="Remove answers kept for repeats",
    does="Removes what API requests with an Idempotency-Key were answered, a day after: "
    "until then the same request answers the same again.",
    every=timedelta(hours=1),
)


async def tick(held: Held) -> int:
    """Remove them."""
    return await held.in_pieces(lambda work, now: work.replies.forget(now - KEPT, limit=PIECE))
