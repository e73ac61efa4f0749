"""What one side has between two pairs and the other has not, and what in it belongs together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from inspector_app.domain.alignment import Pair
from inspector_app.domain.commands import Command, changed_fields

MOST_ALIKE: Final = 50
"""So many places of one key are looked at for one whose attributes are the same, too."""


@dataclass
class Gap:
    """Places that have no partner, in order."""

    removed: dict[int, None]
    """Of the original side."""
    inserted: dict[int, None]
    """Of the replayed side."""
    following: int
    """The next original command."""


def gaps_of(pairs: Sequence[Pair], length: int) -> list[Gap]:
    """Collect what has no partner; `length` is how many original commands there are."""
    found: list[Gap] = []
    gap: Gap | None = None
    for a, b in pairs:
        if a is not None and b is not None:
            if gap is not None:
                gap.following = a
            gap = None
            continue
        if gap is None:
            gap = Gap({}, {}, length)
            found.append(gap)
        if a is not None:
            gap.removed[a] = None
        elif b is not None:
            gap.inserted[b] = None
    return found


def moves(
    gaps: Sequence[Gap], original: Sequence[Command], replayed: Sequence[Command]
) -> Iterator[tuple[int, Gap, int]]:
    """Take out what left one gap and stands in another: place, the other gap, place there."""
    landed: defaultdict[tuple[str, str, str], dict[int, Gap]] = defaultdict(dict)
    for gap in gaps:
        for place in gap.inserted:
            landed[replayed[place].key][place] = gap
    for exact in (True, False):
        for gap in gaps:
            for place in list(gap.removed):
                was = original[place]
                target = _landed(was, landed.get(was.key, {}), replayed, exact=exact)
                if target is None:
                    continue
                there = landed[was.key].pop(target)
                del gap.removed[place], there.inserted[target]
                yield place, there, target


def _landed(
    was: Command, places: dict[int, Gap], replayed: Sequence[Command], *, exact: bool
) -> int | None:
    if not exact:  # one timer is like another
        return next(iter(places), None) if was.name else None
    for _, place in zip(range(MOST_ALIKE), places, strict=False):
        if not changed_fields(was, replayed[place]):
            return place
    return None


def replacements(
    gap: Gap, original: Sequence[Command], tasks: Sequence[int], replayed: Sequence[Command]
) -> Iterator[tuple[int, int]]:
    """Take out pairs of which one stands in the other's place: of its kind first, then of any.

    `tasks` are those of the original and, behind them, of the replayed commands: only within one
    task does one command replace another.
    """
    behind = len(original)
    for alike in (True, False):
        free: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        for place in reversed(gap.removed):
            was = original[place]
            if alike or was.kind != "patch":
                free[was.kind if alike else "", tasks[place]].append(place)
        for place in list(gap.inserted):
            kind = replayed[place].kind if alike else ""
            if places := free.get((kind, tasks[behind + place])):
                replaced = places.pop()
                del gap.removed[replaced], gap.inserted[place]
                yield replaced, place
