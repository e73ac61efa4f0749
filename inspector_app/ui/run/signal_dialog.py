"""What to send: a signal's name and arguments, compared with what the workflow declares."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.workflows import Action
from inspector_app.ui.kit.controls import button, field
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.deed import TYPING_RESTS, deed, form_of
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import HandlerRow

State = ActState


def _suggested(each: rx.Var[HandlerRow]) -> rx.Component:
    return rx.el.option(value=each.name, label=each.description)


def _warning() -> rx.Component:
    warned = State.warned
    meant = rx.el.p(
        "Did you mean ",
        rx.el.button(
            warned.suggestion,
            type="button",
            class_name="link mono",
            on_click=State.take_suggestion,
        ),
        "?",
    )
    return rx.cond(
        warned.message,
        rx.el.div(
            icon("triangle-alert"),
            rx.el.div(
                rx.el.b("The signal was not sent."),
                rx.el.p(warned.message),
                rx.cond(warned.suggestion, meant),
                class_name="grow",
            ),
            class_name="notice st-drift",
            role="alert",
        ),
    )


def _signal_name() -> rx.Component:
    return field(
        "Signal",
        rx.fragment(
            rx.el.input(
                id="signal-name",
                name="name",
                class_name="input mono",
                list="signal-names",
                auto_complete="off",
                spell_check=False,
                default_value=State.signal_name,
                key=State.signal_key.to_string(),
                aria_invalid=rx.cond(State.name_error, "true", "false"),
                on_change=State.typed_name.debounce(TYPING_RESTS),
            ),
            rx.el.datalist(rx.foreach(RunState.signals, _suggested), id="signal-names"),
        ),
        html_for="signal-name",
        hint=rx.el.span(
            rx.cond(
                RunState.handlers_known,
                "Its declared signals are offered as you type.",
                RunState.handlers_note,
            )
        ),
        error=State.name_error,
    )


def signal_dialog() -> rx.Component:
    arguments = field(
        "Arguments, JSON",
        rx.el.textarea(
            id="signal-args",
            name="args",
            class_name="input area mono",
            rows="3",
            spell_check=False,
            placeholder='{"approved": true}',
            aria_invalid=rx.cond(State.args_error, "true", "false"),
            on_change=State.typed_args.debounce(TYPING_RESTS),
        ),
        html_for="signal-args",
        hint="One value, or an array with one per argument; empty for none. "
        "Temporal does not say how many a signal takes: see its description.",
        error=State.args_error,
    )
    word = rx.cond(State.warned.message, "Send anyway", "Send signal")
    footer = (
        button("Don't send", on_click=State.shut(False), disabled=State.busy),
        rx.el.button(
            rx.cond(State.busy, "Sending …", word),
            type="submit",
            form=form_of(Action.SIGNAL),
            class_name=rx.cond(State.warned.message, "btn danger", "btn primary"),
            disabled=State.busy,
        ),
    )
    return deed(
        Action.SIGNAL,
        "Send a signal to this run?",
        (
            "The server takes any name in silence, and wrong arguments can leave a run stuck. ",
            "So the workflow is asked first what it knows.",
        ),
        footer,
        _signal_name(),
        arguments,
        _warning(),
        on_submit=State.signal,
    )
