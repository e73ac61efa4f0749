"""What a comparison finds, and how much each difference matters.

*Structural* is what Temporal itself refuses: another kind, type or id, more commands, fewer, or in
another order. *Drift* is what it replays without a word: arguments, durations, time-outs, results.
*Legal* is a change under `patched()` or `deprecate_patch()`, which is how one should change code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inspector_app.domain.commands import Command, RefusedPatch, ReplayFailure, Source
from inspector_app.domain.ids import EventId


class Verdict(StrEnum):
    """What a comparison found, gravest last."""

    IDENTICAL = "identical"
    LEGAL = "legal"
    DRIFT = "drift"
    NONDETERMINISTIC = "nondeterministic"
    TASK_FAILURE = "task_failure"
    ERROR = "error"


class Weight(StrEnum):
    """Whether Temporal would refuse a difference."""

    STRUCTURAL = "structural"
    DRIFT = "drift"


class Change(StrEnum):
    """What became of a command."""

    INSERTED = "inserted"
    REMOVED = "removed"
    CHANGED = "changed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where the two sides differ; `event_id` is an event of the history."""

    event_id: EventId
    kind: Weight
    change: Change
    original: Command | None
    replayed: Command | None
    fields: tuple[str, ...] = ()
    """The attributes that differ."""

    @property
    def source(self) -> Source | None:
        """The line of today's code that asks for the command, where there is one."""
        return self.replayed.source if self.replayed else None


@dataclass(frozen=True, slots=True)
class Legal:
    """What changed in the way that Temporal provides for."""

    refused: tuple[RefusedPatch, ...] = ()
    """`patched()` that is new to this history."""
    deprecated: tuple[str, ...] = ()
    """Patches that the code now only deprecates, or no longer mentions after having done so."""

    def __bool__(self) -> bool:
        return bool(self.refused or self.deprecated)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A verdict and its grounds; `differences` are in the order of their events."""

    verdict: Verdict
    differences: tuple[Difference, ...]
    legal: Legal
    failure: ReplayFailure | None

    @property
    def first_divergence(self) -> Difference | None:
        """The earliest structural difference, or else the earliest drift."""
        return first_divergence(self.differences)


def first_divergence(differences: Sequence[Difference]) -> Difference | None:
    """Return the earliest structural difference, or else the earliest drift."""
    structural = (each for each in differences if each.kind is Weight.STRUCTURAL)
    return next(structural, next(iter(differences), None))
