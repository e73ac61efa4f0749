"""What stands beside a provider's form: addresses to register, a test, and a dry run."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import button, copy_button, field
from inspector_app.ui.kit.form import field_id, form, submit
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.providers.keys import our_keys
from inspector_app.ui.providers.rows import AddressRow
from inspector_app.ui.providers.state import ProvidersState, slowly
from inspector_app.ui.providers.steps import steps
from inspector_app.ui.providers.testing import (
    PANEL,
    has_tested,
    password_form,
    sign_in_to_test,
    tested,
)
from inspector_app.ui.providers.testing_state import TestingState

State = ProvidersState
_TRY = "try-person"


def _address(row: rx.Var[AddressRow]) -> rx.Component:
    return rx.el.div(
        rx.el.div(row.label, class_name="t3 s12"),
        rx.el.div(
            rx.el.code(rx.foreach(row.parts, rx.el.span), class_name="mono grow wrap pieces"),
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


def _walked() -> rx.Component:
    works, fails = icon("circle-check", 14, css="ct"), icon("circle-x", 14, css="ct")
    said = rx.cond(
        State.works,
        rx.el.b(works, "Works, up to where somebody signs in", class_name="row st-completed"),
        rx.el.b(fails, "Does not work", class_name="row st-failed"),
    )
    return rx.cond(
        State.steps.length() > 0,
        rx.el.div(said, steps(State.steps), role="status"),
        rx.el.p(
            "“Test” checks what needs no person, such as addresses and keys. “Sign in to test” "
            "goes all the way, and lets nobody in. Both go by what is saved.",
            class_name="t3",
        ),
    )


def _test() -> rx.Component:
    again = slowly("walk", TestingState.drop_tested, State.try_provider)
    waits = State.waiting == "walk"
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Test"),
            rx.el.span(class_name="grow"),
            button(rx.cond(waits, "Testing …", "Test"), name="play", css="sm", on_click=again),
            sign_in_to_test(),
            class_name="panel-h",
        ),
        rx.el.div(
            rx.cond(State.kind == "ldap", password_form()),
            rx.cond(has_tested(), tested(), _walked()),
            class_name="panel-b stack",
        ),
        id=PANEL,
        class_name="panel",
        aria_label="Test",
    )


def _person() -> rx.Component:
    by_name = field_id(_TRY, "username")
    by_groups = field_id(_TRY, "groups")
    of_name, of_groups = (
        rx.cond(State.by_name == at, State.would_error, "").to(str) for at in (True, False)
    )
    groups = rx.el.textarea(
        id=by_groups,
        name="groups",
        class_name="input area mono",
        rows="3",
        spell_check=False,
        aria_invalid=rx.cond(of_groups, "true", "false"),
    )
    name = rx.el.input(
        id=by_name,
        name="username",
        class_name="input",
        auto_complete="off",
        spell_check=False,
        aria_invalid=rx.cond(of_name, "true", "false"),
    )
    waits, ask, asks = State.waiting == "person", "Who would it be?", "Looking them up …"
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
                        error=of_name,
                    ),
                ),
                field(
                    "Somebody's groups",
                    groups,
                    html_for=by_groups,
                    hint="One a line, as the provider names them.",
                    error=of_groups,
                ),
                rx.el.div(submit(_TRY, rx.cond(waits, asks, ask), css=""), class_name="row"),
                on_submit=slowly("person", State.try_person),
            ),
            found,
            class_name="panel-b stack",
        ),
        class_name="panel",
        aria_label="Dry run",
    )


def beside() -> rx.Component:
    """The column beside the form of a provider that is kept."""
    return rx.el.div(_addresses(), our_keys(), _test(), _person(), class_name="stack beside")
