"""Two histories side by side, with no code: what each asked for, and what each was told.

What is a run's own, as `runs` takes it out, is no difference.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from inspector_app.domain.commands import Command, Record
from inspector_app.domain.divergence.gaps import Gap
from inspector_app.domain.divergence.lanes import Lane, lane_of
from inspector_app.domain.divergence.runs import RecordedRun, Reset, Side
from inspector_app.domain.divergence.verdicts import (
    Change,
    Difference,
    Verdict,
    Weight,
    first_divergence,
)
from inspector_app.domain.errors import Invalid
from inspector_app.domain.ids import EventId


@dataclass(frozen=True, slots=True)
class Fork:
    """Both are one run up to here."""

    event_id: EventId
    """The first event that is another one in each; of two prefixes, the one behind the shorter."""
    reset: Reset | None
    """How the other came to be; None where one history just goes on longer."""
    of_other: bool
    """Whether the second history is the reset one (or the longer one)."""


@dataclass(frozen=True, slots=True)
class HistoriesCompared:
    """A verdict and its grounds: `original` is of the first history, `replayed` of the second."""

    verdict: Verdict
    differences: tuple[Difference, ...]
    fork: Fork | None
    told: Difference | None
    """What the two were told differently before they part, if anything was."""
    patches: tuple[str, ...]
    """Patches that one of them has asked for and the other has not."""
    encodings: tuple[str, ...]
    """How values are encoded that could not be compared."""

    @property
    def first_divergence(self) -> Difference | None:
        """The earliest structural difference, or else the earliest drift."""
        return first_divergence(self.differences)


def compare_histories(first: RecordedRun, second: RecordedRun) -> HistoriesCompared:
    """Decide where two runs of one workflow part.

    Raises:
        Invalid: They are of different workflows.
    """
    if first.workflow_type != second.workflow_type:
        raise Invalid(
            f"The one history is of workflow type {first.workflow_type!r}, the other of"
            f" {second.workflow_type!r}: only runs of one type can be compared."
        )
    left, right = Side(first), Side(second)
    differences = sorted(
        (
            difference
            for local in (False, True)
            for difference in _differences(
                left,
                right,
                lambda each, local=local: lane_of(
                    [one for one in each.commands if one.kind != "patch"], local=local
                ),
            )
        ),
        key=_place,
    )
    found = first_divergence(differences)
    told = _told(left, right, found.event_id) if found else None
    patches = _patches(first, second)
    return HistoriesCompared(
        _verdict(differences, patches),
        tuple(differences),
        _fork(first, second),
        told,
        patches,
        tuple(sorted({*first.encodings, *second.encodings})),
    )


def _verdict(differences: Sequence[Difference], patches: Sequence[str]) -> Verdict:
    if any(each.kind is Weight.STRUCTURAL for each in differences):
        return Verdict.NONDETERMINISTIC
    if differences:
        return Verdict.DRIFT
    return Verdict.LEGAL if patches else Verdict.IDENTICAL


def _place(difference: Difference) -> tuple[EventId, bool]:
    return difference.event_id, difference.change is Change.INSERTED


class _HistoriesLane(Lane):
    """Two runs' commands: only their order counts, never the task they stand in."""

    in_order = False

    def __init__(
        self, left: Sequence[Command], right: Sequence[Command], *, ended: tuple[bool, bool]
    ) -> None:
        super().__init__(left, right, Record((), ()))
        self._ended = ended

    def _anchor(self, gap: Gap, place: int) -> EventId:
        following = next(iter(gap.removed), gap.following)
        if following < len(self.original) or not self.original:
            return super()._anchor(gap, place)
        return EventId((self.original[-1].event_id or 0) + 1)

    def _ends(self, gap: Gap) -> tuple[bool, bool]:
        """Say what a gap proves: behind the last of a run that goes on, anything may follow."""
        behind = gap.following >= len(self.original)
        return not behind or self._ended[0], not behind or self._ended[1]


def _differences(
    left: Side, right: Side, chosen: Callable[[Side], Sequence[Command]]
) -> list[Difference]:
    ended = (left.run.has_ended, right.run.has_ended)
    lane = _HistoriesLane(chosen(left), chosen(right), ended=ended)
    found: list[Difference] = []
    for each in lane.differences():
        was, now = each.original, each.replayed
        same = was is not None and now is not None and was.key == now.key
        drifted = same and each.change is Change.CHANGED
        found.append(
            replace(
                each,
                kind=Weight.DRIFT if drifted else Weight.STRUCTURAL,
                original=left.real(was),
                replayed=right.real(now),
            )
        )
    return found


def _told(left: Side, right: Side, until: EventId) -> Difference | None:
    """Return the first thing the two were told differently, if that was before they part."""
    found = min(_differences(left, right, lambda each: each.told), key=_place, default=None)
    return found if found is not None and found.event_id <= until else None


def _patches(first: RecordedRun, second: RecordedRun) -> tuple[str, ...]:
    def asked(run: RecordedRun) -> dict[str, object]:
        patches = (each for each in run.commands if each.kind == "patch")
        return {each.name: each.attributes.get("version") for each in patches}

    mine, theirs = asked(first), asked(second)
    names = [*mine, *(each for each in theirs if each not in mine)]
    return tuple(
        each
        for each in names
        if (each in mine, mine.get(each)) != (each in theirs, theirs.get(each))
    )


def _fork(first: RecordedRun, second: RecordedRun) -> Fork | None:
    common = next(
        (
            place
            for place, (mine, theirs) in enumerate(zip(first.events, second.events, strict=False))
            if mine != theirs
        ),
        min(len(first.events), len(second.events)),
    )
    if not common:
        return None
    event_id = EventId(common + 1)
    for of_other, run in ((True, second), (False, first)):
        for reset in run.resets:
            if reset.event_id == event_id:
                return Fork(event_id, reset, of_other)
    return Fork(event_id, None, len(second.events) > len(first.events))
