"""Notices, empty states, and a server that does not answer."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import Child, button
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.time import moment
from inspector_app.ui.session import Notice, Outage

_TONE_ICON = {
    "failed": "circle-x",
    "drift": "triangle-alert",
    "completed": "circle-check",
}


def notice(value: rx.Var[Notice | None]) -> rx.Component:
    """A notice in the place it concerns; nothing when there is none."""
    tone_icon = rx.match(
        value.tone, *((tone, icon(name)) for tone, name in _TONE_ICON.items()), icon("info")
    )
    return rx.cond(
        value,
        rx.el.div(
            tone_icon,
            rx.el.div(
                rx.el.b(value.title),
                rx.cond(value.text, rx.el.p(value.text)),
                rx.cond(value.hint, rx.el.p(value.hint)),
                class_name="grow",
            ),
            class_name=rx.Var.create("notice st-") + value.tone,
            role=rx.cond(value.tone == "failed", "alert", "status"),
        ),
    )


def empty(
    name: str, title: Child, *text: Child, acts: tuple[rx.Component, ...] = ()
) -> rx.Component:
    """An empty state: what is missing, why, and the next step."""
    return rx.el.div(
        icon(name, 20),
        rx.el.h3(title),
        rx.el.p(*text),
        rx.el.div(*acts, class_name="acts") if acts else rx.fragment(),
        class_name="empty",
    )


def outage(value: rx.Var[Outage | None], retry: rx.EventHandler) -> rx.Component:
    """A Temporal server that does not answer: where, since when, and the next try."""
    return rx.cond(
        value,
        rx.el.div(
            icon("unplug"),
            rx.el.div(
                rx.el.b(rx.el.span(value.address, class_name="mono"), " does not answer."),
                rx.el.p(
                    value.text,
                    " Silent since ",
                    moment(value.since, "full"),
                    ". Next try ",
                    moment(value.next_try, "in"),
                    ".",
                ),
                class_name="grow",
            ),
            button("Try now", name="refresh-cw", on_click=retry),
            class_name="notice st-drift",
            role="status",
        ),
    )


def progress(
    percent: rx.Var[str], told: rx.Var[str], *, more: Child = "", wide: bool = False
) -> rx.Component:
    """How far long work is: a bar, `told` ("612 of 1,000"), and `more` such as the time left."""
    return rx.el.div(
        rx.el.div(
            rx.el.i(style={"width": percent}),
            class_name="meter",
            role="progressbar",
            aria_label="Progress",
            custom_attrs={"aria-valuetext": told},
        ),
        rx.el.div(
            rx.el.span(told), rx.el.span(more, class_name="t3"), class_name="row num t2 s12"
        ),
        class_name="progress wide" if wide else "progress",
    )
