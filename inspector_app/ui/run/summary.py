"""The first tab: what the run was given, what came out, and what is still pending."""

from __future__ import annotations

import reflex as rx

from inspector_app.ui.kit.controls import copy_button, link
from inspector_app.ui.kit.icons import badge, icon
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.run.state import RunState
from inspector_app.ui.run.values import STAGE, ActivityRow, ChildRow, Text

State = RunState


def _payload(text: rx.Var[Text], word: str, nothing: rx.Component) -> rx.Component:
    empty = rx.el.p(nothing, class_name="t2 payload-none")
    code = rx.el.pre(text.text, class_name="code payload", tab_index=0, aria_label=word)
    return rx.el.section(
        rx.el.div(
            rx.el.h3(rx.cond(text.kind, text.kind, word)),
            rx.cond(text.text, rx.el.span(text.size, class_name="t3 num")),
            rx.cond(text.cut, rx.el.span("cut at 64 KiB", class_name="tag")),
            rx.el.span(class_name="grow"),
            rx.cond(text.text, copy_button(text.text, word.lower())),
            class_name="panel-h",
        ),
        rx.cond(text.text, code, empty),
        class_name="panel",
        aria_label=word,
    )


def _activity(row: rx.Var[ActivityRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(badge(row.stage, STAGE), class_name="stage"),
        rx.el.td(
            icon("cable", 14, css="kind"),
            rx.el.span(row.activity_type, class_name="med"),
            " ",
            rx.el.span(row.activity_id, class_name="t3 mono"),
            title=row.activity_type,
            class_name="what",
        ),
        rx.el.td(row.tries, class_name="r try-n"),
        rx.el.td(moment(row.since, "relative"), class_name="r hide-n"),
        rx.el.td(
            moment(row.next_try, "in"),
            class_name="r next",
        ),
        rx.el.td(
            row.failure,
            title=row.failure,
            class_name="t2 hide-n",
        ),
    )


def _child(row: rx.Var[ChildRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon("git-fork", 14), "Open", class_name="badge st-running"),
            class_name="stage",
        ),
        rx.el.td(
            link(row.workflow_id, to=row.href, class_name="link mono", title=row.workflow_id),
            " ",
            rx.el.span(row.workflow_type, class_name="t3"),
            class_name="what",
        ),
        *(rx.el.td(class_name="hide-n") for _ in range(4)),
    )


def _failing_task() -> rx.Component:
    facts = State.facts
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon("circle-x", 14), "Failing", class_name="badge st-failed"),
            class_name="stage",
        ),
        rx.el.td(
            icon("workflow", 14, css="kind"),
            rx.el.span("Workflow task", class_name="med"),
            class_name="what",
        ),
        rx.el.td(facts.task_attempt, class_name="r try-n"),
        rx.el.td(moment(facts.task_since, "relative"), class_name="r hide-n"),
        rx.el.td(class_name="hide-n"),
        rx.el.td(facts.problem, class_name="t2 hide-n"),
    )


def _pending() -> rx.Component:
    head = (
        ("State", "", "148px"),
        ("What", "", "auto"),
        ("Try", "r", "76px"),
        ("Since", "r hide-n", "120px"),
        ("Next try", "r", "96px"),
        ("Last failure", "hide-n", "30%"),
    )
    rows = table(
        head,
        rx.cond(State.facts.task_attempt > 1, _failing_task()),
        rx.foreach(State.activities, _activity),
        rx.foreach(State.children, _child),
        css="pending",
        walked=False,
    )
    count = State.activities.length() + State.children.length()
    some = (count > 0) | (State.facts.task_attempt > 1)
    nothing = rx.el.p(
        "Nothing is pending: no activity, no child. The workflow waits for a signal, an update "
        "or a timer, or is about to move.",
        class_name="t2 payload-none",
    )
    return rx.el.section(
        rx.el.div(
            rx.el.h3("Pending"),
            rx.cond(count > 0, rx.el.span(count, class_name="t3 num")),
            class_name="panel-h",
        ),
        rx.cond(some, rows, nothing),
        class_name="panel",
        aria_label="Pending work",
    )


def summary() -> rx.Component:
    """Input and outcome side by side, pending work on top while the run is open."""
    unfinished = rx.cond(
        State.facts.is_open, "The run has not ended.", "The run ended without a result."
    )
    return rx.fragment(
        rx.cond(State.facts.is_open, _pending()),
        rx.el.div(
            _payload(State.given, "Input", rx.fragment("The workflow was started without input.")),
            _payload(State.outcome, "Result", rx.fragment(unfinished)),
            class_name="cols payloads",
        ),
    )
