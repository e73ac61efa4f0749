"""Histories: fetched as raw pages, kept compressed, summarised into rows, served from memory."""

from __future__ import annotations

import asyncio
import zlib
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncGenerator, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowTaskFailedCause
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryResponse,
    GetWorkflowExecutionHistoryReverseRequest,
)

from inspector_app.adapters.temporal.connect import TIMEOUT, Clusters
from inspector_app.adapters.temporal.described import to_status
from inspector_app.adapters.temporal.events import links_of, to_tree
from inspector_app.adapters.temporal.payloads import failure_text
from inspector_app.adapters.temporal.rows import Rows
from inspector_app.domain.errors import InspectorError, NotFound
from inspector_app.domain.histories import EventPage, EventRow, RawEvent
from inspector_app.domain.ids import EventId, RunId
from inspector_app.domain.refusals import TaskFailure
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import RunRef

KEPT_BYTES = 64 * 2**20
"""What all kept histories may take; the least recently read goes first."""
_ROW_BYTES = 450
_PAGE = 256
"""Batches of events: the server gives at most this many, whatever one asks for."""
_LONG_POLL = timedelta(seconds=30)
"""The server itself answers an idle one, empty, after 20 s."""
_FIRST_PAGE = 16
_AT_ONCE = 500
"""Events that become rows, 3 ms, before the event loop sees to others."""
Key = tuple[str, str, str, str]


@dataclass(slots=True)
class _Kept:
    """One run's history as far as it is here. Row `i` is event `i + 1`."""

    total: int
    is_open: bool
    rows: list[EventRow] = field(default_factory=list[EventRow])
    maker: Rows = field(default_factory=Rows)
    starts: list[int] = field(default_factory=list[int])
    """The first event of each chunk."""
    chunks: list[bytes] = field(default_factory=list[bytes])
    grown: asyncio.Event = field(default_factory=asyncio.Event)
    """Set, and replaced, each time rows are added or the fetching ends."""
    fetching: asyncio.Task[None] | None = None
    fault: InspectorError | None = None
    token: bytes = b""
    """Where a long poll goes on; events it gives again are here already."""
    followed: int = 0
    """By how many `follow`: then what is here is all there is, and nobody need ask."""
    adding: asyncio.Lock = field(default_factory=asyncio.Lock)

    @property
    def is_whole(self) -> bool:
        """Whether nothing is, or can be, at the server that is not here."""
        return (not self.is_open or self.followed > 0) and self.fault is None

    @property
    def bytes_taken(self) -> int:
        return sum(map(len, self.chunks)) + _ROW_BYTES * len(self.rows)

    def event(self, event: EventId) -> HistoryEvent:
        """Unpack one event that is here."""
        packed = self.chunks[bisect_right(self.starts, event) - 1]
        chunk = History.FromString(zlib.decompress(packed))
        return next(each for each in chunk.events if each.event_id == event)

    async def add(self, events: Sequence[HistoryEvent]) -> None:
        """Take what comes next; what is here already is left out.

        Whoever follows and whoever reads what is new are given the same events: a page that
        knows no run id asks the server though another one follows.
        """
        async with self.adding:
            newer, here = events, len(self.rows)
            if events and events[0].event_id <= here:
                # Only then: to go through what protobuf holds costs as much as its rows.
                newer = [each for each in events if each.event_id > here]
            if not newer:
                return
            packing = asyncio.create_task(_pack(History(events=newer)))
            rows: list[EventRow] = []
            for first in range(0, len(newer), _AT_ONCE):
                await asyncio.sleep(0)  # whoever waits for a screen goes first
                rows.extend(map(self.maker.row, newer[first : first + _AT_ONCE]))
            self.chunks.append(await packing)
            self.starts.append(len(self.rows) + 1)
            self.rows += rows
            self.total = max(self.total, len(self.rows))
            self.tell()

    def tell(self) -> None:
        self.grown.set()
        self.grown = asyncio.Event()


class TemporalHistories:
    """See ports.Histories."""

    def __init__(self, clusters: Clusters) -> None:
        self._clusters = clusters
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._opening: dict[Key, asyncio.Task[_Kept]] = {}

    async def page(
        self, namespace: Namespace, run: RunRef, *, start: EventId, size: int
    ) -> EventPage:
        kept = await self._open(namespace, run)
        first = max(0, start - 1)
        await self._until(kept, min(first + size, kept.total))
        rows = tuple(kept.rows[first : first + size])
        following = first + len(rows)
        return EventPage(
            rows=rows,
            total=kept.total,
            next_event=EventId(following + 1) if rows and following < kept.total else None,
        )

    async def event(self, namespace: Namespace, run: RunRef, event: EventId) -> RawEvent:
        kept = await self._open(namespace, run)
        await self._until(kept, min(event, kept.total))
        if not 1 <= event <= len(kept.rows):
            raise NotFound(
                f"This history has no event {event}; its last is {kept.total}.",
                hint="Choose an event in the list.",
            )
        found = kept.event(event)
        return RawEvent(row=kept.rows[event - 1], tree=to_tree(found), links=links_of(found))

    async def task_failure(self, namespace: Namespace, run: RunRef) -> TaskFailure | None:
        kept = await self._open(namespace, run)
        await self._until(kept, kept.total)
        for row in reversed(kept.rows):
            if row.type == "WorkflowTaskCompleted":
                return None
            if row.type == "WorkflowTaskFailed":
                return task_failure_of(kept.event(row.id))
        return None

    async def follow(self, namespace: Namespace, run: RunRef) -> AsyncGenerator[int]:
        kept = await self._open(namespace, run)
        await self._until(kept, kept.total)
        kept.followed += 1
        told = len(kept.rows)
        try:
            while kept.is_open:
                answer = await self._ask(namespace, run, kept.token, _PAGE, wait=True)
                await kept.add(lasting(answer.history.events))
                kept.token = answer.next_page_token
                kept.is_open = bool(kept.token)
                if len(kept.rows) > told:
                    told = len(kept.rows)
                    yield kept.total
        finally:
            kept.followed -= 1

    async def _until(self, kept: _Kept, wanted: int) -> None:
        """Wait until `wanted` rows are here, or all that there are."""
        while len(kept.rows) < wanted and kept.fetching and not kept.fetching.done():
            await kept.grown.wait()
        if len(kept.rows) < wanted and kept.fault is not None:
            raise kept.fault

    async def _open(self, namespace: Namespace, run: RunRef) -> _Kept:
        """Find or begin a run's history; brings an open run's up to date."""
        key = (namespace.cluster.address, namespace.name, run.workflow_id, run.run_id)
        kept = self._kept.get(key)
        if kept is not None and run.run_id and kept.is_whole:
            self._kept.move_to_end(key)
            return kept
        if (opening := self._opening.get(key)) is None:
            opening = asyncio.create_task(self._begin(namespace, run))
            self._opening[key] = opening
            opening.add_done_callback(lambda _: self._opening.pop(key, None))
        return await asyncio.shield(opening)

    async def _begin(self, namespace: Namespace, run: RunRef) -> _Kept:
        request = DescribeWorkflowExecutionRequest(
            namespace=namespace.name,
            execution=WorkflowExecution(workflow_id=run.workflow_id, run_id=run.run_id),
        )
        answer = await self._clusters.call(
            namespace.cluster,
            lambda server: server.describe_workflow_execution(request, timeout=TIMEOUT),
        )
        info = answer.workflow_execution_info
        run = replace(run, run_id=RunId(info.execution.run_id))
        key = (namespace.cluster.address, namespace.name, run.workflow_id, run.run_id)
        kept = self._kept.setdefault(key, _Kept(total=0, is_open=True))
        self._kept.move_to_end(key)
        kept.is_open = to_status(info.status).is_open
        kept.total = max(kept.total, info.history_length)
        busy = kept.fetching is not None and not kept.fetching.done()
        if not busy and len(kept.rows) < kept.total:
            kept.fault = None
            fetch = self._fetch_tail if kept.rows else self._fetch_all
            kept.fetching = asyncio.create_task(self._fetch(fetch(namespace, run, kept), kept))
        return kept

    async def _fetch(self, work: Coroutine[None, None, None], kept: _Kept) -> None:
        try:
            await work
        except InspectorError as error:
            kept.fault = error
        finally:
            kept.tell()
            self._make_room()

    async def _fetch_all(self, namespace: Namespace, run: RunRef, kept: _Kept) -> None:
        """Read page after page; the next one is on its way while one becomes rows.

        An open run's pages end with the token that a long poll goes on from.
        """
        wait = kept.is_open
        asked = asyncio.create_task(self._ask(namespace, run, b"", _FIRST_PAGE, wait=wait))
        try:
            while True:
                answer = await asked
                events, token = lasting(answer.history.events), answer.next_page_token
                ends = not token or (wait and bool(events) and events[-1].event_id >= kept.total)
                if not ends:
                    asked = asyncio.create_task(self._ask(namespace, run, token, _PAGE, wait=wait))
                await kept.add(events)
                if ends:
                    kept.token = token
                    return
        finally:
            asked.cancel()

    async def _ask(
        self, namespace: Namespace, run: RunRef, token: bytes, size: int, *, wait: bool
    ) -> GetWorkflowExecutionHistoryResponse:
        request = GetWorkflowExecutionHistoryRequest(
            namespace=namespace.name,
            execution=WorkflowExecution(workflow_id=run.workflow_id, run_id=run.run_id),
            maximum_page_size=size,
            next_page_token=token,
            wait_new_event=wait,
        )
        limit = _LONG_POLL if wait else TIMEOUT
        return await self._clusters.call(
            namespace.cluster,
            lambda server: server.get_workflow_execution_history(request, timeout=limit),
        )

    async def _fetch_tail(self, namespace: Namespace, run: RunRef, kept: _Kept) -> None:
        """Read backwards from the end to what is here already."""
        token, newer = b"", list[HistoryEvent]()
        last = len(kept.rows)
        while True:
            request = GetWorkflowExecutionHistoryReverseRequest(
                namespace=namespace.name,
                execution=WorkflowExecution(workflow_id=run.workflow_id, run_id=run.run_id),
                maximum_page_size=_PAGE,
                next_page_token=token,
            )
            answer = await self._clusters.call(
                namespace.cluster,
                lambda server, request=request: server.get_workflow_execution_history_reverse(
                    request, timeout=TIMEOUT
                ),
            )
            events = answer.history.events
            newer += [event for event in events if event.event_id > last]
            token = answer.next_page_token
            if not token or (events and events[-1].event_id <= last + 1):
                break
        newer.reverse()
        await kept.add(newer)

    def _make_room(self) -> None:
        taken = sum(kept.bytes_taken for kept in self._kept.values())
        for key in [key for key, kept in self._kept.items() if not kept.followed]:
            if taken <= KEPT_BYTES or len(self._kept) == 1:
                return
            taken -= self._kept.pop(key).bytes_taken


def task_failure_of(event: HistoryEvent) -> TaskFailure | None:
    """Read a WorkflowTaskFailed; None where a reset made it."""
    a = event.workflow_task_failed_event_attributes
    name = WorkflowTaskFailedCause.Name(a.cause).removeprefix("WORKFLOW_TASK_FAILED_CAUSE_")
    if name == "RESET_WORKFLOW":
        return None  # that is how a reset begins
    cause = "".join(word.capitalize() for word in name.split("_"))
    return TaskFailure(EventId(event.event_id), cause, failure_text(a.failure))


def lasting(events: Sequence[HistoryEvent]) -> Sequence[HistoryEvent]:
    """Leave out what the server adds for workers and never writes: a retried task at the end.

    Its numbers are those of the events to come.
    """
    end = len(events)
    for back in (1, 2):
        if end >= back and events[-back].workflow_task_scheduled_event_attributes.attempt > 1:
            return events[: end - back]
    return events


async def _pack(history: History) -> bytes:
    raw = history.SerializeToString()
    # zlib lets go of the interpreter's lock: the event loop goes on meanwhile.
    return await asyncio.to_thread(zlib.compress, raw, 1)
