"""From the server's descriptions to the domain's values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflow.v1 import (
    PendingActivityInfo,
    WorkflowExecutionExtendedInfo,
    WorkflowExecutionInfo,
)
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from inspector_app.adapters.temporal.payloads import message_of, readable, to_json
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.workflows import (
    Pause,
    PendingActivity,
    PendingChild,
    PendingTask,
    Run,
    RunRef,
    RunSummary,
    Status,
)

_STATUS = {
    1: Status.RUNNING,
    2: Status.COMPLETED,
    3: Status.FAILED,
    4: Status.CANCELED,
    5: Status.TERMINATED,
    6: Status.CONTINUED_AS_NEW,
    7: Status.TIMED_OUT,
    8: Status.PAUSED,  # the client library's own enum lacks it
}
_PROBLEMS = "TemporalReportedProblems"
_PAUSE_INFO = "TemporalPauseInfo"
_STATE_PREFIX = "PENDING_ACTIVITY_STATE_"


def to_status(number: int) -> Status:
    """Parse the server's status; a newer server's reads as unknown."""
    return _STATUS.get(number, Status.UNKNOWN)


def at(stamp: Timestamp) -> datetime:
    """Parse a timestamp."""
    return stamp.ToDatetime(tzinfo=UTC)


def maybe_at(stamp: Timestamp) -> datetime | None:
    """Parse a timestamp that may be unset."""
    return at(stamp) if stamp.seconds or stamp.nanos else None


def to_summary(info: WorkflowExecutionInfo) -> RunSummary:
    """Parse a listing's row."""
    attributes = info.search_attributes.indexed_fields
    problems = _words(readable(attributes[_PROBLEMS])) if _PROBLEMS in attributes else ()
    paused = _words(readable(attributes[_PAUSE_INFO])) if _PAUSE_INFO in attributes else ()
    return RunSummary(
        workflow_id=WorkflowId(info.execution.workflow_id),
        run_id=RunId(info.execution.run_id),
        workflow_type=info.type.name,
        status=to_status(info.status),
        task_queue=info.task_queue,
        started_at=at(info.start_time),
        closed_at=maybe_at(info.close_time),
        history_length=info.history_length,
        problems=problems,
        pause_reason=_pause_reason(paused),
    )


def to_run(answer: DescribeWorkflowExecutionResponse, namespace: str) -> Run:
    """Parse a description."""
    info, config = answer.workflow_execution_info, answer.execution_config
    extended = answer.workflow_extended_info
    task = answer.pending_workflow_task
    return Run(
        summary=to_summary(info),
        pause=_pause(extended),
        history_bytes=info.history_size_bytes,
        parent=_ref(info.parent_execution, namespace),
        root=_ref(info.root_execution, namespace),
        first_run_id=RunId(info.first_run_id),
        build_id=info.versioning_info.deployment_version.build_id or info.assigned_build_id,
        execution_timeout=_lasting(config.workflow_execution_timeout),
        run_timeout=_lasting(config.workflow_run_timeout),
        task_timeout=_lasting(config.default_workflow_task_timeout),
        cron="",
        search_attributes=tuple(
            (name, _short(readable(value)))
            for name, value in sorted(info.search_attributes.indexed_fields.items())
        ),
        memo=tuple(
            (name, to_json(readable(value))) for name, value in sorted(info.memo.fields.items())
        ),
        activities=tuple(_activity(each) for each in answer.pending_activities),
        children=tuple(
            PendingChild(WorkflowId(each.workflow_id), RunId(each.run_id), each.workflow_type_name)
            for each in answer.pending_children
        ),
        task=PendingTask(
            attempt=task.attempt,
            scheduled_at=maybe_at(task.scheduled_time),
            started_at=maybe_at(task.started_time),
        )
        if answer.HasField("pending_workflow_task")
        else None,
        cancel_requested=extended.cancel_requested,
    )


def _pause(extended: WorkflowExecutionExtendedInfo) -> Pause | None:
    if not extended.HasField("pause_info"):
        return None
    info = extended.pause_info
    return Pause(
        by=info.identity.removeprefix("inspector:").partition("#")[0],  # without the operation
        at=maybe_at(info.paused_time),
        reason=info.reason,
    )


def _activity(info: PendingActivityInfo) -> PendingActivity:
    state = PendingActivityState.Name(info.state).removeprefix(_STATE_PREFIX)
    return PendingActivity(
        activity_id=info.activity_id,
        activity_type=info.activity_type.name,
        state=state.replace("_", " ").capitalize(),
        attempt=info.attempt,
        max_attempts=info.maximum_attempts,
        scheduled_at=maybe_at(info.scheduled_time),
        started_at=maybe_at(info.last_started_time),
        next_try_at=maybe_at(info.next_attempt_schedule_time),
        last_heartbeat_at=maybe_at(info.last_heartbeat_time),
        last_failure=message_of(info.last_failure) if info.HasField("last_failure") else "",
        worker=info.last_worker_identity,
        paused=info.paused,
    )


def _ref(execution: WorkflowExecution, namespace: str) -> RunRef | None:
    if not execution.workflow_id:
        return None
    return RunRef(namespace, WorkflowId(execution.workflow_id), RunId(execution.run_id))


def _lasting(duration: Duration) -> timedelta | None:
    return duration.ToTimedelta() if duration.seconds or duration.nanos else None


def _words(value: object) -> tuple[str, ...]:
    return (
        tuple(map(str, cast("list[object]", value))) if isinstance(value, list) else (str(value),)
    )


def _short(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, cast("list[object]", value)))
    return value if isinstance(value, str) else to_json(value)


def _pause_reason(entries: tuple[str, ...]) -> str:
    """Read the reason out of `TemporalPauseInfo`: ["Workflow:<id>", "Reason:<text>"]."""
    found = (entry.removeprefix("Reason:") for entry in entries if entry.startswith("Reason:"))
    return next(found, "")
