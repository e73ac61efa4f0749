"""The switch in the top bar: whether the page follows, and how old what it shows is."""

from __future__ import annotations

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from inspector_app.ui.kit.time import moment
from inspector_app.ui.session import SessionState


def live_switch(switch: rx.EventHandler, read_at: rx.Var[int | None]) -> rx.Component:
    """Stop and start the page's updates; `read_at` is when it last heard of the server.

    A connection that is lost, or a server that is silent, is said in the same place: a green
    light must never stand over old numbers.
    """
    silent = SessionState.outage.is_not_none()
    word = rx.cond(
        has_connection_errors,
        "Not connected",
        rx.cond(~SessionState.live, "Live is off", rx.cond(silent, "Server silent", "Live")),
    )
    css = rx.cond(
        has_connection_errors | (SessionState.live & silent),
        "btn ghost live away",
        rx.cond(SessionState.live, "btn ghost live", "btn ghost live off"),
    )
    aged = has_connection_errors | silent | ~SessionState.live
    return rx.el.button(
        word,
        rx.cond(
            aged & read_at.is_not_none(),
            rx.el.span("data from ", moment(read_at, "relative"), class_name="t3 hide-n"),
        ),
        type="button",
        role="switch",
        aria_checked=rx.cond(SessionState.live, "true", "false"),
        aria_label="Live: follow what happens",
        title=rx.cond(SessionState.live, "Stop updates", "Go on with updates"),
        class_name=css,
        on_click=switch,
    )
