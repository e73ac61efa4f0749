"""Past the first divergence: a second instance, told of the history by us instead of the core.

The core stops at the first command that does not fit. To see all that changed, a fresh instance is
led through the same activations up to there, and from there on through ones made from events. A
command that fits an event is answered as history answered it; one that fits none is answered at
once, with a result that history holds for the same activity or, failing that, with null.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from temporalio.api.common.v1 import Payload
from temporalio.api.history.v1 import HistoryEvent
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob as Job
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails, WorkflowRunner

from . import jobs
from .commands import Command, Run
from .histories import Read
from .instance import Recording, Source, Step
from .originals import PATCH, marker_fields
from .replayed import Reader, settled
from .resolutions import jobs_of

ROUNDS = 50
"""Answers that may be made up within one task: new code may loop for ever."""
_LAST = {"complete", "fail", "cancel", "continue_as_new"}


@dataclass
class Onward:
    """Every command that today's code makes, and where its knowledge ends."""

    commands: list[Command]
    refused_patches: dict[str, Source | None]
    stopped: bool
    """Whether the code failed on what it was told, so that the rest is unknown."""


async def onward(history: Read, originals: Sequence[Command], first: Recording) -> Onward:
    """Replay a history without the core, to its end."""
    if first.details is None or first.runner is None:
        return Onward([], {}, stopped=True)
    return await _Driver(history, originals, first).run(first.details, first.runner)


@dataclass
class _Batch:
    """What came in before one task began."""

    started: HistoryEvent
    completed: int
    events: list[HistoryEvent]


def _batches(history: Read) -> list[_Batch]:
    completed = {task.started: task.completed for task in history.tasks}
    batches: list[_Batch] = []
    arrived: list[HistoryEvent] = []
    for event in history.events:
        arrived.append(event)
        if event.event_id in completed:
            batches.append(_Batch(event, completed[event.event_id], arrived))
            arrived = []
    return batches


@dataclass
class _Driver:
    history: Read
    originals: Sequence[Command]
    first: Recording
    recording: Recording = field(default_factory=Recording)

    def __post_init__(self) -> None:
        tasks = {task.started: task.completed for task in self.history.tasks}
        self.reader = Reader(Run.of(self.history), tasks)
        self.commands: list[Command] = []
        self.seqs: dict[tuple[str, int], int] = {}
        """From a family and an original event to the instance's number."""
        self.claimed: set[int] = set()
        self.waiting: list[Command] = []
        """Made by the code, fitting no event, not answered yet."""
        self.flags: list[int] = []
        self.by_task: dict[int, list[Command]] = {}
        self.by_name: dict[tuple[str, str], list[Command]] = {}
        for each in self.originals:
            self.by_task.setdefault(each.task, []).append(each)
            self.by_name.setdefault((each.kind, each.name), []).append(each)
        self.markers = {task.completed: task.commands for task in self.history.tasks}

    async def run(self, details: WorkflowInstanceDetails, runner: WorkflowRunner) -> Onward:
        instance = runner.create_instance(self.recording.instead_of(details))
        stopped = False
        try:
            stopped = await self._lead(instance)
        finally:
            await _dismiss(instance, self.first.steps[0].told.run_id)
        return Onward(settled(self.commands), self.recording.refused_patches, stopped)

    async def _lead(self, instance: WorkflowInstance) -> bool:
        known = self._known()
        for batch in _batches(self.history):
            given = known.get(batch.started.event_id)
            for activation in [self._activation(batch)] if given is None else given:
                self._note(activation)
                if not await self._tell(instance, activation):
                    return True
                if self._ended():
                    return False
            for _ in range(ROUNDS):
                answers = self._answers()
                if not answers:
                    break
                if not await self._tell(instance, self._activation(batch, answers)):
                    return True
                if self._ended():
                    return False
            else:
                return True
        return False

    def _known(self) -> dict[int, list[WorkflowActivation]]:
        """Return the core's own activations, up to and with the first task that differs."""
        reader = Reader(self.reader.run, self.reader.tasks)
        made: dict[int, list[Command]] = {}
        for step in self.first.steps:
            made.setdefault(reader.task_of(step), []).extend(reader.commands(step))
        known: dict[int, list[WorkflowActivation]] = {}
        for step in self.first.steps:
            if any(job.HasField("remove_from_cache") for job in step.told.jobs):
                continue
            known.setdefault(step.told.history_length, []).append(step.told)
        kept: dict[int, list[WorkflowActivation]] = {}
        for started, activations in sorted(known.items()):
            kept[started] = activations
            task = self.reader.tasks.get(started, 0)
            ours = [each.identity() for each in settled(made.get(task, []))]
            theirs = [each.identity() for each in self.by_task.get(task, [])]
            if ours != theirs:
                break
        return kept

    def _note(self, activation: WorkflowActivation) -> None:
        self.flags = sorted({*self.flags, *activation.available_internal_flags})
        for job in activation.jobs:
            if job.HasField("resolve_activity") and job.resolve_activity.is_local:
                self.waiting = [
                    each
                    for each in self.waiting
                    if (each.kind, each.seq) != ("local_activity", job.resolve_activity.seq)
                ]

    async def _tell(self, instance: WorkflowInstance, activation: WorkflowActivation) -> bool:
        """Activate; False if the code failed on it."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, instance.activate, activation)
        step: Step = self.recording.steps[-1]
        if step.answer.HasField("failed"):
            return False
        for command in self.reader.commands(step):
            self._place(command)
        return True

    def _ended(self) -> bool:
        return bool(self.commands) and self.commands[-1].kind in _LAST

    def _place(self, command: Command) -> None:
        """Find the event that a command stands for; what fits none waits for an answer."""
        self.commands.append(command)
        found = self._fitting(command)
        if found is not None and found.event_id is not None:
            self.claimed.add(found.event_id)
            self.seqs[command.kind, found.event_id] = command.seq
        if command.kind == "local_activity" or (found is None and command.seq):
            command.event_id = found.event_id if found else None
            self.waiting.append(command)

    def _fitting(self, command: Command) -> Command | None:
        here = self.by_task.get(command.task, [])
        candidates = [
            each
            for each in (*here, *self.by_name.get((command.kind, command.name), ()))
            if each.event_id not in self.claimed
            and each.task >= command.task
            and (each.kind, each.name) == (command.kind, command.name)
            and (command.kind == "child" or each.id == command.id)
        ]
        same = [each for each in candidates if each.identity() == command.identity()]
        for choice in (
            [each for each in same if each.task == command.task],
            [each for each in candidates if each.task == command.task],
            same,
            candidates,
        ):
            if choice:
                return choice[0]
        return None

    def _answers(self) -> list[Job]:
        """Answer what waits: a local activity as its marker says, the rest from thin air."""
        waiting, self.waiting = self.waiting, []
        return [job for command in waiting for job in self._answer(command)]

    def _answer(self, command: Command) -> list[Job]:
        seq = command.seq
        if command.kind == "local_activity":
            marker, command.event_id = command.event_id, None
            return [self._local(seq, marker)]
        make = _MADE_UP.get(command.kind)
        return make(seq, self._sample(command)) if make else []

    def _local(self, seq: int, event_id: int | None) -> Job:
        if event_id is None:
            return jobs.activity_done(seq, jobs.NULL, local=True)
        marker = self.history.events[event_id - 1].marker_recorded_event_attributes
        if marker.HasField("failure"):
            return jobs.activity_failed(seq, marker.failure, local=True)
        return jobs.activity_done(seq, jobs.first(marker.details["result"]), local=True)

    def _sample(self, command: Command) -> Payload:
        """Return a result that history holds for the same activity or child, or null."""
        begun = {each.event_id for each in self.by_name.get((command.kind, command.name), ())}
        if begun:
            for event in self.history.events:
                if event.HasField("activity_task_completed_event_attributes"):
                    a = event.activity_task_completed_event_attributes
                    if a.scheduled_event_id in begun:
                        return jobs.first(a.result)
                elif event.HasField("child_workflow_execution_completed_event_attributes"):
                    c = event.child_workflow_execution_completed_event_attributes
                    if c.initiated_event_id in begun:
                        return jobs.first(c.result)
        return jobs.NULL

    def _activation(
        self, batch: _Batch, answers: Sequence[Job] | None = None
    ) -> WorkflowActivation:
        a = batch.started.workflow_task_started_event_attributes
        activation = WorkflowActivation(
            run_id=self.first.steps[0].told.run_id,
            timestamp=batch.started.event_time,
            is_replaying=True,
            history_length=batch.started.event_id,
            history_size_bytes=a.history_size_bytes,
            continue_as_new_suggested=a.suggest_continue_as_new,
            available_internal_flags=self._flags(batch),
        )
        activation.jobs.extend(self._told(batch) if answers is None else answers)
        return activation

    def _flags(self, batch: _Batch) -> list[int]:
        completed = self.history.events[batch.completed - 1]
        metadata = completed.workflow_task_completed_event_attributes.sdk_metadata
        self.flags = sorted({*self.flags, *metadata.lang_used_flags})
        return self.flags

    def _told(self, batch: _Batch) -> list[Job]:
        told: list[Job] = []
        updates: list[tuple[int, Job]] = []
        for event in self.markers.get(batch.completed, ()):
            if event.HasField("workflow_execution_update_accepted_event_attributes"):
                a = event.workflow_execution_update_accepted_event_attributes
                updates.append((a.accepted_request_sequencing_event_id, jobs.update_asked(event)))
            elif event.HasField("marker_recorded_event_attributes"):
                marker = event.marker_recorded_event_attributes
                if marker.marker_name == PATCH:
                    fields = marker_fields(marker, "patch-data")
                    told.append(jobs.patch_known(str(fields.get("id", ""))))
        for event in batch.events:
            told += jobs_of(event, self._seq_of)
            while updates and updates[0][0] <= event.event_id:
                told.append(updates.pop(0)[1])
        return told + [job for _, job in updates]

    def _seq_of(self, family: str, begun: int) -> int | None:
        return self.seqs.get((family, begun))


def _made_up_child(seq: int, payload: Payload) -> list[Job]:
    return [jobs.child_started(seq, "made-up-run"), jobs.child_done(seq, payload)]


_MADE_UP: dict[str, Callable[[int, Payload], list[Job]]] = {
    "activity": lambda seq, payload: [jobs.activity_done(seq, payload)],
    "timer": lambda seq, _: [jobs.timer_fired(seq)],
    "child": _made_up_child,
    "signal": lambda seq, _: [jobs.signal_sent(seq)],
    "cancel_external": lambda seq, _: [jobs.cancel_sent(seq)],
    "nexus": jobs.nexus_done,
}


async def _dismiss(instance: WorkflowInstance, run_id: str) -> None:
    """Let an instance's tasks end; left alone they wake up in the collector's thread."""
    activation = WorkflowActivation(run_id=run_id)
    activation.jobs.add().remove_from_cache.SetInParent()
    loop = asyncio.get_running_loop()
    # The user's finally blocks may raise; nothing more is asked of this instance.
    with contextlib.suppress(Exception):
        await loop.run_in_executor(None, instance.activate, activation)
