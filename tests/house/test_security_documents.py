"""What docs/security promises is there: each test and file it names, each id it must answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted((ROOT / "docs/security").glob("*.md"))
ASVS = (
    "2.4.1 3.3.1 3.3.2 3.3.3 3.3.4 3.4.1 3.4.2 3.4.3 3.4.6 3.5.1 3.5.3 3.7.2 4.1.3 4.4.2 4.4.4 "
    "6.2.4 6.2.8 6.3.1 6.3.2 6.3.3 6.3.4 6.3.8 6.5.1 6.8.1 6.8.2 6.8.3 6.8.4 7.2.3 7.2.4 7.3.1 "
    "7.3.2 7.4.1 7.4.2 7.4.5 7.5.2 8.2.1 8.2.2 8.3.2 8.4.1 9.1.2 9.2.2 9.2.3 10.1.2 10.2.2 "
    "10.5.1 10.5.2 10.5.3 10.5.4 10.5.5 11.4.2 12.3.2 16.2.5 16.3.1 16.3.2 16.4.2"
)
"""Of OWASP ASVS 5.0, what applies."""


def known():
    found = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        found |= set(re.findall(r"def (test_\w+)", file.read_text()))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_and_file_that_a_page_names_is_there(page):
    named = re.findall(r"`([^`\s]+)`", page.read_text())
    there = known() | {file.name for file in (ROOT / "tests").rglob("test_*.py")}
    missing = {
        each
        for each in named
        if each.startswith("test_") and not any(_is(each, name) for name in there)
    }
    files = [each for each in named if re.match(r"(tests|docs|inspector_app)/", each)]
    missing |= {each for each in files if not (ROOT / each.partition("::")[0]).exists()}
    assert missing == set()


def _is(said, name):
    return name.startswith(said[:-1]) if said.endswith("…") else name == said


def test_every_requirement_of_asvs_is_answered_by_a_test_or_a_gap():
    text = (ROOT / "docs/security/asvs.md").read_text()
    rows = re.findall(r"^\| (\d+\.\d+\.\d+) \|.*?\|(.*?)\|(.*?)\|$", text, re.MULTILINE)
    assert [row[0] for row in rows] == ASVS.split()
    unanswered = [row[0] for row in rows if "`test_" not in row[2] and "as 8.2.1" not in row[2]]
    assert unanswered == [row[0] for row in rows if row[1].strip().startswith("gap:")]
