"""Failure messages of the SDKs, as they were really seen, lead to an event of the history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inspector_app.domain.histories import EventKind, EventRow, EventTone
from inspector_app.domain.ids import EventId
from inspector_app.domain.refusals import NONDETERMINISM, TaskFailure, refusal
from inspector_app.domain.sdk_messages import accused, is_about_nondeterminism

SEEN = json.loads(Path(__file__).parents[1].joinpath("fixtures/sdk_messages.json").read_text())


def side(found):
    return [found.type, found.name] if found else None


@pytest.mark.parametrize("seen", SEEN, ids=lambda seen: seen["origin"][:60])
def test_a_message_says_what_history_has_and_what_code_did(seen):
    found = accused(seen["message"])
    assert found is not None
    assert found.sdk == seen["sdk"]
    assert found.event_id == seen["event"]
    assert side(found.history) == seen["history"]
    assert side(found.code) == seen["code"]


def test_the_messages_come_from_every_family_of_sdks():
    assert {each["sdk"] for each in SEEN} == {"core", "Go", "Java"}


@pytest.mark.parametrize("seen", SEEN, ids=lambda seen: seen["origin"][:60])
def test_a_message_is_known_for_one_about_non_determinism(seen):
    marked = "[TMPRL1100]" in seen["message"]
    assert marked or "HistoryEvent" in seen["message"] or is_about_nondeterminism(seen["message"])


def test_what_is_about_something_else_accuses_nothing():
    for message in ("", "the database is away", "event 5 of the party (id: 3)"):
        assert accused(message) is None
        assert not is_about_nondeterminism(message)


def row(number, kind, subject="", note=""):
    at = datetime(2026, 11, 25, tzinfo=UTC)
    return EventRow(EventId(number), at, kind, EventKind.OTHER, EventTone.NEUTRAL, subject, note)


HISTORY = [
    row(1, "WorkflowExecutionStarted", "Order"),
    row(2, "WorkflowTaskScheduled"),
    row(3, "WorkflowTaskStarted"),
    row(4, "WorkflowTaskCompleted"),
    row(5, "ActivityTaskScheduled", "reserve"),
    row(6, "ActivityTaskStarted", "reserve"),
    row(7, "ActivityTaskCompleted", "reserve"),
    row(8, "WorkflowTaskScheduled"),
    row(9, "WorkflowTaskStarted"),
    row(10, "WorkflowTaskCompleted"),
    row(11, "ActivityTaskScheduled", "charge"),
    row(12, "TimerStarted", "timer 12"),
    row(13, "StartChildWorkflowExecutionInitiated", "Audit", "audit-1"),
    row(14, "MarkerRecorded", "core_patch"),
    row(15, "ActivityTaskScheduled", "reserve"),
    row(16, "WorkflowTaskScheduled"),
    row(17, "WorkflowTaskStarted"),
    row(18, "WorkflowTaskFailed"),
]
CORE = "[TMPRL1100] Nondeterminism error: "
GO = "[TMPRL1100] nondeterministic workflow: "
GO_LATE = "[TMPRL1100] During replay, a matching {} command was expected in history event position"


def explained(message, cause=NONDETERMINISM):
    return refusal(TaskFailure(EventId(18), cause, message), HISTORY)


@pytest.mark.parametrize(
    ("message", "event_id", "said"),
    [
        (
            CORE + "Activity type of scheduled event 'charge' does not match activity type of"
            " activity command 'ship'",
            11,
            (
                "At event 11 the history has activity 'charge', and the worker's code asks for"
                " activity 'ship' there."
            ),
        ),
        (
            CORE + "Timer machine does not handle this event:"
            " HistoryEvent(id: 11, ActivityTaskScheduled)",
            11,
            (
                "At event 11 the history has activity 'charge', and the worker's code asks for a"
                " timer there."
            ),
        ),
        (
            CORE + "No command scheduled for event HistoryEvent(id: 12, TimerStarted)",
            12,
            "At event 12 the history has a timer, and the worker's code asks for nothing there.",
        ),
        (
            CORE + "Activity type of scheduled event 'reserve' does not match activity type of"
            " activity command 'ship'",
            5,
            (
                "At event 5 the history has activity 'reserve' (or at one of 1 later like it),"
                " and the worker's code asks for activity 'ship' there."
            ),
        ),
        (
            CORE + "Child workflow id of scheduled event 'audit-1' does not match child workflow"
            " id of child workflow command 'audit-2'",
            13,
            (
                "At event 13 the history has child workflow 'Audit', and the worker's code asks"
                " for a child workflow there."
            ),
        ),
        (
            CORE + "Non-deprecated patch marker encountered for change p1, but there is no"
            " corresponding change command!",
            14,
            (
                "At event 14 the history has patch 'p1', and the worker's code asks for nothing"
                " there."
            ),
        ),
        (
            GO + "missing replay command for ActivityTaskScheduled: (ActivityId:11,"
            " ActivityType:(Name:charge), WorkflowTaskCompletedEventId:10)",
            11,
            (
                "At event 11 the history has activity 'charge', and the worker's code asks for"
                " nothing there."
            ),
        ),
        (  # the id was chosen by the code: its task says which of the two it is
            GO + "history event is ActivityTaskScheduled: (ActivityId:mine,"
            " ActivityType:(Name:example.com/acts.reserve), WorkflowTaskCompletedEventId:10),"
            " replay command is StartTimer: (TimerId:15)",
            15,
            (
                "At event 15 the history has activity 'reserve', and the worker's code asks for a"
                " timer there."
            ),
        ),
        (
            GO + "extra replay command for ScheduleActivityTask: (ActivityId:16,"
            " ActivityType:(Name:ship))",
            16,
            (
                "At event 16 the worker's code asks for activity 'ship', and WorkflowTaskScheduled"
                " stands in the history there."
            ),
        ),
        (
            GO_LATE.format("Timer") + " 12. However, the replayed code did not produce that.",
            12,
            "At event 12 the history has a timer, and the worker's code asks for nothing there.",
        ),
        (
            GO_LATE.format("ChildWorkflow") + " audit-1. However, the replayed code did not.",
            13,
            (
                "At event 13 the history has child workflow 'Audit', and the worker's code asks"
                " for nothing there."
            ),
        ),
        (
            (
                "[TMPRL1100] Failure handling event 12 of type 'EVENT_TYPE_TIMER_STARTED' during"
                " replay. [TMPRL1100] Event 12 of type EVENT_TYPE_TIMER_STARTED does not match"
                " command type COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK. {CurrentStartedEventId=9}"
            ),
            12,
            (
                "At event 12 the history has a timer, and the worker's code asks for an activity"
                " there."
            ),
        ),
    ],
)
def test_a_message_leads_to_its_event_and_a_plain_sentence(message, event_id, said):
    found = explained(message)
    assert found.nondeterminism
    assert found.event_id == event_id
    assert found.summary == said
    assert found.certain == ("later like it" not in said)


def test_what_can_be_done_names_the_event_to_reset_to():
    found = explained(CORE + "No command scheduled for event HistoryEvent(id: 12, TimerStarted)")
    assert any("Reset the run to event 10" in each for each in found.remedies)
    assert any("Roll the workers back" in each for each in found.remedies)


def test_a_message_in_a_form_of_tomorrow_is_still_known_for_what_it_is():
    found = explained("[TMPRL1100] Something that no SDK says today")
    assert found.nondeterminism
    assert found.event_id is None
    assert "does not say where" in found.summary
    assert not any("Reset" in each for each in found.remedies)


def test_an_event_that_this_history_does_not_have_is_not_named():
    found = explained(CORE + "No command scheduled for event HistoryEvent(id: 900, TimerStarted)")
    assert found.event_id is None
    assert "At event" not in found.summary


def test_code_that_raises_is_no_non_determinism():
    found = explained("KeyError: 'total'\n  at line 3", "WorkflowWorkerUnhandledFailure")
    assert not found.nondeterminism
    assert found.event_id is None
    assert found.summary == "The workflow's code raises in its task: KeyError: 'total'."
