"""The metadata tab: search attributes, memo, timeouts, and what the workflow answers to."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.icons import icon
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import HandlerRow, Pair

State = RunState


def _pairs(title: str, values: rx.Var[list[Pair]], nothing: str) -> rx.Component:
    rows = rx.el.dl(
        rx.foreach(
            values,
            lambda pair: rx.fragment(
                rx.el.dt(pair.name, title=pair.name, class_name="trunc"),
                rx.el.dd(pair.value, class_name="mono wrap"),
            ),
        ),
        class_name="kv panel-b",
    )
    return rx.el.section(
        rx.el.div(rx.el.h3(title), class_name="panel-h"),
        rx.cond(values.length() > 0, rows, rx.el.p(nothing, class_name="t2 payload-none")),
        class_name="panel",
        aria_label=title,
    )


def _handlers(title: str, name: str, rows: rx.Var[list[HandlerRow]]) -> rx.Component:
    def row(each: rx.Var[HandlerRow]) -> rx.Component:
        return rx.el.tr(
            rx.el.td(each.name, class_name="mono", title=each.name),
            rx.el.td(each.description, class_name="t2", title=each.description),
        )

    return rx.cond(
        rows.length() > 0,
        rx.el.table(
            rx.el.thead(
                rx.el.tr(
                    rx.el.th(icon(name, 14), " ", title, width="34%"),
                    rx.el.th("What it is for"),
                )
            ),
            rx.el.tbody(rx.foreach(rows, row)),
            class_name="tbl dense handlers",
        ),
    )


def metadata() -> rx.Component:
    """Everything the run was started with that is no payload."""
    none = (State.signals.length() + State.queries.length() + State.updates.length()) == 0
    note = rx.cond(
        State.handlers_known,
        rx.cond(none, "The workflow declares no signal, query or update.", ""),
        rx.cond(State.handlers_note, State.handlers_note, "Asking a worker …"),
    )
    return rx.el.div(
        _pairs("Search attributes", State.attributes, "None were set."),
        _pairs("Memo", State.memo, "None was set."),
        _pairs("Limits and lineage", State.timeouts, "None were set."),
        rx.el.section(
            rx.el.div(rx.el.h3("Signals, queries and updates"), class_name="panel-h"),
            rx.cond(note, rx.el.p(note, class_name="t2 payload-none")),
            _handlers("Signal", "radio", State.signals),
            _handlers("Query", "search", State.queries),
            _handlers("Update", "refresh-cw", State.updates),
            class_name="panel",
            aria_label="Signals, queries and updates",
        ),
        class_name="cols meta",
    )
