"""What is decided about a run without asking anybody."""

from __future__ import annotations

import pytest

from inspector_app.domain.workflows import Handler, Handlers, check_signal

SIGNALS = Handlers(known=True, signals=(Handler("approve", "", 2), Handler("hint", "", None)))


@pytest.mark.parametrize(
    ("name", "arguments", "said", "certain", "suggestion"),
    [
        ("aprove", 2, "no signal named aprove", True, "approve"),
        ("zzz", 0, "no signal named zzz", True, ""),
        ("approve", 1, "takes 2 arguments, not 1", True, ""),
    ],
)
def test_a_signal_is_compared_with_what_is_declared(name, arguments, said, certain, suggestion):
    warning = check_signal(name, arguments, SIGNALS)
    assert said in warning.message
    assert (warning.certain, warning.suggestion) == (certain, suggestion)


@pytest.mark.parametrize(("name", "arguments"), [("approve", 2), ("hint", 7)])
def test_what_fits_or_cannot_be_counted_is_not_warned_about(name, arguments):
    assert check_signal(name, arguments, SIGNALS) is None


def test_where_nobody_answered_or_all_names_are_taken_nothing_is_certain():
    silent = check_signal("approve", 0, Handlers(known=False, reason="no worker polls"))
    assert "no worker polls" in silent.message
    dynamic = check_signal("any", 0, Handlers(known=True, signals=(Handler("", "", None),)))
    assert "dynamically" in dynamic.message
    assert not silent.certain
    assert not dynamic.certain
