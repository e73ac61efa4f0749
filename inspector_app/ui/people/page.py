"""The people of the tenant: who may do what, who is signed in, and one person in full."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission, Role
from inspector_app.ui.kit.admins import for_admins
from inspector_app.ui.kit.controls import button, copy_button, link
from inspector_app.ui.kit.icons import badge, icon
from inspector_app.ui.kit.sessions import SignedIn
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.people.questions import questions
from inspector_app.ui.people.state import PeopleState, PersonRow
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import ACCOUNT

State = PeopleState


def _bar() -> rx.Component:
    return rx.el.div(
        rx.el.p(
            "Each role holds what the one before it holds: "
            + ", ".join(role.value for role in Role)
            + ".",
            class_name="t3 grow",
        ),
        button(
            "Add a person …", name="user-plus", css="primary", on_click=State.ask_about("add", "")
        ),
        class_name="row",
    )


def _one_time() -> rx.Component:
    return rx.cond(
        State.one_time,
        rx.el.div(
            icon("key-round"),
            rx.el.div(
                rx.el.b("One-time password of ", State.one_time_of),
                rx.el.p(
                    rx.el.code(State.one_time, class_name="mono semi"),
                    copy_button(State.one_time, "one-time password"),
                    class_name="row",
                ),
                rx.el.p(
                    "Shown only now. It opens until ",
                    moment(State.one_time_until, "full"),
                    ", to choose their own password.",
                ),
                class_name="grow",
            ),
            button("I have passed it on", on_click=State.forget_one_time),
            class_name="notice st-drift",
            role="status",
        ),
    )


def _row(row: rx.Var[PersonRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            link(row.username, to=row.href, class_name="med"),
            rx.cond(row.myself, rx.el.span(" you", class_name="t3")),
            class_name="name trunc",
        ),
        rx.el.td(row.role, class_name="far"),
        rx.el.td(badge(row.state, ACCOUNT), class_name="status"),
        rx.el.td(row.provider, class_name="hide-n", title=row.provider),
        rx.el.td(moment(row.signed_in, "relative"), class_name="r hide-n in-detail"),
        rx.el.td(moment(row.seen, "relative"), class_name="r started"),
        rx.el.td(
            rx.cond(row.shared, "", row.sessions.to_string()),
            class_name="r num hide-n in-detail",
        ),
        aria_selected=rx.cond(State.opened.ident == row.ident, "true", "false"),
        custom_attrs={"data-row": ""},
    )


def _table() -> rx.Component:
    head = (
        ("User name", "", "auto"),
        ("Role", "", "96px"),
        ("Account", "", "150px"),
        ("Signed in by", "hide-n", "132px"),
        ("Last sign-in", "r hide-n in-detail", "114px"),
        ("Last used", "r", "114px"),
        ("Sessions", "r hide-n in-detail", "84px"),
    )
    return rx.el.div(
        table(head, rx.foreach(State.rows, _row), css="stacked people"),
        rx.cond(
            State.next_href,
            rx.el.div(
                rx.el.span(class_name="grow"),
                link("First page", to=State.plain_href, class_name="link"),
                link("Next page", to=State.next_href, class_name="link"),
                class_name="panel-f",
            ),
        ),
    )


def _fact(word: rx.Var[str] | str, *value: rx.Component | rx.Var[str] | str) -> rx.Component:
    return rx.fragment(rx.el.dt(word), rx.el.dd(*value))


def _role_facts(row: rx.Var[PersonRow]) -> rx.Component:
    """Say where the role comes from, where a mapping has a part in it."""
    return rx.fragment(
        _fact("Role", row.role),
        rx.cond(
            row.mapped.length() > 0,
            rx.fragment(
                _fact("By hand", rx.cond(row.by_hand, row.by_hand, "none")),
                _fact("By mapping", rx.foreach(row.mapped, rx.el.div)),
            ),
        ),
    )


def _session(row: rx.Var[SignedIn]) -> rx.Component:
    return rx.el.li(
        icon("monitor", 14),
        rx.el.div(
            rx.el.div(row.device, class_name="trunc", title=row.agent),
            rx.el.div(
                rx.el.span(row.address, class_name="mono"),
                " since ",
                moment(row.since),
                ", used ",
                moment(row.seen, "relative"),
                class_name="t3 s12",
            ),
            class_name="grow",
        ),
        rx.cond(
            row.this_one,
            rx.el.span("This browser", class_name="t3 s12"),
            button("End …", css="sm danger-quiet", on_click=State.ask_about("end", row.ident)),
        ),
    )


def _sessions() -> rx.Component:
    none = rx.el.p("Signed in nowhere.", class_name="t3")
    return rx.el.div(
        rx.el.div(
            rx.el.b("Sessions", class_name="grow"),
            rx.cond(
                State.sessions.length() > 0,
                button(
                    "Sign out everywhere …",
                    css="sm danger-quiet",
                    on_click=State.ask_about("sign_out", ""),
                ),
            ),
            class_name="row",
        ),
        rx.cond(
            State.sessions.length() > 0,
            rx.el.ul(rx.foreach(State.sessions, _session), class_name="tries"),
            none,
        ),
        class_name="stack tight",
    )


def _act(word: str, name: str, question: str, css: str = "") -> rx.Component:
    return button(word, name=name, css=css, on_click=State.ask_about(question, ""))


def _acts() -> rx.Component:
    row = State.opened
    account = rx.fragment(
        rx.cond(~row.myself, _act("Reset password …", "key-round", "reset")),
        rx.cond(
            row.state == "disabled",
            _act("Enable …", "user-check", "enable"),
            _act("Disable …", "user-x", "disable", "danger-quiet"),
        ),
    )
    return rx.el.div(
        _act("Change role …", "user-cog", "role"),
        rx.cond(row.shared, rx.fragment(), account),
        _act("Remove …", "user-minus", "remove", "danger-quiet"),
        class_name="acts row wrap",
    )


def _detail() -> rx.Component:
    row = State.opened
    own = rx.fragment(
        rx.el.dl(
            _role_facts(row),
            rx.cond(
                row.one_time_until,
                _fact(
                    rx.cond(
                        row.state == "expired",
                        "One-time password ended",
                        "One-time password until",
                    ),
                    moment(row.one_time_until, "full"),
                ),
            ),
            _fact("Second step", rx.cond(row.second_step, "on", "off")),
            _fact(
                "Signed in by",
                rx.el.span(rx.cond(row.provider, row.provider, "not yet"), title=row.provider),
            ),
            _fact("Last sign-in", moment(row.signed_in, "full")),
            _fact("Last used", moment(row.seen, "full")),
            class_name="kv",
        ),
        _sessions(),
    )
    shared = rx.fragment(
        rx.el.dl(_role_facts(row), class_name="kv"),
        rx.el.p(
            "The operator keeps this account. Here you can change the role, or remove it.",
            class_name="t2",
        ),
    )
    return rx.el.aside(
        rx.el.div(
            badge(row.state, ACCOUNT, pill=True),
            rx.el.b(row.username, class_name="grow trunc"),
            link(
                icon("x"),
                to=State.plain_href,
                class_name="btn ghost icon",
                aria_label="Close",
            ),
            class_name="detail-h",
        ),
        rx.el.div(_acts(), rx.cond(row.shared, shared, own), class_name="detail-b"),
        aria_label="The person",
    )


def people_page() -> rx.Component:
    """The page at `/t/{tenant}/people`."""
    body = for_admins(
        _one_time(),
        _bar(),
        rx.el.section(
            _table(),
            rx.cond(State.opened, _detail()),
            class_name=rx.cond(State.opened, "panel split-pane", "panel"),
            aria_label="People",
        ),
        needs=Permission.PEOPLE_READ,
        ready=State.ready,
        title="People are for admins",
    )
    return shell(body, questions(), page="people", crumbs=(("People", ""),))
