"""The frame of a dialog that touches a run: question, consequence, run, reason, deed."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.audit import REASON_MAX
from inspector_app.domain.workflows import Action
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.form import form, reason_field
from inspector_app.ui.kit.icons import badge
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.state import RunState
from inspector_app.ui.theme import STATUS

State = ActState
TYPING_RESTS = 300
"""Milliseconds without a key after which a field is checked."""


def _touched() -> rx.Component:
    facts = RunState.facts
    return rx.el.div(
        badge(facts.status, STATUS),
        rx.el.span(facts.workflow_id, class_name="mono trunc grow", title=facts.workflow_id),
        rx.el.span(facts.workflow_type, class_name="t3 trunc"),
        class_name="touched",
    )


def form_of(action: Action) -> str:
    """The id of the form that asks before `action`."""
    return f"{action.value}-form"


def deed(
    action: Action,
    title: str,
    consequence: tuple[rx.Component | str, ...],
    footer: tuple[rx.Component, ...],
    *fields: rx.Component,
    on_submit: rx.EventHandler,
) -> rx.Component:
    """Ask before `action`: `consequence` is a sentence or two, `fields` come before the reason."""
    ident = form_of(action)
    return dialog(
        is_open=State.action == action.value,
        on_open_change=State.shut,
        title=title,
        body=(
            rx.el.p(*consequence),
            _touched(),
            notice(State.problem),
            form(
                ident,
                *fields,
                reason_field(
                    ident,
                    error=State.reason_error,
                    hint="Kept in the audit log and shown on the run.",
                    max_length=REASON_MAX * 2,
                    on_change=State.typed_reason.debounce(TYPING_RESTS),
                ),
                on_submit=on_submit,
            ),
        ),
        footer=footer,
    )
