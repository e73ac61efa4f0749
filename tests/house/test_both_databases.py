"""Every test that touches a database runs on both kinds, or says why on one only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from tests.fixtures import kinds

ROOT = Path(__file__).parents[2]
DOORS = {"database_kind", "postgres", "mortal_postgres", "app_on_sqlite", "app_on_postgres"}
"""The fixtures that all others get a database from."""
_LIST = f"""
import json, pytest

class Listing:
    def pytest_collection_finish(self, session):
        for item in session.items:
            if {DOORS!r}.isdisjoint(getattr(item, "fixturenames", ())):
                continue
            given = dict(item.callspec.params) if hasattr(item, "callspec") else {{}}
            only = item.get_closest_marker("only_on")
            print("item", json.dumps({{
                "test": item.nodeid.partition("[")[0],
                "kind": given.pop("database_kind", None),
                "others": repr(sorted((name, repr(value)) for name, value in given.items())),
                "only": only and [*only.args, only.kwargs.get("reason", "")],
            }}))

raise SystemExit(pytest.main(
    ["--collect-only", "-q", "-p", "no:cacheprovider", "tests"], plugins=[Listing()]
))
"""


def listed():
    done = subprocess.run(
        [sys.executable, "-c", _LIST], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [json.loads(line[5:]) for line in done.stdout.splitlines() if line[:5] == "item "]


def test_every_test_that_reaches_a_database_runs_on_both_or_says_why_not():
    found = defaultdict(set)
    reasons = {}
    for item in listed():
        found[item["test"], item["others"]].add(item["kind"])
        reasons[item["test"]] = item["only"]
    assert len(found) > 300
    for (test, _), ran_on in found.items():
        if (only := reasons[test]) is None:
            assert ran_on == set(kinds.KINDS), test
        else:
            one, reason = only
            assert ran_on == {one}, test
            assert reason, test
    for where in ("security", "e2e", "faults", "commands", "house", "services", "api", "adapters"):
        assert any(test.startswith(f"tests/{where}/") for test, _ in found), where


async def test_a_database_that_a_test_opens_without_asking_for_its_kind_is_refused(tmp_path):
    with pytest.raises(kinds.AskForKind, match="needs the fixture `database_kind`"):
        kinds.unit_of_work.make_engine(f"sqlite+aiosqlite:///{tmp_path}/x.db")


async def test_one_who_asked_gets_it(database_kind, empty_database):
    assert database_kind in empty_database
    await kinds.unit_of_work.make_engine(empty_database).dispose()
