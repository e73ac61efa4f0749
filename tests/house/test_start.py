"""The real command, from an empty data folder to a free port."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from zipfile import ZipFile

import pytest

from inspector_app.adapters.db.key_check import require_known_key
from inspector_app.adapters.db.migrations import upgrade
from inspector_app.commands.packing import packed
from inspector_app.domain.errors import Conflict
from inspector_app.frontend import bundle
from tests.fixtures.temporal import waits_for_sync

WITHIN = """
from inspector_app.adapters.identity.common import is_common
from inspector_app.frontend import bundle
print(bundle().root)
print(is_common("passwordpassword"), is_common("a much better one 7"))
"""
PATIENCE = 90  # seconds that a start may take on a loaded machine before something is wrong


class Running:
    """`inspector …` as somebody at a terminal has it."""

    def __init__(self, folder, *words, **environ):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        clean = {name: value for name, value in os.environ.items() if "INSPECTOR" not in name}
        self.stderr = folder / "stderr"
        with self.stderr.open("ab") as stderr:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from inspector_app.cli import main; main()", *words],
                cwd=folder,
                env=clean | {"INSPECTOR_PORT": str(self.port)} | environ,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
        self.said = []

    def until_ready(self):
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            if line.startswith("Inspector is ready: "):
                return self
        raise AssertionError(self.stderr.read_text())

    def status_of(self, path):
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request("GET", path)
            return connection.getresponse().status

    def stop(self, number):
        self.process.send_signal(number)
        self.said += self.process.stdout.read().splitlines()
        return self.process.wait(PATIENCE)

    def is_free(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) != 0


@pytest.fixture
def start(tmp_path, new_database):
    started = []

    def run(*words, **environ):
        started.append(Running(tmp_path, *words, **new_database, **environ))
        return started[-1]

    yield run
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
        running.process.stdout.close()
        running.process.wait()


def processes_in(folder):
    """Programs whose command line names the folder."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace")
            except OSError:
                continue
            if str(folder) in words:
                found.append(words.replace("\0", " "))
    return found


def test_the_server_says_when_it_answers_stops_when_told_and_starts_again(start, tmp_path):
    first = start("serve").until_ready()
    assert first.status_of("/healthz") == 200
    assert first.stop(signal.SIGINT) == 0
    assert first.said == [f"Inspector is ready: http://127.0.0.1:{first.port}"]
    assert first.is_free()
    key = (tmp_path / ".inspector" / "secret.key").read_text()

    first.stderr.write_text("")
    second = start("serve").until_ready()
    assert second.stop(signal.SIGTERM) == 0
    assert (tmp_path / ".inspector" / "secret.key").read_text() == key
    words = second.stderr.read_text()
    assert "Building the frontend" not in words
    assert "Traceback" not in words


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Where a new wheel's content is."""
    made = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", made],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
    )
    (wheel,) = made.glob("*.whl")
    with ZipFile(wheel) as archive:
        archive.extractall(made / "site")
    return made / "site"


def test_the_wheel_serves_from_an_empty_folder_with_all_it_needs_inside(start, wheel):
    server = start("serve", PYTHONPATH=str(wheel)).until_ready()
    assert server.status_of("/login/") == 200
    assert server.status_of("/readyz") == 200
    assert server.stop(signal.SIGINT) == 0
    said = subprocess.run(
        [sys.executable, "-c", WITHIN],
        cwd=wheel.parent,
        env=os.environ | {"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
        text=True,
    )
    root, common = said.stdout.splitlines()
    assert root == str(wheel / "inspector_app" / "_bundle")
    assert common == "True False"
    subprocess.run(
        [sys.executable, "-m", "inspector_app", "replay", "pack", "--output", "replay.pyz"],
        cwd=wheel.parent,
        env=os.environ | {"PYTHONPATH": str(wheel)},
        check=True,
        capture_output=True,
    )
    assert (wheel.parent / "replay.pyz").read_bytes() == packed()


def nothing_kept(sealed):
    raise AssertionError(sealed)


async def test_another_secret_key_stops_the_start_with_a_sentence(start, tmp_path, new_database):
    (tmp_path / ".inspector").mkdir()
    file = f"sqlite+aiosqlite:///{tmp_path}/.inspector/inspector.db"
    url = new_database.get("INSPECTOR_DATABASE_URL", file)
    await upgrade(url, bundle().migrations)
    await require_known_key(url, ("k" * 43,), nothing_kept)
    other = start("serve")
    assert other.process.wait(PATIENCE) == 2
    words = other.stderr.read_text()
    assert "inspector: The secret key is not the one this database was used with." in words
    assert "Traceback" not in words


async def test_a_new_key_in_front_of_the_old_one_takes_its_place(migrated_database):
    url = migrated_database
    await require_known_key(url, ("old",), nothing_kept)
    await require_known_key(url, ("new", "old"), nothing_kept)
    await require_known_key(url, ("new",), nothing_kept)
    with pytest.raises(Conflict, match="not the one this database was used with"):
        await require_known_key(url, ("old",), nothing_kept)


@pytest.mark.temporal
def test_the_demo_says_how_to_sign_in_and_leaves_nothing_running(start, tmp_path):
    demo = start("demo").until_ready()
    signing_in = [line.split() for line in demo.said if line.startswith("Sign in as ")]
    assert [words[3] for words in signing_in] == ["admin", "dev", "viewer", "acme-admin"]
    assert "one-time password" in demo.said[0]
    assert demo.said[-1].startswith("Inspector is ready: ")
    assert any("server start-dev" in words for words in processes_in(tmp_path))
    # The worker, which comes after, has started its first run.
    waits_for_sync((tmp_path / ".inspector" / "temporal" / "next-run").exists, seconds=PATIENCE)
    assert demo.stop(signal.SIGINT) == 0
    assert demo.is_free()
    assert processes_in(tmp_path) == []


@pytest.mark.temporal
def test_killing_the_demo_leaves_nothing_running_either(start, tmp_path):
    demo = start("demo").until_ready()
    demo.process.kill()
    deadline = time.monotonic() + PATIENCE
    while left := processes_in(tmp_path):
        assert time.monotonic() < deadline, left
        time.sleep(0.05)
