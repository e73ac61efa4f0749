"""Two sequences side by side: what stands in both, what in one only.

Keys decide what may be paired; among pairings with equally few gaps the one of greater
likeness wins, so that what was put in between its like is found where it was put.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Final

Pair = tuple[int | None, int | None]
"""Places in the left and the right sequence; None where there is no partner."""
Likeness = Callable[[int, int], int]
"""How much a left and a right place, of equal keys, have in common."""
MOST_GAPS: Final = 2_000
"""Beyond so many, two sequences have nothing to do with each other: their middles are one gap."""


def align(left: Sequence[Hashable], right: Sequence[Hashable], likeness: Likeness) -> list[Pair]:
    """Pair two sequences of keys, in order. Linear when equal, else O((n + m) * gaps)."""
    shorter = min(len(left), len(right))
    head = 0
    while head < shorter and left[head] == right[head]:
        head += 1
    tail = 0
    while tail < shorter - head and left[-1 - tail] == right[-1 - tail]:
        tail += 1
    pairs: list[Pair] = [(place, place) for place in range(head)]
    middle = _shortest(left[head : len(left) - tail], right[head : len(right) - tail])
    pairs += [
        (None if a is None else a + head, None if b is None else b + head) for a, b in middle
    ]
    pairs += [(len(left) - rest, len(right) - rest) for rest in range(tail, 0, -1)]
    return _slid(pairs, left, right, likeness) if middle else pairs


def _shortest(left: Sequence[Hashable], right: Sequence[Hashable]) -> list[Pair]:
    """Pair with as few gaps as can be (Myers, An O(ND) Difference Algorithm, 1986)."""
    n, m = len(left), len(right)
    if not n or not m:
        return _gap(0, n, 0, m)
    reach = {1: 0}
    """From a diagonal (left minus right) to the furthest place in the left sequence."""
    trail: list[dict[int, int]] = []
    for gaps in range(min(n + m, MOST_GAPS) + 1):
        trail.append(dict(reach))
        for diagonal in range(-gaps, gaps + 1, 2):
            down = diagonal == -gaps or (
                diagonal != gaps and reach[diagonal - 1] < reach[diagonal + 1]
            )
            a = reach[diagonal + 1] if down else reach[diagonal - 1] + 1
            b = a - diagonal
            while a < n and b < m and left[a] == right[b]:
                a, b = a + 1, b + 1
            reach[diagonal] = a
            if a >= n and b >= m:
                return _back(trail, n, m)
    return _gap(0, n, 0, m)


def _gap(a: int, to_a: int, b: int, to_b: int) -> list[Pair]:
    return [*((each, None) for each in range(a, to_a)), *((None, each) for each in range(b, to_b))]


def _back(trail: list[dict[int, int]], a: int, b: int) -> list[Pair]:
    """Walk the furthest reaches back to the beginning."""
    pairs: list[Pair] = []
    for gaps in range(len(trail) - 1, -1, -1):
        reach, diagonal = trail[gaps], a - b
        down = diagonal == -gaps or (
            diagonal != gaps and reach[diagonal - 1] < reach[diagonal + 1]
        )
        came_from = diagonal + 1 if down else diagonal - 1
        before_a = reach[came_from] if gaps else 0
        before_b = before_a - came_from if gaps else 0
        while a > before_a and b > before_b:
            a, b = a - 1, b - 1
            pairs.append((a, b))
        if gaps:
            if down:
                b -= 1
                pairs.append((None, b))
            else:
                a -= 1
                pairs.append((a, None))
    pairs.reverse()
    return pairs


def _slid(
    pairs: list[Pair], left: Sequence[Hashable], right: Sequence[Hashable], likeness: Likeness
) -> list[Pair]:
    """Slide each gap along its like to where its neighbours pair best."""
    place = 0
    while place < len(pairs):
        end = place
        side = 0 if pairs[place][1] is None else 1
        while end < len(pairs) and pairs[end][1 - side] is None and pairs[end][side] is not None:
            end += 1
        if end == place:
            place += 1
            continue
        keys = left if side == 0 else right
        offset = _best(pairs, place, end, side, keys, likeness)
        if offset:
            _slide(pairs, place, end, side, offset)
        place = max(end, end + offset)
    return pairs


def _best(
    pairs: list[Pair],
    start: int,
    end: int,
    side: int,
    keys: Sequence[Hashable],
    likeness: Likeness,
) -> int:
    """Return by how many places a gap is best moved; negative is to the left."""
    best, best_gain = 0, 0
    for step in (-1, 1):
        gain, offset = 0, 0
        while True:
            # One more neighbour changes its partner: the gap's far end for its near one.
            near = start + offset - 1 if step < 0 else end + offset
            if not 0 <= near < len(pairs) or None in pairs[near]:
                break
            new = _partner(pairs, start, end, offset, step, side)
            old = pairs[near][side]
            other = pairs[near][1 - side]
            if new is None or old is None or other is None or keys[new] != keys[old]:
                break
            gain += _like(likeness, side, new, other) - _like(likeness, side, old, other)
            offset += step
            if gain > best_gain:
                best, best_gain = offset, gain
    return best


def _partner(
    pairs: list[Pair], start: int, end: int, offset: int, step: int, side: int
) -> int | None:
    """Return the gap's place that a neighbour would be paired with."""
    first = pairs[start][side]
    if first is None:
        return None
    length = end - start
    return first + length + offset - 1 if step < 0 else first + offset


def _like(likeness: Likeness, side: int, mine: int, other: int) -> int:
    return likeness(mine, other) if side == 0 else likeness(other, mine)


def _slide(pairs: list[Pair], start: int, end: int, side: int, offset: int) -> None:
    """Move the gap at `start:end` by `offset` pairs."""
    low, high = (start + offset, end) if offset < 0 else (start, end + offset)
    mine = [each[side] for each in pairs[low:high] if each[side] is not None]
    others = [each[1 - side] for each in pairs[low:high] if each[1 - side] is not None]
    gap, moved = end - start, abs(offset)
    empty = [None] * gap
    others = [*empty, *others] if offset < 0 else [*others[:moved], *empty]
    for place, (own, other) in enumerate(zip(mine, others, strict=True), low):
        pairs[place] = (own, other) if side == 0 else (other, own)
