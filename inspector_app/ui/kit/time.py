"""Times and durations, written by the browser in the reader's zone (assets/time.js)."""

from __future__ import annotations

import reflex as rx


class _Clock(rx.Component):
    library = "$/public/time"


class Moment(_Clock):
    """A point in time; hovering shows it absolute or relative, the other way round."""

    tag = "Moment"

    at: rx.Var[int | None]
    """Epoch milliseconds; None writes a dash."""
    form: rx.Var[str]
    """`auto` follows the reader's choice; `full`, `relative` and `in` are fixed."""


class Span(_Clock):
    """How long something took, or takes while `to` is None and `live`."""

    tag = "Span"

    start: rx.Var[int | None]
    """Epoch milliseconds."""
    to: rx.Var[int | None]
    live: rx.Var[bool]


class ZoneName(_Clock):
    """The name of the zone that times are written in."""

    tag = "ZoneName"


def moment(at: rx.Var[int | None] | int, form: str = "auto") -> rx.Component:
    """Show the moment `at` (epoch milliseconds)."""
    return Moment.create(at=at, form=form)


def span(
    start: rx.Var[int | None], to: rx.Var[int | None], *, live: rx.Var[bool] | bool = False
) -> rx.Component:
    """Show the time from `start` to `to`, both in epoch milliseconds."""
    return Span.create(start=start, to=to, live=live)
