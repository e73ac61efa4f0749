"""The bar of bulk actions, the boxes that choose, and the question that comes before."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Action
from inspector_app.ui.kit.controls import button, field, icon_button
from inspector_app.ui.kit.dialog import dialog
from inspector_app.ui.kit.feedback import notice
from inspector_app.ui.kit.form import form, reason_field
from inspector_app.ui.kit.icons import badge, icon
from inspector_app.ui.session import SessionState
from inspector_app.ui.theme import STATUS
from inspector_app.ui.workflows.bulk_state import BulkState
from inspector_app.ui.workflows.bulk_values import VERBS, BulkOffer, Share
from inspector_app.ui.workflows.rows import RunRow

State = BulkState
_FORM = "bulk-form"


def is_chosen(row: rx.Var[RunRow]) -> rx.Var[bool]:
    """Whether a run is among those to act on."""
    return State.everything | State.chosen.contains(row.run_id)


def choosing_box(row: rx.Var[RunRow]) -> rx.Component:
    """The box that takes one run in."""
    return rx.el.input(
        type="checkbox",
        class_name="check",
        checked=is_chosen(row),
        on_change=State.choose(row.run_id).stop_propagation,
        aria_label=rx.Var.create("Choose ") + row.workflow_id,
    )


def choosing_all() -> rx.Component:
    """The box in the head: every run of this page."""
    return rx.el.input(
        type="checkbox",
        class_name="check",
        checked=State.everything | (State.chosen.length() == State.rows.length()),
        on_change=State.choose_page,
        aria_label="Choose every run of this page",
    )


def _verb(offer: rx.Var[BulkOffer]) -> rx.Component:
    icons = rx.match(
        offer.action, *((verb.action.value, icon(verb.icon, 14)) for verb in VERBS), icon("circle")
    )
    may = SessionState.permissions.contains(Permission.OPERATION_START.value)
    return rx.el.button(
        icons,
        offer.label,
        type="button",
        class_name=rx.cond(offer.action == Action.TERMINATE.value, "btn danger-quiet", "btn"),
        disabled=~may | ~offer.possible,
        title=rx.cond(may, "", "Needs the role developer"),
        on_click=State.ask_bulk(offer.action),
    )


def bulk_bar() -> rx.Component:
    """What can be done with the chosen runs; nothing while none is chosen."""
    told = rx.cond(
        State.everything,
        rx.el.b("All ", State.shown_total, " that match", class_name="semi num"),
        rx.el.b(State.chosen.length(), " selected", class_name="semi num"),
    )
    return rx.cond(
        State.everything | (State.chosen.length() > 0),
        rx.el.div(
            told,
            rx.cond(
                State.everything,
                rx.fragment(),
                rx.el.button(
                    "Select all ",
                    State.shown_total,
                    " that match",
                    type="button",
                    class_name="link t2 plain",
                    on_click=State.choose_everything,
                ),
            ),
            rx.el.span(class_name="sep"),
            rx.foreach(State.offers, _verb),
            icon_button("x", "Clear selection", on_click=State.choose_none),
            class_name="bulk",
            role="toolbar",
            aria_label="Bulk actions",
        ),
    )


def _share(share: rx.Var[Share]) -> rx.Component:
    return rx.el.div(
        badge(share.status, STATUS),
        rx.cond(share.touched, rx.fragment(), rx.el.span("left alone", class_name="t3")),
        rx.el.span(class_name="grow"),
        rx.el.span(share.count, class_name="num"),
        class_name="touched",
    )


def _typed(name: str, label: str, hint: str, error: rx.Var[str], **props: object) -> rx.Component:
    control = rx.el.input(
        id=f"bulk-{name}",
        name=name,
        class_name="input mono",
        auto_complete="off",
        spell_check=False,
        aria_invalid=rx.cond(error, "true", "false"),
        **props,
    )
    return field(label, control, html_for=f"bulk-{name}", hint=hint, error=error)


def bulk_dialog() -> rx.Component:
    """What will happen to which runs, and why."""
    signal = rx.cond(
        State.verb == Action.SIGNAL.value,
        rx.fragment(
            _typed("name", "Signal", "", State.name_error),
            _typed(
                "args",
                "Arguments, JSON",
                'An array, such as [true, "go on"].',
                State.args_error,
            ),
        ),
    )
    number = rx.cond(
        State.must_type,
        _typed(
            "number",
            rx.Var.create("Type ") + State.count.to_string() + " to confirm",
            "",
            State.number_error,
            input_mode="numeric",
        ),
    )
    return dialog(
        is_open=State.verb != "",
        on_open_change=State.shut_bulk,
        title=State.title,
        body=(
            rx.el.p(State.consequence),
            rx.el.div(rx.foreach(State.shares, _share), class_name="shares"),
            notice(State.problem),
            form(
                _FORM,
                signal,
                reason_field(_FORM, error=State.reason_error),
                number,
                on_submit=State.start,
            ),
        ),
        footer=(
            rx.el.span(State.lasts, class_name="t3 s12 grow"),
            button(State.keep, on_click=State.shut_bulk(False)),
            rx.el.button(
                State.deed,
                type="submit",
                form=_FORM,
                class_name=rx.cond(
                    State.verb == Action.TERMINATE.value, "btn danger", "btn primary"
                ),
            ),
        ),
    )
