"""The form by which somebody with an open session proves who they are once more."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui import routes
from inspector_app.ui.kit.controls import field, post_form
from inspector_app.ui.kit.form import field_id
from inspector_app.ui.session import SessionState


def proof(
    *, csrf: rx.Var[str], back: rx.Var[str] | str, by_code: rx.Var[bool], ident: str
) -> rx.Component:
    """Ask for the password, or for the code of who has a second step; leads to `back`.

    Who signed in elsewhere is sent there.

    `ident` is the form's own id.
    """

    def asked(label: str, kind: str, complete: str) -> rx.Component:
        control_id = field_id(ident, complete)
        control = rx.el.input(
            id=control_id,
            name="secret",
            type=kind,
            required=True,
            auto_complete=complete,
            class_name="input",
        )
        return field(label, control, html_for=control_id)

    return post_form(
        rx.el.p(
            "You signed in a while ago. Once you have proved it, you are not asked again for "
            "15 minutes."
        ),
        rx.el.input(type="hidden", name="next", value=back, read_only=True),
        rx.cond(
            SessionState.proof_at,
            rx.el.p("You are asked at ", SessionState.proof_at, ", and come back here."),
            rx.cond(
                by_code,
                asked("Code of your second step, or a recovery code", "text", "one-time-code"),
                asked("Your password", "password", "current-password"),
            ),
        ),
        to=routes.PROVE_POST,
        csrf=csrf,
        css="stack",
        ident=ident,
    )
