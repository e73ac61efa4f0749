"""The list of tokens, for both pages that show one."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.controls import button, link
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.time import moment
from inspector_app.ui.session import SessionState
from inspector_app.ui.tokens.questions import questions
from inspector_app.ui.tokens.state import TokenRow, TokensState

State = TokensState


def _row(row: rx.Var[TokenRow]) -> rx.Component:
    ends = rx.cond(
        row.expired,
        rx.el.span(icon("circle-x", 14), "Expired", class_name="badge st-failed"),
        moment(row.expires, "in"),
    )
    owner = rx.cond(
        row.kind == "service",
        rx.el.span("Service", class_name="tag", title="Made by " + row.owner),
        row.owner,
    )
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon("key-round", 14), row.name, class_name="row"),
            title=row.name,
            class_name="name",
        ),
        rx.cond(State.of_tenant, rx.el.td(owner, class_name="hide-n"), rx.fragment()),
        rx.el.td(row.role, class_name="hide-n"),
        rx.el.td(row.reach, title=row.scopes, class_name="t2 hide-n"),
        rx.el.td(moment(row.created), class_name="r hide-n"),
        rx.el.td(rx.cond(row.used, moment(row.used, "relative"), "Never"), class_name="r used"),
        rx.el.td(ends, class_name="r status"),
        rx.el.td(
            button(
                "Revoke",
                css="sm danger-quiet",
                on_click=State.ask_revoke(row.ident),
                aria_label="Revoke " + row.name,
            ),
            class_name="r started",
        ),
    )


def _table() -> rx.Component:
    def head(word: str, css: str = "", width: str = "auto") -> rx.Component:
        return rx.el.th(word, class_name=css, width=width)

    return rx.el.table(
        rx.el.thead(
            rx.el.tr(
                head("Name"),
                rx.cond(State.of_tenant, head("Whose", "hide-n", "144px"), rx.fragment()),
                head("Role", "hide-n", "112px"),
                head("Scopes", "hide-n", "160px"),
                head("Made", "r hide-n", "132px"),
                head("Last used", "r", "112px"),
                head("Expires", "r", "112px"),
                head("", "r", "104px"),
            )
        ),
        rx.el.tbody(rx.foreach(State.rows, _row)),
        class_name="tbl stacked tokens",
    )


def tokens_panel(*, title: str, about: str, nothing: str) -> rx.Component:
    """The panel with the list; `nothing` stands where there is none yet."""
    may = SessionState.permissions.contains(Permission.TOKEN_OWN.value)
    new = rx.el.button(
        icon("plus", 14),
        "New token",
        type="button",
        class_name="btn sm",
        disabled=~may,
        title=rx.cond(may, "", "Needs the role developer"),
        on_click=State.ask_new,
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2(title),
            rx.el.span(about, class_name="t3 grow trunc hide-n"),
            rx.el.span(class_name="grow"),
            new,
            class_name="panel-h",
        ),
        rx.cond(
            State.rows.length() > 0,
            _table(),
            rx.cond(State.tokens_ready, empty("key-round", "No token yet", nothing)),
        ),
        rx.cond(
            State.next_href,
            rx.el.div(
                rx.el.span(class_name="grow"),
                link("Older ones", to=State.next_href, class_name="link"),
                class_name="panel-f",
            ),
        ),
        questions(),
        class_name="panel",
        aria_label=title,
    )
