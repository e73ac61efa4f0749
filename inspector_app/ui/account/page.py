"""The account page: who one is here, the password, and where one is signed in."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.identity import PASSWORD_MIN
from inspector_app.ui import routes
from inspector_app.ui.account.state import AccountState
from inspector_app.ui.kit.controls import button, copy_button, field, post_form
from inspector_app.ui.kit.form import field_id, submit
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.proof import proof
from inspector_app.ui.kit.sessions import SignedIn
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.shell import shell
from inspector_app.ui.tokens.parts import tokens_panel

State = AccountState
_PROOF = "second-step-proof"


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


def _signed_in_elsewhere() -> rx.Component:
    """Who signed in elsewhere has no password here to change, or not by this session."""
    return rx.el.section(
        rx.el.div(rx.el.h2("How you sign in"), class_name="panel-h"),
        rx.el.div(
            rx.el.p("You signed in with ", rx.el.b(State.elsewhere, class_name="med"), "."),
            rx.el.p(
                "Your password and your second step are kept there: change them there. Your role "
                "may come from your groups there; it is looked at anew each time you sign in. "
                "To change a password that you also have here, sign in with that one.",
                class_name="t2",
            ),
            class_name="panel-b stack tight",
        ),
        class_name="panel",
    )


def _end(row: rx.Var[SignedIn]) -> rx.Component:
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


def _row(row: rx.Var[SignedIn]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon("monitor", 14), row.device, class_name="row"),
            title=row.agent,
            class_name="name",
        ),
        rx.el.td(row.address, class_name="mono address trunc", title=row.address),
        rx.el.td(row.provider, class_name="hide-n", title=row.provider),
        rx.el.td(moment(row.since), class_name="r hide-n"),
        rx.el.td(moment(row.seen, "relative"), class_name="r started"),
        rx.el.td(moment(row.ends, "in"), class_name="r hide-n"),
        rx.el.td(_end(row), class_name="r act"),
    )


def _sessions() -> rx.Component:
    head = (
        ("Browser", "", "auto"),
        ("Address", "", "168px"),
        ("Signed in by", "hide-n", "152px"),
        ("Since", "r hide-n", "132px"),
        ("Last used", "r", "112px"),
        ("Ends", "r hide-n", "112px"),
        ("", "r", "128px"),
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
        table(head, rx.foreach(State.sessions, _row), css="stacked sessions", walked=False),
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


def _code_form(ident: str, word: str, css: str, on_submit: rx.EventHandler) -> rx.Component:
    code_id = field_id(ident, "code")
    code = rx.el.input(
        id=code_id, name="code", class_name="input mono", auto_complete="one-time-code"
    )
    return rx.el.form(
        field("Code", code, html_for=code_id, error=State.code_error),
        rx.el.button(word, type="submit", class_name=f"btn {css}"),
        class_name="form",
        on_submit=on_submit,
        reset_on_submit=True,
    )


def _enrol() -> rx.Component:
    shown = State.enrolment
    side = shown.side.to_string()
    qr = rx.el.svg(
        rx.el.path(d=shown.path, fill="#000"),
        view_box=rx.Var.create("0 0 ") + side + " " + side,
        class_name="qr",
        role="img",
        aria_label="QR code of the secret",
        shape_rendering="crispEdges",
    )
    told = rx.el.div(
        rx.el.p("Scan this with an authenticator app, or type the secret into it."),
        rx.el.p(
            rx.el.code(shown.secret, class_name="mono wrap"),
            copy_button(shown.secret, "secret"),
            class_name="row",
        ),
        rx.el.p("Then give the code that it shows."),
        _code_form("enrolment", "Switch on", "primary", State.confirm_second_step),
        class_name="stack grow",
    )
    return rx.el.div(qr, told, class_name="enrol")


def _switched_on() -> rx.Component:
    codes = rx.el.div(
        icon("key-round"),
        rx.el.div(
            rx.el.b("Keep these recovery codes"),
            rx.el.p("Each opens once, without the app. They are shown only now."),
            rx.el.ul(
                rx.foreach(State.recovery_codes, rx.el.li),
                class_name="codes mono",
            ),
            class_name="grow",
        ),
        copy_button(State.recovery_codes.join("\n"), "recovery codes"),
        class_name="notice st-drift",
        role="status",
    )
    return rx.fragment(
        rx.cond(State.recovery_codes.length() > 0, codes),
        rx.el.p(
            "On: signing in asks for a code, too. Recovery codes left: ",
            State.recovery_left,
            ".",
        ),
        _code_form("removal", "Remove the second step", "danger-quiet", State.remove_second_step),
    )


def _second_step() -> rx.Component:
    """The second step of one's own sign-in: switched on with an app, taken away with a code."""
    off = rx.fragment(
        rx.el.p(
            "Off. With it, whoever learns your password still cannot sign in without your phone."
        ),
        rx.el.div(button("Set up …", name="smartphone", on_click=State.begin_second_step)),
    )
    proved = rx.cond(State.second_step, _switched_on(), rx.cond(State.enrolment, _enrol(), off))
    unproved = rx.fragment(
        rx.el.p(rx.cond(State.second_step, "On.", "Off.")),
        proof(
            csrf=State.csrf,
            back=State.here,
            by_code=State.second_step,
            ident=_PROOF,
        ),
        rx.el.div(
            submit(_PROOF, "Go on", ""),
        ),
    )
    return rx.el.section(
        rx.el.div(rx.el.h2("Second step at sign-in"), class_name="panel-h"),
        rx.el.div(rx.cond(State.must_prove, unproved, proved), class_name="panel-b stack"),
        class_name="panel",
    )


def account_page() -> rx.Component:
    """The page at `/t/{tenant}/account`."""
    return shell(
        rx.cond(
            State.ready,
            rx.fragment(
                rx.el.div(
                    _person(),
                    rx.cond(State.elsewhere, _signed_in_elsewhere(), _password()),
                    class_name="cols two",
                ),
                rx.cond((State.elsewhere == "") | State.second_step, _second_step()),
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
