"""`inspector replay compare` and `pack`, as a pipeline in CI calls them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from inspector_app.cli import app
from tests.fixtures.replay.record import FOLDER
from tests.fixtures.replay.walls import CHAIN_CODE, HEAD

CODE = HEAD + CHAIN_CODE
SHAPE = {"verdict", "first_divergence", "differences", "sdk_message", "explanation"}


@pytest.fixture
def compares(tmp_path):
    def compare(old="", new="", *, history=str(FOLDER / "Chain.json"), words=("--json",)):
        (tmp_path / "orders.py").write_text(CODE.replace(old, new) if old else CODE)
        asked = ["compare", history, "orders:Chain", "--path", str(tmp_path), *words]
        return CliRunner().invoke(app, ["replay", *asked])

    return compare


@pytest.mark.parametrize(
    ("old", "new", "verdict", "code"),
    [
        ("", "", "identical", 0),
        ("sleep(0.05)", "sleep(5)", "drift", 3),
        ('"charge"', '"ship"', "nondeterministic", 4),
        ('return "done"', 'raise KeyError("x")', "task_failure", 5),
        (
            'return "done"',
            'workflow.patched("p")\n        return "done"',
            "legal",
            0,
        ),
    ],
)
def test_each_verdict_has_its_exit_code(compares, old, new, verdict, code):
    done = compares(old, new)
    found = json.loads(done.stdout)
    assert (found["verdict"], done.exit_code) == (verdict, code), found
    assert found.keys() == SHAPE


def test_a_difference_has_the_contracts_shape(compares, tmp_path):
    found = json.loads(compares('"charge"', '"ship"').stdout)
    first = found["first_divergence"]
    assert first == found["differences"][0]
    assert first.keys() == {"event_id", "kind", "change", "original", "replayed", "source"}
    assert (first["event_id"], first["kind"], first["change"]) == (16, "structural", "changed")
    assert first["original"]["name"] == "charge"
    assert first["replayed"]["name"] == "ship"
    assert first["source"] == {
        "file": str(tmp_path / "orders.py"),
        "line": 12,
        "function": "run",
    }


def test_the_patch_that_is_proposed_is_legal_when_it_is_tried(compares):
    broken = compares('"charge"', '"ship"', words=())
    assert 'if workflow.patched("change-ship"):' in broken.stdout
    old = '        await workflow.execute_activity("charge", order, start_to_close_timeout=soon)'
    new = (
        '        step = "ship" if workflow.patched("change-ship") else "charge"\n'
        "        await workflow.execute_activity(step, order, start_to_close_timeout=soon)"
    )
    assert json.loads(compares(old, new).stdout)["verdict"] == "legal"


def test_a_python_and_a_folder_may_be_named_from_where_one_is(compares, tmp_path, monkeypatch):
    compares()  # leaves the module there
    (tmp_path / "env").symlink_to(Path(sys.executable).parent.parent)
    monkeypatch.chdir(tmp_path)
    words = [str(FOLDER / "Chain.json"), "orders:Chain", "--python", "env/bin/python", "--json"]
    done = CliRunner().invoke(app, ["replay", "compare", *words])
    assert json.loads(done.stdout)["verdict"] == "identical", done.stdout


def test_wrong_input_is_exit_2_and_one_line(compares, tmp_path):
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    for history in (str(bad), str(tmp_path / "missing.json"), str(tmp_path)):
        done = compares(history=history)
        assert done.exit_code == 2
        found = json.loads(done.stdout)
        assert found.keys() == SHAPE
        assert found["verdict"] == "error"
        assert "\n" not in found["explanation"]
        assert found["explanation"] in done.stderr


@pytest.fixture(params=["newest", "oldest"])
def runs(request, tmp_path):
    """Run what `inspector replay pack` writes, where there is temporalio and nothing else."""
    python = request.getfixturevalue(f"{request.param}_python")
    packed = tmp_path / "inspector-replay.pyz"
    done = CliRunner().invoke(app, ["replay", "pack", "--output", str(packed), "--json"])
    assert json.loads(done.stdout)["file"] == str(packed)

    def run(*words):
        return subprocess.run(
            [python, "-I", str(packed), *words],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_the_packed_file_needs_temporalio_and_nothing_else(runs, tmp_path):
    (tmp_path / "orders.py").write_text(CODE.replace('"charge"', '"ship"'))
    done = runs(str(FOLDER / "Chain.json"), "orders:Chain", "--json")
    assert done.returncode == 4, done.stderr
    assert json.loads(done.stdout)["first_divergence"]["event_id"] == 16
    done = runs(str(tmp_path / "orders.py"), "orders:Chain", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["verdict"] == "error"
    (tmp_path / "orders.py").write_text("while True: pass")
    done = runs(str(FOLDER / "Chain.json"), "orders:Chain", "--time-limit", "1")
    assert done.returncode == 2
    assert "did not end within 1 s" in done.stdout


def test_the_packed_file_reads_what_the_users_own_converter_wrote(runs, tmp_path):
    shutil.copytree(FOLDER.parent, tmp_path / "tests/fixtures/replay")
    code = "tests.fixtures.replay.sealed:"
    words = [str(FOLDER / "Sealed.json"), f"{code}SealedOtherArguments", "--json"]
    found = json.loads(runs(*words, "--converter", f"{code}converter").stdout)
    assert found["verdict"] == "drift"
    assert found["first_divergence"]["original"]["attributes"]["arguments"] == ["reserved x"]
    without = json.loads(runs(*words).stdout)
    assert without["verdict"] == "error"
    assert "binary/encrypted" in without["explanation"]
