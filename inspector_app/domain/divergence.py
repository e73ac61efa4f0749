"""Where a replay and its history part, and how much that matters.

*Structural* is what Temporal itself refuses: another kind, type or id, more commands, fewer, or in
another order. *Drift* is what it replays without a word: arguments, durations, time-outs, results.
*Legal* is a change under `patched()` or `deprecate_patch()`, which is how one should change code.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import cast

from inspector_app.domain.alignment import Pair, align
from inspector_app.domain.commands import (
    Command,
    Record,
    RefusedPatch,
    ReplayFailure,
    Source,
    changed_fields,
)
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
        structural = (each for each in self.differences if each.kind is Weight.STRUCTURAL)
        return next(structural, next(iter(self.differences), None))


def compare(record: Record) -> Comparison:
    """Decide what a replay shows."""
    original, replayed, legal = _without_patches(record)
    main = _Lane(_lane(original, local=False), _lane(replayed, local=False), record)
    local = _LocalLane(_lane(original, local=True), _lane(replayed, local=True), record, main)
    differences = sorted(
        [*main.differences(), *local.differences()],
        key=_place,
    )
    if record.failure is None:
        differences = [_accepted(each, record) for each in differences]
    return Comparison(
        _verdict(differences, legal, record.failure), tuple(differences), legal, record.failure
    )


def _place(difference: Difference) -> tuple[bool, EventId, bool]:
    """Order differences as they stand in the history; what is behind its end comes last."""
    now = difference.replayed
    inserted = difference.change is Change.INSERTED
    behind = inserted and now is not None and difference.event_id == now.task
    return behind, difference.event_id, inserted


def _accepted(difference: Difference, record: Record) -> Difference:
    """Weigh a difference in a history that the SDK's replayer has accepted.

    Whatever it is, Temporal does not refuse it; but for one that the replayer cannot see: what
    is asked for at the end of an open run's last task. The next task will be refused for it.
    """
    last = max((each.task for each in record.original), default=0)
    now = difference.replayed
    if difference.change is Change.INSERTED and now is not None and now.task >= last:
        return difference
    return replace(difference, kind=Weight.DRIFT)


def _lane(commands: Sequence[Command], *, local: bool) -> list[Command]:
    return [each for each in commands if (each.kind == "local_activity") is local]


def _verdict(
    differences: Sequence[Difference], legal: Legal, failure: ReplayFailure | None
) -> Verdict:
    if failure is not None and failure.encodings:
        return Verdict.ERROR
    if failure is not None and not failure.nondeterminism:
        return Verdict.TASK_FAILURE
    if failure is not None or any(each.kind is Weight.STRUCTURAL for each in differences):
        return Verdict.NONDETERMINISTIC
    if differences:
        return Verdict.DRIFT
    return Verdict.LEGAL if legal else Verdict.IDENTICAL


def _without_patches(record: Record) -> tuple[list[Command], list[Command], Legal]:
    """Take out the patches that both sides agree on, in the SDK's own terms."""
    made = {each.name: each for each in record.original if each.kind == "patch"}
    asked = {each.name: each for each in record.replayed if each.kind == "patch"}
    deprecated: list[str] = []
    settled: set[str] = set()
    for name, marker in made.items():
        was = bool(marker.attributes.get("deprecated"))
        if name not in asked and was:
            deprecated.append(name)
            settled.add(name)
        elif name in asked:
            settled.add(name)
            if bool(asked[name].attributes.get("deprecated")) and not was:
                deprecated.append(name)
    for name, command in asked.items():
        if name not in made and bool(command.attributes.get("deprecated")):
            deprecated.append(name)
            settled.add(name)
    refused = tuple(each for each in record.refused_patches if each.id not in made)

    def rest(commands: Sequence[Command]) -> list[Command]:
        return [each for each in commands if each.kind != "patch" or each.name not in settled]

    return rest(record.original), rest(record.replayed), Legal(refused, tuple(deprecated))


@dataclass
class _Gap:
    """Commands that one side has between two pairs and the other has not."""

    removed: list[int]
    inserted: list[int]
    following: int
    """The next original command."""


class _Lane:
    """Commands whose order counts among themselves."""

    in_order = True
    """Whether a command belongs to one task: Temporal refuses it in another."""

    def __init__(self, original: list[Command], replayed: list[Command], record: Record) -> None:
        self.original, self.replayed, self.record = original, replayed, record
        self.pairs = align(
            [each.key for each in original], [each.key for each in replayed], self._likeness
        )

    def _likeness(self, a: int, b: int) -> int:
        original, replayed = self.original[a], self.replayed[b]
        same = not changed_fields(original, replayed)
        return 2 * same + (original.task == replayed.task)

    def differences(self) -> list[Difference]:
        gaps = _gaps(self.pairs, len(self.original))
        found = self._moved(gaps)
        for gap in gaps:
            found += self._parted(gap)
        found += self._paired(min((each.event_id for each in found), default=None))
        return found

    def _anchor(self, gap: _Gap, place: int) -> EventId:
        """Return the event of the next original command, or else the task's own."""
        following = gap.removed[0] if gap.removed else gap.following
        if following < len(self.original):
            return _event(self.original[following])
        return self.replayed[place].task

    def _moved(self, gaps: list[_Gap]) -> list[Difference]:
        """Pair what left one gap with its equal in another."""
        found: list[Difference] = []
        for exact in (True, False):
            for gap in gaps:
                for place in list(gap.removed):
                    target = self._landed(place, gaps, exact=exact)
                    if target is None:
                        continue
                    there, landed = target
                    original = self.original[place]
                    event_id = min(_event(original), self._anchor(there, landed))
                    gap.removed.remove(place)
                    there.inserted.remove(landed)
                    found.append(
                        Difference(
                            event_id,
                            Weight.STRUCTURAL,
                            Change.MOVED,
                            original,
                            self.replayed[landed],
                        )
                    )
        return found

    def _landed(self, place: int, gaps: list[_Gap], *, exact: bool) -> tuple[_Gap, int] | None:
        original = self.original[place]
        if not exact and not original.name:
            return None  # one timer is like another
        for gap in gaps:
            for landed in gap.inserted:
                replayed = self.replayed[landed]
                if original.key == replayed.key and not (
                    exact and changed_fields(original, replayed)
                ):
                    return gap, landed
        return None

    def _parted(self, gap: _Gap) -> list[Difference]:
        """Name what was replaced, removed and inserted at one place."""
        found: list[Difference] = []
        for alike in (True, False):
            for place in list(gap.inserted):
                replaced = self._replaced(gap, place, alike=alike)
                if replaced is None:
                    continue
                gap.removed.remove(replaced)
                gap.inserted.remove(place)
                was, now = self.original[replaced], self.replayed[place]
                found.append(Difference(_event(was), Weight.STRUCTURAL, Change.CHANGED, was, now))
        found += [
            Difference(
                self._anchor(gap, each),
                Weight.STRUCTURAL,
                Change.INSERTED,
                None,
                self.replayed[each],
            )
            for each in gap.inserted
        ]
        if not (self.record.stopped and gap.following >= len(self.original)):
            removed = [self.original[each] for each in gap.removed]
            found += [
                Difference(_event(each), Weight.STRUCTURAL, Change.REMOVED, each, None)
                for each in removed
            ]
        return found

    def _replaced(self, gap: _Gap, place: int, *, alike: bool) -> int | None:
        """Find the original command in whose place a new one stands, of its kind if there is."""
        replayed = self.replayed[place]
        for each in gap.removed:
            original = self.original[each]
            fits = original.kind == replayed.kind if alike else original.kind != "patch"
            if fits and original.task == replayed.task:
                return each
        return None

    def _paired(self, parted: EventId | None) -> list[Difference]:
        """Compare what was paired: its task, a child's id, its attributes."""
        found: list[Difference] = []
        for a, b in self.pairs:
            if a is None or b is None:
                continue
            original, replayed = self.original[a], self.replayed[b]
            at = _event(original)
            if (
                self.in_order
                and original.task != replayed.task
                and parted is None
                and self.record.failure is not None
            ):
                parted = at
                found.append(Difference(at, Weight.STRUCTURAL, Change.MOVED, original, replayed))
            elif original.id != replayed.id and not (
                # Ids drawn from the run's random numbers follow from what was drawn before.
                parted is not None and parted <= at and _drawn(original.id, replayed.id)
            ):
                fields = ("id", *changed_fields(original, replayed))
                parted = at if parted is None else min(at, parted)
                found.append(
                    Difference(at, Weight.STRUCTURAL, Change.CHANGED, original, replayed, fields)
                )
            elif fields := changed_fields(original, replayed):
                if parted is not None and parted <= at and _hollow(original, replayed, fields):
                    continue  # comes of an answer that the replay had to make up
                found.append(
                    Difference(at, Weight.DRIFT, Change.CHANGED, original, replayed, fields)
                )
        return found


class _LocalLane(_Lane):
    """Local activities: noted where they end, so only their order among themselves counts."""

    in_order = False

    def __init__(
        self, original: list[Command], replayed: list[Command], record: Record, main: _Lane
    ) -> None:
        if record.failure is None:
            # One that was under way when the history ended has no marker yet.
            replayed = replayed[: len(original)]
        super().__init__(original, replayed, record)
        self._events = {
            id(lane.replayed[b]): _event(lane.original[a])
            for lane in (main, self)
            for a, b in lane.pairs
            if a is not None and b is not None
        }

    def _anchor(self, gap: _Gap, place: int) -> EventId:  # noqa: ARG002 - its order is another
        """Return the event of what is asked for next, in either lane."""
        asked = self.replayed[place]
        commands = iter(self.record.replayed)
        for each in commands:
            if each is asked:
                break
        return next(
            (self._events[id(each)] for each in commands if id(each) in self._events), asked.task
        )


def _event(command: Command) -> EventId:
    assert command.event_id is not None, "an original command has an event"
    return command.event_id


def _gaps(pairs: Sequence[Pair], length: int) -> list[_Gap]:
    """Collect what has no partner, from the end, so that each gap knows what follows it."""
    gaps: list[_Gap] = []
    following, open_gap = length, False
    for a, b in reversed(pairs):
        if a is not None and b is not None:
            following, open_gap = a, False
            continue
        if not open_gap:
            gaps.append(_Gap([], [], following))
            open_gap = True
        if a is not None:
            gaps[-1].removed.insert(0, a)
        elif b is not None:
            gaps[-1].inserted.insert(0, b)
    gaps.reverse()
    return gaps


def _hollow(original: Command, replayed: Command, fields: Sequence[str]) -> bool:
    """Whether all that differs is null where the history has a value."""

    def emptied(was: object, now: object) -> bool:
        if isinstance(was, list) and isinstance(now, list):
            left, right = cast("tuple[list[object], list[object]]", (was, now))
            pairs = zip(left, right, strict=False)
            return len(left) == len(right) and all(a == b or emptied(a, b) for a, b in pairs)
        return now is None and was is not None

    return all(
        emptied(original.attributes.get(field), replayed.attributes.get(field)) for field in fields
    )


_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def _drawn(*ids: str) -> bool:
    return all(_UUID.fullmatch(each) for each in ids)
