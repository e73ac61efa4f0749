"""Code behind walls: what it may use, reach and see, however it tries."""

from __future__ import annotations

import json
import os
import pwd
import re
import socket

import pytest

from inspector_app.adapters.temporal import replay_host
from inspector_app.adapters.temporal.replay_host import NotReplayed


def test_code_that_allocates_without_end_is_ended(replayed, monkeypatch):
    monkeypatch.setitem(replay_host._LIMITS, "RLIMIT_AS", 2**30)
    with pytest.raises(NotReplayed, match=r"MemoryError|memory"):
        replayed("kept = []\nwhile True: kept.append(bytearray(2**24))")


def test_code_that_writes_without_end_is_stopped(replayed, monkeypatch):
    monkeypatch.setitem(replay_host._LIMITS, "RLIMIT_FSIZE", 2**20)
    code = "with open(__import__('os').environ['HOME'] + '/x', 'wb') as f:\n"
    with pytest.raises(NotReplayed, match="File too large"):
        replayed(code + "    while True: f.write(b'x' * 65536)")


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
