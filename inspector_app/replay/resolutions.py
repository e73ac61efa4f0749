"""From an event to what an instance is told of it, as the SDK's core does for a true replay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from temporalio.api.common.v1 import Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob as Job

from . import jobs
from .randomness import seed_of

SeqOf: TypeAlias = "Callable[[str, int], int | None]"
"""From a family and the id of the event that began it, to the instance's number for it."""


def jobs_of(event: HistoryEvent, seq_of: SeqOf) -> list[Job]:
    """Return what an instance is told of an event; nothing where it never asked for it."""
    name = event.WhichOneof("attributes") or ""
    short = name.removesuffix("_event_attributes")
    if (told := _TOLD.get(short)) is not None:
        return told(getattr(event, name))
    family, begun, resolve = _RESOLVING.get(short, ("", "", None))
    if resolve is None:
        return []
    attributes = getattr(event, name)
    seq = seq_of(family, getattr(attributes, begun))
    return [] if seq is None else resolve(attributes, seq)


def _signaled(a: Any) -> list[Job]:
    job = Job()
    job.signal_workflow.signal_name = a.signal_name
    job.signal_workflow.identity = a.identity
    job.signal_workflow.input.extend(a.input.payloads)
    for key, value in a.header.fields.items():
        job.signal_workflow.headers[key].CopyFrom(value)
    return [job]


def _cancel_requested(a: Any) -> list[Job]:
    job = Job()
    job.cancel_workflow.reason = a.cause
    return [job]


def _task_failed(a: Any) -> list[Job]:
    """A reset goes on with other random numbers."""
    if not a.new_run_id:
        return []
    job = Job()
    job.update_random_seed.randomness_seed = seed_of(a.new_run_id)
    return [job]


def _activity_completed(a: Any, seq: int) -> list[Job]:
    return [jobs.activity_done(seq, jobs.first(a.result))]


def _activity_failed(a: Any, seq: int) -> list[Job]:
    return [jobs.activity_failed(seq, _of_activity(a, "Activity task failed", a.failure))]


def _activity_timed_out(a: Any, seq: int) -> list[Job]:
    return [jobs.activity_failed(seq, _of_activity(a, "Activity task timed out", a.failure))]


def _activity_canceled(a: Any, seq: int) -> list[Job]:
    failure = _of_activity(a, "Activity cancelled", _canceled(a.details))
    return [jobs.activity_failed(seq, failure)]


def _of_activity(a: Any, message: str, cause: Failure) -> Failure:
    failure = Failure(message=message, cause=cause)
    failure.activity_failure_info.scheduled_event_id = a.scheduled_event_id
    if cause.HasField("canceled_failure_info"):
        return failure  # a cancellation knows no retry
    failure.activity_failure_info.retry_state = a.retry_state
    return failure


def _canceled(details: Payloads) -> Failure:
    failure = Failure(message="Cancelled")
    failure.canceled_failure_info.details.CopyFrom(details)
    return failure


def _timer_fired(_a: Any, seq: int) -> list[Job]:
    return [jobs.timer_fired(seq)]


def _child_not_started(a: Any, seq: int) -> list[Job]:
    job = Job()
    start = job.resolve_child_workflow_execution_start
    start.seq = seq
    start.failed.workflow_id, start.failed.workflow_type = a.workflow_id, a.workflow_type.name
    start.failed.cause = a.cause
    return [job]


def _child_started(a: Any, seq: int) -> list[Job]:
    return [jobs.child_started(seq, a.workflow_execution.run_id)]


def _child_completed(a: Any, seq: int) -> list[Job]:
    return [jobs.child_done(seq, jobs.first(a.result))]


def _child_failed(a: Any, seq: int) -> list[Job]:
    return _child_ended(a, seq, "Child Workflow execution failed", a.failure)


def _child_canceled(a: Any, seq: int) -> list[Job]:
    return _child_ended(a, seq, "Child Workflow execution cancelled", _canceled(a.details))


def _child_timed_out(a: Any, seq: int) -> list[Job]:
    cause = Failure(message="timed out")
    cause.timeout_failure_info.SetInParent()
    return _child_ended(a, seq, "Child Workflow execution timed out", cause)


def _child_terminated(a: Any, seq: int) -> list[Job]:
    cause = Failure(message="Terminated")
    cause.terminated_failure_info.SetInParent()
    return _child_ended(a, seq, "Child Workflow execution terminated", cause)


def _child_ended(a: Any, seq: int, message: str, cause: Failure) -> list[Job]:
    failure = Failure(message=message, cause=cause)
    info = failure.child_workflow_execution_failure_info
    info.workflow_execution.CopyFrom(a.workflow_execution)
    info.workflow_type.CopyFrom(a.workflow_type)
    job = Job()
    job.resolve_child_workflow_execution.seq = seq
    result = job.resolve_child_workflow_execution.result
    kind = result.cancelled if cause.HasField("canceled_failure_info") else result.failed
    kind.failure.CopyFrom(failure)
    return [job]


def _signal_sent(_a: Any, seq: int) -> list[Job]:
    return [jobs.signal_sent(seq)]


def _cancel_sent(_a: Any, seq: int) -> list[Job]:
    return [jobs.cancel_sent(seq)]


def _signal_failed(_a: Any, seq: int) -> list[Job]:
    job = jobs.signal_sent(seq)
    job.resolve_signal_external_workflow.failure.CopyFrom(_not_reached())
    return [job]


def _cancel_failed(_a: Any, seq: int) -> list[Job]:
    job = jobs.cancel_sent(seq)
    job.resolve_request_cancel_external_workflow.failure.CopyFrom(_not_reached())
    return [job]


def _not_reached() -> Failure:
    failure = Failure(message="Unable to reach the external workflow, because it was not found")
    failure.application_failure_info.SetInParent()
    return failure


def _nexus_started(a: Any, seq: int) -> list[Job]:
    job = Job()
    job.resolve_nexus_operation_start.seq = seq
    job.resolve_nexus_operation_start.operation_token = a.operation_token or a.operation_id
    return [job]


def _nexus_completed(a: Any, seq: int) -> list[Job]:
    return jobs.nexus_done(seq, a.result)[1:]


def _nexus_failed(a: Any, seq: int) -> list[Job]:
    job = Job()
    job.resolve_nexus_operation.seq = seq
    job.resolve_nexus_operation.result.failed.CopyFrom(a.failure)
    return [job]


_TOLD: dict[str, Callable[[Any], list[Job]]] = {
    "workflow_execution_signaled": _signaled,
    "workflow_execution_cancel_requested": _cancel_requested,
    "workflow_task_failed": _task_failed,
}
_SCHEDULED, _INITIATED = "scheduled_event_id", "initiated_event_id"
_RESOLVING: dict[str, tuple[str, str, Callable[[Any, int], list[Job]]]] = {
    "activity_task_completed": ("activity", _SCHEDULED, _activity_completed),
    "activity_task_failed": ("activity", _SCHEDULED, _activity_failed),
    "activity_task_timed_out": ("activity", _SCHEDULED, _activity_timed_out),
    "activity_task_canceled": ("activity", _SCHEDULED, _activity_canceled),
    "timer_fired": ("timer", "started_event_id", _timer_fired),
    "start_child_workflow_execution_failed": ("child", _INITIATED, _child_not_started),
    "child_workflow_execution_started": ("child", _INITIATED, _child_started),
    "child_workflow_execution_completed": ("child", _INITIATED, _child_completed),
    "child_workflow_execution_failed": ("child", _INITIATED, _child_failed),
    "child_workflow_execution_canceled": ("child", _INITIATED, _child_canceled),
    "child_workflow_execution_timed_out": ("child", _INITIATED, _child_timed_out),
    "child_workflow_execution_terminated": ("child", _INITIATED, _child_terminated),
    "external_workflow_execution_signaled": ("signal", _INITIATED, _signal_sent),
    "signal_external_workflow_execution_failed": ("signal", _INITIATED, _signal_failed),
    "external_workflow_execution_cancel_requested": (
        "cancel_external",
        _INITIATED,
        _cancel_sent,
    ),
    "request_cancel_external_workflow_execution_failed": (
        "cancel_external",
        _INITIATED,
        _cancel_failed,
    ),
    "nexus_operation_started": ("nexus", _SCHEDULED, _nexus_started),
    "nexus_operation_completed": ("nexus", _SCHEDULED, _nexus_completed),
    "nexus_operation_failed": ("nexus", _SCHEDULED, _nexus_failed),
    "nexus_operation_canceled": ("nexus", _SCHEDULED, _nexus_failed),
    "nexus_operation_timed_out": ("nexus", _SCHEDULED, _nexus_failed),
}
