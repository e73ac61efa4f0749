"""What is asked before a token is made or ended, and the text of one just made, shown once."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import button, copy_button, field
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.form import form
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.question import Proving, question
from inspector_app.ui.tokens.state import TokensState

State = TokensState
_NEW, _REVOCATION = "token-form", "token-revocation"
"""The two forms' ids."""
_LIVES = ((7, "7 days"), (30, "30 days"), (90, "90 days"), (180, "180 days"), (366, "1 year"))


def _asked(
    ident: str,
    *body: rx.Component,
    title: rx.Component | rx.Var[str],
    verb: str,
    is_open: rx.Var[bool],
    css: str = "primary",
) -> rx.Component:
    return question(
        ident,
        *body,
        title=title,
        verb=verb,
        is_open=is_open,
        on_shut=State.shut_tokens,
        proving=Proving(State.must_prove, State.second_step, State.here),
        told=(State.problem,),
        css=css,
    )


def _scope(name: rx.Var[str]) -> rx.Component:
    return rx.el.label(
        rx.el.input(type="checkbox", class_name="check", name=name, default_checked=True),
        rx.el.span(name, class_name="mono trunc"),
        class_name="row",
        key=State.role_chosen + name,
    )


def _form() -> rx.Component:
    name = rx.el.input(
        id="token-name",
        name="name",
        class_name="input",
        auto_complete="off",
        placeholder="nightly report",
        max_length=64,
        aria_invalid=rx.cond(State.wrong["name"], "true", "false"),
    )
    role = rx.el.select(
        rx.foreach(State.roles_offered, lambda each: rx.el.option(each, value=each)),
        id="token-role",
        name="role",
        class_name="input select",
        value=State.role_chosen,
        on_change=State.choose_role,
    )
    days = rx.el.select(
        *(rx.el.option(word, value=str(number)) for number, word in _LIVES),
        id="token-days",
        name="days",
        class_name="input select",
        default_value="90",
    )
    wrong = State.wrong["scopes"]
    scopes = rx.el.fieldset(
        rx.el.legend("Scopes", class_name="label"),
        rx.el.div(rx.foreach(State.scopes_offered, _scope), class_name="scopes"),
        rx.cond(wrong, rx.el.span(icon("circle-x", 12), wrong, class_name="err", role="alert")),
        class_name="field plain",
    )
    return form(
        _NEW,
        field("Name", name, html_for="token-name", error=State.wrong["name"]),
        rx.el.div(
            field("Role, at most", role, html_for="token-role", error=State.wrong["role"]),
            field("Expires after", days, html_for="token-days", error=State.wrong["days"]),
            class_name="cols two",
        ),
        scopes,
        on_submit=State.create,
    )


def _made() -> rx.Component:
    """The text of the token just made: it is not kept."""
    return dialog(
        is_open=State.fresh != "",
        on_open_change=State.shut_tokens,
        title="Copy the token now",
        body=(
            rx.el.p(
                "It is shown this once: Inspector keeps only a digest of it. Send it as ",
                rx.el.code("Authorization: Bearer …", class_name="mono"),
                " with each request.",
            ),
            rx.el.div(
                rx.el.code(State.fresh, class_name="mono grow fresh", id="fresh-token"),
                copy_button(State.fresh, "token"),
                class_name="row secret",
            ),
        ),
        footer=(button("Done", css="primary", on_click=State.shut_tokens(False)),),
    )


def questions() -> rx.Component:
    """Every dialog of the list."""
    explained = rx.cond(
        State.of_tenant,
        "It acts for the organisation, whoever comes and goes.",
        "It acts as you, here, with your role of the moment at most.",
    )
    return rx.fragment(
        _asked(
            _NEW,
            rx.el.p(explained),
            _form(),
            title=rx.cond(State.of_tenant, "New service token", "New personal token"),
            verb="Create token",
            is_open=State.asking == "new",
        ),
        _made(),
        _asked(
            _REVOCATION,
            form(
                _REVOCATION,
                rx.el.p(
                    "What uses it is refused from its next request on, and so is every JWT it "
                    "was exchanged for. Bulk work that it started stops. It cannot be undone."
                ),
                on_submit=State.revoke,
            ),
            title=rx.Var.create("Revoke ") + State.to_revoke.name + "?",
            verb="Revoke token",
            is_open=State.asking == "revoke",
            css="danger",
        ),
    )
