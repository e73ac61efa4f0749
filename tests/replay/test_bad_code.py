"""Code that does not play along: one line or a failed task, never a hang, never half a report."""

from __future__ import annotations

import textwrap

import pytest

from inspector_app.adapters.temporal.replay_host import NotReplayed, Order, replay_in_child
from inspector_app.commands.packing import packed
from tests.fixtures.replay.walls import CHAIN, CHAIN_CODE, HEAD


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
