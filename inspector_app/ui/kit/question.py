"""A question before a deed: what will happen, why it is done, and at times who asks for it."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.ui.kit.controls import Child, button
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.form import submit
from inspector_app.ui.kit.proof import proof
from inspector_app.ui.session import Notice, SessionState


@dataclass(frozen=True, slots=True)
class Proving:
    """A page's proof: whether one is `due`, whether by a code, and where it leads back to."""

    due: rx.Var[bool] | bool
    by_code: rx.Var[bool] | bool
    back: rx.Var[str] | str


def question(
    ident: str,
    *body: rx.Component,
    title: Child,
    verb: Child,
    is_open: rx.Var[bool],
    on_shut: rx.EventHandler,
    proving: Proving,
    told: tuple[rx.Var[Notice | None] | Notice | None, ...],
    css: rx.Var[str] | str = "primary",
) -> rx.Component:
    """Ask, in a dialog with the form `ident` in its body; where one is due, for a proof first.

    `verb` stands on the button that does it; notices in `told` concern the question.
    """
    of_proof, due = f"{ident}-proof", proving.due
    asks = proof(
        csrf=SessionState.csrf, back=proving.back, by_code=proving.by_code, ident=of_proof
    )
    return dialog(
        is_open=is_open,
        on_open_change=on_shut,
        title=rx.cond(due, "Prove that it is you", title),
        body=(*(notice(each) for each in told), rx.cond(due, asks, rx.fragment(*body))),
        footer=(
            button("Leave it", on_click=on_shut(False)),
            rx.cond(due, submit(of_proof, "Go on"), submit(ident, verb, css=css)),
        ),
    )
