"""A workflow instance that says what it was told, what it answered, and from which lines.

Both runners instantiate it: the sandbox imports the runner's class by name, and this module passes
through it. The SDK has no public hook where a command is made; interceptors never see a timer, a
patch, an update's answer or a cancellation. So the one private method that makes every command is
overridden; without it (a later SDK) all is recorded but the lines.
"""

# pyright: reportPrivateUsage=false, reportUnknownVariableType=false
# The SDK's own module, and its functions without types.
from __future__ import annotations

import asyncio
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, TypeAlias, cast

import temporalio
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import (
    Interceptor,
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
    WorkflowInterceptorClassInput,
    WorkflowRunner,
)
from temporalio.worker._workflow_instance import _WorkflowInstanceImpl

Source: TypeAlias = "tuple[str, int, str]"
"""File, line, function."""

_DEPTH = 2
"""Frames that a coroutine remembers of where it was made: each costs time at every one made."""
_SINK = "__inspector_recording"
_PENDING = {
    "activity": "_pending_activities",
    "child": "_pending_child_workflows",
    "nexus": "_pending_nexus_operations",
}
_PLUMBING = (
    str(Path(temporalio.__file__).parent),
    str(Path(__file__).parent),
    sysconfig.get_paths()["stdlib"],
    "<",
    "workflow_sandbox.py",
)
"""Files between a command and the line that asked for it. Libraries lie within the stdlib's
folder too, in a Python without an environment of its own."""


@dataclass(slots=True)
class Step:
    """One activation and its answer."""

    told: WorkflowActivation
    answer: WorkflowActivationCompletion
    sources: list[Source | None]
    """One a command of the answer, in the same order."""


@dataclass
class Recording:
    """What one replay did."""

    steps: list[Step] = field(default_factory=list)
    refused_patches: dict[str, Source | None] = field(default_factory=dict)
    """Patches the code asked for and was denied, because the history is older than they are."""
    details: WorkflowInstanceDetails | None = None
    runner: WorkflowRunner | None = None
    """What a second instance can be made from, and by."""
    copies: bool = False
    """Whether answers are changed later on, as a codec encodes them in place."""
    result_types: dict[tuple[str, int], object] | None = None
    """What the code declares as the answer to each thing it asks for, by family and number; None
    where nobody wants to know."""

    def interceptor(self) -> Interceptor:
        """Return what carries this recording to the instances; it intercepts nothing."""
        return _Carrier(self)

    def instead_of(self, details: WorkflowInstanceDetails) -> WorkflowInstanceDetails:
        """Return what makes the same instance once more, telling this recording."""
        functions = cast("Mapping[str, Callable[..., object]]", details.extern_functions)
        return replace(details, extern_functions={**functions, _SINK: lambda: self})


class _Carrier(Interceptor):
    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> None:  # noqa: A002 - the SDK's name
        def sink() -> Recording:
            return self._recording

        functions = cast("dict[str, object]", input.unsafe_extern_functions)
        functions[_SINK] = sink


class RecordingInstance(_WorkflowInstanceImpl):
    """The SDK's instance; also tells the recording."""

    def __init__(self, det: WorkflowInstanceDetails) -> None:
        functions = cast("Mapping[str, Callable[[], Recording]]", det.extern_functions)
        sink = functions.get(_SINK)
        self._recording = sink() if sink else None
        self._sources: list[Source | None] = []
        super().__init__(det)

    def activate(self, act: WorkflowActivation) -> WorkflowActivationCompletion:
        self._sources = []
        depth = sys.get_coroutine_origin_tracking_depth()
        sys.set_coroutine_origin_tracking_depth(_DEPTH)
        try:
            completion = super().activate(act)
        finally:
            sys.set_coroutine_origin_tracking_depth(depth)
        if self._recording is not None:
            answer = completion
            if self._recording.copies:
                answer = WorkflowActivationCompletion()
                answer.CopyFrom(completion)
            self._recording.steps.append(Step(act, answer, self._sources))
            if self._recording.result_types is not None:
                self._recording.result_types.update(self._awaited())
        return completion

    def _awaited(self) -> Iterator[tuple[tuple[str, int], object]]:
        for family, name in _PENDING.items():
            for seq, handle in getattr(self, name, {}).items():
                asked = getattr(handle, "_input", None)
                found = getattr(asked, "ret_type", None) or getattr(asked, "output_type", None)
                yield (family, seq), found

    def _add_command(self) -> Any:
        command = super()._add_command()
        self._sources.append(_here())
        return command

    def workflow_patch(self, id: str, **options: Any) -> bool:  # noqa: A002 - the SDK's name
        known = id in getattr(self, "_patches_memoized", {})
        applied = super().workflow_patch(id, **options)
        if not applied and not known and self._recording is not None:
            self._recording.refused_patches.setdefault(id, _here())
        return applied


class RecordingRunner(UnsandboxedWorkflowRunner):
    """Makes recording instances; also the sandbox's inner runner."""

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        return RecordingInstance(det)  # type: ignore[abstract]


def _here() -> Source | None:
    """Find the innermost frame of the user's code, or where the exception at hand comes from.

    An installed library's frame stands in where there is none of the user's own.
    """
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001
    library: Source | None = None
    while frame is not None:
        code = frame.f_code
        if is_users(code.co_filename):
            return code.co_filename, frame.f_lineno, code.co_name
        if code is RecordingInstance.activate.__code__:
            break  # beyond are whoever runs the replay
        if library is None and not code.co_filename.startswith(_PLUMBING):
            library = code.co_filename, frame.f_lineno, code.co_name
        frame = frame.f_back
    raised = sys.exc_info()[1]
    return library or (_raised_at(raised.__traceback__) if raised else _gathered())


def _gathered() -> Source | None:
    """Find where the task's coroutine was made: `gather()` runs it with no frame of the user's."""
    task = asyncio.current_task()
    origin = getattr(task.get_coro(), "cr_origin", None) if task else None
    return next((each for each in origin or () if is_users(each[0])), None)


def _raised_at(traceback: TracebackType | None) -> Source | None:
    found: Source | None = None
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if is_users(code.co_filename):
            found = (code.co_filename, traceback.tb_lineno, code.co_name)
        traceback = traceback.tb_next
    return found


@cache
def is_users(file: str) -> bool:
    """Whether a file is neither Python's nor the SDK's, ours or any installed library's."""
    return not file.startswith(_PLUMBING) and "site-packages" not in file
