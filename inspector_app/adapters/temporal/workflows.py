"""Listing, describing and acting on runs: raw calls, since the client's own enum lacks Paused."""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import HistoryEventFilterType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.query.v1 import WorkflowQuery
from temporalio.api.sdk.v1.workflow_metadata_pb2 import (
    WorkflowInteractionDefinition,
    WorkflowMetadata,
)
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeNamespaceRequest,
    DescribeWorkflowExecutionRequest,
    GetWorkflowExecutionHistoryRequest,
    GetWorkflowExecutionHistoryReverseRequest,
    ListWorkflowExecutionsRequest,
    PauseWorkflowExecutionRequest,
    QueryWorkflowRequest,
    RequestCancelWorkflowExecutionRequest,
    SignalWorkflowExecutionRequest,
    TerminateWorkflowExecutionRequest,
    UnpauseWorkflowExecutionRequest,
)
from temporalio.converter import DataConverter

from inspector_app.adapters.temporal.connect import TIMEOUT, Clusters
from inspector_app.adapters.temporal.described import to_run, to_status, to_summary
from inspector_app.adapters.temporal.payloads import all_of, failure_text, readable, values_of
from inspector_app.domain.errors import InspectorError, Invalid, Refused, Unreachable
from inspector_app.domain.ids import EventId
from inspector_app.domain.tenancy import Cluster, Namespace
from inspector_app.domain.workflows import (
    Capabilities,
    Handler,
    Handlers,
    RawData,
    Run,
    RunPage,
    RunRef,
    Status,
    StatusCounts,
)
from inspector_app.services.ports import Clock

COUNTS_LIVE = timedelta(seconds=2)
"""Counts are shared this long by everybody: servers allow 10 visibility calls a second."""
_CAPABILITIES_LIVE = timedelta(minutes=1)
_ASK_WORKER = timedelta(seconds=3)
_LOOK_BACK = 200
_CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the server's clock may be from ours when a history is searched backwards."""
_METADATA = "__temporal_workflow_metadata"


@dataclass(slots=True)
class _Kept:
    counts: asyncio.Task[StatusCounts]
    until: datetime


class TemporalWorkflows:
    """See ports.Workflows."""

    def __init__(self, clusters: Clusters, clock: Clock) -> None:
        self._clusters = clusters
        self._clock = clock
        self._counts: dict[tuple[str, str, str], _Kept] = {}
        self._capabilities: dict[tuple[str, str], tuple[Capabilities, datetime]] = {}
        self._converter = DataConverter.default.payload_converter

    async def page(
        self, namespace: Namespace, query: str, *, page_size: int, page_token: str | None
    ) -> RunPage:
        request = ListWorkflowExecutionsRequest(
            namespace=namespace.name,
            page_size=page_size,
            query=query,
            next_page_token=_parse_token(page_token),
        )
        try:
            answer = await self._clusters.call(
                namespace.cluster,
                lambda server: server.list_workflow_executions(request, timeout=TIMEOUT),
            )
        except Refused as error:
            if page_token:
                # The server answers a token that is not its own with "something went wrong".
                raise _foreign_token() from error
            raise
        token = answer.next_page_token
        return RunPage(
            runs=tuple(to_summary(info) for info in answer.executions),
            next_page_token=base64.urlsafe_b64encode(token).decode() if token else None,
        )

    async def counts(self, namespace: Namespace, query: str) -> StatusCounts:
        key = (namespace.cluster.address, namespace.name, query)
        now = self._clock()
        kept = self._counts.get(key)
        if kept is None or kept.until < now:
            self._counts = {k: v for k, v in self._counts.items() if v.until >= now}
            kept = _Kept(asyncio.create_task(self._count(namespace, query)), now + COUNTS_LIVE)
            self._counts[key] = kept
        try:
            # Shielded: one reader who leaves must not take the answer from the others.
            return await asyncio.shield(kept.counts)
        except InspectorError:
            if self._counts.get(key) is kept:
                del self._counts[key]
            raise

    async def _count(self, namespace: Namespace, query: str) -> StatusCounts:
        grouped = f"{query} GROUP BY ExecutionStatus" if query else "GROUP BY ExecutionStatus"
        request = CountWorkflowExecutionsRequest(namespace=namespace.name, query=grouped)
        answer = await self._clusters.call(
            namespace.cluster,
            lambda server: server.count_workflow_executions(request, timeout=TIMEOUT),
        )
        by_status: dict[Status, int] = {}
        for group in answer.groups:
            value = readable(group.group_values[0])
            status = Status(value) if value in set(Status) else Status.UNKNOWN
            by_status[status] = by_status.get(status, 0) + group.count
        return StatusCounts(total=answer.count, by_status=by_status, at=self._clock())

    async def describe(self, namespace: Namespace, run: RunRef) -> Run:
        request = DescribeWorkflowExecutionRequest(
            namespace=namespace.name, execution=_execution(run)
        )
        answer = await self._clusters.call(
            namespace.cluster,
            lambda server: server.describe_workflow_execution(request, timeout=TIMEOUT),
        )
        return to_run(answer, namespace.slug)

    async def data(self, namespace: Namespace, run: RunRef) -> RawData:
        first, now = await asyncio.gather(
            self._one_event(namespace, run, closing=False), self.describe(namespace, run)
        )
        # Asked of an open run, the server would wait for the closing event until the deadline.
        last = None if now.status.is_open else await self._one_event(namespace, run, closing=True)
        started = first.workflow_execution_started_event_attributes if first else None
        result, failure = _outcome(last)
        return RawData(
            input=values_of(all_of(started.input)) if started else (),
            result=result,
            failure=failure,
            closing_event=EventId(last.event_id) if last else None,
        )

    async def _one_event(
        self, namespace: Namespace, run: RunRef, *, closing: bool
    ) -> HistoryEvent | None:
        kind = HistoryEventFilterType
        request = GetWorkflowExecutionHistoryRequest(
            namespace=namespace.name,
            execution=_execution(run),
            maximum_page_size=1,
            history_event_filter_type=kind.HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT
            if closing
            else kind.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT,
        )
        answer = await self._clusters.call(
            namespace.cluster,
            lambda server: server.get_workflow_execution_history(request, timeout=TIMEOUT),
        )
        events = answer.history.events
        if not events or (closing and not _closes(events[-1])):
            return None
        return events[-1] if closing else events[0]

    async def handlers(self, namespace: Namespace, run: RunRef) -> Handlers:
        request = QueryWorkflowRequest(
            namespace=namespace.name,
            execution=_execution(run),
            query=WorkflowQuery(query_type=_METADATA),
        )
        try:
            answer = await self._clusters.call(
                namespace.cluster,
                lambda server: server.query_workflow(request, timeout=_ASK_WORKER),
            )
        except InspectorError as error:
            with contextlib.suppress(InspectorError):
                # A worker that is away looks like a server that is away: ask the server itself.
                self._clusters.forgive(namespace.cluster)
                await self._clusters.is_up(namespace.cluster)
                return Handlers(known=False, reason=_why_no_answer(error))
            raise
        if answer.HasField("query_rejected"):
            status = to_status(answer.query_rejected.status)
            return Handlers(known=False, reason=f"the run is {status.lower()}, it answers nobody")
        metadata = self._converter.from_payload(answer.query_result.payloads[0], WorkflowMetadata)
        definition = metadata.definition
        return Handlers(
            known=True,
            signals=_handlers(definition.signal_definitions),
            queries=_handlers(definition.query_definitions),
            updates=_handlers(definition.update_definitions),
            current_details=metadata.current_details,
        )

    async def capabilities(self, namespace: Namespace) -> Capabilities:
        key, now = (namespace.cluster.address, namespace.name), self._clock()
        known = self._capabilities.get(key)
        if known and known[1] >= now:
            return known[0]
        request = DescribeNamespaceRequest(namespace=namespace.name)
        answer = await self._clusters.call(
            namespace.cluster, lambda server: server.describe_namespace(request, timeout=TIMEOUT)
        )
        found = Capabilities(native_pause=answer.namespace_info.capabilities.workflow_pause)
        self._capabilities[key] = (found, now + _CAPABILITIES_LIVE)
        return found

    async def pause(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None:
        request = PauseWorkflowExecutionRequest(
            namespace=namespace.name,
            workflow_id=run.workflow_id,
            run_id=run.run_id,
            identity=identity,
            reason=reason,
            request_id=request_id,
        )
        await self._clusters.call(
            namespace.cluster,
            lambda server: server.pause_workflow_execution(request, timeout=TIMEOUT),
        )

    async def resume(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None:
        request = UnpauseWorkflowExecutionRequest(
            namespace=namespace.name,
            workflow_id=run.workflow_id,
            run_id=run.run_id,
            identity=identity,
            reason=reason,
            request_id=request_id,
        )
        await self._clusters.call(
            namespace.cluster,
            lambda server: server.unpause_workflow_execution(request, timeout=TIMEOUT),
        )

    async def signal(
        self,
        namespace: Namespace,
        run: RunRef,
        name: str,
        args: list[object],
        *,
        identity: str,
        request_id: str,
    ) -> None:
        request = SignalWorkflowExecutionRequest(
            namespace=namespace.name,
            workflow_execution=_execution(run),
            signal_name=name,
            identity=identity,
            request_id=request_id,
        )
        if args:
            request.input.payloads.extend(self._converter.to_payloads(args))
        await self._clusters.call(
            namespace.cluster,
            lambda server: server.signal_workflow_execution(request, timeout=TIMEOUT),
        )

    async def cancel(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None:
        request = RequestCancelWorkflowExecutionRequest(
            namespace=namespace.name,
            workflow_execution=_execution(run),
            identity=identity,
            request_id=request_id,
            reason=reason,
        )
        await self._clusters.call(
            namespace.cluster,
            lambda server: server.request_cancel_workflow_execution(request, timeout=TIMEOUT),
        )

    async def terminate(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str
    ) -> None:
        request = TerminateWorkflowExecutionRequest(
            namespace=namespace.name,
            workflow_execution=_execution(run),
            reason=reason,
            identity=identity,
        )
        await self._clusters.call(
            namespace.cluster,
            lambda server: server.terminate_workflow_execution(request, timeout=TIMEOUT),
        )

    async def acted(
        self, namespace: Namespace, run: RunRef, identity: str, since: datetime
    ) -> bool:
        token = b""
        while True:
            request = GetWorkflowExecutionHistoryReverseRequest(
                namespace=namespace.name,
                execution=_execution(run),
                maximum_page_size=_LOOK_BACK,
                next_page_token=token,
            )
            answer = await self._clusters.call(
                namespace.cluster,
                lambda server, asked=request: server.get_workflow_execution_history_reverse(
                    asked, timeout=TIMEOUT
                ),
            )
            for event in answer.history.events:
                if event.event_time.ToDatetime(tzinfo=UTC) < since - _CLOCKS_DIFFER:
                    return False
                kind = event.WhichOneof("attributes")
                attributes: object = getattr(event, kind) if kind else None
                if getattr(attributes, "identity", "") == identity:
                    return True
            token = answer.next_page_token
            if not token:
                return False

    async def is_up(self, cluster: Cluster) -> None:
        await self._clusters.is_up(cluster)


def _execution(run: RunRef) -> WorkflowExecution:
    return WorkflowExecution(workflow_id=run.workflow_id, run_id=run.run_id)


def _parse_token(token: str | None) -> bytes:
    try:
        return base64.b64decode(token or "", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _foreign_token() from None


def _foreign_token() -> Invalid:
    return Invalid(
        "The page token is not one that this listing gave.",
        field="page_token",
        hint="Start from the first page.",
    )


def _handlers(
    definitions: Iterable[WorkflowInteractionDefinition],
) -> tuple[Handler, ...]:
    found = (Handler(each.name, each.description) for each in definitions)
    # The SDK's own, such as __stack_trace, are nobody's business here.
    return tuple(handler for handler in found if not handler.name.startswith("__"))


def _why_no_answer(error: InspectorError) -> str:
    text = error.detail.lower()
    if "failed state" in text:
        return "the workflow's task keeps failing, so it answers nothing"
    if isinstance(error, Unreachable):  # and the server itself has answered meanwhile
        return "no worker answered: is one running for its task queue?"
    return error.detail


def _closes(event: HistoryEvent) -> bool:
    return (event.WhichOneof("attributes") or "").startswith("workflow_execution_") and any(
        event.HasField(name) for name in _CLOSING
    )


_CLOSING = (
    "workflow_execution_completed_event_attributes",
    "workflow_execution_failed_event_attributes",
    "workflow_execution_timed_out_event_attributes",
    "workflow_execution_terminated_event_attributes",
    "workflow_execution_canceled_event_attributes",
    "workflow_execution_continued_as_new_event_attributes",
)


def _outcome(event: HistoryEvent | None) -> tuple[tuple[object, ...], str]:
    """Return (result, failure) of a closing event."""
    result, failure = tuple[object, ...](), ""
    if event is None:
        return result, failure
    match event.WhichOneof("attributes"):
        case "workflow_execution_completed_event_attributes":
            done = event.workflow_execution_completed_event_attributes
            result = values_of(all_of(done.result))
        case "workflow_execution_failed_event_attributes":
            failure = failure_text(event.workflow_execution_failed_event_attributes.failure)
        case "workflow_execution_terminated_event_attributes":
            ended = event.workflow_execution_terminated_event_attributes
            failure = f"Terminated by {ended.identity or 'nobody named'}: {ended.reason}"
        case "workflow_execution_canceled_event_attributes":
            details = event.workflow_execution_canceled_event_attributes.details
            result = values_of(all_of(details))
            failure = "Cancelled"
        case "workflow_execution_timed_out_event_attributes":
            failure = "The run took longer than its timeout allows."
        case _:
            pass
    return result, failure
