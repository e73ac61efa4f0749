"""The list of runs: query, counts by status, rows, paging."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import button, link
from inspector_app.ui.kit.feedback import empty, outage
from inspector_app.ui.kit.icons import badge, icon, state_css, state_icon, state_word
from inspector_app.ui.kit.live import live_switch
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment, span
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import STATUS
from inspector_app.ui.workflows.bulk import (
    bulk_bar,
    bulk_dialog,
    choosing_all,
    choosing_box,
    is_chosen,
)
from inspector_app.ui.workflows.rows import CountCell, RunRow
from inspector_app.ui.workflows.state import WorkflowsState

State = WorkflowsState


def _query_bar() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            icon("search", 14),
            rx.el.input(
                id="query",
                name="query",
                class_name="bare mono",
                placeholder="WorkflowType = 'ResearchAgent' AND CloseTime IS NULL",
                aria_label="Query in Temporal's visibility language",
                aria_invalid=rx.cond(State.query_error, "true", "false"),
                aria_describedby="query-error",
                auto_complete="off",
                spell_check=False,
                default_value=State.query,
                key=State.query,
                custom_attrs={"data-filter": ""},
            ),
            rx.el.span("/", class_name="kbd hide-n"),
            class_name=rx.cond(State.query_error, "input mono bad", "input mono"),
        ),
        rx.el.button("Search", type="submit", class_name="btn in-row"),
        rx.cond(State.filtered, link("Clear", to=State.plain_href, class_name="btn ghost in-row")),
        rx.el.p(
            rx.cond(State.query_error, icon("circle-x", 12)),
            State.query_error,
            id="query-error",
            class_name="err",
            role="alert",
        ),
        class_name="query-bar",
        on_submit=State.search,
        reset_on_submit=False,
    )


def _cell(cell: rx.Var[CountCell]) -> rx.Component:
    return link(
        rx.el.span(
            state_icon(cell.status, STATUS), state_word(cell.status, STATUS), class_name="l"
        ),
        rx.el.b(cell.count),
        to=cell.href,
        class_name=state_css(cell.status, STATUS),
        aria_current=rx.cond(State.status == cell.status, "true", "false"),
    )


def _counts() -> rx.Component:
    return rx.el.nav(
        link(
            rx.el.span("All", class_name="l"),
            rx.el.b(State.total),
            to=State.all_href,
            aria_current=rx.cond(State.status == "", "true", "false"),
        ),
        rx.foreach(State.counts, _cell),
        class_name="counts",
        aria_label="Runs by status",
    )


def _row(row: rx.Var[RunRow]) -> rx.Component:
    note = rx.cond(
        row.stuck,
        rx.el.span(
            icon("equal-not", 14), row.stuck, class_name="badge st-failed", title=row.stuck
        ),
        rx.el.span(row.note, class_name="t2"),
    )
    return rx.el.tr(
        rx.el.td(choosing_box(row), class_name="box hide-n"),
        rx.el.td(badge(row.status, STATUS), class_name="status"),
        rx.el.td(link(row.workflow_id, to=row.href, title=row.workflow_id), class_name="mono id"),
        rx.el.td(row.workflow_type, title=row.workflow_type, class_name="type"),
        rx.el.td(moment(row.started), class_name="r started"),
        rx.el.td(
            span(row.started, row.closed, live=row.closed.is_none()), class_name="r t2 hide-n"
        ),
        rx.el.td(note, class_name="hide-n"),
        aria_selected=rx.cond(is_chosen(row), "true", "false"),
        custom_attrs={"data-row": ""},
    )


def _news() -> rx.Component:
    """Runs that came since: announced over the table, so that no row moves."""
    some = rx.cond(State.news == 1, "1 new run · Show", f"{State.news} new runs · Show")
    return rx.el.div(
        rx.cond(State.news > 0, button(some, name="arrow-up", css="sm", on_click=State.show_new)),
        class_name="news",
        role="status",
    )


def _table() -> rx.Component:
    head = (
        ("Status", "", "172px"),
        ("Workflow id", "", "auto"),
        ("Type", "type", "184px"),
        ("Started", "r", "132px"),
        ("Duration", "r hide-n", "104px"),
        ("Note", "hide-n", "208px"),
    )
    return table(
        head,
        rx.foreach(State.rows, _row),
        css="runs",
        before=rx.el.th(choosing_all(), class_name="box hide-n", width="44px"),
    )


def _foot() -> rx.Component:
    return rx.el.div(
        rx.el.span(State.rows.length(), " of ", State.total),
        rx.el.span("Read ", moment(State.counted_at, "relative")),
        rx.el.button(
            icon("refresh-cw", 14), "Refresh", class_name="btn ghost sm", on_click=State.load
        ),
        rx.el.span(class_name="grow"),
        rx.cond(State.next_href, link("First page", to=State.first_href, class_name="link")),
        rx.cond(State.next_href, link("Next page", to=State.next_href, class_name="link")),
        class_name="panel-f",
    )


def _nothing() -> rx.Component:
    no_match = empty(
        "search-x",
        "No run matches",
        "Nothing in ",
        rx.el.b(State.namespace),
        " fits this query and status.",
        acts=(link("Clear all filters", to=State.plain_href, class_name="btn"),),
    )
    no_data = empty(
        "inbox",
        rx.el.span("No runs in ", State.namespace, " yet"),
        "Inspector is connected. Start a worker and a workflow, then look again.",
        acts=(button("Look again", name="refresh-cw", on_click=State.load),),
    )
    return rx.cond(State.filtered, no_match, no_data)


def _no_namespace() -> rx.Component:
    return empty(
        "server",
        "No namespace yet",
        "The operator has granted your tenant none. On the server: ",
        rx.el.code("inspector namespace grant", class_name="mono"),
    )


def workflows_page() -> rx.Component:
    """The page at `/t/{tenant}/workflows`."""
    listing = rx.el.section(
        _counts(),
        rx.cond(State.rows.length() > 0, rx.fragment(_news(), _table(), _foot()), _nothing()),
        class_name="panel",
        aria_label="Runs",
    )
    # Without an answer there is nothing to list: neither "no match" nor "no data" would be true.
    answered = rx.cond(State.answered, listing)
    body = rx.cond(State.namespace, rx.fragment(_query_bar(), answered), _no_namespace())
    waiting = rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status")
    return shell(
        outage(State.outage, State.load),
        rx.cond(State.ready, body, rx.cond(State.outage, rx.fragment(), waiting)),
        bulk_bar(),
        bulk_dialog(),
        page="workflows",
        crumbs=(("Workflows", ""),),
        live=live_switch(State.switch_live, State.counted_at),
    )
