"""Failure messages of the SDKs lead to an event of the history."""

from __future__ import annotations

import pytest

from inspector_app.domain.sdk_messages import accused, accused_event

CORE = "[TMPRL1100] Nondeterminism error: "
EVENTS = [
    (5, "ActivityTaskScheduled", "reserve"),
    (11, "ActivityTaskScheduled", "charge"),
    (17, "StartChildWorkflowExecutionInitiated", "Audit"),
    (22, "WorkflowExecutionCompleted", ""),
]


@pytest.mark.parametrize(
    ("message", "event_id"),
    [
        # The common core's, as Python and TypeScript hand them on.
        (
            (
                f"{CORE}Activity type of scheduled event 'charge' does not match activity"
                " type of"
                " activity command 'ship'"
            ),
            11,
        ),
        (
            (
                f"Replay failed with a nondeterminism error. Details: {CORE}Activity"
                " machine does not handle this event: HistoryEvent(id: 22,"
                " WorkflowExecutionCompleted)"
            ),
            22,
        ),
        (f"{CORE}Child workflow type of scheduled event 'Audit' does not match", 17),
        (f"{CORE}Child workflow machine: HistoryEvent {{ event_id: 16, event_time: Some", 16),
        # Java, outer and inner.
        (
            (
                "Failure handling event 11 of type 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED'"
                " during replay. [TMPRL1100] {WorkflowTaskStartedEventId=10,"
                " CurrentStartedEventId=10}"
            ),
            11,
        ),
        (
            (
                "[TMPRL1100] Event 5 of type EVENT_TYPE_ACTIVITY_TASK_SCHEDULED does not"
                " match command type COMMAND_TYPE_START_TIMER"
            ),
            5,
        ),
        (
            (
                "[TMPRL1100] Command COMMAND_TYPE_X doesn't match event"
                " EVENT_TYPE_TIMER_STARTED with EventId=7 on check timerId with an expected"
                " value 'a' and an actual value 'b'"
            ),
            7,
        ),
        # Go.
        (
            (
                "[TMPRL1100] nondeterministic workflow: missing replay command for"
                " ActivityTaskScheduled: (ActivityId:11, ActivityType:(Name:charge),"
                " TaskQueue:x)"
            ),
            11,
        ),
        (
            (
                "[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled:"
                " (ActivityId:5, ActivityType:(Name:reserve)), replay command is StartTimer: ()"
            ),
            5,
        ),
        ("the database is away", None),
    ],
)
def test_a_message_leads_to_its_event(message, event_id):
    assert accused_event(message, EVENTS) == event_id


def test_an_events_type_reads_as_everywhere_else():
    said = accused("Event 5 of type EVENT_TYPE_ACTIVITY_TASK_SCHEDULED does not match command")
    assert said
    assert said.event_type == "ActivityTaskScheduled"
