"""The alerts page, where the overview's first tile leads."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.alerts.state import AlertsState
from inspector_app.ui.kit.controls import link
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.session import SessionState
from inspector_app.ui.shell import shell

State = AlertsState


def _none() -> rx.Component:
    """Say what is not there, and what does its work meanwhile."""
    return rx.el.section(
        rx.el.div(rx.el.h2("Firing"), rx.el.span("0", class_name="t3 num"), class_name="panel-h"),
        empty(
            "siren",
            "No alert rules yet",
            "This version of Inspector has none, so nothing can fire and nobody is notified. "
            "What is stuck, paused or failing now stands on the overview.",
            acts=(link("Open overview", to=_overview(), class_name="btn"),),
        ),
        class_name="panel",
        aria_label="Firing alerts",
    )


def _overview() -> rx.Var[str]:
    return rx.Var.create("/t/") + SessionState.tenant + "/overview"


def alerts_page() -> rx.Component:
    """The page at `/t/{tenant}/alerts`."""
    return shell(
        rx.cond(
            State.ready,
            _none(),
            rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status"),
        ),
        page="overview",
        crumbs=(("Overview", _overview()), ("Alerts", "")),
    )
