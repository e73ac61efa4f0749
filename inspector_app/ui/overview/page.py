"""What is stuck, what fails, how much passes, and where."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.overview import STEPS
from inspector_app.ui.kit.controls import link
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.live import live_switch
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment, span
from inspector_app.ui.overview.state import OverviewState
from inspector_app.ui.overview.values import (
    GAP,
    HEIGHT,
    NAMESPACES,
    WIDTH,
    Bar,
    Cell,
    NamespaceRow,
    NeedyRow,
    Tile,
)
from inspector_app.ui.shell import shell

State = OverviewState


def _tile(name: str, word: str, tile: rx.Var[Tile]) -> rx.Component:
    return link(
        rx.el.span(icon(name, 14), word, class_name="tile-l"),
        rx.el.span(tile.value, rx.el.small(tile.unit), class_name="tile-v"),
        rx.el.span(tile.note, class_name="tile-s trunc"),
        to=tile.href,
        class_name=rx.Var.create("tile ") + tile.css,
    )


def _tiles() -> rx.Component:
    return rx.el.section(
        _tile("siren", "Firing alerts", State.alerts),
        _tile("unplug", "Stuck runs", State.stuck),
        _tile("activity", "Failure rate", State.failing),
        _tile("gauge", "Throughput", State.throughput),
        _tile("circle-pause", "Paused runs", State.paused),
        class_name="strip",
        aria_label="Now",
    )


def _needy_row(row: rx.Var[NeedyRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.match(
                row.kind,
                ("paused", rx.el.span(icon("circle-pause"), class_name="badge st-paused")),
                ("parted", rx.el.span(icon("equal-not"), class_name="badge st-failed")),
                rx.el.span(icon("rotate-ccw"), class_name="badge st-drift"),
            ),
            class_name="ico",
        ),
        rx.el.td(
            link(row.why, to=row.href, class_name="med trunc"),
            rx.el.span(
                rx.el.span(row.workflow_id, class_name="mono"),
                " · ",
                row.workflow_type,
                " · ",
                row.namespace,
                class_name="sub trunc",
            ),
        ),
        rx.el.td(
            span(row.since, rx.Var("null", _var_type=int), live=True),
            class_name="r t2",
            title="Since it started",
        ),
        rx.el.td(link("Open run", to=row.href, class_name="btn sm"), class_name="hide-n"),
        custom_attrs={"data-row": ""},
    )


def _needs() -> rx.Component:
    table = rx.el.table(
        rx.el.colgroup(
            rx.el.col(width="40px"),
            rx.el.col(),
            rx.el.col(width="104px"),
            rx.el.col(width="120px"),
        ),
        rx.el.tbody(rx.foreach(State.needy, _needy_row), custom_attrs={"data-rows": ""}),
        class_name="tbl two att",
    )
    return rx.el.section(
        rx.el.header(
            rx.el.h2("Needs attention"),
            rx.el.span(State.needing, class_name="t3 num"),
            class_name="panel-h",
        ),
        rx.cond(
            State.needy.length() > 0,
            table,
            empty("circle-check", "Nothing waits", "No run is stuck, and none is paused."),
        ),
        class_name="panel",
    )


def _part(x: rx.Var[int], y: rx.Var[int], height: rx.Var[int], css: str) -> rx.Component:
    return rx.el.rect(x=x, y=y, width=WIDTH - GAP, height=height, class_name=f"fill {css}")


def _bar(bar: rx.Var[Bar]) -> rx.Component:
    return rx.el.g(
        rx.el.title(bar.words),
        _part(bar.x, bar.good_y, bar.good, "st-completed"),
        _part(bar.x, bar.failed_y, bar.failed, "st-failed"),
        _part(bar.x, bar.timed_out_y, bar.timed_out, "st-timedout"),
    )


def _legend(word: str, css: str) -> rx.Component:
    return rx.el.span(rx.el.i(class_name=f"dot {css}"), word)


def _chart() -> rx.Component:
    drawn = rx.el.div(
        rx.el.span(State.highest, class_name="axis"),
        rx.el.svg(
            rx.foreach(State.bars, _bar),
            custom_attrs={
                "viewBox": f"0 0 {STEPS * WIDTH} {HEIGHT}",
                "preserveAspectRatio": "none",
            },
            role="img",
            aria_label="Runs that closed in each five minutes of the last two hours",
        ),
        rx.el.div(
            rx.el.span(moment(State.since, "full")),
            rx.el.span("now"),
            class_name="axis ends",
        ),
        class_name="panel-b chart",
    )
    return rx.el.section(
        rx.el.header(
            rx.el.h2("Runs closed"),
            rx.el.span("every 5 min, 2 hours", class_name="t3"),
            rx.el.span(class_name="grow"),
            rx.el.span(
                _legend("Completed", "st-completed"),
                _legend("Failed", "st-failed"),
                _legend("Timed out", "st-timedout"),
                class_name="legend",
            ),
            class_name="panel-h",
        ),
        rx.cond(
            State.bars.length() > 0,
            drawn,
            rx.cond(
                State.steps == STEPS,
                empty("activity", "Nothing closed", "No run ended in the last two hours."),
                rx.el.p("Counting …", class_name="t3 chart-wait", role="status"),
            ),
        ),
        class_name="panel",
    )


def _cell(cell: rx.Var[Cell], css: str = "") -> rx.Component:
    return rx.el.td(link(cell.value, to=cell.href), class_name=f"r num {css}".strip())


def _row(row: rx.Var[NamespaceRow]) -> rx.Component:
    numbers = rx.fragment(
        _cell(row.running),
        _cell(row.paused, "hide-n"),
        _cell(row.stuck),
        _cell(row.closed, "hide-n"),
        _cell(row.rate),
    )
    silent = rx.el.td(
        rx.el.span(icon("unplug", 14), row.trouble, class_name="badge st-drift trunc"),
        col_span=5,
        title=row.trouble,
    )
    return rx.el.tr(
        rx.el.td(
            link(row.slug, to=row.href, class_name="med"),
            rx.el.span(row.cluster, class_name="t3 s11"),
            class_name="name",
        ),
        rx.cond(row.trouble, silent, numbers),
        custom_attrs={"data-row": ""},
    )


def _namespaces() -> rx.Component:
    head = (
        ("Namespace", "", "auto"),
        ("Running", "r", "96px"),
        ("Paused", "r hide-n", "96px"),
        ("Stuck", "r", "80px"),
        ("Closed, last hour", "r hide-n", "144px"),
        ("Failure rate", "r", "112px"),
    )
    return rx.el.section(
        rx.el.header(
            rx.el.h2("Namespaces"),
            rx.el.span(class_name="grow"),
            rx.el.span("Counted ", moment(State.counted_at, "relative"), class_name="t3"),
            class_name="panel-h",
        ),
        table(head, rx.foreach(State.rows, _row), css="spaces"),
        id=NAMESPACES,
        class_name="panel",
        aria_label="Namespaces",
    )


def _no_namespace() -> rx.Component:
    return empty(
        "server",
        "No namespace yet",
        "The operator has granted your tenant none. On the server: ",
        rx.el.code("inspector namespace grant", class_name="mono"),
    )


def _partial() -> rx.Component:
    """Numbers that leave a namespace out must say so."""
    return rx.cond(
        (State.silent.length() > 0) & (State.silent.length() < State.rows.length()),
        rx.el.div(
            icon("unplug"),
            rx.el.div(
                rx.el.b("The numbers are without "),
                rx.el.b(State.silent.join(", ")),
                rx.el.b("."),
                rx.el.p("Inspector asks again by itself; the table below says what is wrong."),
                class_name="grow",
            ),
            class_name="notice st-drift",
            role="status",
        ),
    )


def overview_page() -> rx.Component:
    """The page at `/t/{tenant}/overview`."""
    body = rx.fragment(
        _partial(),
        _tiles(),
        rx.el.div(_needs(), _chart(), class_name="cols ov-2"),
        _namespaces(),
    )
    return shell(
        rx.cond(
            State.ready,
            rx.cond(State.rows.length() > 0, body, _no_namespace()),
            rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status"),
        ),
        page="overview",
        crumbs=(("Overview", ""),),
        live=live_switch(State.switch_live, State.counted_at),
    )
