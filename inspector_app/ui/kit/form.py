"""Forms that a State answers. Reflex finds their fields by ids, over the whole page."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import Child, field


def field_id(form: str, name: str) -> str:
    """The id of a field of its own form: two on a page with one id would lose what is typed."""
    return f"{form}-{name}"


def form(
    ident: str, *fields: rx.Component, on_submit: rx.EventHandler | list[rx.event.EventType[()]]
) -> rx.Component:
    """Fields one below the other; what is typed stays until the State says otherwise."""
    return rx.el.form(
        *fields,
        id=ident,
        class_name="stack",
        on_submit=on_submit,
        reset_on_submit=False,
        no_validate=True,
    )


def submit(
    form: str, word: Child, css: rx.Var[str] | str = "primary", **props: object
) -> rx.Component:
    """Send `form`, from the foot of its dialog."""
    look = f"btn {css}" if isinstance(css, str) else rx.Var.create("btn ") + css
    return rx.el.button(word, type="submit", form=form, class_name=look, **props)


def reason_field(
    form: str, *, error: rx.Var[str], hint: str = "Kept in the audit log.", **props: object
) -> rx.Component:
    """Ask why."""
    ident = field_id(form, "reason")
    control = rx.el.textarea(
        id=ident,
        name="reason",
        class_name="input area",
        rows="2",
        aria_invalid=rx.cond(error, "true", "false"),
        **props,
    )
    return field("Reason", control, html_for=ident, hint=hint, error=error)
