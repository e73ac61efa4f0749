"""The audit log: the chain's health, who did what, and one entry in plain words."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.audit.state import AuditState
from inspector_app.ui.audit.values import EntryRow
from inspector_app.ui.kit.admins import for_admins
from inspector_app.ui.kit.controls import (
    button,
    copy_button,
    field,
    icon_button,
    link,
    menu,
    opens,
)
from inspector_app.ui.kit.feedback import empty, notice
from inspector_app.ui.kit.icons import badge, icon
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import OUTCOME

State = AuditState


def _health() -> rx.Component:
    unchecked = rx.el.div(
        icon("shield"),
        rx.el.div(
            rx.el.b("Entries are chained by their hashes."),
            " Checking recomputes every one of them and compares it with signed checkpoints.",
            class_name="grow",
        ),
        button("Check now", on_click=State.check),
        class_name="notice quiet",
    )
    return rx.cond(
        State.verdict,
        rx.el.div(
            notice(State.verdict),
            button("Check again", on_click=State.check),
            class_name="with-act",
        ),
        unchecked,
    )


def _filters() -> rx.Component:
    return rx.el.form(
        rx.el.div(
            icon("search", 14),
            rx.el.input(
                name="text",
                class_name="bare",
                placeholder='Words or "a phrase" anywhere in an entry',
                aria_label="Search the audit log",
                auto_complete="off",
                default_value=State.chosen.text,
                key=State.chosen.text,
                custom_attrs={"data-filter": ""},
            ),
            rx.el.span("/", class_name="kbd hide-n"),
            class_name="input",
        ),
        rx.el.select(
            rx.el.option("Any outcome", value=""),
            *(rx.el.option(look.word, value=key.value) for key, look in OUTCOME.items()),
            name="outcome",
            class_name="input select",
            aria_label="Outcome",
            default_value=State.chosen.outcome,
            key="outcome-" + State.chosen.outcome,
        ),
        rx.el.button("Search", type="submit", class_name="btn in-row"),
        button("Export", name="download", css="in-row export", **opens("export-menu")),
        _more_filters(),
        class_name="query-bar",
        on_submit=State.search,
        reset_on_submit=False,
    )


def _more_filters() -> rx.Component:
    return rx.el.details(
        rx.el.summary("Actor, action, target, time"),
        rx.el.div(
            _narrowing("actor", "Actor, or for whom", State.chosen.actor),
            _narrowing("action", "Action begins with", State.chosen.action, example="run:"),
            _narrowing("target", "Target", State.chosen.target),
            _narrowing("since", "From, UTC", State.chosen.since, kind="date"),
            _narrowing("until", "To, UTC", State.chosen.until, kind="date"),
            class_name="filters",
        ),
        class_name="more-filters",
        open=State.narrowed,
    )


def _narrowing(
    name: str, label: str, value: rx.Var[str], *, kind: str = "text", example: str = ""
) -> rx.Component:
    ident = f"audit-{name}"
    control = rx.el.input(
        id=ident,
        name=name,
        type=kind,
        class_name="input",
        placeholder=example,
        auto_complete="off",
        default_value=value,
        key=ident + value,
    )
    return field(label, control, html_for=ident)


def _export_menu() -> rx.Component:
    def item(href: rx.Var[str], word: str, hint: str) -> rx.Component:
        return rx.el.a(
            rx.el.span(word),
            rx.el.span(hint, class_name="t3"),
            href=href,
            download=True,
            reload_document=True,  # else the router takes it for a page
            class_name="menu-item two",
        )

    return menu(
        "export-menu",
        rx.el.div(State.total, " in the list, oldest first", class_name="menu-h"),
        item(State.json_href, "JSON lines", "Whole, with hashes: to check or keep"),
        item(State.csv_href, "CSV", "For spreadsheets, without formulas"),
        rx.el.div("The export is an entry of the log itself.", class_name="menu-note"),
        css="at-export",
    )


def _actor(row: rx.Var[EntryRow]) -> rx.Component:
    kind = rx.match(
        row.actor_kind,
        ("person", icon("user-round", 14)),
        ("operator", icon("terminal", 14)),
        ("system", icon("cpu", 14)),
        icon("circle-help", 14),
    )
    return rx.el.span(kind, rx.el.span(row.actor, class_name="trunc"), class_name="row t1")


def _row(row: rx.Var[EntryRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.button(
                row.number, type="button", class_name="plain", on_click=State.open_entry(row.seq)
            ),
            class_name="r hide-n",
        ),
        rx.el.td(moment(row.at), class_name="when"),
        rx.el.td(_actor(row), class_name="actor"),
        rx.el.td(row.action, class_name="mono action"),
        rx.el.td(row.target, title=row.target, class_name="hide-n"),
        rx.el.td(badge(row.outcome, OUTCOME), class_name="outcome"),
        aria_selected=rx.cond(State.opened.seq == row.seq, "true", "false"),
        on_click=State.open_entry(row.seq),
        custom_attrs={"data-row": ""},
    )


def _table() -> rx.Component:
    head = (
        ("No.", "r", "88px"),
        ("Time", "", "124px"),
        ("Actor", "", "136px"),
        ("Action", "hide-n", "160px"),
        ("Target", "hide-n", "auto"),
        ("Outcome", "", "176px"),
    )
    return table(head, rx.foreach(State.rows, _row), css="entries")


def _fact(word: str, *value: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.fragment(rx.el.dt(word), rx.el.dd(*value))


def _detail() -> rx.Component:
    row = State.opened
    target = rx.cond(
        row.target_href,
        link(row.target, to=row.target_href, class_name="link mono"),
        rx.el.span(row.target_kind, " ", row.target),
    )
    return rx.el.aside(
        rx.el.div(
            badge(row.outcome, OUTCOME, pill=True),
            rx.el.b("Entry ", row.number, class_name="grow"),
            link(
                icon("link", 14),
                to=row.href,
                class_name="btn ghost icon",
                aria_label="Link to this entry",
            ),
            icon_button("x", "Close", on_click=State.close_entry),
            class_name="detail-h",
        ),
        rx.el.div(
            rx.el.p(row.sentence, class_name="t2 wrap"),
            rx.el.dl(
                _fact("When", moment(row.at, "full")),
                _fact("Actor", row.actor, rx.cond(row.role, ", " + row.role, "")),
                rx.cond(row.behalf, _fact("On behalf of", row.behalf)),
                rx.cond(row.provider, _fact("Signed in by", row.provider)),
                _fact("Permission", rx.el.span(row.permission, class_name="mono")),
                _fact("Target", target),
                rx.cond(row.reason, _fact("Reason given", row.reason)),
                rx.cond(
                    row.session,
                    _fact("Session", rx.el.span(row.session, class_name="mono wrap")),
                ),
                rx.cond(row.address, _fact("From", rx.el.span(row.address, class_name="mono"))),
                _fact(
                    "Request",
                    rx.el.span(row.request_id, class_name="mono wrap"),
                    copy_button(row.request_id, "request id"),
                ),
                class_name="kv",
            ),
            rx.el.div(
                rx.el.b("Chain"),
                rx.el.dl(
                    _fact("Previous", rx.el.span(row.previous, class_name="mono t2")),
                    _fact("This entry", rx.el.span(row.hash, class_name="mono")),
                    class_name="kv",
                ),
                class_name="stack tight",
            ),
            class_name="detail-b",
        ),
        aria_label="The entry",
    )


def _list() -> rx.Component:
    listing = rx.el.div(
        rx.cond(
            State.rows.length() > 0,
            _table(),
            empty(
                "search-x",
                "No entry matches",
                "Nothing in this chain fits the search and the filters.",
                acts=(link("Clear all filters", to=State.plain_href, class_name="btn"),),
            ),
        ),
        rx.el.div(
            rx.el.span(State.rows.length(), " of ", State.total),
            rx.el.span(class_name="grow"),
            rx.cond(State.next_href, link("Older entries", to=State.next_href, class_name="link")),
            class_name="panel-f",
        ),
    )
    return rx.el.section(
        listing,
        rx.cond(State.opened, _detail()),
        class_name=rx.cond(State.opened, "panel split-pane", "panel"),
        aria_label="Entries",
    )


def audit_page() -> rx.Component:
    """The page at `/t/{tenant}/audit`."""
    body = for_admins(
        _health(),
        _filters(),
        _export_menu(),
        _list(),
        needs=Permission.AUDIT_READ,
        ready=State.ready,
        title="The audit log is for admins",
        more="Who touched a single run stands on the run's own page, under Audit.",
    )
    return shell(body, page="audit", crumbs=(("Audit", ""),))
