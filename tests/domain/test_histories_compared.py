"""Generated runs, two at a time: runs alike never differ, a change is found where it was put."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector_app.domain.commands import Command
from inspector_app.domain.divergence import (
    Change,
    RecordedRun,
    Reset,
    Verdict,
    Weight,
    compare_histories,
    gaps,
    lanes,
)
from inspector_app.domain.errors import Invalid
from inspector_app.domain.explaining import explain_histories

KINDS = (("activity", "charge"), ("activity", "ship"), ("child", "Audit"), ("timer", ""))
KINDS += (("local_activity", "look"), ("update_completed", "order"))
NEVER = {"complete"}


def run(shape, *, number=1, slack=()):
    """A run that asks for `shape`; `slack` is how many events stand before each command.

    What is drawn, told by the clock, or named after the run is another in each run.
    """
    drawn = st_uuid(number)
    commands, told, event = [], [], 1
    for place, kind in enumerate([*shape, None]):
        event += 3 + (slack[place % len(slack)] if slack else 0)
        name = ("complete", "") if kind is None else KINDS[kind]
        said = {"arguments": [place, drawn, f"2026-11-0{number}T10:00:00Z for order-{number}"]}
        if name[0] == "timer":
            said = {"duration": float(place)}
        own = drawn if name[0] == "child" else ""
        commands.append(Command(*name, own, said, event - event % (number + 2), event))
        told.append(
            Command(
                "told", f"{name[0]} {name[1]!r} completed", "", {"result": place}, event, event + 1
            )
        )
        event += 2
    return RecordedRun(
        "Order",
        f"order-{number}",
        drawn,
        tuple(f"{number} {each}" for each in range(event)),
        tuple(commands),
        tuple(told),
    )


def st_uuid(number):
    return str(UUID(int=number * 2**100 + 4711))


SHAPES = st.lists(st.integers(0, len(KINDS) - 1), min_size=1, max_size=24)
SLACK = st.lists(st.integers(0, 5), min_size=1, max_size=9)
PLACES = st.integers(0, 10_000)


def other(left, commands):
    return replace(left, commands=tuple(commands))


def found(left, right):
    result = compare_histories(left, right)
    return result.verdict, [(each.event_id, each.change, each.kind) for each in result.differences]


@given(SHAPES, SLACK)
@settings(max_examples=300, deadline=None)
def test_two_runs_of_one_code_never_differ(shape, slack):
    left, right = run(shape), run(shape, number=2, slack=slack)
    result = compare_histories(left, right)
    assert result.verdict is Verdict.IDENTICAL
    assert result.differences == ()
    assert result.fork is None


@given(SHAPES, SLACK, PLACES)
@settings(max_examples=300, deadline=None)
def test_a_command_that_only_the_other_has_is_found_before_the_event_it_precedes(
    shape, slack, place
):
    left, right = run(shape), run(shape, number=2, slack=slack)
    at = place % len(left.commands)
    new = Command("activity", "refund", "", {"arguments": ["new"]}, 4, 4000)
    commands = [*right.commands[:at], new, *right.commands[at:]]
    verdict, differences = found(left, other(right, commands))
    assert verdict is Verdict.NONDETERMINISTIC
    following = next(each for each in left.commands[at:] if each.kind != "local_activity")
    assert differences == [(following.event_id, Change.INSERTED, Weight.STRUCTURAL)]


@given(SHAPES, SLACK, PLACES)
@settings(max_examples=300, deadline=None)
def test_a_command_that_only_this_one_has_is_found_at_its_event(shape, slack, place):
    left, right = run(shape), run(shape, number=2, slack=slack)
    at = place % (len(left.commands) - 1)
    commands = [*right.commands[:at], *right.commands[at + 1 :]]
    assert found(left, other(right, commands)) == (
        Verdict.NONDETERMINISTIC,
        [(left.commands[at].event_id, Change.REMOVED, Weight.STRUCTURAL)],
    )


@given(SHAPES, SLACK, PLACES)
@settings(max_examples=300, deadline=None)
def test_another_command_in_its_place_is_found_at_its_event(shape, slack, place):
    left, right = run(shape), run(shape, number=2, slack=slack)
    at = place % len(left.commands)
    if left.commands[at].kind == "local_activity":
        return
    commands = list(right.commands)
    commands[at] = replace(commands[at], kind="activity", name="refund")
    assert found(left, other(right, commands)) == (
        Verdict.NONDETERMINISTIC,
        [(left.commands[at].event_id, Change.CHANGED, Weight.STRUCTURAL)],
    )


@given(SHAPES, SLACK, PLACES)
@settings(max_examples=300, deadline=None)
def test_other_arguments_are_drift_at_their_event(shape, slack, place):
    left, right = run(shape), run(shape, number=2, slack=slack)
    at = place % len(left.commands)
    commands = list(right.commands)
    commands[at] = replace(
        commands[at], attributes={name: ["other"] for name in commands[at].attributes}
    )
    assert found(left, other(right, commands)) == (
        Verdict.DRIFT,
        [(left.commands[at].event_id, Change.CHANGED, Weight.DRIFT)],
    )


@given(SHAPES, SLACK, PLACES)
@settings(max_examples=300, deadline=None)
def test_what_was_told_differently_before_they_part_is_named(shape, slack, place):
    left, right = run(shape), run(shape, number=2, slack=slack)
    at = place % len(left.commands)
    told = list(right.told)
    told[at] = replace(told[at], attributes={"result": "another"})
    last = replace(right.commands[-1], attributes={"arguments": ["other"]})
    right = replace(right, told=tuple(told), commands=(*right.commands[:-1], last))
    result = compare_histories(left, right)
    assert result.verdict is Verdict.DRIFT
    if at == len(left.commands) - 1:  # told behind where they part: not why
        assert result.told is None
        assert "told the same" in explain_histories(result)
    else:
        assert result.told.event_id == left.told[at].event_id
        assert "told differently" in explain_histories(result)


@given(SHAPES, SLACK, PLACES)
@settings(max_examples=300, deadline=None)
def test_what_an_open_run_has_not_come_to_yet_is_no_difference(shape, slack, place):
    left, right = run(shape), run(shape, number=2, slack=slack)
    at = place % len(left.commands)
    so_far = other(right, [each for each in right.commands[:at] if each.kind not in NEVER])
    for pair in ((left, so_far), (so_far, left)):
        assert found(*pair) == (Verdict.IDENTICAL, [])


def test_a_child_by_another_chosen_id_is_drift_and_one_named_after_its_parent_is_none():
    def with_child(number, child):
        base = run([], number=number)
        return other(base, [Command("child", "Audit", child, {}, 4, 5), *base.commands])

    assert found(with_child(1, "order-1/audit"), with_child(2, "order-2/audit"))[1] == []
    assert found(with_child(1, "audit-a"), with_child(2, "audit-b")) == (
        Verdict.DRIFT,
        [(5, Change.CHANGED, Weight.DRIFT)],
    )


def test_a_patch_that_one_has_and_the_other_is_older_than_is_legal():
    left, right = run([0]), run([0], number=2)
    right = other(right, [Command("patch", "p1", "", {}, 4, 5), *right.commands])
    result = compare_histories(left, right)
    assert (result.verdict, result.patches) == (Verdict.LEGAL, ("p1",))
    assert "'p1'" in explain_histories(result)


def test_what_nobody_can_read_is_no_difference_and_is_said():
    def with_secret(number, text):
        secret = {"encoding": "binary/encrypted", "base64": text}
        base = run([], number=number)
        changed = replace(base.commands[0], attributes={"result": secret})
        return replace(base, commands=(changed,), encodings=("binary/encrypted",))

    result = compare_histories(with_secret(1, "eA=="), with_secret(2, "eQ=="))
    assert result.verdict is Verdict.IDENTICAL
    assert "binary/encrypted" in explain_histories(result)


def test_the_fork_of_a_reset_is_named_from_either_side():
    base = run([0, 1])
    reset = Reset(7, base.run_id, st_uuid(3), "fixed")
    again = replace(base, events=(*base.events[:6], *"abcdef"), resets=(reset,))
    ours = compare_histories(base, again)
    assert (ours.fork.event_id, ours.fork.reset, ours.fork.of_other) == (7, reset, True)
    theirs = compare_histories(again, base)
    assert (theirs.fork.reset, theirs.fork.of_other) == (reset, False)
    assert "this history was reset at event 7 (fixed)" in explain_histories(theirs)
    longer = replace(base, events=(*base.events, "more"))
    grown = compare_histories(base, longer)
    assert (grown.fork.reset, grown.fork.of_other) == (None, True)
    assert "the other history goes on longer" in explain_histories(grown)


def test_runs_of_two_workflows_are_not_compared():
    with pytest.raises(Invalid, match="'Order', the other of 'Other'"):
        compare_histories(run([0]), replace(run([0]), workflow_type="Other"))


@pytest.fixture
def steps(monkeypatch):
    """How often two commands were looked at side by side."""
    counted = []
    for module in (lanes, gaps):
        real = module.changed_fields
        monkeypatch.setattr(
            module, "changed_fields", lambda *pair, real=real: counted.append(1) or real(*pair)
        )
    return counted


def test_it_is_linear_when_equal(steps):
    def took(size):
        steps.clear()
        left, right = run([0, 1, 2, 3] * size), run([0, 1, 2, 3] * size, number=2)
        assert compare_histories(left, right).verdict is Verdict.IDENTICAL
        return len(steps)

    small, large = took(100), took(1000)
    assert small <= 401
    assert large <= 4001


def test_two_runs_with_nothing_in_common_end_all_the_same(steps):
    size = 6_000
    left, right = run([3] * size), run([0] * size, number=2)
    verdict, differences = found(left, right)
    assert verdict is Verdict.NONDETERMINISTIC
    assert len(differences) == size
    assert len(steps) <= gaps.MOST_ALIKE * 4 * size
