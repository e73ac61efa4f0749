"""A pipeline that has its troubles: tries again, fails for good, or runs out of time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from temporalio import activity, workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ApplicationError

_STEP = timedelta(minutes=2)
_SILENT = timedelta(seconds=10)
_TRIES = RetryPolicy(initial_interval=timedelta(seconds=1), maximum_attempts=5)
# A warehouse that is away is asked for twenty minutes, ever more seldom.
_PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=5), maximum_interval=timedelta(minutes=2)
)
_PATIENCE = timedelta(minutes=20)


class Trouble(StrEnum):
    """What goes wrong in a run."""

    NONE = "none"
    RATE_LIMIT = "rate limit"
    """The source answers at the third try."""
    BAD_RECORD = "bad record"
    """One record never parses: the run fails at once."""
    OUTAGE = "outage"
    """The warehouse does not answer: tries for long, then the run fails."""
    SLOW = "slow"
    """The records take longer than the run may."""


@dataclass(frozen=True, slots=True)
class PipelineInput:
    """What to copy."""

    source: str
    records: int = 40
    trouble: Trouble = Trouble.NONE


@dataclass(frozen=True, slots=True)
class PipelineResult:
    """What was copied."""

    records: int
    into: str


@activity.defn
async def extract(request: PipelineInput) -> int:
    """Read the source; returns how many records it has."""
    await asyncio.sleep(0.3)
    if request.trouble is Trouble.RATE_LIMIT and activity.info().attempt <= 2:  # noqa: PLR2004 - as Trouble says
        raise ApplicationError(f"{request.source}: 429, ask again later", type="RateLimited")
    return request.records


@activity.defn
async def transform(request: PipelineInput) -> int:
    """Go through the records, saying how far it is; returns how many there were."""
    for number in range(1, request.records + 1):
        await asyncio.sleep(2 if request.trouble is Trouble.SLOW else 0.05)
        activity.heartbeat({"record": number, "of": request.records})
        if request.trouble is Trouble.BAD_RECORD and number > request.records // 2:
            raise ApplicationError(
                f"Record {number} of {request.source} has no currency.",
                type="InvalidRecord",
                non_retryable=True,
            )
    return request.records


@activity.defn
async def load(request: PipelineInput) -> str:
    """Write to the warehouse; returns the table."""
    await asyncio.sleep(0.3)
    if request.trouble is Trouble.OUTAGE:
        raise ApplicationError("The warehouse does not answer.", type="WarehouseUnavailable")
    return f"warehouse.{request.source}"


@workflow.defn
class Pipeline:
    """Copies a source's records into the warehouse."""

    def __init__(self) -> None:
        """Begin before the first step."""
        self._step = "extract"

    @workflow.run
    async def run(self, request: PipelineInput) -> PipelineResult:
        """Extract, transform, load."""
        await workflow.execute_activity(
            extract, request, start_to_close_timeout=_STEP, retry_policy=_TRIES
        )
        self._step = "transform"
        records = await workflow.execute_activity(
            transform,
            request,
            start_to_close_timeout=timedelta(minutes=10),
            heartbeat_timeout=_SILENT,
            retry_policy=_TRIES,
        )
        self._step = "load"
        into = await workflow.execute_activity(
            load,
            request,
            start_to_close_timeout=_STEP,
            schedule_to_close_timeout=_PATIENCE,
            retry_policy=_PATIENT,
        )
        return PipelineResult(records=records, into=into)

    @workflow.query(description="The step it is at: extract, transform or load.")
    def step(self) -> str:
        """Say where it is."""
        return self._step
