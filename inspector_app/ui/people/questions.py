"""What is asked before a person is touched: what will happen, why, and at times a proof."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Role
from inspector_app.ui.kit.controls import button, field
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.proof import proof
from inspector_app.ui.people.state import PeopleState
from inspector_app.ui.session import SessionState

State = PeopleState
_FORM = "person-form"
_TEXTS = {
    "role": (
        "Change the role of ",
        "It counts at their next click. They are signed out and sign in anew.",
        "Change role",
    ),
    "remove": (
        "Remove ",
        "They see nothing of this organisation any more, from their next click on.",
        "Remove",
    ),
    "disable": (
        "Disable ",
        "They are signed out everywhere and cannot sign in until somebody enables them again.",
        "Disable",
    ),
    "enable": ("Enable ", "They may sign in again with the password they had.", "Enable"),
    "reset": (
        "Reset the password of ",
        "You get one for one time, to pass on. Password, second step and all sessions end.",
        "Reset password",
    ),
    "sign_out": (
        "Sign out ",
        "Every session of theirs ends. They may sign in again.",
        "Sign out everywhere",
    ),
    "end": ("End a session of ", "That browser is signed out at its next click.", "End session"),
}


def _role(ident: str, chosen: rx.Var[str] | str) -> rx.Component:
    # An id of its own in each form: Reflex reads a form's fields by their ids, page-wide.
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


def _reason() -> rx.Component:
    return field(
        "Reason",
        rx.el.textarea(id="reason", name="reason", class_name="input area", rows="2"),
        html_for="reason",
        hint="Kept in the audit log.",
        error=State.reason_error,
    )


def _form(*children: rx.Component, on_submit: rx.EventHandler) -> rx.Component:
    return rx.el.form(
        *children,
        id=_FORM,
        class_name="stack",
        on_submit=on_submit,
        reset_on_submit=False,
        no_validate=True,
    )


def _asked(
    title: rx.Var[str] | str,
    body: tuple[rx.Component, ...],
    verb: rx.Var[str] | str,
    is_open: rx.Var[bool],
) -> rx.Component:
    return dialog(
        is_open=is_open,
        on_open_change=State.shut,
        title=rx.cond(State.must_prove, "Prove that it is you", title),
        body=(
            notice(State.problem),
            notice(SessionState.notice),
            rx.cond(
                State.must_prove,
                proof(csrf=SessionState.csrf, back=State.here, by_code=State.second_step),
                rx.fragment(*body),
            ),
        ),
        footer=(
            button("Leave it", on_click=State.shut(False)),
            rx.cond(
                State.must_prove,
                rx.el.button("Go on", type="submit", form="proof", class_name="btn primary"),
                rx.el.button(verb, type="submit", form=_FORM, class_name="btn primary"),
            ),
        ),
    )


def questions() -> rx.Component:
    """Every question of the page."""
    row = State.opened

    def pick(at: int) -> rx.Var[str]:
        texts = ((key, words[at]) for key, words in _TEXTS.items())
        return rx.match(State.asking, *texts, "").to(str)

    return rx.fragment(
        _asked(
            "Add a person",
            (
                rx.el.p("They get a one-time password, which you pass on to them."),
                _form(
                    field(
                        "User name",
                        rx.el.input(
                            id="username",
                            name="username",
                            class_name="input",
                            auto_complete="off",
                            spell_check=False,
                            custom_attrs={"autoCapitalize": "none"},
                        ),
                        html_for="username",
                        hint="1 to 64 letters, digits or . _ @ -",
                        error=State.name_error,
                    ),
                    _role("first_role", Role.OBSERVER.value),
                    on_submit=State.add,
                ),
            ),
            "Add",
            State.asking == "add",
        ),
        _asked(
            pick(0) + row.username + "?",
            (
                rx.el.p(pick(1)),
                _form(
                    rx.cond(State.asking == "role", _role("other_role", row.role)),
                    _reason(),
                    on_submit=State.answer,
                ),
            ),
            pick(2),
            (State.asking != "") & (State.asking != "add"),
        ),
    )
