"""One replay of one history with today's code, as plain JSON."""

from __future__ import annotations

import asyncio
import importlib
import re
import sys
from dataclasses import dataclass
from typing import Any

import temporalio.service
from temporalio.api.failure.v1 import Failure
from temporalio.client import WorkflowHistory
from temporalio.converter import DataConverter
from temporalio.worker import (
    Replayer,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowRunner,
)
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import NondeterminismError

from . import histories
from .commands import Command, Run
from .histories import NotReplayable, Read
from .instance import Recording, RecordingRunner, Source, Step, is_users
from .onward import onward
from .originals import originals
from .replayed import Reader, settled

VERSION = 1
"""Of the record's form."""
_LINE = re.compile(r'File "([^"]+)", line (\d+), in (\S+)')


@dataclass(frozen=True)
class Target:
    """What is replayed, and how."""

    workflow: str
    """`MODULE:CLASS`."""
    path: str = ""
    """A folder that modules are also looked for in."""
    sandboxed: bool = True
    converter: str = ""
    """`MODULE:NAME` of a DataConverter; "" for the SDK's default."""


def record(content: bytes, target: Target) -> dict[str, object]:
    """Replay a history and return what it did.

    Raises:
        NotReplayable: The input is no history, or the code is no workflow for it.
    """
    history = histories.read(content)
    if target.path:
        sys.path.insert(0, target.path)
    converter = _converter(target.converter) if target.converter else DataConverter.default
    return asyncio.run(_record(history, _workflow(target.workflow, history), target, converter))


def _named(text: str, what: str) -> object:
    module, _, name = text.partition(":")
    if not module or not name:
        raise NotReplayable(f"{text!r} does not name {what}: it must read MODULE:NAME.")
    try:
        found: object = importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - a module may raise or exit as it likes
        if isinstance(error, ModuleNotFoundError) and error.name == module.split(".")[0]:
            raise NotReplayable(
                f"There is no module {module!r} here: name its folder with --path."
            ) from None
        raise NotReplayable(f"Importing {module!r} failed: {one_line(error)}") from None
    for part in name.split("."):
        if not hasattr(found, part):
            raise NotReplayable(f"Module {module!r} has no {name!r}.")
        found = getattr(found, part)
    return found


def _workflow(text: str, history: Read) -> type:
    found = _named(text, "a workflow class")
    definition: Any = getattr(found, "__temporal_workflow_definition", None)
    if not isinstance(found, type) or definition is None:
        raise NotReplayable(f"{text!r} is no workflow: it has no @workflow.defn.")
    type_name = history.started.workflow_type.name
    if definition.name is not None and definition.name != type_name:
        raise NotReplayable(
            f"The history is of workflow type {type_name!r}, and {text!r} is"
            f" {definition.name!r}: name the class of that type."
        )
    return found


def _converter(text: str) -> DataConverter:
    found = _named(text, "a data converter")
    if not isinstance(found, DataConverter):
        raise NotReplayable(f"{text!r} is no temporalio.converter.DataConverter.")
    return found


def one_line(error: BaseException) -> str:
    text = f"{type(error).__name__}: {error}".split("\n", 1)[0]
    return text[:300]


class _Keeping(WorkflowRunner):
    """Makes recording instances; keeps what a second one can be made from."""

    def __init__(self, recording: Recording, *, sandboxed: bool) -> None:
        self._recording = recording
        self.inner: WorkflowRunner = RecordingRunner()
        if sandboxed:
            ours = SandboxRestrictions.default.with_passthrough_modules(__package__ or "")
            self.inner = SandboxedWorkflowRunner(runner_class=RecordingRunner, restrictions=ours)

    def prepare_workflow(self, defn: Any) -> None:
        self.inner.prepare_workflow(defn)

    def set_worker_level_failure_exception_types(self, types: Any) -> None:
        self.inner.set_worker_level_failure_exception_types(types)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        self._recording.details = det
        self._recording.runner = self.inner
        return self.inner.create_instance(det)


def _rewrites(converter: DataConverter) -> bool:
    """Whether what an instance answers is encoded, or moved elsewhere, before the core sees it."""
    return bool(converter.payload_codec or getattr(converter, "external_storage", None))


async def _record(
    history: Read, workflow_class: type, target: Target, converter: DataConverter
) -> dict[str, object]:
    recording = Recording(copies=_rewrites(converter))
    replayer = Replayer(
        workflows=[workflow_class],
        workflow_runner=_Keeping(recording, sandboxed=target.sandboxed),
        unsandboxed_workflow_runner=_Keeping(recording, sandboxed=False),
        interceptors=[recording.interceptor()],
        data_converter=converter,
        # No deadlock detector: how long a replay may take is for its host to say.
        debug_mode=True,
    )
    given = WorkflowHistory(history.workflow_id, history.events)
    failure = None
    if history.has_begun:  # without a task the replayer would wait for one for ever
        result = await replayer.replay_workflow(given, raise_on_replay_failure=False)
        failure = _failure(result.replay_failure, recording)
    if converter.payload_codec is not None:
        await histories.decode(history.events, converter.payload_codec.decode)
    asked = originals(history)
    commands, refused, stopped = _recorded(history, recording), recording.refused_patches, False
    if failure is None:
        pass
    elif failure["kind"] == "nondeterminism":
        further = await onward(history, asked, recording)
        commands, stopped = further.commands, further.stopped
        refused = {**further.refused_patches, **refused}
    else:
        stopped = True
        encoded = histories.encodings(history.events)
        if encoded and not target.converter:
            failure["encodings"] = sorted(encoded)
    return {
        "version": VERSION,
        "sdk": temporalio.service.__version__,
        "workflow_type": history.started.workflow_type.name,
        "tasks": [[task.started, task.completed] for task in history.tasks],
        "events": len(history.events),
        "original": [each.to_json() for each in asked],
        "replayed": [each.to_json() for each in commands],
        "refused_patches": [_patch(name, source) for name, source in refused.items()],
        "stopped": stopped,
        "failure": failure,
    }


def _recorded(history: Read, recording: Recording) -> list[Command]:
    reader = Reader(Run.of(history), history.completions)
    commands = [each for step in recording.steps for each in reader.commands(step)]
    # What the last, never completed task asks for, no event can confirm.
    return settled([each for each in commands if each.task])


def _failure(failure: Exception | None, recording: Recording) -> dict[str, object] | None:
    """Return why a replay stopped: the core's word, or what the code raised."""
    if failure is None:
        return None
    message = str(failure)
    raised = next(
        (each.answer.failed.failure for each in reversed(recording.steps) if _failed(each)), None
    )
    if raised is not None:
        return {
            "kind": "task",
            "message": _chain(raised),
            "source": _place(raised.stack_trace),
            "sdk_message": message,
        }
    kind = "nondeterminism" if _is_nondeterminism(failure) else "task"
    return {"kind": kind, "message": message, "source": None, "sdk_message": message}


def _failed(step: Step) -> bool:
    return step.answer.HasField("failed")


def _is_nondeterminism(failure: Exception) -> bool:
    return isinstance(failure, NondeterminismError) or "[TMPRL1100]" in str(failure)


def _chain(failure: Failure) -> str:
    """Return what was raised and from what, in one line."""
    said: list[str] = []
    current: Failure | None = failure
    while current is not None:
        kind = current.application_failure_info.type
        line = current.message.split("\n", 1)[0][:300]
        said.append(f"{kind}: {line}" if kind else line)
        current = current.cause if current.HasField("cause") else None
    return ", from ".join(said)


def _place(stack: str) -> dict[str, object] | None:
    """Return the innermost line of the user's code in a stack's text."""
    found: list[dict[str, object]] = [
        {"file": file, "line": int(line), "function": function}
        for file, line, function in _LINE.findall(stack)
        if is_users(file)
    ]
    return found[-1] if found else None


def _patch(name: str, source: Source | None) -> dict[str, object]:
    place = source and {"file": source[0], "line": source[1], "function": source[2]}
    return {"id": name, "source": place}
