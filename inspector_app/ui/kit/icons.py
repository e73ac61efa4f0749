"""Icons at the sizes the design knows; Lucide names."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import reflex as rx

from inspector_app.ui.theme import Look


def icon(name: str, size: int = 16, *, css: str = "") -> rx.Component:
    """A decorative icon: 16 px in rows and buttons, 14 inside text, 20 in empty states."""
    size_css = "i" if size == 16 else f"i i-{size}"  # noqa: PLR2004 - the size without a suffix
    return rx.icon(name, size=size, class_name=f"{size_css} {css}".strip(), aria_hidden="true")


def state_icon(state: rx.Var[str], looks: Mapping[StrEnum, Look], size: int = 14) -> rx.Component:
    """The icon of a state known only in the browser."""
    return rx.match(
        state,
        *((key.value, icon(look.icon, size)) for key, look in looks.items()),
        icon("circle-help", size),
    )


def state_css(state: rx.Var[str], looks: Mapping[StrEnum, Look]) -> rx.Var[str]:
    """The `st-…` class that sets the state's four colours."""
    css = ((key.value, look.css) for key, look in looks.items())
    return rx.match(state, *css, "st-neutral").to(str)


def state_word(state: rx.Var[str], looks: Mapping[StrEnum, Look]) -> rx.Var[str]:
    """The state's word; never colour alone."""
    return rx.match(state, *((key.value, look.word) for key, look in looks.items()), state).to(str)


def badge(
    state: rx.Var[str], looks: Mapping[StrEnum, Look], *, pill: bool = False
) -> rx.Component:
    """A state as icon and word; `pill` with tint and line, for headers."""
    css = rx.Var.create("badge pill " if pill else "badge ") + state_css(state, looks)
    return rx.el.span(state_icon(state, looks), state_word(state, looks), class_name=css)


def mark() -> rx.Component:
    """Inspector's mark: two tracks of which one parts."""
    return rx.el.svg(
        rx.el.path(d="M4 2v14"),
        rx.el.path(d="M9 2v4c0 4 5.5 3 5.5 7v3"),
        class_name="mark",
        view_box="0 0 18 18",
        fill="none",
        stroke="currentColor",
        stroke_width="2",
        stroke_linecap="round",
        stroke_linejoin="round",
        aria_hidden="true",
    )
