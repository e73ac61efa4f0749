"""Removes sessions that ended long ago."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services.jobs import Held

KEPT = timedelta(days=30)
"""The audit log names sessions: for as long, browser and address can be looked up."""
PIECE = 500

JOB = Job(
    name="tidy-sessions",
    title="Remove ended sessions",
    does=f"Removes sessions that were signed out of, ended or ran out {KEPT.days} days ago. "
    "Until then their browser and address can be looked up for the audit log.",
    every=timedelta(hours=1),
)


async def tick(held: Held) -> int:
    """Remove them."""
    return await held.in_pieces(lambda work, now: work.sessions.forget(now - KEPT, limit=PIECE))
