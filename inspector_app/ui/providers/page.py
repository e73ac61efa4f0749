"""How the tenant's people sign in elsewhere."""

from __future__ import annotations

from enum import StrEnum

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.ui.kit.admins import for_admins
from inspector_app.ui.kit.controls import button, link, menu, opens
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.kit.form import form, reason_field
from inspector_app.ui.kit.icons import badge, icon
from inspector_app.ui.kit.question import Proving, question
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.providers.form import provider_form
from inspector_app.ui.providers.rows import KINDS, ProviderRow
from inspector_app.ui.providers.state import PANEL, ProvidersState
from inspector_app.ui.providers.trying import beside
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import Look

State = ProvidersState


class _Switched(StrEnum):
    ON = "on"
    OFF = "off"


_STATES: dict[StrEnum, Look] = {
    _Switched.ON: Look("st-completed", "circle-check", "On"),
    _Switched.OFF: Look("st-neutral", "circle-slash", "Off"),
}
_SUCH_AS = {
    ProviderKind.OIDC: "Keycloak, Entra ID, Okta, Google",
    ProviderKind.OAUTH2: "GitHub",
    ProviderKind.SAML: "any SAML 2.0 identity provider",
    ProviderKind.LDAP: "Active Directory, OpenLDAP",
}
_ASKED = "ask-provider"
_TEXTS = {
    "enable": ("Switch on ", "It stands on the sign-in page again.", "Switch on"),
    "disable": (
        "Switch off ",
        "It lets nobody in any more, and the sessions it opened end at their next click.",
        "Switch off",
    ),
    "remove": (
        "Remove ",
        (
            "Its sessions end, and the roles that came by its mapping are taken away. The people "
            "stay, with what they were given by hand."
        ),
        "Remove",
    ),
}


def _row(row: rx.Var[ProviderRow]) -> rx.Component:
    named = rx.cond(
        row.href,
        link(row.name, to=row.href, class_name="med trunc"),
        rx.el.span(row.name, class_name="trunc"),
    )
    whose = rx.cond(
        row.href == "",
        rx.el.span("the operator's, for everybody", class_name="t3 s12"),
        rx.cond(row.managed, rx.el.span("in the operator's file", class_name="t3 s12")),
    )
    return rx.el.tr(
        rx.el.td(rx.el.span(named, whose, class_name="row"), title=row.name, class_name="name"),
        rx.el.td(row.kind, class_name="far"),
        rx.el.td(badge(row.state, _STATES), class_name="status"),
        rx.el.td(rx.cond(row.href, row.rules.to_string(), ""), class_name="r num hide-n"),
        rx.el.td(rx.cond(row.href, row.people.to_string(), ""), class_name="r num hide-n"),
        rx.el.td(rx.cond(row.href, moment(row.last, "relative"), ""), class_name="r started"),
        custom_attrs={"data-row": ""},
    )


def _add(ident: str, css: str) -> rx.Component:
    return rx.fragment(
        button("Add a provider …", name="plus", css=css, **opens(ident)),
        menu(ident, *(_kind_item(kind) for kind in ProviderKind), css="at-provider"),
    )


def _kind_item(kind: ProviderKind) -> rx.Component:
    return link(
        rx.el.span(KINDS[kind], class_name="med"),
        rx.el.span(_SUCH_AS[kind], class_name="t3 s11"),
        to=State.new_hrefs[kind.value],
        class_name="menu-item two",
    )


def _list() -> rx.Component:
    head = (
        ("Name", "", "auto"),
        ("Kind", "", "150px"),
        ("Sign-in page", "", "120px"),
        ("Rules", "r hide-n", "72px"),
        ("People", "r hide-n", "80px"),
        ("Last sign-in", "r", "124px"),
    )
    none = empty(
        "log-in",
        "Everybody signs in with a password kept here",
        "Let your people sign in where they do anyway: by OpenID Connect, GitHub, SAML or your "
        "directory. Their groups there can give them their role here.",
        acts=(_add("first-provider", "primary"),),
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Sign-in providers"),
            rx.el.span("What your sign-in page offers", class_name="t3 trunc hide-n"),
            rx.el.span(class_name="grow"),
            rx.cond(State.rows.length() > 0, _add("new-provider", "sm")),
            class_name="panel-h",
        ),
        rx.cond(
            State.rows.length() > 0,
            table(head, rx.foreach(State.rows, _row), css="stacked providers"),
            none,
        ),
        class_name="panel",
        aria_label="Sign-in providers",
    )


def _one() -> rx.Component:
    row = State.opened
    word = rx.match(State.kind, *((kind.value, said) for kind, said in KINDS.items()), "")
    acts = rx.cond(
        row.managed,
        rx.fragment(),
        rx.el.div(
            rx.cond(
                row.state == "on",
                button("Switch off …", css="sm", on_click=State.ask_provider("disable")),
                button("Switch on …", css="sm", on_click=State.ask_provider("enable")),
            ),
            button("Remove …", css="sm danger-quiet", on_click=State.ask_provider("remove")),
            class_name="row acts",
        ),
    )
    panel = rx.el.section(
        rx.el.div(
            link(
                icon("arrow-left"),
                to=State.list_href,
                class_name="btn ghost icon sm",
                aria_label="All providers",
            ),
            rx.el.h2(
                rx.cond(row, row.name, "New provider"),
                id=PANEL,
                tab_index=-1,
                class_name="trunc",
                title=row.name,
            ),
            rx.el.span(word, class_name="t3 nowrap"),
            rx.cond(row, badge(row.state, _STATES)),
            rx.el.span(class_name="grow"),
            rx.cond(row, acts),
            class_name="panel-h",
        ),
        rx.el.div(provider_form(), class_name="panel-b stack"),
        class_name="panel",
        aria_label="Provider",
    )
    return rx.el.div(
        panel, rx.cond(row, beside()), class_name=rx.cond(row, "provider-one", "provider-new")
    )


def _question() -> rx.Component:
    title, text, verb = (
        rx.match(State.asking, *((name, said[place]) for name, said in _TEXTS.items()), "")
        for place in range(3)
    )
    return question(
        _ASKED,
        form(
            _ASKED,
            rx.el.p(text),
            reason_field(_ASKED, error=State.wrong["reason"]),
            on_submit=State.answer_provider,
        ),
        title=rx.fragment(title, "“", State.opened.name, "”?"),
        verb=verb,
        is_open=State.asking != "",
        on_shut=State.shut_provider,
        proving=Proving(State.must_prove, State.second_step, State.here),
        told=(State.problem,),
        css=rx.cond(State.asking == "enable", "primary", "danger"),
    )


def providers_page() -> rx.Component:
    """The page at `/t/{tenant}/admin/providers`."""
    body = for_admins(
        rx.cond(State.kind, _one(), _list()),
        _question(),
        needs=Permission.PROVIDER_READ,
        ready=State.ready,
        title="Sign-in providers are for admins",
    )
    return shell(body, page="providers", crumbs=(("Sign-in", ""),))
