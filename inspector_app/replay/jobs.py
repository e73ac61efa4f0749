"""What an instance is told, one function a job: as the SDK's core tells it in a true replay."""

from __future__ import annotations

from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob as Job

NULL = Payload(metadata={"encoding": b"binary/null"})


def first(payloads: Payloads) -> Payload:
    return payloads.payloads[0] if payloads.payloads else NULL


def activity_done(seq: int, payload: Payload, *, local: bool = False) -> Job:
    job = Job()
    job.resolve_activity.seq = seq
    job.resolve_activity.is_local = local
    job.resolve_activity.result.completed.result.CopyFrom(payload)
    return job


def activity_failed(seq: int, failure: Failure, *, local: bool = False) -> Job:
    job = Job()
    job.resolve_activity.seq = seq
    job.resolve_activity.is_local = local
    cancelled = failure.HasField("cause") and failure.cause.HasField("canceled_failure_info")
    result = job.resolve_activity.result
    (result.cancelled if cancelled else result.failed).failure.CopyFrom(failure)
    return job


def timer_fired(seq: int) -> Job:
    job = Job()
    job.fire_timer.seq = seq
    return job


def child_started(seq: int, run_id: str) -> Job:
    job = Job()
    job.resolve_child_workflow_execution_start.seq = seq
    job.resolve_child_workflow_execution_start.succeeded.run_id = run_id
    return job


def child_done(seq: int, payload: Payload) -> Job:
    job = Job()
    job.resolve_child_workflow_execution.seq = seq
    job.resolve_child_workflow_execution.result.completed.result.CopyFrom(payload)
    return job


def signal_sent(seq: int) -> Job:
    job = Job()
    job.resolve_signal_external_workflow.seq = seq
    return job


def cancel_sent(seq: int) -> Job:
    job = Job()
    job.resolve_request_cancel_external_workflow.seq = seq
    return job


def nexus_done(seq: int, payload: Payload) -> list[Job]:
    begun, done = Job(), Job()
    begun.resolve_nexus_operation_start.seq = seq
    begun.resolve_nexus_operation_start.started_sync = True
    done.resolve_nexus_operation.seq = seq
    done.resolve_nexus_operation.result.completed.CopyFrom(payload)
    return [begun, done]


def patch_known(patch_id: str) -> Job:
    job = Job()
    job.notify_has_patch.patch_id = patch_id
    return job


def update_asked(event: HistoryEvent) -> Job:
    """Return the update that an accepted event answers."""
    a = event.workflow_execution_update_accepted_event_attributes
    request, job = a.accepted_request, Job()
    update = job.do_update
    update.id = request.meta.update_id
    update.protocol_instance_id = a.protocol_instance_id
    update.name = request.input.name
    update.input.extend(request.input.args.payloads)
    for key, value in request.input.header.fields.items():
        update.headers[key].CopyFrom(value)
    update.meta.CopyFrom(request.meta)
    return job
