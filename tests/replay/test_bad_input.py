"""What is no history, and code that does not play along: one line, never a hang, never half."""

from __future__ import annotations

import json
import os
import pwd
import re
import socket
import subprocess
import tempfile
import textwrap
import time
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

    def replay(code, *, history=CHAIN, seconds=30.0, converter="", sandboxed=True):
        (tmp_path / "orders.py").write_text(HEAD + textwrap.dedent(code))
        order = Order(
            history=history,
            workflow="orders:Chain",
            path=tmp_path,
            python=os.sys.executable,
            sandboxed=sandboxed,
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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may become another user")
def test_code_runs_as_nobody_that_owns_anything(replayed):
    with pytest.raises(NotReplayed, match="failed: RuntimeError") as refused:
        replayed("import os; raise RuntimeError(os.getuid(), os.getgroups())")
    uid, groups = re.search(r"\((\d+), \[(.*)\]\)", refused.value.detail).groups()
    assert int(uid) not in {0, os.getuid()}
    assert groups == ""
    with pytest.raises(KeyError):
        pwd.getpwuid(int(uid))


def test_every_limit_is_set_in_the_child(replayed):
    code = (
        "import resource\n"
        "names = ('AS', 'FSIZE', 'NOFILE', 'CORE', 'CPU', 'NPROC')\n"
        "found = [resource.getrlimit(getattr(resource, 'RLIMIT_' + each)) for each in names]\n"
        "raise RuntimeError([each for pair in found for each in pair])\n"
    )
    with pytest.raises(NotReplayed, match="failed: RuntimeError") as refused:
        replayed(code, seconds=30.0)
    found = json.loads(refused.value.detail.partition("RuntimeError: ")[2])
    most = [*(4 * 2**30,) * 2, *(256 * 2**20,) * 2, 512, 512, 0, 0, 121, 121]
    assert found[:10] == most
    if os.geteuid() == 0:
        assert found[10:] == [512, 512]


def test_code_that_spins_on_many_processors_runs_out_of_its_own_time(replayed, monkeypatch):
    monkeypatch.setattr(replay_host, "PROCESSOR_SHARE", 0.02)  # of thirty seconds: one
    with pytest.raises(NotReplayed, match=r"ended by SIG(XCPU|KILL).*processor time"):
        replayed("while True: pass", seconds=30.0)


def test_code_reads_nothing_from_our_terminal(replayed):
    with pytest.raises(NotReplayed, match="failed: EOFError"):
        replayed("input()")


def test_code_that_kills_what_it_can_reaches_only_itself(replayed):
    everyone = "(os.getppid(), -1, 0)" if os.geteuid() == 0 else "(0,)"
    code = (
        "import os, signal\n"
        f"for each in {everyone}:\n"
        "    try: os.kill(each, signal.SIGKILL)\n"
        "    except OSError: pass\n"
        "while True: pass\n"
    )
    with pytest.raises(NotReplayed, match=r"ended by SIGKILL|did not end within 3 s"):
        replayed(code, seconds=3.0)


def test_code_sees_nothing_of_our_environment(replayed, monkeypatch):
    monkeypatch.setenv("INSPECTOR_SECRET_KEY", "s3cret")
    with pytest.raises(NotReplayed, match="failed: RuntimeError") as refused:
        replayed("import os; raise RuntimeError(sorted(os.environ))")
    assert "INSPECTOR" not in refused.value.detail
    assert "PATH" in refused.value.detail


@pytest.fixture
def folders(monkeypatch):
    """The folders that this process made for replays; others have their own beside them."""
    made, make = [], tempfile.mkdtemp

    def noted(**how):
        made.append(Path(make(**how)))
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", noted)
    return made


def test_nothing_is_left_behind(replayed, folders):
    with pytest.raises(NotReplayed):
        replayed("import os; os._exit(1)")
    assert folders
    assert not any(each.exists() for each in folders)


def test_a_child_that_is_killed_leaves_nothing_behind(replayed, folders):
    mark = f"7{os.getpid()}"
    code = (
        "import os, subprocess\n"
        "open(os.environ['HOME'] + '/half', 'w').write('half')\n"
        f"subprocess.Popen(['sleep', '{mark}'], start_new_session=True)\n"
        "while True: pass\n"
    )
    with pytest.raises(NotReplayed, match="did not end"):
        replayed(code, seconds=2.0)
    assert not running(f"sleep\0{mark}")
    assert folders
    assert not any(each.exists() for each in folders)


def test_a_replay_ends_with_whoever_asked_for_it(tmp_path):
    mark = f"8{os.getpid()}"
    (tmp_path / "orders.py").write_text(
        f"import subprocess\nsubprocess.Popen(['sleep', '{mark}'])\nwhile True: pass\n"
    )
    words = [str(FOLDER / "Chain.json"), "orders:Chain", "--path", str(tmp_path)]
    words += ["--time-limit", "600"]  # it must not end by itself
    program = Path(os.sys.executable).with_name("inspector")
    asked = subprocess.Popen([program, "replay", "compare", *words])
    until(lambda: running(f"sleep\0{mark}"))
    (own,) = {each.with_name("cwd").readlink() for each in running(f"sleep\0{mark}")}
    assert (own.parent / "history").exists()
    asked.kill()
    asked.wait()
    until(lambda: not running(f"sleep\0{mark}"))
    until(lambda: not own.parent.exists())


def until(holds):
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")


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


@pytest.mark.parametrize(
    "drawn",
    ["__import__('time').time()", "__import__('random').random()", "__import__('uuid').uuid4()"],
)
def test_real_clock_and_chance_are_drift_and_within_the_sandbox_a_failed_task(replayed, drawn):
    code = CHAIN_CODE.replace('"reserve", order', f'"reserve", str({drawn})')
    assert replayed(code)["verdict"] == "task_failure"
    assert replayed(code, sandboxed=False)["verdict"] == "drift"


def test_code_that_raises_is_a_failed_task_at_its_line(replayed, tmp_path):
    code = CHAIN_CODE.replace('return "done"', "raise LookupError(order)")
    found = replayed(code)
    assert found["verdict"] == "task_failure"
    line = (HEAD + textwrap.dedent(code)).splitlines().index("        raise LookupError(order)")
    assert f"orders.py:{line + 1}" in found["explanation"]
    assert "LookupError: x" in found["explanation"]


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
