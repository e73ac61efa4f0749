"""What a release did to code, seen on histories that the code before it really made."""

from __future__ import annotations

import json

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History, HistoryEvent

from inspector_app.domain.divergence import compare
from inspector_app.domain.replay_answers import answer, parse_record
from inspector_app.domain.sdk_messages import accused, is_about_nondeterminism
from inspector_app.replay.histories import COMMAND_EVENTS, read
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay import table
from tests.fixtures.replay.corpus import (
    BROKEN,
    DRIFTED,
    LEGAL,
    OLDEST_DIFFERS,
    UNCHANGED,
    converter_of,
    history_of,
    told,
)
from tests.fixtures.replay.record import FOLDER


def replayed(module, workflow, history, **options):
    named = f"tests.fixtures.replay.{module}:{workflow}"
    target = Target(named, converter=converter_of(module), **options)
    report = parse_record(json.loads(json.dumps(record(history_of(history), target))))
    return answer(compare(report), report)


@pytest.fixture
def compared(sdk, request):
    """Compare with the newest SDK, ours; or as `inspector-replay.pyz` does with the oldest."""
    if sdk == "newest":
        return replayed
    return request.getfixturevalue("compared_by_the_oldest")


def in_each_sdk(names, changes):
    """Each row with either SDK, but for those that the oldest one does not replay."""
    rows = [("newest", *row) for row in changes]
    rows += [("oldest", *row) for row in changes if row[:3] not in OLDEST_DIFFERS]
    return pytest.mark.parametrize(("sdk", "module", "workflow", "history", *names), rows)


@in_each_sdk((), UNCHANGED)
def test_code_that_has_not_changed_is_identical(compared, module, workflow, history):
    found = compared(module, workflow, history)
    assert found["verdict"] == "identical", found
    assert found["first_divergence"] is None
    assert found["differences"] == []
    assert found["sdk_message"] is None


def test_a_dynamic_workflow_stands_for_any_type():
    assert replayed("anything", "Anything", "Looped")["verdict"] == "identical"


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


# A long one costs too much, and half of an encrypted one cannot be written as plain protobuf.
OPEN = [row for row in UNCHANGED if row[2] not in {"Long", "Sealed"}]


@pytest.mark.parametrize(("module", "workflow", "history"), OPEN)
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


@in_each_sdk(("first",), BROKEN)
def test_what_temporal_refuses_is_found_at_the_true_event(
    compared, module, workflow, history, first
):
    found = compared(module, workflow, history)
    assert found["verdict"] == "nondeterministic"
    assert told(found["first_divergence"]) == first
    assert found["first_divergence"]["kind"] == "structural"
    assert "[TMPRL1100]" in found["sdk_message"]
    assert found["explanation"].startswith(f"At event {first.split()[0]} ")
    assert "What can be done" in found["explanation"]


@in_each_sdk(("first", "said"), DRIFTED)
def test_what_temporal_replays_without_a_word_is_drift(
    compared, module, workflow, history, first, said
):
    found = compared(module, workflow, history)
    assert found["verdict"] == "drift"
    assert told(found["first_divergence"]) == first
    assert found["first_divergence"]["kind"] == "drift"
    assert found["sdk_message"] is None
    assert said in found["explanation"]


@in_each_sdk(("patch",), LEGAL)
def test_a_change_under_a_patch_is_legal(compared, module, workflow, history, patch):
    found = compared(module, workflow, history)
    assert found["verdict"] == "legal"
    assert found["differences"] == []
    assert patch in found["explanation"]


@pytest.mark.parametrize(("row", "made_of_it"), OLDEST_DIFFERS.items())
def test_what_the_oldest_sdk_takes_for_something_else_is_told_as_it_does(
    compared_by_the_oldest, row, made_of_it
):
    found = compared_by_the_oldest(*row)
    assert (found["verdict"], told(found["first_divergence"])) == made_of_it
    assert (found["sdk_message"] is None) is (found["verdict"] == "drift")


def test_one_run_shows_all_that_changed():
    found = replayed("chain", "SeveralAtOnce", "Chain")
    assert [(told(each), each["kind"]) for each in found["differences"]] == [
        ("5 inserted activity ship", "structural"),
        ("11 changed timer", "drift"),
        ("22 changed complete", "drift"),
    ]


@pytest.mark.parametrize(
    ("module", "workflow", "history", "all_of_it"),
    [
        # The stack in an encoded failure moves with every line.
        ("sealed", "SealedOtherArguments", "Sealed", ["12 changed activity charge"]),
        ("sealed", "SealedMore", "Sealed", ["12 inserted activity reserve"]),
        # What is drawn at random behind a reset.
        ("outside", "RestartedMore", "Restarted", ["11 inserted activity ship"]),
        # Patches of later tasks.
        (
            "corners",
            "PatchesInnerGone",
            "Patches",
            ["13 removed patch inner", "15 removed activity charge"],
        ),
        # A result that hangs on an operation which never took place.
        (
            "outside",
            "PayerOtherOperation",
            "Payer",
            ["10 changed nexus Bank/borrow -> nexus Bank/pay"],
        ),
    ],
)
def test_nothing_else_is_claimed_behind_what_has_changed(module, workflow, history, all_of_it):
    found = replayed(module, workflow, history)
    assert list(map(told, found["differences"])) == all_of_it


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


@pytest.mark.parametrize(("module", "workflow", "history", "first"), BROKEN)
def test_the_sdks_own_message_is_read_and_never_leads_to_before_the_true_event(
    module, workflow, history, first
):
    message = table.found_unsandboxed(module, workflow, history)["sdk_message"]
    assert is_about_nondeterminism(message)
    accusation = accused(message)
    if workflow == "LocalRemoved":  # "Missing associated machine for LocalActivity(3)"
        assert accusation is None
        return
    assert accusation.sdk == "core"
    if accusation.event_id is not None:  # the SDK may notice it later, never earlier
        assert accusation.event_id >= int(first.split()[0])


def test_the_corpus_table_is_what_replaying_says():
    want = table.PAGE.read_text().splitlines()
    # `python -m tests.fixtures.replay.table` writes it anew.
    assert table.page().splitlines() == want
