"""The steps of a sign-in, and what became of each in a test."""

from __future__ import annotations

from enum import StrEnum

import reflex as rx

from inspector_app.domain.provider_walks import Passed
from inspector_app.ui.kit.icons import state_css, state_icon, state_word
from inspector_app.ui.providers.rows import StepRow
from inspector_app.ui.theme import Look

_PASSED: dict[StrEnum, Look] = {
    Passed.DONE: Look("st-completed", "circle-check", "Works"),
    Passed.FAILED: Look("st-failed", "circle-x", "Failed"),
    Passed.NOT_COME_TO: Look("st-neutral", "circle-slash", "Not come to"),
    Passed.BY_SIGN_IN: Look("st-neutral", "user-round", "Seen at a sign-in only"),
}


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


def steps(rows: rx.Var[list[StepRow]]) -> rx.Component:
    """All of them, in order; the one that failed with why and what to do."""
    return rx.el.ul(rx.foreach(rows, _step), class_name="tries")
