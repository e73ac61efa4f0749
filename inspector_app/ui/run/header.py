"""A run's header: id, state, facts, what needs attention, and the buttons."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.workflows import Action
from inspector_app.ui.kit.controls import button, copy_button, icon_button, link, menu, opens
from inspector_app.ui.kit.icons import badge, icon
from inspector_app.ui.kit.time import moment, span
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import Offered
from inspector_app.ui.theme import STATUS

State = RunState


def _act(word: str, name: str, action: Action, offered: rx.Var[Offered]) -> rx.Component:
    return button(
        word,
        name=name,
        disabled=~offered.enabled,
        title=offered.title,
        on_click=ActState.ask(action.value),
    )


def _more() -> rx.Component:
    return rx.fragment(
        icon_button("ellipsis", "More", css="more", **opens("run-menu")),
        menu(
            "run-menu",
            rx.el.button(
                icon("octagon-x", 14),
                "Terminate …",
                type="button",
                class_name="menu-item danger",
                disabled=~State.offers.terminate.enabled,
                title=State.offers.terminate.title,
                on_click=ActState.ask(Action.TERMINATE.value),
                custom_attrs={"popoverTarget": "run-menu", "popoverTargetAction": "hide"},
            ),
            rx.el.div(class_name="menu-line"),
            rx.el.button(
                icon("square-terminal", 14),
                "Copy command",
                type="button",
                class_name="menu-item",
                title=State.command,
                on_click=rx.set_clipboard(State.command),
                custom_attrs={"popoverTarget": "run-menu", "popoverTargetAction": "hide"},
            ),
            css="at-more",
        ),
    )


def _title() -> rx.Component:
    facts, offers = State.facts, State.offers
    pause = _act("Pause", "pause", Action.PAUSE, offers.pause)
    resume = _act("Resume", "play", Action.RESUME, offers.resume)
    return rx.el.div(
        rx.el.h2(facts.workflow_id, class_name="id trunc", title=facts.workflow_id),
        copy_button(facts.workflow_id, "workflow id"),
        badge(facts.status, STATUS, pill=True),
        rx.el.span(class_name="grow"),
        rx.cond(
            facts.is_open,
            rx.fragment(
                _act("Signal", "radio", Action.SIGNAL, offers.signal),
                rx.cond(facts.is_paused, resume, pause),
                _act("Cancel", "circle-slash", Action.CANCEL, offers.cancel),
            ),
        ),
        _more(),
        class_name="ttl",
    )


def _fact(word: str, *value: rx.Component | rx.Var[str]) -> rx.Component:
    return rx.el.div(rx.el.dt(word), rx.el.dd(*value))


def _facts() -> rx.Component:
    facts, kind = State.facts, State.facts.workflow_type
    stuck = rx.el.span(
        icon("equal-not", 14),
        facts.problem,
        rx.cond(
            facts.task_attempt > 1,
            rx.el.span(f"try {facts.task_attempt}", class_name="t3 num"),
        ),
        class_name="badge st-failed stuck",
    )
    return rx.el.dl(
        rx.cond(facts.problem, _fact("Problem", stuck)),
        _fact("Type", rx.el.span(kind, class_name="trunc", title=kind)),
        _fact(
            "Run",
            rx.el.span(facts.run_short, class_name="mono", title=facts.run_id),
            copy_button(facts.run_id, "run id"),
        ),
        _fact(
            "Started",
            moment(facts.started),
            rx.cond(
                facts.closed,
                rx.fragment(),
                rx.el.span(moment(facts.started, "relative"), class_name="t3 hide-n"),
            ),
        ),
        rx.cond(facts.closed, _fact("Closed", moment(facts.closed))),
        rx.cond(facts.closed, _fact("Duration", span(facts.started, facts.closed))),
        _fact("Task queue", rx.el.span(facts.task_queue, class_name="mono trunc")),
        rx.cond(
            facts.build_id, _fact("Build", rx.el.span(facts.build_id, class_name="mono trunc"))
        ),
        rx.cond(
            facts.parent_id,
            _fact(
                "Parent",
                link(facts.parent_id, to=facts.parent_href, class_name="link mono trunc"),
            ),
        ),
        _fact(
            "History",
            rx.el.span(facts.events_text, " events", class_name="num"),
            rx.el.span(facts.size, class_name="t3 num"),
        ),
        class_name="facts",
    )


def _not_held() -> rx.Component:
    """A pause that the server keeps while the run goes on all the same."""
    return rx.el.div(
        icon("triangle-alert"),
        rx.el.div(
            rx.el.b("Paused, but not held."),
            rx.el.p(
                "The server shows Running with a pause set by ",
                State.facts.paused_by,
                ". It came undone by a workflow task in flight.",
            ),
            class_name="grow",
        ),
        _act("Pause again", "pause", Action.PAUSE, State.offers.pause),
        class_name="notice st-drift",
        role="status",
    )


def _held() -> rx.Component:
    facts = State.facts
    return rx.el.div(
        icon("circle-pause"),
        rx.el.div(
            rx.el.b("Paused"),
            rx.cond(facts.paused_by, " by " + facts.paused_by, ""),
            ", ",
            moment(facts.paused_at),
            rx.cond(facts.pause_reason, ": " + facts.pause_reason, "."),
            class_name="grow",
        ),
        class_name="notice st-paused",
        role="status",
    )


def _stuck() -> rx.Component:
    """Why the workflow task keeps failing: where, what can be done, and the SDK's own words."""
    why = State.stuck
    return rx.el.div(
        icon("equal-not"),
        rx.el.div(
            rx.el.b(why.word, "."),
            " ",
            why.summary,
            rx.el.details(
                rx.el.summary("What can be done"),
                rx.el.ul(rx.foreach(why.remedies, rx.el.li)),
                rx.el.p("The SDK says:", class_name="t3"),
                rx.el.pre(why.message, class_name="code", tab_index=0),
                link("The failed task", to=why.failed_href, class_name="link"),
            ),
            class_name="grow",
        ),
        rx.cond(
            why.event > 0,
            link("Open event ", why.event, to=why.href, class_name="btn"),
        ),
        class_name="notice st-failed why-stuck",
        role="status",
    )


def header() -> rx.Component:
    """The header, and notices about the run's own state."""
    facts = State.facts
    asked = rx.el.div(
        icon("circle-slash"),
        rx.el.div(
            rx.el.b("Cancelling was asked for."),
            " The workflow decides when and how it ends.",
            class_name="grow",
        ),
        class_name="notice quiet",
        role="status",
    )
    return rx.fragment(
        rx.el.header(_title(), _facts(), class_name="run-h"),
        rx.cond(State.stuck.summary, _stuck()),
        rx.cond(facts.pause_undone, _not_held()),
        rx.cond(facts.is_paused, _held()),
        rx.cond(facts.cancel_requested, asked),
    )
