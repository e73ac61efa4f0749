"""A replay beside its history: the verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inspector_app.domain.commands import Record, ReplayFailure
from inspector_app.domain.divergence.lanes import Lane, LocalLane, lane_of
from inspector_app.domain.divergence.patches import without_patches
from inspector_app.domain.divergence.verdicts import (
    Change,
    Comparison,
    Difference,
    Legal,
    Verdict,
    Weight,
)
from inspector_app.domain.ids import EventId


def compare(record: Record) -> Comparison:
    """Decide what a replay shows."""
    original, replayed, legal = without_patches(record)
    main = Lane(lane_of(original, local=False), lane_of(replayed, local=False), record)
    local = LocalLane(lane_of(original, local=True), lane_of(replayed, local=True), record, main)
    differences = sorted([*main.differences(), *local.differences()], key=_place)
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
