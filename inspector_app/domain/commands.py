"""Commands: what workflow code asks for, as history noted it and as a replay repeats it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from inspector_app.domain.ids import EventId


@dataclass(frozen=True, slots=True)
class Source:
    """A place in the user's code."""

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command; original when `event_id` is set, else replayed."""

    kind: str
    """`activity`, `timer`, `child`, `complete` and so on."""
    name: str
    """The type, signal or patch it names; "" where a kind has none."""
    id: str
    """An id that the code chose, "" where the SDK counts."""
    attributes: Mapping[str, object]
    task: EventId
    """The WorkflowTaskCompleted event of its task."""
    event_id: EventId | None = None
    source: Source | None = None
    uncertain: frozenset[str] = frozenset()
    """Attributes that hang on an answer which the replay had to make up: nobody knows them."""

    @property
    def key(self) -> tuple[str, str, str]:
        """What Temporal compares, but for a child's id: a new child may go by another one."""
        return (self.kind, self.name, "" if self.kind == "child" else self.id)

    @property
    def words(self) -> str:
        """Name it to a person: `activity 'charge'`, `the cancellation of activity 'charge'`."""
        if not self.name and self.kind in _NAMELESS:
            return _NAMELESS[self.kind]
        words = self.kind.replace("_", " ")
        if (cancelled := words.removeprefix("cancel ")) != words:
            words = f"the cancellation of {cancelled}"
        return f"{words} {self.name!r}" if self.name else words


_NAMELESS = {
    "timer": "a timer",
    "cancel_timer": "the cancellation of a timer",
    "complete": "the run's end with a result",
    "fail": "the run's end with a failure",
    "cancel": "the run's end by cancellation",
    "continue_as_new": "continue-as-new",
    "memo": "a change of the memo",
    "search_attributes": "a change of search attributes",
    "cancel_external": "a request to cancel another workflow",
    "cancel_child": "the cancellation of a child workflow",
}


@dataclass(frozen=True, slots=True)
class RefusedPatch:
    """A `patched()` that answered no, since the history is older than the patch."""

    id: str
    source: Source | None


@dataclass(frozen=True, slots=True)
class ReplayFailure:
    """Why the SDK's own replay stopped."""

    nondeterminism: bool
    message: str
    sdk_message: str
    source: Source | None
    encodings: tuple[str, ...]
    """What the history's payloads are encoded as, if that may be why."""


@dataclass(frozen=True, slots=True)
class Record:
    """One replay beside its history."""

    original: tuple[Command, ...]
    replayed: tuple[Command, ...]
    refused_patches: tuple[RefusedPatch, ...] = ()
    stopped: bool = False
    """Whether the replay ended before the history did, so that what is missing proves nothing."""
    failure: ReplayFailure | None = None


def changed_fields(original: Command, replayed: Command) -> tuple[str, ...]:
    """Name the attributes that differ for certain.

    What the server fills in, a replay may leave out.
    """
    names = [name for name in replayed.attributes if name in original.attributes]
    names += [name for name in replayed.attributes if name not in original.attributes]
    if replayed.kind in _WHOLE:
        names += [name for name in original.attributes if name not in replayed.attributes]
    return tuple(
        name
        for name in names
        if name not in replayed.uncertain
        and not same_value(original.attributes.get(name), replayed.attributes.get(name))
    )


_WHOLE = frozenset({"memo", "search_attributes", "update_completed", "fail"})
"""Kinds whose attributes are the code's own: one that is missing was left out."""


def same_value(original: object, replayed: object) -> bool:
    """Compare two JSON values; what nobody here can decode differs from nothing."""
    if _text(original) == _text(replayed):
        return True
    if (encoding := _encoding(original)) is not None:
        return encoding != _encoding(replayed)
    if isinstance(original, list) and isinstance(replayed, list):
        pair = cast("tuple[list[object], list[object]]", (original, replayed))
        return len(pair[0]) == len(pair[1]) and all(map(same_value, *pair))
    if isinstance(original, dict) and isinstance(replayed, dict):
        left, right = cast("tuple[dict[str, object], dict[str, object]]", (original, replayed))
        return left.keys() == right.keys() and all(
            same_value(left[name], right[name]) for name in left
        )
    return False


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)  # tells 1, 1.0 and true apart


def _encoding(value: object) -> str | None:
    """Return how a payload is encoded that only a codec or a converter of the user's reads."""
    if isinstance(value, dict) and value.keys() == {"encoding", "base64"}:
        return str(cast("dict[str, object]", value)["encoding"])
    return None
