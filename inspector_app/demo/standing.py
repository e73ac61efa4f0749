"""What the demo has once and keeps: the long run, the schedule, the stuck run."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from typing import Final

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionRequest
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleIntervalSpec,
    SchedulePolicy,
    ScheduleSpec,
)
from temporalio.worker import Worker

from inspector_app.demo.samples import stuck
from inspector_app.demo.samples.long_run import IndexInput
from inspector_app.demo.samples.pipeline import PipelineInput
from inspector_app.demo.starts import TASK_QUEUE, Start, begin

LONG_RUN: Final = Start(
    workflow="ArchiveIndexer",
    id="archive-indexer/2019",
    argument=IndexInput(),
    summary="Index the archive of 2019: thousands of events",
)
STUCK_RUN: Final = Start(
    workflow="InvoiceReminder",
    id="invoice-reminder/2026-0417",
    argument="2026-0417",
    summary="Remind of invoice 2026-0417 until it is paid",
    task_queue=stuck.TASK_QUEUE,
)
SCHEDULE: Final = "stock-every-ten-minutes"


async def ensure_schedule(client: Client) -> None:
    """Copy the stock every ten minutes, on a schedule made here if there is none."""
    schedule = Schedule(
        action=ScheduleActionStartWorkflow(
            "Pipeline",
            PipelineInput("stock"),
            id="pipeline/stock-scheduled",
            task_queue=TASK_QUEUE,
            static_summary="Copy the stock, by schedule",
        ),
        spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(minutes=10))]),
        # What was missed while nothing ran stays missed.
        policy=SchedulePolicy(catchup_window=timedelta(minutes=1)),
    )
    with contextlib.suppress(ScheduleAlreadyRunningError):
        await client.create_schedule(SCHEDULE, schedule)


async def serve_stuck_run(client: Client, run: Start = STUCK_RUN) -> None:
    """Let version 1 begin the run, then serve version 2 until cancelled.

    A start that was interrupted in between goes on with version 1.
    """
    await begin(client, run)
    if not await _waits(client, run):
        async with _worker(client, stuck.InvoiceReminderV1, run):
            await _waits(client, run, wait_new_event=True)
    async with _worker(client, stuck.InvoiceReminderV2, run):
        await asyncio.Event().wait()


async def _waits(client: Client, run: Start, *, wait_new_event: bool = False) -> bool:
    """Say whether the run has come as far as its first timer; after a reset, the first of them."""
    # Raw, for the client's own description fails on a run that somebody has paused.
    described = await client.workflow_service.describe_workflow_execution(
        DescribeWorkflowExecutionRequest(
            namespace=client.namespace, execution=WorkflowExecution(workflow_id=run.id)
        )
    )
    first_run = described.workflow_execution_info.first_run_id
    first = client.get_workflow_handle(run.id, run_id=first_run)
    async for event in first.fetch_history_events(wait_new_event=wait_new_event):
        if event.event_type == EventType.EVENT_TYPE_TIMER_STARTED:
            return True
    return False


def _worker(client: Client, version: type, run: Start) -> Worker:
    return Worker(
        client,
        task_queue=run.task_queue,
        workflows=[version],
        activities=stuck.ACTIVITIES,
        # No run stays in a worker's memory: version 2 must read what version 1 has done.
        max_cached_workflows=0,
        max_concurrent_workflow_task_polls=1,
        max_concurrent_activity_task_polls=1,
    )
