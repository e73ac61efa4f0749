"""A history that grows while several read it: each event is there once, in its place."""

from __future__ import annotations

import asyncio
from uuid import uuid4

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, WorkflowExecutionStatus
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.api.workflow.v1 import WorkflowExecutionInfo
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryResponse,
    GetWorkflowExecutionHistoryReverseResponse,
)

from inspector_app.adapters.temporal.histories import TemporalHistories
from inspector_app.domain.ids import (
    ClusterId,
    EventId,
    NamespaceId,
    RunId,
    TenantId,
    WorkflowId,
)
from inspector_app.domain.tenancy import Cluster, Namespace
from inspector_app.domain.workflows import RunRef

PLACE = Namespace(
    NamespaceId(uuid4()),
    TenantId(uuid4()),
    "default",
    "default",
    Cluster(ClusterId(uuid4()), "local", "in memory"),
)
RUN = RunRef("default", WorkflowId("w"), RunId("r"))
LATEST = RunRef("default", WorkflowId("w"), RunId(""))


def event(number):
    return HistoryEvent(event_id=number, event_type=EventType.EVENT_TYPE_TIMER_STARTED)


class Server:
    """An open run on a server in memory; long polls end when it `grows`, or `closes`."""

    def __init__(self, count):
        self.events = [event(number) for number in range(1, count + 1)]
        self.is_open = True
        self.changed = asyncio.Event()

    async def call(self, cluster, method):
        return await method(self)

    def grows(self, count):
        self.events += [event(len(self.events) + number) for number in range(1, count + 1)]
        self._tells()

    def closes(self):
        self.is_open = False
        self._tells()

    def _tells(self):
        self.changed.set()
        self.changed = asyncio.Event()

    async def describe_workflow_execution(self, request, *, timeout):
        open_or_not = WorkflowExecutionStatus.Value(
            f"WORKFLOW_EXECUTION_STATUS_{'RUNNING' if self.is_open else 'COMPLETED'}"
        )
        info = WorkflowExecutionInfo(
            execution=WorkflowExecution(workflow_id="w", run_id="r"),
            status=open_or_not,
            history_length=len(self.events),
        )
        return DescribeWorkflowExecutionResponse(workflow_execution_info=info)

    async def get_workflow_execution_history(self, request, *, timeout):
        start = int(request.next_page_token or b"0")
        if request.wait_new_event and self.is_open and start == len(self.events):
            await self.changed.wait()
        found = self.events[start : start + request.maximum_page_size]
        end = start + len(found)
        goes_on = end < len(self.events) or (request.wait_new_event and self.is_open)
        return GetWorkflowExecutionHistoryResponse(
            history=History(events=found), next_page_token=str(end).encode() if goes_on else b""
        )

    async def get_workflow_execution_history_reverse(self, request, *, timeout):
        return GetWorkflowExecutionHistoryReverseResponse(
            history=History(events=reversed(self.events))
        )


@pytest.fixture
def server():
    return Server(10)


async def listed(histories, ref):
    """The numbers of all the events that a page is given, and how many it is told there are."""
    page = await histories.page(PLACE, ref, start=EventId(1), size=1000)
    return [row.id for row in page.rows], page.total


async def test_events_that_a_follower_and_a_reader_fetch_at_once_stand_in_a_history_once(server):
    histories = TemporalHistories(server)
    assert await listed(histories, RUN) == ([*range(1, 11)], 10)
    followed = aiter(histories.follow(PLACE, RUN))
    coming = asyncio.ensure_future(anext(followed))
    while not server.changed._waiters:
        await asyncio.sleep(0)
    server.grows(10)
    # Without a run id the server is asked which run it is: its new events come that way, too.
    by_name, told = await asyncio.gather(listed(histories, LATEST), coming)
    assert by_name == await listed(histories, RUN) == ([*range(1, 21)], 20)
    assert told == 20
    for number in (10, 11, 20):
        found = await histories.event(PLACE, RUN, EventId(number))
        assert found.tree["eventId"] == str(number)
    server.closes()
    assert [total async for total in followed] == []


async def test_who_follows_hears_of_events_that_somebody_else_fetched(server):
    histories = TemporalHistories(server)
    first, second = (aiter(histories.follow(PLACE, RUN)) for _ in range(2))
    told = [asyncio.ensure_future(anext(each)) for each in (first, second)]
    while len(server.changed._waiters) < 2:
        await asyncio.sleep(0)
    server.grows(5)
    assert await asyncio.gather(*told) == [15, 15]
    assert await listed(histories, RUN) == ([*range(1, 16)], 15)
    server.closes()
    for each in (first, second):
        assert [total async for total in each] == []
