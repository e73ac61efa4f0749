"""What a release did to code, seen on histories that the code before it really made."""

from __future__ import annotations

import gzip
import json

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History, HistoryEvent

from inspector_app.domain.divergence import compare
from inspector_app.domain.replay_answers import answer, parse_record
from inspector_app.replay.histories import COMMAND_EVENTS, read
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay.record import FOLDER


def history_of(name) -> bytes:
    packed = FOLDER / f"{name}.json.gz"
    if packed.exists():
        return gzip.decompress(packed.read_bytes())
    return (FOLDER / f"{name}.json").read_bytes()


def replayed(module, workflow, history, **options):
    target = Target(f"tests.fixtures.replay.{module}:{workflow}", **options)
    report = parse_record(json.loads(json.dumps(record(history_of(history), target))))
    return answer(compare(report), report)


def told(difference):
    """A difference in a line: `16 changed activity charge -> activity ship`."""
    sides = [
        f"{side['command']} {side['name']}".strip()
        for side in (difference["original"], difference["replayed"])
        if side
    ]
    return f"{difference['event_id']} {difference['change']} {' -> '.join(dict.fromkeys(sides))}"


UNCHANGED = [
    ("chain", "Chain", "Chain"),
    ("chain", "Parallel", "Parallel"),
    ("family", "Guarded", "Guarded"),
    ("family", "Retired", "Retired"),
    ("family", "Local", "Local"),
    ("family", "Tree", "Tree"),
    ("family", "Rounds", "Rounds"),
    ("family", "Notes", "Notes"),
    ("talk", "Listener", "Listener"),
    ("talk", "Speaker", "Speaker"),
    ("talk", "Canceller", "Canceller"),
    ("talk", "Counter", "Desk"),
    ("talk", "Patient", "Patient"),
    ("talk", "Saga", "Saga"),
    ("talk", "Stumbles", "Stumbles"),
    ("talk", "Long", "Long"),
    ("kitchen", "Kitchen", "Kitchen"),
]
BROKEN = [
    ("chain", "Renamed", "Chain", "16 changed activity charge -> activity ship"),
    ("chain", "Inserted", "Chain", "16 inserted activity ship"),
    ("chain", "InsertedLike", "Chain", "16 inserted activity charge"),
    ("chain", "InsertedLast", "Chain", "22 inserted activity ship"),
    ("chain", "RemovedFirst", "Chain", "5 removed activity reserve"),
    ("chain", "RemovedLast", "Chain", "16 removed activity charge"),
    ("chain", "RemovedTimer", "Chain", "11 removed timer"),
    ("chain", "OtherActivityId", "Chain", "16 changed activity charge"),
    ("chain", "TimerFirst", "Chain", "5 moved activity reserve"),
    ("chain", "TimerMore", "Chain", "16 inserted timer"),
    ("chain", "ChildAdded", "Chain", "16 inserted child Audit"),
    ("chain", "GoesOn", "Chain", "22 changed complete -> continue_as_new"),
    ("chain", "Fails", "Chain", "22 changed complete -> fail"),
    ("chain", "SeveralAtOnce", "Chain", "5 inserted activity ship"),
    ("chain", "MadeParallel", "Chain", "11 moved timer"),
    ("chain", "LoopsForEver", "Chain", "5 changed activity reserve -> activity ship"),
    ("chain", "Swapped", "Parallel", "5 moved activity reserve"),
    ("chain", "OneByOne", "Parallel", "6 moved activity charge"),
    ("chain", "ThirdAlike", "Parallel", "18 inserted activity ship"),
    ("family", "PatchRemoved", "Guarded", "5 removed patch p1"),
    ("family", "PatchRenamed", "Guarded", "5 removed patch p1"),
    (
        "family",
        "LocalRenamed",
        "Local",
        "5 changed local_activity reserve -> local_activity charge",
    ),
    ("family", "LocalAdded", "Local", "6 inserted local_activity ship"),
    ("family", "LocalRemoved", "Local", "12 removed local_activity ship"),
    ("family", "TreeOtherId", "Tree", "5 changed child Twig"),
    ("family", "TreeOtherType", "Tree", "5 changed child Twig -> child Leaf"),
    ("family", "TreeDrawsFirst", "Tree", "10 changed child Twig"),
    ("family", "TreeMore", "Tree", "10 inserted child Leaf"),
    ("family", "RoundsEnd", "Rounds", "5 changed continue_as_new -> complete"),
    ("family", "NotesNone", "Notes", "5 removed memo"),
    ("talk", "ListenerActs", "Listener", "19 inserted activity charge"),
    ("talk", "SpeakerSilent", "Speaker", "10 removed signal say"),
    ("talk", "CancellerNot", "Canceller", "5 removed cancel_external"),
    ("talk", "CounterOtherStep", "Desk", "9 changed activity charge -> activity ship"),
    ("talk", "CounterAsksMore", "Desk", "9 inserted activity reserve"),
    ("talk", "PatientNoCleanUp", "Patient", "50 removed activity ship"),
    ("talk", "PatientKeepsGoing", "Patient", "32 removed cancel_activity idle"),
    ("talk", "SagaOtherOrder", "Saga", "23 moved activity charge"),
    ("talk", "SagaFewer", "Saga", "29 removed activity reserve"),
    ("talk", "StumblesNot", "Stumbles", "11 changed activity reserve -> activity charge"),
    ("talk", "LongOtherEnd", "Long", "4065 changed activity charge -> activity ship"),
    ("talk", "LongOneTimerMore", "Long", "4065 inserted timer"),
]
DRIFTED = [
    ("chain", "OtherArguments", "Chain", "16 changed activity charge", "arguments"),
    ("chain", "OtherTimeouts", "Chain", "16 changed activity charge", "start to close timeout"),
    ("chain", "OtherQueue", "Chain", "16 changed activity charge", "task queue"),
    ("chain", "OtherRetries", "Chain", "5 changed activity reserve", "retry policy"),
    ("chain", "LongerTimer", "Chain", "11 changed timer", "duration"),
    ("chain", "OtherResult", "Chain", "22 changed complete", "result"),
    ("chain", "RealClock", "Chain", "5 changed activity reserve", "arguments"),
    ("chain", "SwappedAlike", "Parallel", "17 changed activity ship", "arguments"),
    ("family", "TreeOtherArguments", "Tree", "5 changed child Twig", "arguments"),
    ("family", "RoundsOther", "Rounds", "5 changed continue_as_new", "arguments"),
    ("family", "NotesOther", "Notes", "5 changed memo", "stage"),
    (
        "family",
        "NotesOtherAttribute",
        "Notes",
        "6 changed search_attributes",
        "CustomKeywordField",
    ),
    ("family", "NotesDraws", "Notes", "13 changed complete", "result"),
    # Temporal itself compares neither a signal's name nor its target.
    ("talk", "SpeakerOtherName", "Speaker", "10 changed signal say -> signal shout", "instead"),
    ("talk", "SpeakerOtherWord", "Speaker", "10 changed signal say", "arguments"),
    ("talk", "SpeakerOtherTarget", "Speaker", "10 changed signal say", "workflow id"),
    # The task of the first signal made no command: the SDK reads both signals as one task.
    ("talk", "ListenerHurries", "Listener", "19 changed activity ship", "arguments"),
    ("talk", "StumblesOtherWords", "Stumbles", "17 changed fail", "message"),
]
LEGAL = [
    ("chain", "PatchedIn", "Chain", "'add-ship'"),
    ("family", "PatchDeprecated", "Guarded", "'p1'"),
    ("family", "RetiredAndGone", "Retired", "'p1'"),
]


@pytest.mark.parametrize(("module", "workflow", "history"), UNCHANGED)
def test_code_that_has_not_changed_is_identical(module, workflow, history):
    found = replayed(module, workflow, history)
    assert found["verdict"] == "identical", found
    assert found["first_divergence"] is None
    assert found["differences"] == []
    assert found["sdk_message"] is None


def so_far(events, last):
    """The history as it was when `last` was its last event."""
    return History(events=events[:last]).SerializeToString()


def rests(events):
    """Where a history may end: everywhere but within what one task has asked for."""
    return [
        place
        for place in range(1, len(events))
        if events[place].WhichOneof("attributes") not in COMMAND_EVENTS
    ]


@pytest.mark.parametrize(("module", "workflow", "history"), UNCHANGED[:-2] + UNCHANGED[-1:])
def test_an_open_run_is_identical_wherever_it_is(module, workflow, history):
    events = read(history_of(history)).events
    target = Target(f"tests.fixtures.replay.{module}:{workflow}", sandboxed=False)
    for place in [1, 2, *rests(events)[2::4]]:
        report = parse_record(record(so_far(events, place), target))
        assert compare(report).verdict == "identical", (place, compare(report).differences)


def test_what_an_open_run_would_be_refused_for_next_is_told_today():
    events = read(history_of("Listener")).events
    target = Target("tests.fixtures.replay.talk:ListenerActs")
    report = parse_record(record(so_far(events, 18), target))
    found = answer(compare(report), report)
    assert found["verdict"] == "nondeterministic"
    assert found["sdk_message"] is None
    assert found["first_divergence"]["replayed"]["name"] == "charge"
    assert "the run's next task will be refused" in found["explanation"].replace("\n", " ")


def test_a_run_that_is_stuck_is_compared_up_to_where_it_is_stuck():
    events = read(history_of("Chain")).events[:14]
    failed = HistoryEvent(event_id=15, event_type=EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED)
    failed.workflow_task_failed_event_attributes.started_event_id = 14
    failed.workflow_task_failed_event_attributes.scheduled_event_id = 13
    for workflow, said in (
        ("Chain", None),
        ("Renamed", None),
        ("RemovedTimer", "11 changed timer -> activity charge"),
    ):
        target = Target(f"tests.fixtures.replay.chain:{workflow}")
        report = parse_record(record(so_far([*events, failed], 15), target))
        first = answer(compare(report), report)["first_divergence"]
        assert (first and told(first)) == said, workflow


@pytest.mark.parametrize(("module", "workflow", "history"), UNCHANGED[:9])
def test_without_the_sandbox_it_is_identical_too(module, workflow, history):
    assert replayed(module, workflow, history, sandboxed=False)["verdict"] == "identical"


@pytest.mark.parametrize(("module", "workflow", "history", "first"), BROKEN)
def test_what_temporal_refuses_is_found_at_the_true_event(module, workflow, history, first):
    found = replayed(module, workflow, history)
    assert found["verdict"] == "nondeterministic"
    assert told(found["first_divergence"]) == first
    assert found["first_divergence"]["kind"] == "structural"
    assert "[TMPRL1100]" in found["sdk_message"]
    assert found["explanation"].startswith(f"At event {first.split()[0]} ")
    assert "What can be done" in found["explanation"]


@pytest.mark.parametrize(("module", "workflow", "history", "first", "said"), DRIFTED)
def test_what_temporal_replays_without_a_word_is_drift(module, workflow, history, first, said):
    found = replayed(module, workflow, history)
    assert found["verdict"] == "drift"
    assert told(found["first_divergence"]) == first
    assert found["first_divergence"]["kind"] == "drift"
    assert found["sdk_message"] is None
    assert said in found["explanation"]


@pytest.mark.parametrize(("module", "workflow", "history", "patch"), LEGAL)
def test_a_change_under_a_patch_is_legal(module, workflow, history, patch):
    found = replayed(module, workflow, history)
    assert found["verdict"] == "legal"
    assert found["differences"] == []
    assert patch in found["explanation"]


def test_one_run_shows_all_that_changed():
    found = replayed("chain", "SeveralAtOnce", "Chain")
    assert [(told(each), each["kind"]) for each in found["differences"]] == [
        ("5 inserted activity ship", "structural"),
        ("11 changed timer", "drift"),
        ("22 changed complete", "drift"),
    ]


def test_code_that_raises_fails_the_task_and_is_no_non_determinism():
    found = replayed("chain", "Raises", "Chain")
    assert found["verdict"] == "task_failure"
    assert "ValueError: a mistake" in found["explanation"]
    assert "chain.py" in found["explanation"]
    assert found["differences"] == []


@pytest.mark.parametrize("sandboxed", [True, False])
def test_a_difference_names_its_file_line_and_function(sandboxed):
    found = replayed("chain", "TimerMore", "Chain", sandboxed=sandboxed)
    source = found["first_divergence"]["source"]
    lines = (FOLDER.parent / "chain.py").read_text().splitlines()
    assert source["file"] == str(FOLDER.parent / "chain.py")
    assert "workflow.sleep(7)" in lines[source["line"] - 1]
    assert source["function"] == "run"


def test_a_gathered_command_names_the_line_that_made_it():
    source = replayed("chain", "MadeParallel", "Chain")["first_divergence"]["source"]
    lines = (FOLDER.parent / "chain.py").read_text().splitlines()
    assert "workflow.sleep(0.05))" in lines[source["line"] - 1]


def test_the_snippet_is_for_this_very_place():
    said = replayed("chain", "Renamed", "Chain")["explanation"]
    assert 'if workflow.patched("change-ship"):' in said
    assert "Reset the run to event 15 (WorkflowTaskCompleted)" in said
    assert "happens again: activity 'charge'" in said
    said = replayed("family", "PatchRemoved", "Guarded")["explanation"]
    assert 'if workflow.patched("p1"):' in said
