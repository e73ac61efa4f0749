"""What is hidden of payloads, and from whom."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.admins import for_admins
from inspector_app.ui.kit.controls import button
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.table import table
from inspector_app.ui.kit.time import moment
from inspector_app.ui.redaction.form import rule_dialog
from inspector_app.ui.redaction.state import RedactionState, RuleRow
from inspector_app.ui.shell import shell

State = RedactionState


def _row(row: rx.Var[RuleRow]) -> rx.Component:
    return rx.el.tr(
        rx.el.td(
            rx.el.span(icon("eye-off", 14), row.name, class_name="row"),
            title=row.name,
            class_name="name",
        ),
        rx.el.td(
            rx.el.code(row.expression, class_name="mono"),
            title=row.expression,
            class_name="far trunc what",
        ),
        rx.el.td(rx.cond(row.kind == "path", "Path", "Pattern"), class_name="hide-n"),
        rx.el.td(row.hidden_from, class_name="from"),
        rx.el.td(row.changed_by, class_name="t2 hide-n"),
        rx.el.td(moment(row.changed, "relative"), class_name="r hide-n"),
        rx.el.td(
            rx.el.span(
                button(
                    "Change …",
                    css="sm",
                    on_click=State.ask_rule("change", row.ident),
                    aria_label="Change " + row.name,
                ),
                button(
                    "Remove …",
                    css="sm danger-quiet",
                    on_click=State.ask_rule("remove", row.ident),
                    aria_label="Remove " + row.name,
                ),
                class_name="row end",
            ),
            class_name="r started",
        ),
        custom_attrs={"data-row": ""},
    )


def _table() -> rx.Component:
    head = (
        ("Rule", "", "220px"),
        ("Hides", "", "auto"),
        ("By", "hide-n", "88px"),
        ("From", "", "180px"),
        ("Changed by", "hide-n", "112px"),
        ("Changed", "r hide-n", "96px"),
        ("", "r", "188px"),
    )
    return table(head, rx.foreach(State.rows, _row), css="stacked rules")


def _rules() -> rx.Component:
    return rx.el.section(
        rx.el.div(
            rx.el.h2("Redaction"),
            rx.el.span(
                "Hidden on the server, before anything leaves: screens, API, search, exports",
                class_name="t3 grow trunc hide-n",
            ),
            rx.el.span(class_name="grow"),
            button(
                "Hide something …",
                name="plus",
                css="sm",
                on_click=State.ask_rule("add", ""),
            ),
            class_name="panel-h",
        ),
        rx.cond(
            State.rows.length() > 0,
            _table(),
            empty(
                "eye-off",
                "Nothing is hidden",
                "Whoever may see a run sees its payloads, memo and failures in full. A rule hides "
                "values by their path, or text by a pattern, from observers or more roles.",
            ),
        ),
        class_name="panel",
        aria_label="Redaction",
    )


def redaction_page() -> rx.Component:
    """The page at `/t/{tenant}/admin/redaction`."""
    body = for_admins(
        _rules(),
        rule_dialog(),
        needs=Permission.REDACTION_READ,
        ready=State.ready,
        title="Redaction is for admins",
    )
    return shell(body, page="redaction", crumbs=(("Redaction", ""),))
