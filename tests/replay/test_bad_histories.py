"""What is no history, and what is no workflow for it: one line, never half."""

from __future__ import annotations

import json
import os

import pytest

from inspector_app.replay.histories import NotReplayable, read
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay.walls import CHAIN, CHAIN_CODE

EVENTS = json.loads(CHAIN)["events"]


def written(events):
    return json.dumps({"events": events}).encode()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"hello", "no history: neither JSON nor whole protobuf"),
        (os.urandom(1000).replace(b"{", b"x"), "no history"),
        (b"{}", 'it has no list of "events"'),
        (b'{"events": {}}', 'it has no list of "events"'),
        (b'{"events": [3]}', "no history"),
        (b'{"events": [{"eventId": "one"}]}', "no history"),
        (b'{"events": []}', "has no events"),
        (b'{"a": ' * 100_000, "not whole JSON"),
        (CHAIN[: len(CHAIN) // 2], "not whole JSON"),
        (written(EVENTS[3:]), "does not begin with WorkflowExecutionStarted"),
        (written(EVENTS[:5] + EVENTS[6:]), "Event 6 is missing"),
        (b"\xff\xfe" + CHAIN, "no history"),
    ],
)
def test_what_is_no_history_is_refused_in_one_line(content, said):
    with pytest.raises(NotReplayable) as refused:
        read(content)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_raw_protobuf_is_read_and_cut_off_it_is_not():
    from temporalio.api.history.v1 import History

    raw = History(events=read(CHAIN).events).SerializeToString()
    assert len(read(raw).events) == len(EVENTS)
    with pytest.raises(NotReplayable):
        read(raw[: len(raw) - 7])


def test_events_of_a_newer_server_are_passed_over():
    newer = {"eventId": str(len(EVENTS) + 1), "eventType": "EVENT_TYPE_OF_TOMORROW", "news": {}}
    report = record(written([*EVENTS, newer]), Target("tests.fixtures.replay.chain:Chain"))
    assert report["failure"] is None


@pytest.mark.parametrize(
    ("workflow", "said"),
    [
        ("nonsense", "must read MODULE:NAME"),
        ("no_such_module:Order", "There is no module 'no_such_module' here"),
        ("tests.fixtures.replay.chain:Nothing", "has no 'Nothing'"),
        ("tests.fixtures.replay.chain:does", "is no workflow"),
        ("tests.fixtures.replay.chain:Parallel", "is of workflow type 'Chain'"),
    ],
)
def test_a_class_that_is_no_workflow_for_it_is_refused_in_one_line(workflow, said):
    with pytest.raises(NotReplayable, match=said):
        record(CHAIN, Target(workflow))


def test_a_history_of_fifty_mebibytes_is_replayed(replayed):
    from temporalio.api.history.v1 import History

    events = read(CHAIN).events
    for event in events:
        if event.HasField("activity_task_completed_event_attributes"):
            result = event.activity_task_completed_event_attributes.result
            result.payloads[0].data = b'"' + b"x" * (25 * 2**20) + b'"'
    content = History(events=events).SerializeToString()
    assert len(content) > 50 * 2**20
    assert replayed(CHAIN_CODE, history=content, seconds=60.0)["verdict"] == "identical"
