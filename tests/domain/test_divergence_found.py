"""Generated workflows and mutations: equals never differ, a change is found where it was put."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from inspector_app.domain.alignment import MOST_GAPS, align
from inspector_app.domain.commands import Command, Record, ReplayFailure, changed_fields
from inspector_app.domain.divergence import Change, Verdict, Weight, compare

KINDS = (("activity", "charge"), ("activity", "ship"), ("child", "Audit"), ("timer", ""))
REFUSED = ReplayFailure(True, "[TMPRL1100]", "[TMPRL1100]", None, ())


def history(shape):
    """Commands of tasks, as `[[0, 2], [1]]` names their kinds, numbered as a server would."""
    commands, event = [], 1
    for task in [*shape, None]:
        event += 3
        completed = event
        for kind in task if task is not None else [None]:
            event += 1
            name = ("complete", "") if kind is None else KINDS[kind]
            made = {"arguments": [event]} if kind != 3 else {"duration": float(event)}
            commands.append(Command(*name, "", made, completed, event))
        event += 2
    return commands


def again(commands):
    return [replace(each, event_id=None) for each in commands]


SHAPES = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=4), min_size=1, max_size=12)
PLACES = st.integers(0, 10_000)


def found(original, replayed, failure=REFUSED):
    return compare(Record(tuple(original), tuple(replayed), failure=failure))


@given(SHAPES)
@settings(max_examples=300, deadline=None)
def test_equal_sides_never_differ(shape):
    original = history(shape)
    result = found(original, again(original), None)
    assert result.verdict is Verdict.IDENTICAL
    assert result.differences == ()


@given(SHAPES, PLACES, st.sampled_from(["charge", "refund"]))
@settings(max_examples=300, deadline=None)
def test_one_inserted_command_is_found_before_the_event_it_precedes(shape, place, name):
    original = history(shape)
    replayed = again(original)
    at = place % len(original)
    new = Command("activity", name, "", {"arguments": ["new"]}, replayed[at].task)
    replayed.insert(at, new)
    result = found(original, replayed)
    assert result.verdict is Verdict.NONDETERMINISTIC
    assert [(each.event_id, each.change, each.replayed) for each in result.differences] == [
        (original[at].event_id, Change.INSERTED, new)
    ]


@given(SHAPES, PLACES)
@settings(max_examples=300, deadline=None)
def test_one_removed_command_is_found_at_its_event(shape, place):
    original = history(shape)
    at = place % (len(original) - 1)
    replayed = again(original)
    del replayed[at]
    result = found(original, replayed)
    assert [(each.event_id, each.change, each.original) for each in result.differences] == [
        (original[at].event_id, Change.REMOVED, original[at])
    ]


@given(SHAPES, PLACES)
@settings(max_examples=300, deadline=None)
def test_one_renamed_command_is_found_at_its_event(shape, place):
    original = history(shape)
    at = place % len(original)
    replayed = again(original)
    replayed[at] = replace(replayed[at], kind="activity", name="refund")
    result = found(original, replayed)
    assert [(each.event_id, each.change, each.kind) for each in result.differences] == [
        (original[at].event_id, Change.CHANGED, Weight.STRUCTURAL)
    ]


@given(SHAPES, PLACES)
@settings(max_examples=300, deadline=None)
def test_two_swapped_commands_are_one_move_from_the_earlier_event(shape, place):
    original = history(shape)
    swaps = [
        at
        for at in range(len(original) - 1)
        if original[at].task == original[at + 1].task and original[at].key != original[at + 1].key
    ]
    if not swaps:
        return
    at = swaps[place % len(swaps)]
    replayed = again(original)
    replayed[at], replayed[at + 1] = replayed[at + 1], replayed[at]
    result = found(original, replayed)
    assert [(each.event_id, each.change) for each in result.differences] == [
        (original[at].event_id, Change.MOVED)
    ]


@given(SHAPES, PLACES)
@settings(max_examples=300, deadline=None)
def test_one_changed_argument_is_drift_at_its_event(shape, place):
    original = history(shape)
    at = place % len(original)
    replayed = again(original)
    replayed[at] = replace(replayed[at], attributes=dict.fromkeys(replayed[at].attributes, -1))
    result = found(original, replayed, None)
    assert result.verdict is Verdict.DRIFT
    assert [(each.event_id, each.change, each.kind) for each in result.differences] == [
        (original[at].event_id, Change.CHANGED, Weight.DRIFT)
    ]


@given(SHAPES, PLACES)
def test_what_the_replay_never_reached_is_not_called_removed(shape, place):
    original = history(shape)
    known = again(original)[: place % len(original)]
    failure = replace(REFUSED, nondeterminism=False)
    result = compare(Record(tuple(original), tuple(known), stopped=True, failure=failure))
    assert result.verdict is Verdict.TASK_FAILURE
    assert result.differences == ()


WORDS = st.lists(st.integers(0, 3), max_size=9)


@given(WORDS, WORDS)
@settings(max_examples=500, deadline=None)
def test_an_alignment_reproduces_both_sides_with_as_few_gaps_as_can_be(left, right):
    pairs = align(left, right, lambda a, b: int(a == b))
    assert [a for a, _ in pairs if a is not None] == list(range(len(left)))
    assert [b for _, b in pairs if b is not None] == list(range(len(right)))
    assert all(left[a] == right[b] for a, b in pairs if None not in (a, b))

    @cache
    def common(a, b):
        if a == len(left) or b == len(right):
            return 0
        here = 1 + common(a + 1, b + 1) if left[a] == right[b] else 0
        return max(here, common(a + 1, b), common(a, b + 1))

    assert sum(None not in pair for pair in pairs) == common(0, 0)


def test_two_sides_with_nothing_in_common_are_aligned_all_the_same():
    left, right = list(range(MOST_GAPS)), list(range(MOST_GAPS, 3 * MOST_GAPS))
    pairs = align(left, right, lambda _a, _b: 0)
    assert [a for a, _ in pairs if a is not None] == left
    assert len(pairs) == 3 * MOST_GAPS


def test_a_gap_slides_to_where_its_like_is_not():
    left, right = ["a1", "a3", "b"], ["a1", "a2", "a3", "b"]
    pairs = align("aab", "aaab", lambda a, b: int(left[a] == right[b]))
    assert (None, 1) in pairs
    pairs = align("aaab", "aab", lambda a, b: int(right[a] == left[b]))
    assert (1, None) in pairs


def test_values_differ_by_type_and_what_nobody_can_read_differs_from_nothing():
    def differ(was, now):
        return changed_fields(
            Command("activity", "a", "", {"arguments": was}, 4, 5),
            Command("activity", "a", "", {"arguments": now}, 4),
        )

    secret = {"encoding": "binary/encrypted", "base64": "eA=="}
    assert differ([1], [True])
    assert differ([1], [1.0])
    assert differ([{"a": 1}], [{"a": 2}])
    assert differ([1, 2], [1])
    assert not differ([{"b": 1, "a": 2}], [{"a": 2, "b": 1}])
    assert not differ([secret], [{"any": "thing"}])
    assert differ([secret], [secret | {"base64": "eQ=="}])
