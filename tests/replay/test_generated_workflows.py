"""Over a thousand changes to workflows made by chance: nothing false is said, and all is found.

The histories are real, and so are the replays. `python -m tests.replay.test_generated_workflows`
prints the rates.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass

import pytest

from inspector_app.domain.divergence import compare
from inspector_app.domain.replay_answers import answer, parse_record
from inspector_app.replay.histories import read
from inspector_app.replay.originals import originals
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay import generated

TARGET = Target("tests.fixtures.replay.generated:Generated", sandboxed=False)
ROUNDS = 2
"""Changes of each sort for every program."""


def replayed(history, program):
    generated.Program.now = program
    try:
        report = parse_record(record(history, TARGET))
    finally:
        generated.Program.now = None
    return answer(compare(report), report)


def events_of(steps, history):
    """From each step's name to its event; "" is the end."""
    commands = originals(read(history))
    flat = [each for step in steps for each in step.flat()]
    found = {"": commands[-1].event_id}
    for local in (True, False):
        asked = [each.name for each in flat if (each.kind == "local") is local]
        held = [each.event_id for each in commands if (each.kind == "local_activity") is local]
        found |= dict(zip(asked, held, strict=False))
    return found


def place_of(change, steps, events):
    """The event at which a change must be found."""
    if change.change != "inserted":
        return events[change.at]
    # What is new stands before the next command that is no local activity: those have no place.
    flat = [each for step in steps for each in step.flat()]
    names = [each.name for each in flat]
    behind = flat[names.index(change.at) :] if change.at else []
    return events[next((each.name for each in behind if each.kind != "local"), "")]


@dataclass(frozen=True)
class Case:
    """One change, and what was said of it."""

    seed: int
    change: generated.Change
    found: dict
    place: int | None
    second: int | None
    """The event of another change."""
    false: tuple[str, ...]
    """Differences that are none."""

    @property
    def located(self):
        first = self.found["first_divergence"]
        said = (first["event_id"], first["change"]) if first else (None, "")
        return said == ((self.place, self.change.change) if self.change.change else (None, ""))

    @property
    def complete(self):
        said = {each["event_id"] for each in self.found["differences"]}
        return self.second is None or self.second in said


def judged(seed, change, steps, history):
    events = events_of(steps, history)
    found = replayed(history, change.program)
    at = {event: name for name, event in events.items()}
    allowed = change.touched | {change.at} if change.change else frozenset()
    if change.what in {"removed", "swapped"}:
        allowed |= {""}  # the run's result lists what was said, in its order
    false = []
    for each in found["differences"]:
        original, now = each["original"], each["replayed"]
        if original is None:
            new = now["attributes"].get("arguments") == ["something new"]
            real = change.change == "inserted" and (
                new or now["attributes"].get("duration") == 77.0
            )
        else:
            real = at.get(original["event_id"]) in allowed
        if not real:
            false.append(f"{each['event_id']} {each['change']} {each['kind']}")
    place = place_of(change, steps, events) if change.change else None
    second = events[change.also] if change.also else None
    return Case(seed, change, found, place, second, tuple(false))


def cases():
    return [
        judged(seed, change, steps, history)
        for seed, (steps, history) in enumerate(generated.kept())
        for number in range(ROUNDS)
        for change in generated.changes(steps, random.Random(f"{seed} {number}"))
    ]


@pytest.fixture(scope="module")
def judged_cases():
    return cases()


def test_what_has_not_changed_is_identical():
    for steps, history in generated.kept():
        found = replayed(history, steps)
        assert found["verdict"] == "identical", (steps, found)


def test_over_a_thousand_changes_are_called_what_they_are(judged_cases):
    assert len(judged_cases) > 1000
    wrong = [each for each in judged_cases if each.found["verdict"] != each.change.verdict]
    assert [(each.seed, each.change.what, each.found["verdict"]) for each in wrong] == []


def test_nothing_is_said_to_differ_that_does_not(judged_cases):
    assert [(each.seed, each.change.what, each.false) for each in judged_cases if each.false] == []


def test_each_change_is_found_where_it_was_made(judged_cases):
    lost = [each for each in judged_cases if not each.located]
    assert [(each.seed, each.change.what, each.place) for each in lost] == []


def test_a_second_change_is_found_behind_the_first(judged_cases):
    lost = [each for each in judged_cases if not each.complete]
    assert [(each.seed, each.second) for each in lost] == []


def table(found):
    """What was said of each sort of change, a line each."""
    yield f"{'change':16}{'cases':>7}{'verdict right':>15}{'located':>9}{'false alarms':>14}"
    for what in dict.fromkeys(each.change.what for each in found):
        of = [each for each in found if each.change.what == what]
        right = sum(each.found["verdict"] == each.change.verdict for each in of)
        located = sum(each.located and each.complete for each in of)
        false = sum(bool(each.false) for each in of)
        yield f"{what:16}{len(of):7}{right:15}{located:9}{false:14}"


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in table(cases()))
