"""What workflow code asks for, in one form for both sides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from temporalio.api.common.v1 import Payload

from . import plain
from .histories import Read


@dataclass(slots=True)
class Command:
    """A command, original (`event_id` set) or replayed (`source` set where it is known)."""

    kind: str
    name: str = ""
    """Activity, child or signal name, patch id: what Temporal compares beside the kind."""
    id: str = ""
    """An id that the code chose; "" where the SDK counts."""
    attributes: Mapping[str, object] = field(default_factory=dict[str, object])
    task: int = 0
    """Id of the WorkflowTaskCompleted event of its task."""
    event_id: int | None = None
    source: tuple[str, int, str] | None = None
    seq: int = 0
    """The SDK's own number for what is later resolved; of replayed commands only."""
    uncertain: tuple[str, ...] = ()
    """Attributes that hang on an answer which had to be made up."""

    def to_json(self) -> dict[str, object]:
        source = self.source
        return {
            "kind": self.kind,
            "name": self.name,
            "id": self.id,
            "attributes": self.attributes,
            "task": self.task,
            "event_id": self.event_id,
            "source": source and {"file": source[0], "line": source[1], "function": source[2]},
            "uncertain": self.uncertain,
        }

    def called(self) -> tuple[str, str, str]:
        """Return what Temporal knows a command by."""
        return self.kind, self.name, self.id

    def identity(self) -> tuple[str, str, str, str]:
        """Return what two equal commands have in common."""
        return self.kind, self.name, self.id, repr(sorted(self.attributes.items()))


@dataclass(frozen=True)
class Run:
    """What a run's own settings add to commands that leave something out."""

    workflow_type: str
    task_queue: str
    run_timeout: float
    task_timeout: float

    @classmethod
    def of(cls, history: Read) -> Run:
        started = history.started
        return cls(
            started.workflow_type.name,
            started.task_queue.name,
            plain.seconds(started.workflow_run_timeout),
            plain.seconds(started.workflow_task_timeout) or 10.0,
        )

    def child_timeouts(self, execution: float, run: float, task: float) -> dict[str, object]:
        """Return a child's timeouts as the server completes them."""
        run = plain.capped(run, execution)
        return {
            "execution_timeout": execution,
            "run_timeout": run,
            "task_timeout": plain.capped(task or 10.0, run),
        }


def chosen(activity_id: str) -> str:
    """Return an activity's id if the code chose it: the SDKs count theirs from 1."""
    return "" if activity_id.isdecimal() else activity_id


def arguments(payloads: Iterable[Payload]) -> dict[str, object]:
    return {"arguments": plain.values_of(payloads)}


def result(payloads: Iterable[Payload]) -> dict[str, object]:
    values = plain.values_of(payloads)
    return {"result": values[0] if values else None}


def policy_name(number: int, names: dict[int, str]) -> str:
    return names.get(number, str(number))


PARENT_CLOSE = {0: "terminate", 1: "terminate", 2: "abandon", 3: "request_cancel"}
ID_REUSE = {
    0: "allow_duplicate",
    1: "allow_duplicate",
    2: "allow_duplicate_failed_only",
    3: "reject_duplicate",
    4: "terminate_if_running",
}
