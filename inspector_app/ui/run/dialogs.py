"""What is asked before a run is touched: consequence, reason, and for a signal what to send."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.workflows import PAUSE_FLAG, Action
from inspector_app.ui.kit.controls import button, copy_button
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.form import submit
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.deed import deed, form_of
from inspector_app.ui.run.signal_dialog import signal_dialog
from inspector_app.ui.run.state import RunState

State = ActState


def _children(one: str, many: str) -> rx.Component:
    """What the deed means for children that are open; nothing where there are none."""
    count = RunState.facts.open_children
    each = rx.cond(
        count == 1,
        f" Its open child {one}",
        rx.Var.create(" Its ") + count.to_string() + f" open children {many}",
    )
    return rx.cond(count > 0, rx.el.span(each))


def _footer(
    action: Action, keep: str, word: str, doing: str, css: str
) -> tuple[rx.Component, ...]:
    return (
        button(keep, on_click=State.shut(False), disabled=State.busy),
        submit(form_of(action), rx.cond(State.busy, doing, word), css, disabled=State.busy),
    )


def _pause() -> rx.Component:
    return deed(
        Action.PAUSE,
        "Pause this run?",
        (
            "The server holds its next step and keeps signals and timers until it goes on. ",
            "New tries of activities are held back; an activity that runs already finishes.",
            _children(
                "goes on: a pause holds this run only.", "go on: a pause holds this run only."
            ),
        ),
        _footer(Action.PAUSE, "Leave it running", "Pause run", "Pausing …", "primary"),
        on_submit=State.pause,
    )


def _switched_off() -> rx.Component:
    flag = rx.el.code(PAUSE_FLAG, class_name="mono")
    return dialog(
        is_open=State.action == Action.PAUSE.value,
        on_open_change=State.shut,
        title="Pausing is switched off on the server",
        body=(
            rx.el.p(
                "The Temporal server does not allow it. Its operator can set ",
                flag,
                copy_button(PAUSE_FLAG, "flag"),
                " to true in the dynamic configuration; Inspector sees it within a minute.",
            ),
            rx.el.p(
                "Many agents hold themselves when they get the signal ",
                rx.el.code("pause", class_name="mono"),
                " and go on at ",
                rx.el.code("resume", class_name="mono"),
                ". Whether this one does is for its own code to say; you are warned before "
                "anything is sent.",
            ),
        ),
        footer=(
            button("Close", on_click=State.shut(False)),
            button("Signal resume …", name="radio", on_click=State.ask_signal("resume")),
            button("Signal pause …", name="radio", on_click=State.ask_signal("pause")),
        ),
    )


def _resume() -> rx.Component:
    return deed(
        Action.RESUME,
        "Resume this run?",
        ("It goes on where it was held. What arrived meanwhile is handled first.",),
        _footer(Action.RESUME, "Leave it paused", "Resume run", "Resuming …", "primary"),
        on_submit=State.resume,
    )


def _cancel() -> rx.Component:
    facts = RunState.facts
    return deed(
        Action.CANCEL,
        "Ask this run to cancel?",
        (
            "The workflow is told, and decides when and how it ends: it may clean up first.",
            rx.cond(facts.is_paused, " It is paused: it hears of it when it is resumed.", ""),
            _children(
                "ends as its parent close policy says.", "end as their parent close policy says."
            ),
        ),
        _footer(Action.CANCEL, "Keep it running", "Cancel run", "Asking …", "danger"),
        on_submit=State.cancel,
    )


def _terminate() -> rx.Component:
    return deed(
        Action.TERMINATE,
        "Terminate this run?",
        (
            "It stops at once, without clean-up, and cannot be continued.",
            _children(
                "is terminated too, unless its parent close policy says otherwise.",
                "are terminated too, unless their parent close policy says otherwise.",
            ),
        ),
        _footer(Action.TERMINATE, "Keep it running", "Terminate run", "Terminating …", "danger"),
        on_submit=State.terminate,
    )


def dialogs() -> rx.Component:
    """Every dialog of the page; at most one is open."""
    return rx.fragment(
        rx.cond(RunState.facts.native_pause, _pause(), _switched_off()),
        _resume(),
        signal_dialog(),
        _cancel(),
        _terminate(),
    )
