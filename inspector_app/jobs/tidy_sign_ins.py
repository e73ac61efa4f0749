"""Removes what was kept of sign-ins elsewhere so that nothing counts twice."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services.jobs import Held

PIECE = 500

JOB = Job(
    name="tidy-sign-ins",
    title="Remove used sign-ins",
    does="Removes the ids of answers and log-outs that sign-in providers sent, once they would "
    "be refused as too old, and answers that no browser came for.",
    every=timedelta(minutes=10),
)


async def tick(held: Held) -> int:
    """Remove them."""
    return await held.in_pieces(lambda work, now: work.taken_once.forget(now, limit=PIECE))
