"""Recording against the SDK's replayer, alignment against difflib."""

from __future__ import annotations

import asyncio
import difflib
import gc
import json
import random
import statistics
from collections.abc import Callable
from time import perf_counter, process_time

from temporalio.api.history.v1 import History
from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from benchmarks.replay_memory import long_history, measure_replay_memory
from inspector_app.domain.alignment import align
from inspector_app.replay.histories import read
from inspector_app.replay.recorder import Target, record
from tests.fixtures.replay.talk import Long

Measured = tuple[str, float, float | None, str, float]
COMMANDS = 50_000
GONE = 0.001
TURNS = 15


def measure_replays() -> list[Measured]:
    """Record a run of 5,000 events, each runner; align 50,000 commands with as many; memory."""
    # Raw: reading a file's JSON takes both of them longer than the replay.
    content = History(events=long_history().events).SerializeToString()
    rows: list[Measured] = []
    for name, sandboxed in (("sandboxed", True), ("unsandboxed", False)):
        target = Target("tests.fixtures.replay.talk:Long", sandboxed=sandboxed)
        ours, peer = list[float](), list[float]()
        for _ in range(TURNS):  # turn about: the machine's moods meet both
            ours.append(_spent(lambda t=target: record(content, t)))
            peer.append(_spent(lambda s=sandboxed: _sdk(content, sandboxed=s)))
        medians = (statistics.median(ours), statistics.median(peer))
        rows.append((f"recording a replay, {name}", *medians, "s of CPU", 1.15))
    return [*rows, *_alignments(), *measure_replay_memory()]


def _alignments() -> list[Measured]:
    drawn = random.Random(7)
    left = [f"activity {drawn.randrange(200)}" for _ in range(COMMANDS)]
    right = [each for each in left if drawn.random() > GONE]
    equal = _timed(lambda: align(left, list(left), lambda _a, _b: 2))
    ours = _timed(lambda: align(left, right, lambda a, b: 2 * (left[a] == right[b])))
    peer = _timed(lambda: difflib.SequenceMatcher(None, left, right, autojunk=False).get_opcodes())
    return [
        (f"aligning {COMMANDS:,} commands, 1 in 1,000 gone", ours, peer, "s", 0.05),
        (f"aligning {COMMANDS:,} equal commands", equal, peer, "s", 0.05),
    ]


def _sdk(content: bytes, *, sandboxed: bool) -> None:
    """Read, replay with the SDK's replayer alone: what recording is compared with."""
    runner = SandboxedWorkflowRunner() if sandboxed else UnsandboxedWorkflowRunner()
    replayer = Replayer(workflows=[Long], workflow_runner=runner, debug_mode=True)
    asyncio.run(replayer.replay_workflow(WorkflowHistory("the-long", read(content).events)))


def _spent(work: Callable[[], object]) -> float:
    """Seconds of processor time, which another program on the machine hardly changes."""
    gc.collect()
    begun = process_time()
    work()
    return process_time() - begun


def _timed(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


if __name__ == "__main__":
    for row in measure_replays():
        print(json.dumps(row))
