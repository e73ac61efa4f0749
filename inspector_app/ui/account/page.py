"""The account page: who one is here, the password, and where one is signed in."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.identity import PASSWORD_MIN
from inspector_app.ui import routes
from inspector_app.ui.account.state import AccountState, SessionRow
from inspector_app.ui.kit.controls import field, post_form
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.time import moment
from inspector_app.ui.shell import shell
from inspector_app.ui.tokens.parts import tokens_panel

State = AccountState


def _password_field(name: str, label: str, complete: str, hint: str = "") -> rx.Component:
    control = rx.el.input(
        id=name,
        name=name,
        type="password",
        required=True,
        auto_complete=complete,
        class_name="input",
    )
    return field(label, control, html_for=name, hint=hint)


def _password() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("Password"), class_name="panel-h"),
        post_form(
            rx.el.input(type="hidden", name="next", value=State.router.url.path, read_only=True),
            rx.el.input(
                type="text",
                name="username",
                value=State.username,
                auto_complete="username",
                read_only=True,
                hidden=True,
            ),
            _password_field("current", "Current password", "current-password"),
            _password_field(
                "new",
                "New password",
                "new-password",
                hint=f"At least {PASSWORD_MIN} characters. Your other sessions end.",
            ),
            rx.el.button("Change password", type="submit", class_name="btn primary"),
            to=routes.PASSWORD_POST,
            csrf=State.csrf,
            css="panel-b form",
        ),
        class_name="panel",
    )


def _end(row: rx.Var[SessionRow]) -> rx.Component:
    return rx.cond(
        row.this_one,
        rx.el.span("This browser", class_name="t3"),
        post_form(
            rx.el.input(type="hidden", name="session_id", value=row.ident, read_only=True),
            rx.el.button("End", type="submit", class_name="btn sm danger-quiet"),
            to=routes.REVOKE_POST,
            csrf=State.csrf,
        ),
    )


def _row(row: rx.Var[SessionRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.span(icon("monitor", 14), row.device, class_name="row"), title=row.agent),
        rx.el.td(row.address, class_name="mono hide-n"),
        rx.el.td(row.provider, class_name="hide-n"),
        rx.el.td(moment(row.since), class_name="r hide-n"),
        rx.el.td(moment(row.seen, "relative"), class_name="r"),
        rx.el.td(moment(row.ends, "in"), class_name="r hide-n"),
        rx.el.td(_end(row), class_name="r"),
    )


def _sessions() -> rx.Component:
    head = (
        ("Browser", ""),
        ("Address", "hide-n"),
        ("Signed in by", "hide-n"),
        ("Since", "r hide-n"),
        ("Last used", "r"),
        ("Ends", "r hide-n"),
        ("", "r"),
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Sessions"),
            rx.el.span("Where you are signed in", class_name="t3 grow"),
            post_form(
                rx.el.input(type="hidden", name="others", value="true", read_only=True),
                rx.el.button(
                    "End all others",
                    type="submit",
                    class_name="btn sm danger-quiet",
                    disabled=State.sessions.length() < 2,  # noqa: PLR2004 - this one and another
                ),
                to=routes.REVOKE_POST,
                csrf=State.csrf,
            ),
            class_name="panel-h",
        ),
        rx.el.table(
            rx.el.thead(rx.el.tr(*(rx.el.th(word, class_name=css) for word, css in head))),
            rx.el.tbody(rx.foreach(State.sessions, _row)),
            class_name="tbl",
        ),
        class_name="panel",
    )


def _person() -> rx.Component:
    return rx.el.section(
        rx.el.div(rx.el.h2("You"), class_name="panel-h"),
        rx.el.dl(
            rx.el.dt("User name"),
            rx.el.dd(State.username),
            rx.el.dt("Organisation"),
            rx.el.dd(State.tenant_name),
            rx.el.dt("Role"),
            rx.el.dd(State.role),
            rx.el.dt("May"),
            rx.el.dd(
                rx.foreach(
                    State.permissions, lambda each: rx.el.span(each, class_name="tag mono")
                ),
                class_name="tags",
            ),
            class_name="kv panel-b",
        ),
        class_name="panel",
    )


def account_page() -> rx.Component:
    """The page at `/t/{tenant}/account`."""
    return shell(
        rx.cond(
            State.ready,
            rx.fragment(
                rx.el.div(_person(), _password(), class_name="cols two"),
                _sessions(),
                tokens_panel(
                    title="Personal tokens",
                    about="What acts as you",
                    nothing="A token lets a program of yours act as you, within the role and "
                    "scopes you give it.",
                ),
            ),
            rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status"),
        ),
        page="account",
        crumbs=(("Account", ""),),
    )
