"""The history tab: the virtual list, and one event in full beside it."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import copy_button, icon_button, link
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.time import moment
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import EventLink

State = RunState


class EventList(rx.Component):
    """Rows of a history, fetched in pages by assets/event_list.js."""

    library = "$/public/event_list"
    tag = "EventList"
    lib_dependencies: list[str] = ["react-virtuoso@4.18.21"]

    src: rx.Var[str]
    """The route of the rows; `from_event` and `page_size` are appended."""
    tenant: rx.Var[str]
    base: rx.Var[str]
    """A row's own address, up to its `event`."""
    selected: rx.Var[int]
    """The event that stands open; 0: none."""
    total: rx.Var[int]
    """How many events there are now; a greater number makes the list grow at its end."""


def _link(each: rx.Var[EventLink]) -> rx.Component:
    return rx.fragment(
        rx.el.dt(each.label),
        rx.el.dd(link("event ", each.event, to=each.href, class_name="link num")),
    )


def _detail() -> rx.Component:
    event = State.opened
    here: rx.Var[str] = rx.Var("window.location.href", _var_type=str)
    facts = rx.el.dl(
        rx.el.dt("Time"),
        rx.el.dd(moment(event.at, "full")),
        rx.cond(
            event.subject,
            rx.fragment(
                rx.el.dt("About"),
                rx.el.dd(event.subject, " ", rx.el.span(event.note, class_name="t2")),
            ),
        ),
        rx.foreach(event.links, _link),
        class_name="kv",
    )
    json = rx.el.pre(
        event.json, class_name="code event-json", tab_index=0, aria_label="The event as JSON"
    )
    return rx.el.aside(
        rx.el.div(
            rx.el.span(event.number, class_name=f"badge pill num {event.css}"),
            rx.el.h3(event.type, class_name="semi trunc", title=event.type),
            rx.el.span(class_name="grow"),
            icon_button(
                "link", "Copy link to event", css="ghost sm", on_click=rx.set_clipboard(here)
            ),
            copy_button(event.json, "JSON"),
            link(
                icon("x", 14),
                to=State.event_base,
                class_name="btn ghost icon sm",
                aria_label="Close",
                title="Close",
                prevent_scroll_reset=True,
            ),
            class_name="detail-h",
        ),
        rx.el.div(facts, json, class_name="detail-b"),
        aria_label="Event",
    )


def _waiting() -> rx.Component:
    text = rx.cond(State.event_missing, State.event_missing, "Reading the event …")
    return rx.el.aside(
        rx.el.div(
            rx.el.h3("Event ", State.event, class_name="semi"),
            rx.el.span(class_name="grow"),
            link(
                icon("x", 14),
                to=State.event_base,
                class_name="btn ghost icon sm",
                aria_label="Close",
                prevent_scroll_reset=True,
            ),
            class_name="detail-h",
        ),
        rx.el.p(text, class_name="t2 payload-none", role="status"),
    )


def history() -> rx.Component:
    """All events of the run; one opened by its address."""
    events = EventList.create(
        src=State.rows_src,
        tenant=State.tenant,
        base=State.event_base,
        selected=State.event,
        total=State.facts.events,
    )
    aside = rx.cond(State.opened.id > 0, _detail(), _waiting())
    return rx.el.section(
        rx.cond(
            State.event > 0,
            rx.el.div(events, aside, class_name="split-pane"),
            rx.el.div(events, class_name="split-pane whole"),
        ),
        class_name="panel history",
        aria_label="History",
    )
