"""The form of a provider, a kind each, made of what its settings say of themselves."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields

import reflex as rx

from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import SETTINGS, ProviderKind, Shape, shown
from inspector_app.ui.kit.controls import button, field, icon_button, link
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.form import field_id, form, reason_field, submit
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.proof import proof
from inspector_app.ui.providers.metadata import from_metadata
from inspector_app.ui.providers.rows import RULE_GROUP, RULE_ROLE, SECRETS, RuleRow
from inspector_app.ui.providers.state import ProvidersState, form_ident
from inspector_app.ui.session import SessionState

State = ProvidersState
_FILLED = {"entity_id", "sso_url", "slo_url", "certificates", "encryption_certificate"}
"""Of SAML's settings, what metadata says."""
_WIDE = {Shape.LINES, Shape.PEM}
_RANK = {Shape.LINES: 1, Shape.PEM: 2, Shape.SWITCH: 3}
"""Of settings with a default, below one-line ones: what is equally high stands side by side."""


def _text(
    of: str, name: str, label: str, hint: str, *, shape: Shape = Shape.TEXT, **props: object
) -> rx.Component:
    ident = field_id(of, name)
    key = name + State.form_key.to_string()
    known = {
        "id": ident,
        "name": name,
        "spell_check": False,
        "key": key + "-" + State.filled.to_string() if name in _FILLED else key,
        "default_value": State.values[name],
        "aria_invalid": rx.cond(State.wrong[name], "true", "false"),
    }
    if shape in _WIDE:
        rows, css = ("5", "pem") if shape is Shape.PEM else ("3", "")
        look = f"input area mono {css}".strip()
        control = rx.el.textarea(class_name=look, rows=rows, **known, **props)
    else:
        css = "input mono" if shape is Shape.URL else "input"
        control = rx.el.input(class_name=css, auto_complete="off", **known, **props)
    return field(label, control, html_for=ident, hint=hint, error=State.wrong[name])


def _switch(of: str, name: str, label: str, hint: str) -> rx.Component:
    ident = field_id(of, name)
    return rx.el.div(
        rx.el.label(
            rx.el.input(
                type="checkbox",
                class_name="check",
                id=ident,
                name=name,
                default_checked=State.values[name] == "on",
                key=name + State.form_key.to_string(),
            ),
            rx.el.span(label),
            class_name="row",
            html_for=ident,
        ),
        rx.el.span(hint, class_name="hint"),
        class_name="field",
    )


def _setting(of: str, each: Field[object]) -> rx.Component:
    said = shown(each)
    if said.shape is Shape.SWITCH:
        return _switch(of, each.name, said.label, said.help)
    return _text(of, each.name, said.label, said.help, shape=said.shape)


def _secret(of: str, name: str) -> rx.Component:
    ident = field_id(of, name)
    is_set = State.has.contains(name)
    control = rx.el.input(
        type="password",
        class_name="input",
        id=ident,
        name=name,
        auto_complete="new-password",
        key=name + State.form_key.to_string(),
        placeholder=rx.cond(is_set, "Is set", "Not set"),
        aria_invalid=rx.cond(State.wrong[name], "true", "false"),
    )
    hint = rx.cond(is_set, "Leave empty to keep it; it is never shown.", "It is never shown.")
    return field(
        SECRETS[name],
        control,
        html_for=ident,
        hint=rx.el.span(hint),
        error=State.wrong[name],
    )


def _settings(kind: ProviderKind) -> rx.Component:
    """Must-haves first, then the secret, and folded what has a default."""
    of, every = form_ident(kind), fields(SETTINGS[kind])
    needed = [each for each in every if each.default is MISSING]
    usual = [each for each in every if each.default is not MISSING]
    usual.sort(key=lambda each: _RANK.get(shown(each).shape, 0))
    return rx.fragment(
        rx.el.div(
            *(_setting(of, each) for each in needed),
            *(_secret(of, name) for name in SETTINGS[kind].secrets if name in SECRETS),
            class_name="cols two",
        ),
        rx.el.details(
            rx.el.summary("More settings"),
            rx.el.div(*(_setting(of, each) for each in usual), class_name="cols two"),
            class_name="more-settings",
            open=True,
        ),
    )


def _rule(of: str, row: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.li(
        rx.el.input(
            name=RULE_GROUP + row.ident,
            class_name="input",
            auto_complete="off",
            spell_check=False,
            placeholder="platform-*",
            default_value=row.group,
            aria_label="Group",
        ),
        rx.el.select(
            *(rx.el.option(role.value, value=role.value) for role in Role),
            name=RULE_ROLE + row.ident,
            class_name="input select",
            default_value=row.role,
            aria_label="Role",
        ),
        icon_button(
            "x", "Remove this rule", css="ghost edits", on_click=State.drop_group_rule(row.ident)
        ),
        key=of + State.form_key.to_string() + "-" + row.ident,
    )


def _mapping(of: str) -> rx.Component:
    wrong = State.wrong["rules"]
    return rx.el.fieldset(
        rx.el.legend("Roles by group", class_name="label"),
        rx.el.p(
            "Who is in a group has the role in ",
            SessionState.tenant_name,
            "; * stands for any characters, and the highest role wins. It is looked at anew at "
            "each sign-in.",
            class_name="hint",
        ),
        rx.el.ul(rx.foreach(State.rules, lambda row: _rule(of, row)), class_name="group-rules"),
        rx.cond(wrong, rx.el.span(icon("circle-x", 12), wrong, class_name="err", role="alert")),
        rx.el.div(
            button(
                "Add a rule",
                name="plus",
                css="sm edits",
                id=field_id(of, "rules"),
                on_click=State.add_group_rule,
            )
        ),
        rx.el.div(
            _text(
                of, "required", "Required group", "Who is in none that matches does not get in."
            ),
            _switch(of, "strict", "Strict", "Who gets no role by a rule does not get in."),
            class_name="cols two",
        ),
        class_name="field plain",
    )


def _foot(kind: ProviderKind) -> rx.Component:
    of = form_ident(kind)
    verb = rx.cond(State.opened, "Save", "Add provider")
    anew = rx.el.div(
        button("Show it as it is now", name="refresh-cw", css="sm", on_click=State.load),
        rx.el.span("What you typed here is lost then.", class_name="t3 s12"),
        class_name="row wrap",
    )
    to_correct = rx.el.span("One field above is to be corrected.", class_name="err")
    return rx.fragment(
        reason_field(of, error=State.wrong["reason"], key="why" + State.form_key.to_string()),
        rx.cond(State.asking == "", notice(State.problem)),
        rx.cond(State.stale & (State.asking == ""), anew),
        rx.el.div(
            submit(of, verb),
            link("Cancel", to=State.list_href, class_name="btn ghost"),
            rx.cond(State.wrong.length() > 0, to_correct),
            class_name="row wrap foot",
        ),
    )


def _form(kind: ProviderKind) -> rx.Component:
    of = form_ident(kind)
    return form(
        of,
        rx.el.fieldset(
            rx.el.div(
                _text(of, "name", "Name", "On the button of the sign-in page.", max_length=64),
                rx.cond(
                    State.opened,
                    rx.fragment(),
                    _text(
                        of,
                        "slug",
                        "Slug",
                        "Names it in addresses, such as corp; it stays for good.",
                        max_length=64,
                    ),
                ),
                class_name="cols two",
            ),
            _settings(kind),
            _mapping(of),
            rx.el.div(
                _switch(of, "enabled", "On the sign-in page", "Off, it lets nobody in."),
                _switch(
                    of,
                    "link_by_email",
                    "Link by e-mail",
                    "Whoever has the same verified e-mail here is the same person.",
                ),
                class_name="cols two",
            ),
            rx.cond(State.opened.managed | State.must_prove, rx.fragment(), _foot(kind)),
            class_name="whole stack",
            disabled=State.opened.managed | State.must_prove,
        ),
        on_submit=State.keep_provider,
    )


def provider_form() -> rx.Component:
    """The form of the kind that is shown; of the operator's file to be read only."""
    managed = rx.el.div(
        icon("file-cog"),
        rx.el.div(
            rx.el.b("Set in the operator's file"),
            rx.el.p("It is changed in inspector.toml only; test and dry run work here, too."),
            class_name="grow",
        ),
        class_name="notice",
        role="status",
    )
    prove = rx.el.div(
        rx.el.b("Prove that it is you to change anything"),
        proof(
            csrf=SessionState.csrf,
            back=State.here,
            by_code=State.second_step,
            ident="providers-proof",
        ),
        rx.el.div(submit("providers-proof", "Go on"), class_name="row"),
        class_name="stack tight prove",
    )
    return rx.fragment(
        rx.cond(State.must_prove & (State.asking == ""), notice(State.problem)),
        rx.cond(
            State.opened.managed,
            managed,
            rx.cond(State.must_prove & (State.asking == ""), prove),
        ),
        rx.cond(
            (State.kind == ProviderKind.SAML.value) & ~State.opened.managed & ~State.must_prove,
            from_metadata(),
        ),
        rx.match(State.kind, *((kind.value, _form(kind)) for kind in ProviderKind), rx.fragment()),
    )
