"""Memory that a replay of 50,000 events takes: in the child beside the SDK's, and in the app."""

from __future__ import annotations

import gzip
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.message import Message
from temporalio.api.history.v1 import History, HistoryEvent

from inspector_app.commands.packing import packed
from inspector_app.replay.histories import Read, read

Measured = tuple[str, float, float | None, str, float]
_ROOT = Path(__file__).parents[1]
_KEPT = _ROOT / "tests/fixtures/replay/histories/Long.json.gz"
EVENTS = 50_000

_SDK = """
import asyncio, sys
from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer
sys.path.insert(0, sys.argv[2])
from tests.fixtures.replay.talk import Long
events = History.FromString(open(sys.argv[1], "rb").read()).events
replayer = Replayer(workflows=[Long], debug_mode=True)
asyncio.run(replayer.replay_workflow(WorkflowHistory("the-long", events)))
"""
# A process counts what its parent held when it was forked: so one that holds little forks it.
_PEAK = """
import os, subprocess, sys
kept = [int(each) for each in sys.argv[1].split(",") if each]
quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
child = subprocess.Popen([sys.executable, *sys.argv[2:]], pass_fds=kept, **quiet)
_, status, used = os.wait4(child.pid, 0)
print(used.ru_maxrss)
sys.exit(status != 0)
"""
_APP = """
import sys
from pathlib import Path
from inspector_app.adapters.temporal.replay_host import Order, replay_in_child
from inspector_app.commands.packing import packed
from inspector_app.domain.divergence import compare
from inspector_app.domain.replay_answers import answer, parse_record
def peak():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])
recorder = packed()
before = peak()
content = Path(sys.argv[1]).read_bytes()
workflow = "tests.fixtures.replay.talk:Long"
order = Order(content, workflow, Path(sys.argv[2]), sys.executable, True, "", 600.0)
record = parse_record(replay_in_child(recorder, order).report)
found = answer(compare(record), record)
assert found["verdict"] == "identical", found["explanation"]
print(peak() - before)
"""


def measure_replay_memory() -> list[Measured]:
    """Replay a run of 50,000 events in processes of their own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        history, recorder = folder / "history", folder / "recorder.pyz"
        history.write_bytes(History(events=made_longer(long_history())).SerializeToString())
        recorder.write_bytes(packed())
        words = ("record", str(history), "tests.fixtures.replay.talk:Long", "--path", str(_ROOT))
        with tempfile.TemporaryFile() as report:
            there = ("--to", str(report.fileno()))
            ours = _peak([str(recorder), *words, *there], keeps=(report.fileno(),))
        peer = _peak(["-c", _SDK, str(history), str(_ROOT)])
        app = subprocess.run(
            [sys.executable, "-c", _APP, str(history), str(_ROOT)],
            stdout=subprocess.PIPE,
            check=True,
            text=True,
        )
    return [
        ("memory of a 50,000-event replay, in the child", ours, peer, "MiB", 1.25),
        ("memory of a 50,000-event replay, in the app", int(app.stdout) / 1024, None, "MiB", 100),
    ]


def _peak(words: list[str], keeps: tuple[int, ...] = ()) -> float:
    """Return the most memory that a Python program has held, in MiB."""
    asked = subprocess.run(
        [sys.executable, "-c", _PEAK, ",".join(map(str, keeps)), *words],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        pass_fds=keeps,
    )
    return int(asked.stdout) / 1024


def long_history() -> Read:
    return read(gzip.decompress(_KEPT.read_bytes()))


def made_longer(history: Read) -> list[HistoryEvent]:
    """Repeat the last round of a hundred timers until there are 50,000 events."""
    events = history.events
    rounds = [
        place
        for place, event in enumerate(events)
        if event.HasField("timer_started_event_attributes")
        and not events[place - 1].HasField("timer_started_event_attributes")
    ]
    begin, end = rounds[-2], rounds[-1]
    times = (EVENTS - len(events)) // (end - begin)
    shift, timers = end - begin, 100
    made = list(events[:end])
    for number in range(1, times + 1):
        for event in events[begin:end]:
            again = HistoryEvent()
            again.CopyFrom(event)
            _shift(again, number * shift, number * timers)
            made.append(again)
    for event in events[end:]:
        _shift(event, times * shift, times * timers)
        made.append(event)
    argument = made[0].workflow_execution_started_event_attributes.input.payloads[0]
    argument.data = str(int(argument.data) + times).encode()
    return made


def _shift(message: Message, events: int, timers: int) -> None:
    """Move what a message says of events' ids, and of timers'."""
    for field, value in message.ListFields():
        if field.name.endswith("event_id") and value:
            setattr(message, field.name, value + events)
        elif field.name == "timer_id":
            setattr(message, field.name, str(int(value) + timers))
        elif field.name.endswith("_event_attributes"):
            _shift(value, events, timers)


if __name__ == "__main__":
    for row in measure_replay_memory():
        print(row)
