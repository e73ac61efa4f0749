"""Removes bulk work that ended long ago, with what became of its runs."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services.jobs import Held

KEPT = timedelta(days=90)
PIECE = 5

JOB = Job(
    name="tidy-operations",
    title="Remove old operations",
    does=f"Removes bulk work that ended {KEPT.days} days ago, with its list of runs. The audit "
    "log keeps who started it, on how many runs, and how it went.",
    every=timedelta(hours=6),
)


async def tick(held: Held) -> int:
    """Remove them."""
    return await held.in_pieces(lambda work, now: work.operations.forget(now - KEPT, limit=PIECE))
