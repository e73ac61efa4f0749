from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from inspector_app import data_folder
from inspector_app.demo.child import child


def command(folder, words, environ):
    """Run the command in a folder, with no more of ours in the environment than this."""
    clean = {name: value for name, value in os.environ.items() if "INSPECTOR" not in name}
    return subprocess.run(
        [sys.executable, "-c", "from inspector_app.cli import main; main()", *words],
        cwd=folder,
        env=clean | environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def inspector(tmp_path, new_database):
    """The command in an empty folder."""
    return lambda *words, **environ: command(tmp_path, words, new_database | environ)


@pytest.fixture
def bare(tmp_path):
    """The command in an empty folder, which never comes to open a database: there is none."""
    nowhere = {"INSPECTOR_DATABASE_URL": "sqlite+aiosqlite:////nowhere/at/all.db"}
    return lambda *words, **environ: command(tmp_path, words, nowhere | environ)


def test_a_wrong_setting_is_one_line_each_and_no_traceback(bare):
    done = bare("serve", INSPECTOR_PORT="x", INSPECTOR_HOST="y")
    assert done.returncode == 2
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert (
        lines[0] == "inspector: INSPECTOR_HOST is 'y': it must be an IP address to listen "
        "on, such as 127.0.0.1 or 0.0.0.0."
    )
    assert lines[1] == "inspector: INSPECTOR_PORT is 'x': it must be a number from 1 to 65535."
    assert len(lines) == 3


def test_the_configuration_is_checked_without_showing_a_secret(bare):
    key = "k" * 40
    done = bare("config", "check", "--json", INSPECTOR_SECRET_KEY=key)
    assert done.returncode == 0
    content = json.loads(done.stdout)
    assert content["valid"]
    assert content["settings"]["secret_keys"] == "set"
    assert content["settings"]["port"] == "8000"
    assert key not in done.stdout + done.stderr


def test_everything_wrong_with_the_configuration_is_an_answer_and_exit_1(bare):
    done = bare("config", "check", "--json", INSPECTOR_PORT="0", INSPECTOR_PROT="1")
    assert done.returncode == 1
    content = json.loads(done.stdout)
    assert content["problems"] == [
        "INSPECTOR_PORT is '0': it must be a number from 1 to 65535.",
        "INSPECTOR_PROT: there is no such setting.",
    ]


def test_with_json_an_error_is_the_one_object_on_stdout(bare):
    done = bare("migrate", "--json", INSPECTOR_PORT="0")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["title"] == "The configuration is not valid"


def test_an_unknown_command_is_wrong_use(bare):
    assert bare("serv").returncode == 2


def test_a_port_in_use_says_which_and_what_to_do(bare):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = bare("serve", INSPECTOR_PORT=str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        f"inspector: Port {port} on 127.0.0.1 cannot be listened on: Address already in use.",
        "  Stop what listens there, or set another port: INSPECTOR_PORT=8001.",
    ]


def test_a_second_instance_on_the_same_folder_is_told_who_runs(bare, tmp_path):
    (tmp_path / ".inspector").mkdir(mode=0o700)
    with data_folder.held(tmp_path / ".inspector"):
        done = bare("serve")
    assert done.returncode == 2
    assert f"(process {os.getpid()})" in done.stderr


async def test_a_child_ends_with_the_block_that_holds_it(tmp_path):
    async with child("sleep", "600", log=tmp_path / "log") as process:
        assert process.returncode is None
    assert process.returncode == -signal.SIGTERM


async def test_a_child_that_ignores_the_request_is_ended_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("inspector_app.demo.child._GRACE", 0.2)
    deaf = "trap '' TERM; echo on; while :; do sleep 1; done"
    async with child("sh", "-c", deaf, log=tmp_path / "log") as process:
        while "on" not in (tmp_path / "log").read_text():
            await asyncio.sleep(0.01)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends orphans only on Linux")
async def test_a_child_ends_when_its_parent_is_killed(tmp_path):
    program = (
        "import asyncio, pathlib\n"
        "from inspector_app.demo.child import child\n"
        "async def main():\n"
        "    async with child('sleep', '600', log=pathlib.Path('log')) as process:\n"
        "        print(process.pid, flush=True)\n"
        "        await process.wait()\n"
        "asyncio.run(main())\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    )
    with parent:
        number = int(parent.stdout.readline())
        # Only once it has become its program does the kernel watch its parent.
        while "sleep" not in _command(number):
            await asyncio.sleep(0.01)
        parent.kill()
        while _command(number):
            await asyncio.sleep(0.01)


def _command(number):
    try:
        return Path(f"/proc/{number}/cmdline").read_text().split("\0")[0]
    except FileNotFoundError:
        return ""


def test_the_doctor_says_what_is_well_and_what_is_missing(inspector):
    done = inspector("migrate", "--json")
    assert json.loads(done.stdout) == {"migrated": True}
    added = inspector("cluster", "add", "away", "--address", "127.0.0.1:1")
    assert added.returncode == 0, added.stderr
    done = inspector("doctor", "--json")
    assert done.returncode == 1, done.stderr
    findings = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
    assert findings["data folder"]["well"]
    assert findings["database"]["well"]
    away = findings["cluster away at 127.0.0.1:1"]
    assert (away["id"], away["well"]) == ("I07", False)
    assert "does not answer" in away["detail"]
    assert "Is the server running" in away["hint"]
    assert {each["id"] for each in findings.values()} == {
        f"I0{number}" for number in range(1, 9)
    } - {"I06"}


def test_a_demo_without_its_packages_says_how_to_get_them(bare, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *more: None if name == 'pydantic_ai' else find(name)\n"
    )
    done = bare("demo", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2
    assert "pip install 'inspector-app[demo]'" in done.stderr


def test_the_doctor_only_looks_at_a_database_that_is_not_migrated(inspector, tmp_path):
    for _ in range(2):  # the first look must not be what makes the second one well
        done = inspector("doctor", "--json")
        assert done.returncode == 1, done.stderr
        findings = {each["name"]: each for each in json.loads(done.stdout)["findings"]}
        assert "inspector migrate" in findings["database"]["hint"]


def test_the_operator_can_try_what_would_be_called(inspector):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        done = inspector("config", "reach", url, "--json")
        assert done.returncode == 1
        content = json.loads(done.stdout)
        assert content["permanent"]
        assert "not on the public internet" in content["why"]
        done = inspector("config", "reach", url, INSPECTOR_OUTBOUND_ALLOW="127.0.0.0/8")
        assert done.returncode == 1
        assert "cannot be connected to" in done.stdout
