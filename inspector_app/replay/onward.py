"""Past the first divergence: a second instance, told of the history by us instead of the core.

The core stops at the first command that does not fit. To see all that changed, a fresh instance is
led through the same activations up to there, and from there on through ones made from events. A
command that fits an event is answered as history answered it; one that fits none is answered at
once, with an answer made up.

What hangs on such an answer nobody can know. So the code is led twice, and answered in two ways:
attributes that then differ are uncertain, and where other commands are asked for, knowledge ends.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob as Job
from temporalio.worker import WorkflowInstance

from .answers import VALUED, Answers
from .commands import Command, Run
from .histories import Read
from .instance import Recording, Source
from .places import Places
from .replayed import Reader, settled
from .telling import Batch, Teller, batches

ROUNDS = 50
"""Answers that may be made up within one task: new code may loop for ever."""
_LAST = {"complete", "fail", "cancel", "continue_as_new"}


@dataclass
class Onward:
    """Every command that today's code makes, and where its knowledge ends."""

    commands: list[Command]
    refused_patches: dict[str, Source | None]
    stopped: bool
    """Whether the rest is unknown: the code failed on what it was told, or hangs on a guess."""


async def onward(history: Read, originals: Sequence[Command], first: Recording) -> Onward:
    """Replay a history without the core, to its end."""
    if first.details is None or first.runner is None:
        return Onward([], {}, stopped=True)
    one = _Driver(history, originals, first, other=False)
    found = await one.run()
    if not one.guessed:
        return found
    return _certain(found, await _Driver(history, originals, first, other=True).run())


def _certain(found: Onward, other: Onward) -> Onward:
    """Keep what the code does whatever it is answered."""
    kept: list[Command] = []
    for command, also in zip(found.commands, other.commands, strict=False):
        if command.called() != also.called():
            return Onward(kept, found.refused_patches, stopped=True)
        command.uncertain = tuple(
            name
            for name in {**command.attributes, **also.attributes}
            if command.attributes.get(name) != also.attributes.get(name)
        )
        kept.append(command)
    cut = len(kept) < max(len(found.commands), len(other.commands))
    return Onward(kept, found.refused_patches, stopped=found.stopped or other.stopped or cut)


class _Driver:
    """Leads one instance from the first task to where it ends, fails or loops."""

    def __init__(
        self, history: Read, originals: Sequence[Command], first: Recording, *, other: bool
    ) -> None:
        self._history, self._first, self._other = history, first, other
        self._beyond = False
        """Whether the first task that differs has been reached."""
        self.guessed = False
        """Whether an answer was made up, or may be another command's."""
        self._recording = Recording(result_types={})
        self._reader = Reader(Run.of(history), history.completions)
        self._places = Places(originals)
        self._answers = Answers(history, self._places, other=other)
        self._run_id = first.steps[0].told.run_id
        self._teller = Teller(history, self._run_id, self._seq_of)
        self._seqs: dict[tuple[str, int], int] = {}
        """From a family and an original event to the instance's number."""
        self._waiting: list[tuple[Command, int | None]] = []
        """What no event will answer; of a local activity, its marker."""
        self._commands: list[Command] = []

    async def run(self) -> Onward:
        details, runner = self._first.details, self._first.runner
        assert details is not None
        assert runner is not None
        instance = runner.create_instance(self._recording.instead_of(details))
        try:
            stopped = not await self._lead(instance)
        finally:
            await _dismiss(instance, self._run_id)
        return Onward(settled(self._commands), self._recording.refused_patches, stopped)

    async def _lead(self, instance: WorkflowInstance) -> bool:
        """Lead to the end of the code or of the history; False if the rest is unknown."""
        known = self._known()
        self._differs = max(known, default=0)
        for batch in batches(self._history):
            given = known.get(batch.started.event_id)
            self._beyond |= batch.started.event_id >= self._differs
            for activation in given or [self._teller.activation(batch)]:
                self._heard(activation)
                if not await self._tell(instance, activation):
                    return False
            if not self._ended() and not await self._answer(instance, batch):
                return False
            if self._ended():
                return True
        return True

    async def _answer(self, instance: WorkflowInstance, batch: Batch) -> bool:
        """Answer what waits until nothing does; False if the code fails on it, or loops."""
        for _ in range(ROUNDS):
            waiting, self._waiting = self._waiting, []
            told = [job for command, marker in waiting for job in self._answered(command, marker)]
            if not told:
                return True
            if not await self._tell(instance, self._teller.activation(batch, told)):
                return False
            if self._ended():
                return True
        return False

    def _answered(self, command: Command, marker: int | None) -> list[Job]:
        if marker is not None:
            return [self._answers.noted(command.seq, marker)]
        self.guessed |= command.kind in VALUED
        return self._answers.made_up(command, self._hint(command))

    def _known(self) -> dict[int, list[WorkflowActivation]]:
        """Return the core's own activations, up to and with the first task that differs."""
        reader = Reader(self._reader.run, self._reader.tasks)
        made: dict[int, list[Command]] = {}
        told: dict[int, list[WorkflowActivation]] = {}
        for step in self._first.steps:
            made.setdefault(reader.task_of(step), []).extend(reader.commands(step))
            if not any(job.HasField("remove_from_cache") for job in step.told.jobs):
                told.setdefault(step.told.history_length, []).append(step.told)
        known: dict[int, list[WorkflowActivation]] = {}
        for started, activations in sorted(told.items()):
            known[started] = activations
            task = self._reader.tasks.get(started, 0)
            ours = [each.identity() for each in settled(made.get(task, []))]
            if ours != [each.identity() for each in self._places.in_task(task)]:
                activations[0] = self._teller.all_patches(activations[0])
                break
        return known

    def _heard(self, activation: WorkflowActivation) -> None:
        """Take note of what the core has answered by itself."""
        self._teller.heard(activation)
        for job in activation.jobs:
            if job.HasField("resolve_activity") and job.resolve_activity.is_local:
                answered = ("local_activity", job.resolve_activity.seq)
                self._waiting = [
                    each for each in self._waiting if (each[0].kind, each[0].seq) != answered
                ]

    async def _tell(self, instance: WorkflowInstance, activation: WorkflowActivation) -> bool:
        """Activate; False if the code failed on it."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, instance.activate, activation)
        step = self._recording.steps[-1]
        if step.answer.HasField("failed"):
            return False
        for command in self._reader.commands(step):
            self._commands.append(command)
            # Up to where it differs, the core has taken each for what comes next; so do we.
            taken = self._places.take(command, equal=self._other and self._beyond)
            event_id = taken and taken.event_id
            if taken is not None and event_id is not None:
                self._seqs[command.kind, event_id] = command.seq
                unlike = taken.identity() != command.identity()
                self.guessed |= self._beyond and unlike and command.kind in VALUED
            if command.kind == "local_activity" or (event_id is None and command.seq):
                self._waiting.append((command, event_id))
        return True

    def _ended(self) -> bool:
        return bool(self._commands) and self._commands[-1].kind in _LAST

    def _seq_of(self, family: str, begun: int) -> int | None:
        return self._seqs.get((family, begun))

    def _hint(self, command: Command) -> object:
        family = command.kind.removeprefix("local_")
        return (self._recording.result_types or {}).get((family, command.seq))


async def _dismiss(instance: WorkflowInstance, run_id: str) -> None:
    """Let an instance's tasks end; left alone they wake up in the collector's thread."""
    activation = WorkflowActivation(run_id=run_id)
    activation.jobs.add().remove_from_cache.SetInParent()
    loop = asyncio.get_running_loop()
    # The user's finally blocks may raise; nothing more is asked of this instance.
    with contextlib.suppress(Exception):
        await loop.run_in_executor(None, instance.activate, activation)
