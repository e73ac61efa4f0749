"""A namespace with the demo's own worker on it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import (
    DescribeTaskQueueRequest,
    ResetWorkflowExecutionRequest,
)

from inspector_app.demo.starts import TASK_QUEUE
from inspector_app.demo.worker import connected, worker
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.workflows import RunRef
from tests.fixtures.temporal import Site


class Demo(Site):
    """The demo's worker at work, seen through Inspector's own adapters."""

    async def starts(self, workflow, argument, **options):
        return await self.client.start_workflow(
            workflow, argument, id=f"demo-{uuid4().hex}", task_queue=TASK_QUEUE, **options
        )

    async def run(self, handle):
        ref = RunRef("default", WorkflowId(handle.id), RunId(handle.first_execution_run_id or ""))
        return await self.workflows.describe(self.namespace, ref)

    async def events(self, workflow_id):
        handle = self.client.get_workflow_handle(workflow_id)
        return [event async for event in handle.fetch_history_events()]

    async def reset_to_beginning(self, workflow_id):
        """Reset to before the first workflow task ended; returns the new run's handle."""
        answer = await self.client.workflow_service.reset_workflow_execution(
            ResetWorkflowExecutionRequest(
                namespace="default",
                workflow_execution=WorkflowExecution(workflow_id=workflow_id),
                workflow_task_finish_event_id=4,
                request_id=uuid4().hex,
                reason="a newer version of the code",
            )
        )
        return self.client.get_workflow_handle(workflow_id, run_id=answer.run_id)

    async def pause(self, workflow_id):
        ref = RunRef("default", WorkflowId(workflow_id), RunId(""))
        who = {"identity": "tester", "request_id": uuid4().hex}
        await self.workflows.pause(self.namespace, ref, reason="a look", **who)

    async def is_served(self, task_queue):
        """Say whether a worker polls for workflow tasks."""
        described = await self.client.workflow_service.describe_task_queue(
            DescribeTaskQueueRequest(
                namespace="default",
                task_queue=TaskQueue(name=task_queue),
                task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
            )
        )
        return list(described.pollers)


@pytest.fixture
async def demo(temporal_server):
    client = await connected(temporal_server.address, "default")
    async with worker(client):
        yield Demo(temporal_server.address, client)
