"""The page at `/t/{tenant}/run`."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import link
from inspector_app.ui.kit.feedback import empty, outage
from inspector_app.ui.kit.live import live_switch
from inspector_app.ui.run.dialogs import dialogs
from inspector_app.ui.run.header import header
from inspector_app.ui.run.history import history
from inspector_app.ui.run.metadata import metadata
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.summary import summary
from inspector_app.ui.run.trail import trail
from inspector_app.ui.run.values import Tab
from inspector_app.ui.shell import shell

State = RunState


def _tab(tab: rx.Var[Tab]) -> rx.Component:
    return link(
        tab.word,
        rx.cond(tab.count, rx.el.span(tab.count, class_name="n")),
        to=tab.href,
        prevent_scroll_reset=True,
        aria_current=rx.cond(State.tab == tab.key, "page", rx.Var("undefined")),
    )


def _missing() -> rx.Component:
    return empty(
        "search-x",
        "There is no such run",
        State.missing.text,
        " ",
        State.missing.hint,
        acts=(link("All workflows", to=State.workflows_href, class_name="btn"),),
    )


def _skeleton() -> rx.Component:
    return rx.el.div(class_name="panel skeleton", aria_label="Reading the run", role="status")


def run_page() -> rx.Component:
    """One run."""
    parts = rx.match(
        State.tab,
        ("metadata", metadata()),
        ("audit", trail()),
        summary(),
    )
    tabs = rx.el.nav(rx.foreach(State.tabs, _tab), class_name="tabs", aria_label="Run")
    # The list needs the address only: its rows come while the run is still being described.
    body = rx.fragment(
        rx.cond(State.ready, header(), rx.el.div(class_name="run-h waiting", aria_hidden="true")),
        tabs,
        rx.cond(
            State.tab == "history",
            rx.cond(State.rows_src, history()),
            rx.cond(State.ready, parts, rx.cond(State.outage, rx.fragment(), _skeleton())),
        ),
        dialogs(),
    )
    title = rx.cond(State.facts.workflow_type, State.facts.workflow_type, "Run")
    return shell(
        outage(State.outage, State.retry),
        rx.cond(State.missing, _missing(), body),
        page="workflows",
        crumbs=(("Workflows", State.workflows_href), (title, "")),
        # A closed run does nothing any more.
        live=rx.cond(State.facts.is_open, live_switch(State.switch_live, State.read_at)),
    )
