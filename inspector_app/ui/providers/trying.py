"""What stands beside a provider's form: addresses to register, a test, and a dry run."""

from __future__ import annotations

from enum import StrEnum

import reflex as rx

from inspector_app.domain.provider_walks import Passed
from inspector_app.ui.kit.controls import button, copy_button, field
from inspector_app.ui.kit.form import field_id, form, submit
from inspector_app.ui.kit.icons import icon, state_css, state_icon, state_word
from inspector_app.ui.providers.rows import AddressRow, StepRow
from inspector_app.ui.providers.state import ProvidersState
from inspector_app.ui.theme import Look

State = ProvidersState
_PASSED: dict[StrEnum, Look] = {
    Passed.DONE: Look("st-completed", "circle-check", "Works"),
    Passed.FAILED: Look("st-failed", "circle-x", "Failed"),
    Passed.NOT_COME_TO: Look("st-neutral", "circle-slash", "Not come to"),
    Passed.BY_SIGN_IN: Look("st-neutral", "user-round", "Seen at a sign-in only"),
}
_TRY = "try-person"


def _address(row: rx.Var[AddressRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(row.label, class_name="t3 s12"),
        rx.el.div(
            rx.el.code(row.url, class_name="mono grow wrap"),
            copy_button(row.url, "address"),
            class_name="row",
        ),
    )


def _addresses() -> rx.Component:
    return rx.cond(
        State.addresses.length() > 0,
        rx.el.section(
            rx.el.div(rx.el.h2("Enter at the provider"), class_name="panel-h"),
            rx.el.div(
                rx.foreach(State.addresses, _address), class_name="panel-b stack tight wide"
            ),
            class_name="panel",
            aria_label="Enter at the provider",
        ),
    )


def _step(row: rx.Var[StepRow]) -> rx.Component:
    return rx.el.li(
        state_icon(row.passed, _PASSED),
        rx.el.div(
            rx.el.div(row.words),
            rx.cond(row.detail, rx.el.div(row.detail, class_name="wrap ct")),
            rx.cond(row.hint, rx.el.div(row.hint, class_name="wrap t2")),
            class_name="grow",
        ),
        rx.el.span(state_word(row.passed, _PASSED), class_name="t3 s12"),
        class_name=state_css(row.passed, _PASSED),
    )


def _test() -> rx.Component:
    said = rx.cond(
        State.works,
        rx.el.b(icon("circle-check", 14), "Works, as far as nobody signs in", class_name="row"),
        rx.el.b(icon("circle-x", 14), "Does not work", class_name="row"),
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Test"),
            rx.el.span(class_name="grow"),
            button("Test", name="play", css="sm", on_click=State.try_provider),
            class_name="panel-h",
        ),
        rx.el.div(
            rx.cond(
                State.steps.length() > 0,
                rx.el.div(
                    said,
                    rx.el.ul(rx.foreach(State.steps, _step), class_name="tries"),
                    role="status",
                ),
                rx.el.p(
                    "Walks what can be walked of a sign-in without a person, with what is saved.",
                    class_name="t3",
                ),
            ),
            class_name="panel-b",
        ),
        class_name="panel",
        aria_label="Test",
    )


def _person() -> rx.Component:
    by_name = field_id(_TRY, "username")
    by_groups = field_id(_TRY, "groups")
    groups = rx.el.textarea(
        id=by_groups, name="groups", class_name="input area mono", rows="3", spell_check=False
    )
    name = rx.el.input(id=by_name, name="username", class_name="input", auto_complete="off")
    found = rx.cond(
        State.would,
        rx.el.div(
            rx.cond(State.would.lets_in, icon("circle-check"), icon("circle-x")),
            rx.el.div(
                rx.el.b(State.would.told),
                rx.el.p(State.would.why, class_name="wrap"),
                rx.cond(
                    State.would.groups.length() > 0,
                    rx.el.p("Groups: ", State.would.groups.join(", "), class_name="wrap"),
                ),
                class_name="grow",
            ),
            class_name=rx.cond(State.would.lets_in, "notice st-completed", "notice st-drift"),
            role="status",
        ),
    )
    return rx.el.section(
        rx.el.div(rx.el.h2("Dry run"), class_name="panel-h"),
        rx.el.div(
            form(
                _TRY,
                rx.cond(
                    State.kind == "ldap",
                    field(
                        "User name in the directory",
                        name,
                        html_for=by_name,
                        hint="Looked up there, without their password.",
                    ),
                ),
                field(
                    "Somebody's groups",
                    groups,
                    html_for=by_groups,
                    hint="One a line.",
                    error=State.would_error,
                ),
                rx.el.div(submit(_TRY, "Who would it be?", css=""), class_name="row"),
                on_submit=State.try_person,
            ),
            found,
            class_name="panel-b stack",
        ),
        class_name="panel",
        aria_label="Dry run",
    )


def beside() -> rx.Component:
    """The column beside the form of a provider that is kept."""
    return rx.el.div(_addresses(), _test(), _person(), class_name="stack beside")
