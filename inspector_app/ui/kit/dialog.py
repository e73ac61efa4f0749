"""Dialogs for deeds and forms: focus stays inside, Escape closes (Radix's primitive)."""

from __future__ import annotations

import reflex as rx
from reflex_components_radix.primitives import dialog as primitive

from inspector_app.ui.kit.controls import Child


def dialog(
    *,
    is_open: rx.Var[bool],
    on_open_change: rx.EventHandler,
    title: Child,
    body: tuple[rx.Component, ...],
    footer: tuple[rx.Component, ...],
) -> rx.Component:
    """A question or form: title, consequence, fields, then the way out and the deed."""
    return primitive.root(
        primitive.portal(
            primitive.overlay(class_name="scrim"),
            primitive.content(
                primitive.title(title, class_name="dialog-h"),
                rx.el.div(*body, class_name="dialog-b"),
                rx.el.div(*footer, class_name="dialog-f"),
                class_name="dialog floating",
                custom_attrs={"aria-describedby": "undefined"},
            ),
        ),
        open=is_open,
        on_open_change=on_open_change,
    )
