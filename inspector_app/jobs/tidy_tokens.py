"""Removes tokens that ended long ago."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services.jobs import Held

KEPT = timedelta(days=90)
"""The audit log names tokens: for as long, what one might do can be looked up."""
PIECE = 500

JOB = Job(
    name="tidy-tokens",
    title="Remove ended tokens",
    does=f"Removes tokens that expired or were revoked {KEPT.days} days ago. Until then the audit "
    "log says of a program that still comes with one whose it was.",
    every=timedelta(hours=6),
)


async def tick(held: Held) -> int:
    """Remove them."""
    return await held.in_pieces(lambda work, now: work.tokens.forget(now - KEPT, limit=PIECE))
