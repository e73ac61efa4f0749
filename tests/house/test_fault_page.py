"""docs/sign-in/faults.md tells of tests that are there, and of corpora that are that large."""

from __future__ import annotations

import re
from pathlib import Path

from tests.adapters.test_jwt_attacks import KEY_LIES
from tests.adapters.test_saml_logouts import QUERIES
from tests.fixtures.jwt_forgeries import FORGERIES
from tests.fixtures.jwt_oddities import ODDITIES
from tests.fixtures.oidc_lies import COMEBACKS, LIES, LOGOUT_LIES
from tests.fixtures.saml_attacks import ATTACKS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/sign-in/faults.md").read_text()
CORPORA = {
    "JWTs that anybody could make": FORGERIES,
    "JWTs whose signer errs or lies in their form": ODDITIES,
    "keys that must not sign": KEY_LIES,
    "lies of an OpenID provider": LIES,
    "answers to something else": COMEBACKS,
    "logout tokens that are none": LOGOUT_LIES,
    "SAML responses": ATTACKS,
    "SAML log-outs": QUERIES,
}


def sources() -> str:
    return "\n".join(file.read_text() for file in (ROOT / "tests").rglob("*.py"))


def test_every_test_and_case_that_the_page_of_faults_names_is_there():
    there = sources()
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert len(named) > 100
    assert {each for each in named if f"def {each}(" not in there} == set()
    cases = {each for each in re.findall(r"\*([^*\n]+)\*", PAGE) if each != "in italics"}
    assert len(cases) > 80
    assert {each for each in cases if f'"{each}"' not in there} == set()
    files = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert [each for each in files if not (ROOT / each).exists()] == []


def test_every_corpus_is_at_least_as_large_as_the_page_of_faults_says():
    rows = re.findall(r"^\| ([^|]+) \| `tests/[^|]+` \| (\d+) \|$", PAGE, re.MULTILINE)
    said = {name: int(number) for name, number in rows}
    assert said.keys() == CORPORA.keys()
    assert {name: len(CORPORA[name]) for name in said if len(CORPORA[name]) < said[name]} == {}
