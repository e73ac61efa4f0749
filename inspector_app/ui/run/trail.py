"""The audit tab: who touched this run."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.kit.icons import badge
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import AuditRow
from inspector_app.ui.theme import OUTCOME

State = RunState


def _row(row: rx.Var[AuditRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.seq, class_name="r t3 hide-n"),
        rx.el.td(moment(row.at), class_name="t2 when"),
        rx.el.td(
            rx.el.span(row.actor, class_name="med"),
            " ",
            rx.el.span(row.role, class_name="t3 hide-n"),
            title=row.actor,
            class_name="who-did",
        ),
        rx.el.td(row.action, class_name="did"),
        rx.el.td(badge(row.outcome, OUTCOME), class_name="ended"),
        rx.el.td(
            row.reason,
            rx.cond(row.detail, rx.el.span(" ", row.detail, class_name="t3")),
            title=row.reason,
            class_name="why",
        ),
    )


def trail() -> rx.Component:
    """Entries of the tenant's chain about this run, newest first."""
    head = (
        ("Entry", "r hide-n", "76px"),
        ("Time", "", "152px"),
        ("Who", "", "22%"),
        ("Did", "", "112px"),
        ("Outcome", "", "152px"),
        ("Reason", "", "auto"),
    )
    rows = table(head, rx.foreach(State.trail, _row), css="trail", walked=False)
    nobody = empty(
        "scroll-text",
        "Nobody acted on this run yet",
        "Whoever pauses, resumes, signals, cancels or terminates it is written down here, "
        "with the reason.",
    )
    return rx.el.section(
        rx.cond(State.trail.length() > 0, rows, nobody),
        class_name="panel",
        aria_label="Audit",
    )
