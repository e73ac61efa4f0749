"""The table in the documentation is what the corpus really comes to."""

from __future__ import annotations

from tests.fixtures.replay import table


def test_the_corpus_table_is_what_replaying_says():
    want = table.PAGE.read_text().splitlines()
    # `python -m tests.fixtures.replay.table` writes it anew.
    assert table.page().splitlines() == want
