"""What an instance is told in a task: made from the history's events instead of by the core."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob as Job

from . import jobs
from .histories import Read
from .originals import PATCH, marker_fields
from .resolutions import SeqOf, jobs_of


@dataclass
class Batch:
    """A completed task, and what came in before it began."""

    started: HistoryEvent
    completed: int
    """Id of its WorkflowTaskCompleted."""
    events: list[HistoryEvent]


def batches(history: Read) -> list[Batch]:
    completed = history.completions
    found: list[Batch] = []
    arrived: list[HistoryEvent] = []
    for event in history.events:
        arrived.append(event)
        if event.event_id in completed:
            found.append(Batch(event, completed[event.event_id], arrived))
            arrived = []
    return found


class Teller:
    """Makes one instance's activations, in the order of its tasks."""

    def __init__(self, history: Read, run_id: str, seq_of: SeqOf) -> None:
        self._events, self._run_id, self._seq_of = history.events, run_id, seq_of
        self._made = {task.completed: task.commands for task in history.tasks}
        self._flags: set[int] = set()
        self._patches = _patches(history)

    def heard(self, activation: WorkflowActivation) -> None:
        """Take note of an activation that the core made."""
        self._flags |= set(activation.available_internal_flags)

    def all_patches(self, activation: WorkflowActivation) -> WorkflowActivation:
        """Return an activation that also tells of every patch that the history has.

        From where it differs, today's code may come by a patch in an earlier task than it did.
        """
        found = WorkflowActivation()
        found.CopyFrom(activation)
        del found.jobs[:]
        found.jobs.extend([*map(jobs.patch_known, self._patches), *activation.jobs])
        return found

    def activation(self, batch: Batch, answers: Sequence[Job] | None = None) -> WorkflowActivation:
        """Return what a task begins with, or with `answers` one more activation of it."""
        a = batch.started.workflow_task_started_event_attributes
        completed = self._events[batch.completed - 1].workflow_task_completed_event_attributes
        self._flags |= set(completed.sdk_metadata.lang_used_flags)
        activation = WorkflowActivation(
            run_id=self._run_id,
            timestamp=batch.started.event_time,
            is_replaying=True,
            history_length=batch.started.event_id,
            history_size_bytes=a.history_size_bytes,
            continue_as_new_suggested=a.suggest_continue_as_new,
            available_internal_flags=sorted(self._flags),
        )
        activation.jobs.extend(self._told(batch) if answers is None else answers)
        return activation

    def _told(self, batch: Batch) -> list[Job]:
        told: list[Job] = []
        updates: list[tuple[int, Job]] = []
        for event in self._made.get(batch.completed, ()):
            if event.HasField("workflow_execution_update_accepted_event_attributes"):
                a = event.workflow_execution_update_accepted_event_attributes
                updates.append((a.accepted_request_sequencing_event_id, jobs.update_asked(event)))
        for event in batch.events:
            told += jobs_of(event, self._seq_of)
            while updates and updates[0][0] <= event.event_id:
                told.append(updates.pop(0)[1])
        return told + [job for _, job in updates]


def _patches(history: Read) -> list[str]:
    markers = (
        event.marker_recorded_event_attributes
        for event in history.events
        if event.HasField("marker_recorded_event_attributes")
    )
    return [
        str(marker_fields(marker, "patch-data").get("id", ""))
        for marker in markers
        if marker.marker_name == PATCH
    ]
