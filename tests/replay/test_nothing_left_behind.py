"""A replay that ends, however it does, leaves no process and no file behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from inspector_app.adapters.temporal.replay_host import NotReplayed
from tests.fixtures.replay.record import FOLDER
from tests.fixtures.replay.walls import CHAIN_CODE


def running(mark):
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in each.read_bytes():
                found.append(each)
        except OSError:
            continue
    return found


def until(holds):
    for _ in range(600):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come about")


@pytest.fixture
def folders(monkeypatch):
    """The folders that this process made for replays; others have their own beside them."""
    made, make = [], tempfile.mkdtemp

    def noted(**how):
        made.append(Path(make(**how)))
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", noted)
    return made


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
    program = Path(sys.executable).with_name("inspector")
    asked = subprocess.Popen([program, "replay", "compare", *words])
    until(lambda: running(f"sleep\0{mark}"))
    (own,) = {each.with_name("cwd").readlink() for each in running(f"sleep\0{mark}")}
    assert (own.parent / "history").exists()
    asked.kill()
    asked.wait()
    until(lambda: not running(f"sleep\0{mark}"))
    until(lambda: not own.parent.exists())
