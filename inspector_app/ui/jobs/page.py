"""The jobs page: what Inspector does by itself, how it goes, and "Run now"."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.audit import REASON_MAX
from inspector_app.domain.permissions import Permission
from inspector_app.ui.jobs.state import DASH, JobRow, JobsState
from inspector_app.ui.kit.admins import for_admins
from inspector_app.ui.kit.controls import button
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.form import form, reason_field, submit
from inspector_app.ui.kit.icons import badge
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.shell import shell
from inspector_app.ui.theme import JOB

State = JobsState
_FORM = "job-form"


def _row(row: rx.Var[JobRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(rx.el.b(row.title), rx.el.span(row.does, class_name="sub"), class_name="what"),
        rx.el.td(
            badge(row.state, JOB),
            rx.cond(row.failure, rx.el.span(row.failure, class_name="sub wrap")),
            class_name="state",
        ),
        rx.el.td(
            moment(row.last),
            rx.el.span(row.took, class_name="sub", title="How long it took"),
            class_name="last",
        ),
        rx.el.td(
            moment(row.due, "in"),
            rx.el.span("every ", row.every, class_name="sub"),
            class_name="next",
        ),
        rx.el.td(
            rx.cond(row.late, rx.el.b(row.lag), row.lag),
            title="How long after its time it last started",
            class_name=rx.cond(row.late, "r late", "r t3 hide-n"),
        ),
        rx.el.td(row.missed, class_name=rx.cond(row.missed == "0", "r t3 hide-n", "r missed num")),
        rx.el.td(
            rx.cond(
                row.holder,
                rx.el.span(row.holder, class_name="mono"),
                DASH,
            ),
            rx.cond(row.holder, rx.el.span("lease ", row.epoch, class_name="sub")),
            class_name="holder hide-n",
        ),
        rx.el.td(
            button("Run now", css="sm", on_click=State.ask_run(row.name)), class_name="r act"
        ),
        custom_attrs={"data-row": ""},
    )


def _table() -> rx.Component:
    head = (
        ("Job", "", "auto"),
        ("State", "", "150px"),
        ("Last start", "", "124px"),
        ("Next", "", "116px"),
        ("Late", "r hide-n", "84px"),
        ("Missed", "r hide-n", "84px"),
        ("Held by", "hide-n", "176px"),
        ("", "r", "104px"),
    )
    return table(head, rx.foreach(State.rows, _row), css="jobs")


def _jobs() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("What Inspector does by itself"),
            rx.el.span(
                "For the whole installation; one process at a time runs a job.",
                class_name="t3 grow",
            ),
            class_name="panel-h",
        ),
        _table(),
        class_name="panel",
        aria_label="Jobs",
    )


def _dialog() -> rx.Component:
    return dialog(
        is_open=State.asked.is_not_none(),
        on_open_change=State.shut,
        title=rx.el.span("Run “", State.asked.title, "” now?"),
        body=(
            rx.el.p(State.asked.does),
            form(
                _FORM,
                reason_field(_FORM, error=State.reason_error, max_length=REASON_MAX * 2),
                on_submit=State.run_now,
            ),
        ),
        footer=(
            button("Not now", on_click=State.shut(False)),
            submit(_FORM, "Run now"),
        ),
    )


def jobs_page() -> rx.Component:
    """The page at `/t/{tenant}/admin/jobs`."""
    body = for_admins(
        _jobs(),
        _dialog(),
        needs=Permission.JOB_READ,
        ready=State.ready,
        title="Jobs are for admins",
    )
    return shell(body, page="jobs", crumbs=(("Jobs", ""),))
