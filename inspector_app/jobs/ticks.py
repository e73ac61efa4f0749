"""Every job there is, with what it does."""

from __future__ import annotations

from inspector_app.domain.jobs import Job
from inspector_app.jobs import (
    deliver_audit,
    intents,
    seal_audit,
    tidy_operations,
    tidy_replies,
    tidy_sessions,
    tidy_sign_ins,
    tidy_tokens,
)
from inspector_app.services.jobs import Tick

_FILES = (
    *(intents, seal_audit, deliver_audit),
    *(tidy_sessions, tidy_sign_ins, tidy_replies, tidy_operations, tidy_tokens),
)

JOBS: tuple[Job, ...] = tuple(each.JOB for each in _FILES)
TICKS: dict[str, Tick] = {each.JOB.name: each.tick for each in _FILES}
