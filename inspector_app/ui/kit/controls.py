"""Links, buttons and fields."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.el.elements.base import BaseHTML
from reflex_components_core.react_router import link as router_link

from inspector_app.ui.kit.icons import icon


class _PlainForm(BaseHTML):
    """A form that the browser itself sends: Reflex's own always stops the submit."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]


def post_form(
    *children: rx.Component, to: str, csrf: rx.Var[str] | None, css: str = "", ident: str = ""
) -> rx.Component:
    """A form that posts to one of our HTTP routes, with the session's CSRF token.

    Until the token is here nothing can be typed or sent: it would be refused.
    """
    if csrf is not None:
        hidden = rx.el.input(type="hidden", name="csrf_token", value=csrf, read_only=True)
        children = (rx.el.fieldset(hidden, *children, class_name="whole", disabled=csrf == ""),)
    return _PlainForm.create(*children, action=to, method="post", class_name=css, id=ident or None)


Child = rx.Component | rx.Var[str] | str


def link(*children: Child, to: rx.Var[str] | str, **props: object) -> rx.Component:
    """Go to a page of ours without loading the document anew."""
    return router_link(*children, to=to, **props)


def button(
    label: Child,
    *,
    name: str = "",
    css: str = "",
    needs: str = "",
    **props: object,
) -> rx.Component:
    """A button with an icon before its word.

    With `needs`, the words of a disabled button's title say which role may.
    """
    title = {"title": f"Needs the role {needs}"} if needs else {}
    parts = (icon(name, 14),) if name else ()
    props.setdefault("type", "button")
    return rx.el.button(*parts, label, class_name=f"btn {css}".strip(), **title, **props)


def icon_button(name: str, label: str, *, css: str = "ghost", **props: object) -> rx.Component:
    """A button that is only an icon; `label` is read aloud and shown on hover."""
    props.setdefault("type", "button")
    return rx.el.button(
        icon(name), class_name=f"btn icon {css}", aria_label=label, title=label, **props
    )


def copy_button(text: rx.Var[str] | str, what: str) -> rx.Component:
    """Put `text` on the clipboard; `what` names it ("workflow id")."""
    return icon_button("copy", f"Copy {what}", css="ghost sm", on_click=rx.set_clipboard(text))


def field(
    label: str,
    control: rx.Component,
    *,
    html_for: str,
    hint: Child = "",
    error: rx.Var[str] | str = "",
) -> rx.Component:
    """A labelled control with a hint, or the error that concerns it, below."""
    below = rx.el.span(hint, class_name="hint") if hint else rx.fragment()
    problem = rx.el.span(icon("circle-x", 12), error, class_name="err", role="alert")
    return rx.el.div(
        rx.el.label(label, html_for=html_for),
        control,
        rx.cond(error, problem, below) if isinstance(error, rx.Var) else below,
        class_name="field",
    )


def menu(ident: str, *items: rx.Component, css: str = "") -> rx.Component:
    """What a button with `opens(ident)` opens: closes on Escape or a click outside by itself."""
    return rx.el.div(
        *items, id=ident, class_name=f"menu {css}".strip(), custom_attrs={"popover": "auto"}
    )


def opens(ident: str) -> dict[str, dict[str, str]]:
    """Make a button open the menu `ident`: `rx.el.button(…, **opens("zone"))`."""
    return {"custom_attrs": {"popoverTarget": ident}}
