"""Testing a provider by signing in: the way there, and what came of it."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import field
from inspector_app.ui.kit.form import field_id, form, submit
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.providers.state import ProvidersState, slowly
from inspector_app.ui.providers.steps import steps
from inspector_app.ui.providers.tested import FactRow
from inspector_app.ui.providers.testing_state import TestingState

State = TestingState
PANEL = "provider-test"
"""The id of the panel that all of this stands in."""
_TEST = "test-password"
_NEAREST = rx.Var.create({"block": "nearest"}).to(bool)  # `scrollIntoView` takes either


def sign_in_to_test() -> rx.Component:
    """The way to the provider, by the document: React's router knows no page there."""
    href = ProvidersState.opened.test_href
    return rx.cond(
        href,
        rx.el.a(
            icon("log-in", 14),
            "Sign in to test …",
            href=href,
            reload_document=True,
            class_name="btn sm",
        ),
    )


def password_form() -> rx.Component:
    """A directory has no page to go to: its password is typed here, and kept nowhere."""
    name, password = field_id(_TEST, "username"), field_id(_TEST, "password")
    waits = ProvidersState.waiting == "password"
    return form(
        _TEST,
        rx.el.div(
            field(
                "User name",
                rx.el.input(
                    id=name,
                    name="username",
                    class_name="input",
                    auto_complete="off",
                    spell_check=False,
                    max_length=200,
                ),
                html_for=name,
            ),
            field(
                "Password",
                rx.el.input(
                    type="password",
                    id=password,
                    key=State.round.to_string(),
                    name="password",
                    class_name="input",
                    auto_complete="off",
                    max_length=2000,
                ),
                html_for=password,
            ),
            class_name="cols two",
        ),
        rx.el.div(
            submit(_TEST, rx.cond(waits, "Signing in …", "Sign in to test"), css="sm"),
            rx.el.span("Kept nowhere; a wrong one counts.", class_name="t3 s12"),
            class_name="row",
        ),
        on_submit=slowly("password", State.test_password),
    )


def has_tested() -> rx.Var[bool]:
    """Whether there is a result to show, or a reason why there is none."""
    return (State.tested | State.test_error).bool()


def _fact(row: rx.Var[FactRow]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(row.label),
        rx.el.dd(row.value, class_name="wrap"),
    )


def _would() -> rx.Component:
    would = State.tested.would
    return rx.el.div(
        rx.cond(would.lets_in, icon("circle-check"), icon("circle-x")),
        rx.el.div(rx.el.b(would.told), rx.el.p(would.why, class_name="wrap"), class_name="grow"),
        class_name=rx.cond(would.lets_in, "notice st-completed", "notice st-drift"),
    )


def tested() -> rx.Component:
    """How far it came, what the provider said, and who it would be."""
    found = State.tested
    works, fails = icon("circle-check", 14, css="ct"), icon("circle-x", 14, css="ct")
    said = rx.cond(
        found.works,
        rx.el.b(works, "Signing in works", class_name="row st-completed"),
        rx.el.b(fails, "Signing in does not work", class_name="row st-failed"),
    )
    result = rx.el.div(
        rx.el.div(said, steps(found.steps)),
        rx.cond(
            found.facts.length() > 0,
            rx.el.div(
                rx.el.h3("What the provider said"),
                rx.el.dl(rx.foreach(found.facts, _fact), class_name="kv"),
                class_name="stack tight",
            ),
        ),
        rx.cond(found.would, _would()),
        rx.el.p("Nobody was signed in by this, and nothing was changed.", class_name="t3 s12"),
        class_name="stack",
        role="status",
        # On a narrow screen it stands below the whole form, and whoever comes back begins above.
        on_mount=rx.scroll_to(PANEL, _NEAREST),
    )
    error = rx.el.div(
        icon("circle-x"),
        rx.el.p(State.test_error, class_name="grow"),
        class_name="notice st-failed",
        role="alert",
    )
    return rx.cond(found, result, error)
