"""`inspector replay compare --against`: histories that a real server made, in every form."""

from __future__ import annotations

import base64
import json
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from inspector_app.cli import app
from inspector_app.replay.histories import read
from tests.fixtures.replay.record import FOLDER as HISTORIES
from tests.fixtures.replay.twins import FOLDER

SECOND = json.loads((FOLDER / "second.json").read_text())
EVENTS = SECOND["events"]


def compared(first, second, *words):
    asked = ["replay", "compare", str(first), "--against", str(second), *words]
    return CliRunner().invoke(app, asked)


def answered(first, second):
    done = compared(FOLDER / f"{first}.json", second, "--json")
    return json.loads(done.stdout), done.exit_code


def test_two_runs_of_one_code_are_identical_though_all_their_ids_and_times_differ():
    found, code = answered("first", FOLDER / "second.json")
    assert (found["verdict"], code, found["fork"]) == ("identical", 0, None)


def test_other_input_is_named_as_what_led_to_other_arguments():
    found, code = answered("first", FOLDER / "pear.json")
    assert (found["verdict"], code) == ("drift", 3)
    assert found["first_divergence"]["event_id"] == 11
    assert found["told"]["event_id"] == 1
    assert "the input differs: arguments from ['apple'] to ['pear']" in found["explanation"]


def test_a_reset_with_the_same_code_is_identical_whatever_it_draws_from_its_new_seed():
    found, code = answered("first", FOLDER / "reset.json")
    assert (found["verdict"], code) == ("identical", 0)
    assert found["fork"] == {"event_id": 10, "reset": "other", "reason": "again"}


def test_a_reset_onto_other_code_shows_where_it_forked_and_where_they_part():
    found, code = answered("first", FOLDER / "reset-ships.json")
    assert (found["verdict"], code) == ("nondeterministic", 4)
    assert found["fork"]["event_id"] == 16
    first = found["first_divergence"]
    assert (first["event_id"], first["change"]) == (21, "inserted")
    assert first["replayed"]["name"] == "ship"
    assert first["replayed"]["event_id"] == 21
    assert found["told"] is None
    assert "their code differs" in found["explanation"]


def test_a_run_under_way_is_compared_as_far_as_it_is(tmp_path):
    for length in range(1, len(EVENTS)):
        (tmp_path / "open.json").write_text(json.dumps({"events": EVENTS[:length]}))
        found, code = answered("first", tmp_path / "open.json")
        assert (found["verdict"], code) == ("identical", 0), (length, found)


def in_short(value):
    """Payloads as the server's HTTP API and `temporal … -o json` of other commands write them."""
    if isinstance(value, dict):
        if "payloads" in value:
            return [in_short(each) for each in value["payloads"]]
        if "metadata" in value:
            data = base64.b64decode(value.get("data", ""))
            return json.loads(data) if data else None
        return {name: in_short(each) for name, each in value.items()}
    return [in_short(each) for each in value] if isinstance(value, list) else value


def decoded_in_place(value):
    """Payloads as the Web UI writes them when asked to decode."""
    if isinstance(value, dict):
        if "metadata" in value:
            data = json.loads(base64.b64decode(value["data"])) if value.get("data") else None
            return {"metadata": {"encoding": "json/plain"}, "data": data}
        return {name: decoded_in_place(each) for name, each in value.items()}
    return [decoded_in_place(each) for each in value] if isinstance(value, list) else value


def as_tctl(value):
    """Enums in camel case, as tctl wrote them."""
    if isinstance(value, dict):
        return {name: as_tctl(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_tctl(each) for each in value]
    for prefix in ("EVENT_TYPE_", "TASK_QUEUE_KIND_"):
        if isinstance(value, str) and value.startswith(prefix):
            return value.removeprefix(prefix).title().replace("_", "")
    return value


def in_snake_case(value):
    def snake(name):
        return "".join(f"_{each.lower()}" if each.isupper() else each for each in name)

    if isinstance(value, dict):
        return {snake(name): in_snake_case(each) for name, each in value.items()}
    return [in_snake_case(each) for each in value] if isinstance(value, list) else value


def lines(events):
    return "\n".join(map(json.dumps, events)).encode()


FORMS = {
    "an SDK's": json.dumps(SECOND).encode(),
    "the CLI's": (FOLDER / "second.cli").read_bytes(),
    "the CLI's lines": (FOLDER / "second.cli-lines").read_bytes(),
    "bare events": json.dumps(EVENTS).encode(),
    "an event a line": lines(EVENTS),
    "the API's answer": json.dumps({"history": in_short(SECOND), "nextPageToken": ""}).encode(),
    "the API's pages": lines(
        [{"history": {"events": EVENTS[:9]}}, {"history": {"events": EVENTS[9:]}}]
    ),
    "decoded by the Web UI": json.dumps(decoded_in_place(SECOND)).encode(),
    "decoded to bare values": json.dumps({"events": [in_short(each) for each in EVENTS]}).encode(),
    "tctl's": json.dumps(as_tctl(SECOND)).encode(),
    "snake case": json.dumps(in_snake_case(SECOND)).encode(),
    "PowerShell's": b"\xff\xfe" + json.dumps(SECOND).encode("utf-16-le"),
    "with a mark in front": b"\xef\xbb\xbf" + json.dumps(SECOND).encode(),
}


@pytest.mark.parametrize("form", FORMS)
def test_a_history_is_read_in_each_form_that_programs_write_it(form):
    want, got = read(json.dumps(SECOND).encode()).events, read(FORMS[form]).events
    assert len(got) == len(want)
    for mine, theirs in zip(got, want, strict=True):
        assert mine == theirs


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"hello", "no history"),
        (b"{}", 'no list of "events"'),
        (b'{"history": {}}', 'no list of "events"'),
        (b'{"events": [{"eventId": {}}]}', "no history"),
        (b'{"events": [{"workflowExecutionStartedEventAttributes": 3}]}', "no history"),
        (FORMS["an SDK's"][:5000], "not whole JSON"),
        (FORMS["an event a line"][:5000], "not whole JSON"),
        (json.dumps(EVENTS[1:]).encode(), "does not begin with WorkflowExecutionStarted"),
        (FORMS["PowerShell's"][:-1], "no history"),
        ((HISTORIES / "Chain.json").read_bytes(), "only runs of one type"),
        ((FOLDER / "second.cli-text").read_bytes(), "no history"),
    ],
)
def test_what_is_no_history_is_exit_2_and_one_line(tmp_path, content, said):
    bad = tmp_path / "bad.json"
    bad.write_bytes(content)
    for pair in ((FOLDER / "first.json", bad), (bad, FOLDER / "first.json")):
        done = compared(*pair, "--json")
        assert done.exit_code == 2, done.stdout
        found = json.loads(done.stdout)
        assert found["verdict"] == "error"
        assert said in found["explanation"]
        assert "\n" not in found["explanation"]


def test_events_of_a_newer_server_are_passed_over(tmp_path):
    newer = {"eventId": str(len(EVENTS) + 1), "eventType": "EVENT_TYPE_OF_TOMORROW", "news": {}}
    (tmp_path / "newer.json").write_text(json.dumps({"events": [*EVENTS, newer]}))
    found, code = answered("first", tmp_path / "newer.json")
    assert (found["verdict"], code) == ("identical", 0)


def test_neither_or_both_of_code_and_another_history_is_wrong_use():
    first = str(FOLDER / "first.json")
    for words in ([], ["orders:Order", "--against", first]):
        done = CliRunner().invoke(app, ["replay", "compare", first, *words, "--json"])
        assert done.exit_code == 2
        assert "Name MODULE:CLASS or --against" in json.loads(done.stdout)["explanation"]


def stuck_with(message, cause="NON_DETERMINISTIC_ERROR"):
    """The history up to its fourth task, which an SDK has refused with this message."""
    failed = {
        "eventId": "20",
        "eventType": "EVENT_TYPE_WORKFLOW_TASK_FAILED",
        "workflowTaskFailedEventAttributes": {
            "cause": f"WORKFLOW_TASK_FAILED_CAUSE_{cause}",
            "failure": {"message": message},
        },
    }
    return json.dumps({"events": [*EVENTS[:19], failed]})


REFUSED = {
    "Go": (
        "[TMPRL1100] nondeterministic workflow: history event is ActivityTaskScheduled:"
        " (ActivityId:11, ActivityType:(Name:charge), WorkflowTaskCompletedEventId:10), replay"
        " command is ScheduleActivityTask: (ActivityId:11, ActivityType:(Name:ship))"
    ),
    "Java": (
        "[TMPRL1100] Failure handling event 11 of type 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED'"
        " during replay. [TMPRL1100] Command COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK doesn't match"
        " event EVENT_TYPE_ACTIVITY_TASK_SCHEDULED with EventId=11 on check activityType with an"
        " expected value 'name: \"charge\"' and an actual value 'name: \"ship\"'."
    ),
    "TypeScript": (
        "[TMPRL1100] Nondeterminism error: Activity type of scheduled event 'charge' does not"
        " match activity type of activity command 'ship'"
    ),
}


@pytest.mark.parametrize("sdk", REFUSED)
def test_an_sdks_own_message_in_a_history_is_explained_without_code(tmp_path, sdk):
    (tmp_path / "stuck.json").write_text(stuck_with(REFUSED[sdk]))
    asked = ["replay", "compare", str(tmp_path / "stuck.json")]
    done = CliRunner().invoke(app, [*asked, "--json"])
    found = json.loads(done.stdout)
    assert (found["verdict"], done.exit_code) == ("nondeterministic", 4)
    assert found["first_divergence"]["event_id"] == 11
    assert found["sdk_message"] == REFUSED[sdk]
    said = "At event 11 the history has activity 'charge', and the worker's code asks for activity"
    assert found["explanation"].startswith(f"{said} 'ship' there.")
    words = CliRunner().invoke(app, asked).stdout
    assert "Reset the run to event 10" in words


def test_a_task_that_failed_since_the_code_raises_is_told_from_non_determinism(tmp_path):
    stuck = stuck_with("KeyError: 'total'", "WORKFLOW_WORKER_UNHANDLED_FAILURE")
    (tmp_path / "stuck.json").write_text(stuck)
    done = CliRunner().invoke(app, ["replay", "compare", str(tmp_path / "stuck.json"), "--json"])
    assert (json.loads(done.stdout)["verdict"], done.exit_code) == ("task_failure", 5)


def test_a_run_that_was_reset_is_not_called_stuck():
    reset = json.loads((FOLDER / "reset.json").read_text())["events"][:10]
    assert reset[-1]["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED"
    done = CliRunner().invoke(app, ["replay", "compare", str(FOLDER / "reset.json"), "--json"])
    assert done.exit_code == 2


def test_the_packed_file_says_the_same(tmp_path):
    packed = tmp_path / "inspector-replay.pyz"
    CliRunner().invoke(app, ["replay", "pack", "--output", str(packed)])
    for name, code in (("reset-ships", 4), ("second", 0), ("missing", 2)):
        files = [str(FOLDER / "first.json"), "--against", str(FOLDER / f"{name}.json")]
        done = subprocess.run(
            [sys.executable, "-I", str(packed), *files, "--json"],
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == code, done.stderr
        if name != "missing":
            assert json.loads(done.stdout) == answered("first", FOLDER / f"{name}.json")[0]


def test_a_history_of_fifty_mebibytes_is_compared(tmp_path):
    events = json.loads(json.dumps(EVENTS))
    big = base64.b64encode(b'"' + b"x" * (38 * 2**20) + b'"').decode()
    done = next(each for each in events if "activityTaskCompletedEventAttributes" in each)
    result = done["activityTaskCompletedEventAttributes"]["result"]
    result["payloads"][0]["data"] = big
    (tmp_path / "big.json").write_text(json.dumps({"events": events}))
    assert (tmp_path / "big.json").stat().st_size > 50 * 2**20
    found, code = answered("first", tmp_path / "big.json")
    assert (found["verdict"], code) == ("identical", 0)
