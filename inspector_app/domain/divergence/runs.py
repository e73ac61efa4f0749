"""Recorded runs, and what of one can be compared with another.

Ids, times and what is drawn at random belong to a run: they differ between any two, and between a
run and its reset from the fork on, since a reset draws from a new seed. They are no differences.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final, cast

from inspector_app.domain.commands import Command
from inspector_app.domain.ids import EventId

_STANDARD: Final = {
    "binary/null",
    "binary/plain",
    "json/plain",
    "json/protobuf",
    "binary/protobuf",
}
_ENDS: Final = {"complete", "fail", "cancel", "continue_as_new"}
_DRAWN: Final = re.compile(
    r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"
)
"""A UUID or a time."""


@dataclass(frozen=True, slots=True)
class Reset:
    """A run begins here anew, with what another one did before."""

    event_id: EventId
    """The WorkflowTaskFailed in whose place the base run has a WorkflowTaskCompleted."""
    base_run_id: str
    run_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """What a history says of its run."""

    workflow_type: str
    workflow_id: str
    run_id: str
    """"" where the file does not say."""
    events: tuple[str, ...]
    """Of each event, what is the same in a copy of it and in no other event."""
    commands: tuple[Command, ...]
    told: tuple[Command, ...]
    """Input, results, signals and all that came from outside, as `told` commands."""
    resets: tuple[Reset, ...] = ()
    encodings: tuple[str, ...] = ()

    @property
    def has_ended(self) -> bool:
        """Whether the workflow itself came to its end: else more may follow."""
        return any(each.kind in _ENDS for each in self.commands)


class Side:
    """A run whose commands can be compared with another's: what is its own is taken out."""

    def __init__(self, run: RecordedRun) -> None:
        own = {run.run_id: "the run id", run.workflow_id: "the workflow id"}
        own |= {
            each: "the run id"
            for reset in run.resets
            for each in (reset.base_run_id, reset.run_id)
        }
        self.run = run
        self._own = {each: words for each, words in own.items() if len(each) > 1}
        self._real: dict[int, Command] = {}
        self.commands = [self._taken_out(each) for each in run.commands]
        self.told = [self._taken_out(each) for each in run.told]

    def real(self, command: Command | None) -> Command | None:
        """Return it as it was recorded, ids and all."""
        return None if command is None else self._real[id(command)]

    def _taken_out(self, command: Command) -> Command:
        attributes = cast("dict[str, object]", self._plain(dict(command.attributes)))
        found = replace(
            command,
            id=cast("str", self._plain(command.id)),
            attributes=attributes,
            # How events fall into tasks is up to the server and its load, not to the code.
            task=EventId(0),
        )
        self._real[id(found)] = command
        return found

    def _plain(self, value: object) -> object:
        if isinstance(value, str):
            for own, words in self._own.items():
                value = value.replace(own, words)
            return _DRAWN.sub("drawn", value)
        if isinstance(value, list):
            return [self._plain(each) for each in cast("list[object]", value)]
        if isinstance(value, dict):
            fields = cast("dict[str, object]", value)
            if fields.keys() == {"encoding", "base64"} and fields["encoding"] not in _STANDARD:
                return "encoded"  # no two encryptions of one value are alike
            return {name: self._plain(each) for name, each in fields.items()}
        return value
