"""Hands the audit log over to where it is sent."""

from __future__ import annotations

from datetime import timedelta

from inspector_app.domain.jobs import Job
from inspector_app.services import registry
from inspector_app.services.jobs import Held

JOB = Job(
    name="deliver-audit",
    title="Deliver the audit log",
    does="Sends new entries of the audit log to the targets of INSPECTOR_AUDIT_STREAM, "
    "checkpoints and cuts to the data folder and those of INSPECTOR_AUDIT_CHECKPOINTS.",
    every=timedelta(seconds=10),
)


async def tick(held: Held) -> int:
    """Do so."""
    return await registry.services().feeds.deliver(held)
