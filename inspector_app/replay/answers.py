"""What a command is answered that no event answers: as the history answers its like."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from temporalio.api.common.v1 import Payload
from temporalio.bridge.proto.workflow_activation import WorkflowActivationJob as Job

from . import jobs
from .commands import Command
from .histories import Read
from .made_up import payload_for
from .places import Places

VALUED = frozenset({"activity", "local_activity", "child", "nexus"})
"""What is answered with more than that it is done."""


class Answers:
    """Answers one instance; with `other`, in the second way (`made_up`)."""

    def __init__(self, history: Read, places: Places, *, other: bool) -> None:
        self._events, self._places, self._other = history.events, places, other
        self._results = _results(history)

    def made_up(self, command: Command, hint: object) -> list[Job]:
        """Answer what fits no event; `hint` is the type that the code expects."""
        make = _MADE_UP.get(command.kind)
        if make is None:
            return []
        if command.kind not in VALUED:
            return make(command.seq, jobs.NULL)
        return make(command.seq, payload_for(hint, self._sample(command), other=self._other))

    def noted(self, seq: int, event_id: int) -> Job:
        """Answer a local activity as its marker says."""
        marker = self._events[event_id - 1].marker_recorded_event_attributes
        if marker.HasField("failure"):
            return jobs.activity_failed(seq, marker.failure, local=True)
        return jobs.activity_done(seq, jobs.first(marker.details["result"]), local=True)

    def _sample(self, command: Command) -> Payload | None:
        """Return a result of the same activity, child or operation, best of the same arguments."""
        known = [each for each in self._places.alike(command) if each.event_id in self._results]

        def unlike(each: Command) -> bool:
            return any(
                each.attributes.get(name) != command.attributes.get(name)
                for name in ("arguments", "input")
            )

        best = min(known, key=unlike, default=None)
        return None if best is None else self._results[best.event_id or 0]


def _results(history: Read) -> Mapping[int, Payload]:
    """Return what succeeded, by the event that began it."""
    found: dict[int, Payload] = {}
    for event in history.events:
        match event.WhichOneof("attributes"):
            case "activity_task_completed_event_attributes":
                a = event.activity_task_completed_event_attributes
                found[a.scheduled_event_id] = jobs.first(a.result)
            case "child_workflow_execution_completed_event_attributes":
                c = event.child_workflow_execution_completed_event_attributes
                found[c.initiated_event_id] = jobs.first(c.result)
            case "nexus_operation_completed_event_attributes":
                n = event.nexus_operation_completed_event_attributes
                found[n.scheduled_event_id] = n.result
            case "marker_recorded_event_attributes":
                marker = event.marker_recorded_event_attributes
                if "result" in marker.details:
                    found[event.event_id] = jobs.first(marker.details["result"])
            case _:
                continue
    return found


def _child(seq: int, payload: Payload) -> list[Job]:
    return [jobs.child_started(seq, "made-up-run"), jobs.child_done(seq, payload)]


_MADE_UP: dict[str, Callable[[int, Payload], list[Job]]] = {
    "activity": lambda seq, payload: [jobs.activity_done(seq, payload)],
    "local_activity": lambda seq, payload: [jobs.activity_done(seq, payload, local=True)],
    "timer": lambda seq, _: [jobs.timer_fired(seq)],
    "child": _child,
    "signal": lambda seq, _: [jobs.signal_sent(seq)],
    "cancel_external": lambda seq, _: [jobs.cancel_sent(seq)],
    "nexus": jobs.nexus_done,
}
