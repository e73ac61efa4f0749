"""Rates as the operator writes them, and what counts as one address."""

from __future__ import annotations

import pytest

from inspector_app.domain.limits import USUAL, Kind, Rate, parse_limits, place_of, rates_of


def test_what_is_written_is_what_is_shown_again():
    text = ", ".join(str(limit) for limit in USUAL)
    assert parse_limits(text) == USUAL


def test_kinds_that_are_not_named_keep_their_usual_rate():
    rates = rates_of(parse_limits("read=5/second heavy=off"))
    assert rates[Kind.READ] == Rate(5, 1)
    assert Kind.HEAVY not in rates
    assert rates[Kind.ACT] == rates_of(USUAL)[Kind.ACT]


@pytest.mark.parametrize(
    "text", ["read", "read=0/minute", "read=5/day", "write=5/minute", "read=-1/minute", "read=5"]
)
def test_a_rate_that_is_none_says_how_they_are_written(text):
    with pytest.raises(ValueError, match="read=3000/minute or heavy=off"):
        parse_limits(text)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2a00:1450:4001:81b:1:2:3:4", "2a00:1450:4001:81b::/64"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_address_counts_as_what_one_customer_is_given(address, place):
    assert place_of(address) == place
