"""One operation: how far it is, what became of each run, and the way to stop it."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.controls import button, copy_button, link
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.feedback import empty, notice, progress
from inspector_app.ui.kit.form import form, reason_field, submit
from inspector_app.ui.kit.icons import badge, state_css, state_icon, state_word
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment, span
from inspector_app.ui.operations.state import OperationPageState
from inspector_app.ui.operations.values import ItemRow, OutcomeCell
from inspector_app.ui.session import SessionState
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import ITEM, OPERATION

State = OperationPageState


def _acts() -> rx.Component:
    shown = State.shown
    return rx.fragment(
        rx.cond(
            shown.live,
            button(
                "Cancel …",
                name="circle-slash",
                needs="developer",
                disabled=~SessionState.permissions.contains(Permission.OPERATION_CANCEL.value)
                | (shown.state == "stopping"),
                on_click=State.ask_reason("cancel"),
            ),
        ),
        rx.cond(
            shown.can_go_on,
            button(
                "Go on …",
                name="play",
                needs="developer",
                disabled=~SessionState.permissions.contains(Permission.OPERATION_START.value),
                on_click=State.ask_reason("resume"),
            ),
        ),
    )


def _fact(word: str, *value: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.el.div(rx.el.dt(word), rx.el.dd(*value))


def _head() -> rx.Component:
    shown = State.shown
    aim = rx.cond(
        shown.query, rx.el.span(shown.query, class_name="mono"), "Runs chosen one by one"
    )
    return rx.el.section(
        rx.el.div(
            badge(shown.state, OPERATION, pill=True),
            rx.el.b(shown.title, class_name="semi grow trunc"),
            _acts(),
            class_name="row",
        ),
        progress(shown.percent, shown.settled, more=shown.left, wide=True),
        rx.cond(shown.note, rx.el.p(shown.note, class_name="t2")),
        rx.el.dl(
            _fact("Runs", aim),
            _fact("Reason", shown.reason),
            _fact("Started", shown.by, ", ", moment(shown.created, "full")),
            _fact("Took", span(shown.created, shown.ended, live=shown.live)),
            _fact("Pace", shown.pace),
            _fact(
                "Frozen set",
                rx.el.span(
                    rx.el.span("SHA-256 " + shown.digest[:12] + "…", class_name="mono"),
                    copy_button(shown.digest, "digest"),
                    class_name="row",
                ),
            ),
            class_name="op-facts",
        ),
        rx.cond(
            shown.live,
            rx.el.p("It goes on when you close this page, and after a restart.", class_name="t3"),
        ),
        class_name="panel panel-b stack",
        aria_label="Progress",
    )


def _cell(cell: rx.Var[OutcomeCell]) -> rx.Component:
    return link(
        rx.el.span(state_icon(cell.outcome, ITEM), state_word(cell.outcome, ITEM), class_name="l"),
        rx.el.b(cell.count),
        to=cell.href,
        class_name=state_css(cell.outcome, ITEM),
        aria_current=rx.cond(State.outcome == cell.outcome, "true", "false"),
    )


def _row(row: rx.Var[ItemRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(row.number, class_name="r t3 num hide-n"),
        rx.el.td(badge(row.outcome, ITEM), class_name="status"),
        rx.el.td(link(row.workflow_id, to=row.href, title=row.workflow_id), class_name="mono id"),
        rx.el.td(row.detail, title=row.detail, class_name="t2 hide-n"),
        rx.el.td(moment(row.at), class_name="r started"),
        custom_attrs={"data-row": ""},
    )


def _runs() -> rx.Component:
    head = (
        ("No.", "r hide-n", "72px"),
        ("Outcome", "", "132px"),
        ("Workflow id", "", "auto"),
        ("What happened", "hide-n", "auto"),
        ("At", "r", "132px"),
    )
    rows = table(head, rx.foreach(State.rows, _row), css="stacked items")
    none = empty(
        "search-x",
        "No run has this outcome",
        acts=(link("Show all", to=State.all_href, class_name="btn"),),
    )
    return rx.el.section(
        rx.el.nav(
            link(
                rx.el.span("All", class_name="l"),
                rx.el.b(State.shown.total),
                to=State.all_href,
                aria_current=rx.cond(State.outcome == "", "true", "false"),
            ),
            rx.foreach(State.cells, _cell),
            class_name="counts",
            aria_label="Runs by outcome",
        ),
        rx.cond(State.rows.length() > 0, rows, none),
        rx.cond(
            State.next_href,
            rx.el.div(
                rx.el.span(class_name="grow"),
                link("First page", to=State.all_href, class_name="link"),
                link("Next page", to=State.next_href, class_name="link"),
                class_name="panel-f",
            ),
        ),
        class_name="panel",
        aria_label="Runs",
    )


def _question(
    name: str, title: str, text: str, keep: str, verb: str, on_submit: rx.EventHandler
) -> rx.Component:
    ident = f"{name}-form"
    return dialog(
        is_open=State.asking == name,
        on_open_change=State.shut,
        title=title,
        body=(
            rx.el.p(text),
            notice(State.problem),
            form(ident, reason_field(ident, error=State.reason_error), on_submit=on_submit),
        ),
        footer=(
            button(keep, on_click=State.shut(False)),
            submit(ident, verb),
        ),
    )


def operation_page() -> rx.Component:
    """The page at `/t/{tenant}/operation?id=…`."""
    waiting = rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status")
    missing = empty(
        "search-x",
        "There is no such operation here",
        "It may be another tenant's, or the address was cut.",
        acts=(link("All operations", to=State.operations_href, class_name="btn"),),
    )
    return shell(
        rx.cond(
            State.ready,
            rx.cond(
                State.shown,
                rx.fragment(_head(), _runs()),
                rx.el.section(missing, class_name="panel"),
            ),
            waiting,
        ),
        _question(
            "cancel",
            "Cancel this operation?",
            "What is in flight ends first. The runs that were not reached yet are left alone; "
            "what was done stays done.",
            "Let it go on",
            "Cancel operation",
            State.cancel,
        ),
        _question(
            "resume",
            "Go on with this operation?",
            "It goes on with the runs it left alone, and touches none a second time.",
            "Leave it",
            "Go on",
            State.resume,
        ),
        page="operations",
        crumbs=(
            ("Operations", State.operations_href),
            (rx.cond(State.shown, State.shown.title, "Operation"), ""),
        ),
    )
