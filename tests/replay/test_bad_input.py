"""What is no history, and code that does not play along: one line, never a hang, never half."""

from __future__ import annotations

import json
import os
import socket
import textwrap
from pathlib import Path

import pytest

from inspector_app.adapters.temporal import replay_host
from inspector_app.adapters.temporal.replay_host import NotReplayed, Order, replay_in_child
from inspector_app.commands.packing import packed
from inspector_app.domain.divergence import compare
from inspector_app.domain.replay_answers import answer, parse_record
from inspector_app.replay.histories import NotReplayable, read
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay.record import FOLDER

CHAIN = (FOLDER / "Chain.json").read_bytes()
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


@pytest.fixture
def replayed(tmp_path):
    """Replay the chain's history, or another, with a module of its own, in a child."""

    def replay(code, *, history=CHAIN, seconds=30.0, converter=""):
        (tmp_path / "orders.py").write_text(HEAD + textwrap.dedent(code))
        order = Order(
            history=history,
            workflow="orders:Chain",
            path=tmp_path,
            python=os.sys.executable,
            sandboxed=True,
            converter=converter,
            seconds=seconds,
        )
        report = parse_record(replay_in_child(packed(), order).report)
        return answer(compare(report), report)

    return replay


HEAD = """
import asyncio
from datetime import timedelta
from temporalio import workflow
"""
CHAIN_CODE = """
@workflow.defn
class Chain:
    @workflow.run
    async def run(self, order: str) -> str:
        soon = timedelta(seconds=20)
        await workflow.execute_activity("reserve", order, start_to_close_timeout=soon)
        await workflow.sleep(0.05)
        await workflow.execute_activity("charge", order, start_to_close_timeout=soon)
        return "done"
"""


def test_code_behind_walls_is_replayed_and_its_lines_are_where_it_lies(replayed, tmp_path):
    assert replayed(CHAIN_CODE)["verdict"] == "identical"
    found = replayed(CHAIN_CODE.replace('"charge"', '"ship"'))
    assert found["verdict"] == "nondeterministic"
    assert found["first_divergence"]["source"]["file"] == str(tmp_path / "orders.py")


def test_what_code_prints_is_no_part_of_the_report(replayed, capfd):
    assert replayed("print('{' * 100_000)\n" + CHAIN_CODE)["verdict"] == "identical"
    assert capfd.readouterr().out == ""


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('no database\\nhere')", "failed: RuntimeError: no database"),
        ("import nothing_like_it", "failed: ModuleNotFoundError"),
        ("import sys; sys.exit(7)", "failed: SystemExit: 7"),
        ("import os; os._exit(7)", "ended the process (exit code 7)"),
        ("import ctypes; ctypes.string_at(0)", "ended by SIGSEGV"),
        ("def of", "failed: SyntaxError"),
    ],
)
def test_a_module_that_does_not_import_is_one_line(replayed, code, said):
    with pytest.raises(NotReplayed) as refused:
        replayed(code)
    assert said in refused.value.detail
    assert "\n" not in refused.value.detail


@pytest.mark.parametrize(
    "code",
    [
        "while True: pass",
        "import time; time.sleep(600)",
        CHAIN_CODE.replace('return "done"', "\n        while True: pass"),
    ],
)
def test_code_that_hangs_is_ended(replayed, code):
    with pytest.raises(NotReplayed, match="did not end within 2 s"):
        replayed(code, seconds=2.0)


def test_code_that_allocates_without_end_is_ended(replayed, monkeypatch):
    monkeypatch.setitem(replay_host._LIMITS, "RLIMIT_AS", 2**30)
    with pytest.raises(NotReplayed, match=r"MemoryError|memory"):
        replayed("kept = []\nwhile True: kept.append(bytearray(2**24))")


def test_code_that_writes_without_end_is_stopped(replayed, monkeypatch):
    monkeypatch.setitem(replay_host._LIMITS, "RLIMIT_FSIZE", 2**20)
    code = "with open(__import__('os').environ['HOME'] + '/x', 'wb') as f:\n"
    with pytest.raises(NotReplayed, match="File too large"):
        replayed(code + "    while True: f.write(b'x' * 65536)")


def running(mark):
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in each.read_bytes():
                found.append(each)
        except OSError:
            continue
    return found


@pytest.mark.parametrize("ending", ["", "\n    while True: pass"])
def test_what_code_forks_is_gone_with_it(replayed, ending):
    mark = f"6{os.getpid()}"
    code = (
        "if not workflow.unsafe.in_sandbox():\n"
        "    import subprocess, time\n"
        f"    subprocess.Popen(['setsid', 'sleep', '{mark}'], start_new_session=True)\n"
        f"    time.sleep(0.3){ending}\n"
    )
    if ending:
        with pytest.raises(NotReplayed, match="did not end"):
            replayed(code, seconds=2.0)
    else:
        assert replayed(code + CHAIN_CODE)["verdict"] == "identical"
    assert not running(f"sleep\0{mark}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_a_fork_bomb_ends_in_one_line(replayed):
    with pytest.raises(NotReplayed):
        replayed("import os\nwhile True:\n    os.fork()", seconds=2.0)


def test_code_reaches_no_network(replayed):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), 2)"
        with pytest.raises(NotReplayed, match=r"failed: .*(unreachable|refused)"):
            replayed(code)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_code_reads_no_file_that_is_ours_alone(replayed, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the key")
    secret.chmod(0o600)
    with pytest.raises(NotReplayed, match=r"failed: (PermissionError|FileNotFoundError)"):
        replayed(f"open({str(secret)!r}).read()")


def test_code_sees_nothing_of_our_environment(replayed, monkeypatch):
    monkeypatch.setenv("INSPECTOR_SECRET_KEY", "s3cret")
    with pytest.raises(NotReplayed, match="failed: RuntimeError") as refused:
        replayed("import os; raise RuntimeError(sorted(os.environ))")
    assert "INSPECTOR" not in refused.value.detail
    assert "PATH" in refused.value.detail


def test_nothing_is_left_behind(replayed):
    before = set(Path("/tmp").glob("inspector-replay-*"))
    with pytest.raises(NotReplayed):
        replayed("import os; os._exit(1)")
    assert set(Path("/tmp").glob("inspector-replay-*")) <= before


def test_a_half_written_report_is_none(replayed):
    code = (
        "import os\n"
        "for each in range(3, 64):\n"
        "    try: os.write(each, b'5000\\n{\"version\": 1')\n"
        "    except OSError: pass\n"
        "os._exit(0)\n"
    )
    with pytest.raises(NotReplayed, match="ended the process"):
        replayed(code)


def test_a_report_in_another_form_is_refused_in_one_line(replayed):
    code = (
        "import os\n"
        "for each in range(3, 64):\n"
        "    try: os.write(each, b'2\\n{}')\n"
        "    except OSError: pass\n"
        "os._exit(0)\n"
    )
    with pytest.raises(Exception, match="not in the form that was expected"):
        replayed(code)


def test_the_real_clock_is_drift_and_within_the_sandbox_a_failed_task(replayed):
    bare = CHAIN_CODE.replace('"reserve", order', '"reserve", str(__import__("time").time())')
    assert replayed(bare)["verdict"] == "task_failure"


def test_a_python_without_temporalio_is_said(tmp_path):
    order = Order(CHAIN, "orders:Chain", tmp_path, "/usr/bin/python3", True, "", 20.0)
    with pytest.raises(NotReplayed, match=r"/usr/bin/python3 .*has no temporalio|no Python at"):
        replay_in_child(packed(), order)


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


ENCODED = """
import base64, dataclasses
from temporalio.api.common.v1 import Payload
from temporalio.converter import DataConverter, PayloadCodec


class Secret(PayloadCodec):
    async def encode(self, payloads):
        how = {"encoding": b"binary/encrypted"}
        return [Payload(metadata=how, data=each.SerializeToString()[::-1]) for each in payloads]

    async def decode(self, payloads):
        return [
            Payload.FromString(each.data[::-1])
            if each.metadata["encoding"] == b"binary/encrypted" else each
            for each in payloads
        ]


secret = dataclasses.replace(DataConverter.default, payload_codec=Secret())
"""


@pytest.fixture
def encoded():
    """The chain's history, encrypted as `ENCODED` does it."""
    from temporalio.api.history.v1 import History

    from inspector_app.replay.histories import decode

    namespace = {}
    exec(ENCODED, namespace)
    events = read(CHAIN).events
    walk = decode(events, namespace["Secret"]().encode)
    with pytest.raises(StopIteration):
        walk.send(None)
    return History(events=events).SerializeToString()


def test_encoded_payloads_without_a_codec_are_not_called_non_determinism(replayed, encoded):
    found = replayed(CHAIN_CODE, history=encoded)
    assert found["verdict"] == "error"
    assert "binary/encrypted" in found["explanation"]
    assert "--converter" in found["explanation"]


def test_encoded_payloads_are_read_through_the_users_converter(replayed, encoded):
    code = ENCODED + CHAIN_CODE
    assert replayed(code, history=encoded, converter="orders:secret")["verdict"] == "identical"
    changed = replayed(
        code.replace('"charge", order', '"charge", order * 2'),
        history=encoded,
        converter="orders:secret",
    )
    assert changed["verdict"] == "drift"
    assert changed["first_divergence"]["original"]["attributes"]["arguments"] == ["x"]
