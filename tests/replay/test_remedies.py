"""The dry run: today's code with its change under a patch really fits the history again."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from inspector_app.cli import app
from tests.fixtures.replay.corpus import BROKEN, DRIFTED
from tests.fixtures.replay.patched import under_a_patch
from tests.fixtures.replay.record import FOLDER


@pytest.mark.parametrize(("module", "workflow", "history"), [row[:3] for row in BROKEN])
def test_what_temporal_refuses_passes_under_a_patch(module, workflow, history):
    found = under_a_patch(module, workflow, history)
    assert found.verdict == "legal", (found.failure, found.differences)
    assert [each.id for each in found.legal.refused] == ["the-change"]


@pytest.mark.parametrize(("module", "workflow", "history"), [row[:3] for row in DRIFTED])
def test_so_does_what_it_would_replay_without_a_word(module, workflow, history):
    assert under_a_patch(module, workflow, history).verdict == "legal"


CODE = """
from datetime import timedelta
from temporalio import workflow

SOON = timedelta(seconds=20)

@workflow.defn
class Chain:
    @workflow.run
    async def run(self, order: str) -> str:
        await workflow.execute_activity("reserve", order, start_to_close_timeout=SOON)
        await workflow.sleep(0.05)
        await workflow.execute_activity("charge", order, start_to_close_timeout=SOON)
        return "done"
"""


@pytest.fixture
def tries(tmp_path):
    def tried(new, *words, old=CODE):
        for name, code in (("was", old), ("now", new)):
            (tmp_path / name / "shop").mkdir(parents=True, exist_ok=True)
            (tmp_path / name / "shop" / "__init__.py").touch()
            (tmp_path / name / "shop" / "orders.py").write_text(code)
        asked = ["replay", "compare", str(FOLDER / "Chain.json"), "shop.orders:Chain", "--try"]
        asked += ["--path", str(tmp_path / "now"), *words]
        return CliRunner().invoke(app, asked)

    return tried


def test_the_patch_is_written_out_tried_and_shown_to_pass(tries, tmp_path):
    new = CODE.replace('"charge"', '"ship"').replace("sleep(0.05)", "sleep(0.05 * 1)")
    done = tries(new, "--before", str(tmp_path / "was"), "--json")
    found = json.loads(done.stdout)
    assert (found["verdict"], done.exit_code) == ("nondeterministic", 4)
    assert (found["remedy"]["patch"], found["remedy"]["verdict"]) == ("change-ship", "legal")
    assert '+        if workflow.patched("change-ship"):' in found["remedy"]["diff"]
    assert (tmp_path / "now/shop/orders.py").read_text() == new  # the code itself is left alone


def test_what_is_new_needs_no_code_from_before(tries):
    new = CODE.replace(
        '        return "done"', '        await workflow.sleep(9)\n        return "done"'
    )
    done = tries(new)
    assert "Tried: the history passes with this, under patch 'add-timer'." in done.stdout
    assert "+            await workflow.sleep(9)" in done.stdout


def test_what_has_changed_asks_for_the_code_from_before(tries):
    done = tries(CODE.replace('"charge"', '"ship"'), "--json")
    assert done.exit_code == 2
    assert "--before" in json.loads(done.stdout)["explanation"]


def test_a_remedy_that_does_not_pass_says_so(tries, tmp_path):
    new = CODE.replace('"charge"', '"ship"')
    wrong = CODE.replace('"charge"', '"refund"')
    done = tries(new, "--before", str(tmp_path / "was"), "--json", old=wrong)
    assert json.loads(done.stdout)["remedy"]["verdict"] == "nondeterministic"
    done = tries(new, "--before", str(tmp_path / "was"), old=wrong)
    assert "does not pass (nondeterministic)" in done.stdout


def test_where_nothing_breaks_there_is_nothing_to_try(tries):
    done = tries(CODE, "--json")
    assert done.exit_code == 0
    assert "remedy" not in json.loads(done.stdout)
