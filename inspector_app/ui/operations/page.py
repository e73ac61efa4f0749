"""The list of operations."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import link
from inspector_app.ui.kit.feedback import empty, progress
from inspector_app.ui.kit.icons import badge
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.operations.state import OperationsState
from inspector_app.ui.operations.values import OperationView
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import OPERATION

State = OperationsState


def _row(row: rx.Var[OperationView]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(badge(row.state, OPERATION), class_name="status"),
        rx.el.td(link(row.title, to=row.href, class_name="med"), class_name="name"),
        rx.el.td(row.namespace, class_name="hide-n"),
        rx.el.td(row.reason, title=row.reason, class_name="t2 hide-n"),
        rx.el.td(progress(row.percent, row.settled), class_name="far"),
        rx.el.td(row.by, class_name="hide-n"),
        rx.el.td(moment(row.created), class_name="r started"),
        custom_attrs={"data-row": ""},
    )


def _table() -> rx.Component:
    head = (
        ("State", "", "132px"),
        ("What", "", "auto"),
        ("Namespace", "hide-n", "144px"),
        ("Reason", "hide-n", "auto"),
        ("Progress", "", "208px"),
        ("By", "hide-n", "112px"),
        ("Started", "r", "132px"),
    )
    return table(head, rx.foreach(State.rows, _row), css="stacked operations")


def operations_page() -> rx.Component:
    """The page at `/t/{tenant}/operations`."""
    nothing = empty(
        "list-checks",
        "No operation yet",
        "Work on many runs at once stands here, with what became of each. Start one in the list "
        "of workflows: filter, then act on all that match.",
        acts=(link("Open workflows", to=State.workflows_href, class_name="btn"),),
    )
    listing = rx.el.section(
        rx.cond(State.rows.length() > 0, _table(), nothing),
        rx.cond(
            State.next_href,
            rx.el.div(
                rx.el.span(class_name="grow"),
                link("Older ones", to=State.next_href, class_name="link"),
                class_name="panel-f",
            ),
        ),
        class_name="panel",
        aria_label="Operations",
    )
    waiting = rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status")
    return shell(
        rx.cond(State.ready, listing, waiting),
        page="operations",
        crumbs=(("Operations", ""),),
    )
