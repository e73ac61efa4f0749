"""Commands side by side whose order counts among themselves, and what differs between them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import cast

from inspector_app.domain.alignment import align
from inspector_app.domain.commands import Command, Record, changed_fields
from inspector_app.domain.divergence.gaps import Gap, gaps_of, moves, replacements
from inspector_app.domain.divergence.verdicts import Change, Difference, Weight
from inspector_app.domain.ids import EventId


class Lane:
    """Original and replayed commands, aligned by what Temporal compares."""

    in_order = True
    """Whether a command belongs to one task: Temporal refuses it in another."""

    def __init__(
        self, original: Sequence[Command], replayed: Sequence[Command], record: Record
    ) -> None:
        self.original, self.replayed, self.record = original, replayed, record
        self.tasks = self._tasks()
        self.pairs = align(
            [each.key for each in original], [each.key for each in replayed], self._likeness
        )

    def _tasks(self) -> list[int]:
        return [each.task for each in (*self.original, *self.replayed)]

    def _likeness(self, a: int, b: int) -> int:
        original, replayed = self.original[a], self.replayed[b]
        same = not changed_fields(original, replayed)
        return 2 * same + (original.task == replayed.task)

    def differences(self) -> list[Difference]:
        """Name all that differs, in no order."""
        gaps = gaps_of(self.pairs, len(self.original))
        found = self._moved(gaps)
        for gap in gaps:
            found += self._parted(gap)
        found += self._paired(min((each.event_id for each in found), default=None))
        return found

    def _anchor(self, gap: Gap, place: int) -> EventId:
        """Return the event of the next original command, or else the task's own."""
        following = next(iter(gap.removed), gap.following)
        if following < len(self.original):
            return event_of(self.original[following])
        return self.replayed[place].task

    def _ends(self, gap: Gap) -> tuple[bool, bool]:
        """Say whether what is missing in a gap proves something: on the original side, on ours."""
        return True, not (self.record.stopped and gap.following >= len(self.original))

    def _moved(self, gaps: list[Gap]) -> list[Difference]:
        """Pair what left one gap with its equal in another."""
        return [
            Difference(
                min(event_of(self.original[place]), self._anchor(there, landed)),
                Weight.STRUCTURAL,
                Change.MOVED,
                self.original[place],
                self.replayed[landed],
            )
            for place, there, landed in moves(gaps, self.original, self.replayed)
        ]

    def _parted(self, gap: Gap) -> list[Difference]:
        """Name what was replaced, removed and inserted at one place."""
        found: list[Difference] = []
        for a, b in replacements(gap, self.original, self.tasks, self.replayed):
            was, now = self.original[a], self.replayed[b]
            found.append(Difference(event_of(was), Weight.STRUCTURAL, Change.CHANGED, was, now))
        told, reached = self._ends(gap)
        if told:
            for place in gap.inserted:
                at, now = self._anchor(gap, place), self.replayed[place]
                found.append(Difference(at, Weight.STRUCTURAL, Change.INSERTED, None, now))
        if reached:
            for place in gap.removed:
                was = self.original[place]
                found.append(
                    Difference(event_of(was), Weight.STRUCTURAL, Change.REMOVED, was, None)
                )
        return found

    def _paired(self, parted: EventId | None) -> list[Difference]:
        """Compare what was paired: its task, a child's id, its attributes."""
        found: list[Difference] = []
        for a, b in self.pairs:
            if a is None or b is None:
                continue
            original, replayed = self.original[a], self.replayed[b]
            at = event_of(original)
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


class LocalLane(Lane):
    """Local activities: noted where they end, so only their order among themselves counts."""

    in_order = False

    def __init__(
        self,
        original: Sequence[Command],
        replayed: Sequence[Command],
        record: Record,
        main: Lane,
    ) -> None:
        if record.failure is None:
            # One that was under way when the history ended has no marker yet.
            replayed = replayed[: len(original)]
        super().__init__(original, replayed, record)
        self._events = {
            id(lane.replayed[b]): event_of(lane.original[a])
            for lane in (main, self)
            for a, b in lane.pairs
            if a is not None and b is not None
        }

    def _anchor(self, gap: Gap, place: int) -> EventId:  # noqa: ARG002 - its order is another
        """Return the event of what is asked for next, in either lane."""
        asked = self.replayed[place]
        commands = iter(self.record.replayed)
        for each in commands:
            if each is asked:
                break
        return next(
            (self._events[id(each)] for each in commands if id(each) in self._events), asked.task
        )


def event_of(command: Command) -> EventId:
    """Return the event of an original command."""
    assert command.event_id is not None, "an original command has an event"
    return command.event_id


def lane_of(commands: Sequence[Command], *, local: bool) -> list[Command]:
    """Choose the local activities, or all that is not one."""
    return [each for each in commands if (each.kind == "local_activity") is local]


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
