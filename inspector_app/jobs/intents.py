"""Closes intents that nobody will write an outcome for."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services.audit import close_intents
from inspector_app.services.jobs import Held

LONGEST = timedelta(minutes=5)
"""More than any action takes: each waits for one answer, with a time limit of seconds."""
PIECE = 100

JOB = Job(
    name="close-intents",
    title="Close interrupted actions",
    does="Marks an action as of unknown outcome in the audit log when the process that began it "
    f"has not said how it ended for {LONGEST.seconds // 60} minutes.",
    every=timedelta(minutes=1),
)


async def tick(held: Held) -> int:
    """Close them."""
    return await held.in_pieces(
        lambda work, now: close_intents(work, now, until=now - LONGEST, limit=PIECE)
    )
