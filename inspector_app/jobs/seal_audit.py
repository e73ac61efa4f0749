"""Signs where the audit log stands, and removes what is older than it is to be kept."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services import registry
from inspector_app.services.jobs import Held

JOB = Job(
    name="seal-audit",
    title="Seal the audit log",
    does="Checks what was written since the last checkpoint and signs a new one. Once a day it "
    "removes what is older than INSPECTOR_AUDIT_RETENTION_DAYS, if that is set, under a signed "
    "cut. It fails when the log was altered.",
    every=timedelta(minutes=5),
)


async def tick(held: Held) -> int:
    """Do so."""
    return await registry.services().seals.tend(held)
