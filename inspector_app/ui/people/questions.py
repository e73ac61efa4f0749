"""What is asked before a person is touched: what will happen, why, and at times a proof."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Role
from inspector_app.ui.kit.controls import field
from inspector_app.ui.kit.form import field_id, form, reason_field
from inspector_app.ui.kit.question import Proving, question
from inspector_app.ui.people.state import PeopleState
from inspector_app.ui.session import SessionState

State = PeopleState
_ADDING, _ASKING = "add-person", "ask-person"
"""The two forms' ids."""
_TEXTS = {
    "role": (
        "Change the role of ",
        "It counts at their next click. Where they are signed in, they stay so.",
        "Change role",
    ),
    "remove": (
        "Remove ",
        "From their next click on they see nothing here any more, and their tokens for it end.",
        "Remove",
    ),
    "disable": (
        "Disable ",
        "They are signed out everywhere; neither they nor their tokens get in till enabled.",
        "Disable",
    ),
    "enable": (
        "Enable ",
        "They may sign in again with the password they had, and their tokens are good again.",
        "Enable",
    ),
    "reset": (
        "Reset the password of ",
        "You get one to pass on. Their password, second step, sessions and personal tokens end.",
        "Reset password",
    ),
    "sign_out": (
        "Sign out ",
        "Every session of theirs ends. They may sign in again.",
        "Sign out everywhere",
    ),
    "end": ("End a session of ", "That browser is signed out at its next click.", "End session"),
}


def _role(form_ident: str, chosen: rx.Var[str] | str) -> rx.Component:
    ident = field_id(form_ident, "role")
    return field(
        "Role",
        rx.el.select(
            *(rx.el.option(role.value, value=role.value) for role in Role),
            id=ident,
            name="role",
            class_name="input select",
            default_value=chosen,
            key=chosen,
        ),
        html_for=ident,
    )


def _asked(
    ident: str,
    title: rx.Var[str] | str,
    body: tuple[rx.Component, ...],
    verb: rx.Var[str] | str,
    is_open: rx.Var[bool],
) -> rx.Component:
    return question(
        ident,
        *body,
        title=title,
        verb=verb,
        is_open=is_open,
        on_shut=State.shut,
        proving=Proving(State.must_prove, State.second_step, State.here),
        told=(State.problem, SessionState.notice),
    )


def questions() -> rx.Component:
    """Every question of the page."""
    row = State.opened

    def pick(at: int) -> rx.Var[str]:
        texts = ((key, words[at]) for key, words in _TEXTS.items())
        return rx.match(State.asking, *texts, "").to(str)

    return rx.fragment(
        _asked(
            _ADDING,
            "Add a person",
            (
                rx.el.p(
                    "They get a one-time password, which you pass on to them. It opens for ",
                    State.one_time_lasts,
                    ".",
                ),
                form(
                    _ADDING,
                    field(
                        "User name",
                        rx.el.input(
                            id=field_id(_ADDING, "username"),
                            name="username",
                            class_name="input",
                            auto_complete="off",
                            spell_check=False,
                            custom_attrs={"autoCapitalize": "none"},
                        ),
                        html_for=field_id(_ADDING, "username"),
                        hint="1 to 64 letters, digits or . _ @ -",
                        error=State.name_error,
                    ),
                    _role(_ADDING, Role.OBSERVER.value),
                    on_submit=State.add,
                ),
            ),
            "Add",
            State.asking == "add",
        ),
        _asked(
            _ASKING,
            pick(0) + row.username + "?",
            (
                rx.el.p(pick(1)),
                form(
                    _ASKING,
                    rx.cond(State.asking == "role", _role(_ASKING, row.role)),
                    reason_field(_ASKING, error=State.reason_error),
                    on_submit=State.answer,
                ),
            ),
            pick(2),
            (State.asking != "") & (State.asking != "add"),
        ),
    )
