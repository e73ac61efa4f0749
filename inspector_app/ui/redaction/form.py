"""The form of a rule with what it does to a sample, and the question before one is removed."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Role
from inspector_app.domain.redaction import LONGEST_NAME, LONGEST_PATTERN, RuleKind
from inspector_app.services.redaction import LONGEST_SAMPLE
from inspector_app.ui.kit.controls import field
from inspector_app.ui.kit.form import form, reason_field
from inspector_app.ui.kit.question import Proving, question
from inspector_app.ui.redaction.state import RedactionState
from inspector_app.ui.session import SessionState

State = RedactionState
_FORM = "rule-form"
_RESTS = 250
"""Milliseconds without a key until what is typed is tried."""
_KINDS = (
    (RuleKind.PATH.value, "Path: where it stands"),
    (RuleKind.PATTERN.value, "Pattern: how it looks"),
)
_ROLES = (
    (Role.OBSERVER.value, "Observers"),
    (Role.DEVELOPER.value, "Observers and developers"),
    (Role.ADMIN.value, "Everybody, admins too"),
)


def _select(
    ident: str, options: tuple[tuple[str, str], ...], value: rx.Var[str], on: rx.EventHandler
) -> rx.Component:
    return rx.el.select(
        *(rx.el.option(word, value=key) for key, word in options),
        id=ident,
        class_name="input select",
        value=value,
        on_change=on,
    )


def _rule() -> rx.Component:
    key = State.form_key.to_string()
    name = rx.el.input(
        id="rule-name",
        name="name",
        class_name="input",
        auto_complete="off",
        placeholder="card numbers",
        max_length=LONGEST_NAME,
        default_value=rx.cond(State.chosen, State.chosen.name, ""),
        key="name" + key,
        aria_invalid=rx.cond(State.wrong["name"], "true", "false"),
    )
    expression = rx.el.input(
        id="rule-expression",
        class_name="input mono",
        auto_complete="off",
        spell_check=False,
        max_length=LONGEST_PATTERN,
        placeholder=rx.cond(State.kind == "path", "$..email", r"\b(?:\d[ -]?){13,16}\b"),
        default_value=State.expression,
        key="expression" + key,
        aria_invalid=rx.cond(State.wrong["expression"], "true", "false"),
        on_change=State.typed_expression.debounce(_RESTS),
    )
    hint = rx.cond(
        State.kind == "path",
        "In each payload: $.customer.email, $..password at any depth, messages[*].content, "
        '$["a.b"]; $ alone hides all of it.',
        "An RE2 expression, in every text by itself; (?i) in front for either case.",
    )
    return rx.fragment(
        field(
            "Name",
            name,
            html_for="rule-name",
            hint="Readers see it where something was hidden.",
            error=State.wrong["name"],
        ),
        rx.el.div(
            field(
                "Hides by",
                _select("rule-kind", _KINDS, State.kind, State.typed_kind),
                html_for="rule-kind",
            ),
            field(
                "Hidden from",
                _select("rule-role", _ROLES, State.up_to, State.typed_role),
                html_for="rule-role",
            ),
            class_name="cols two",
        ),
        field(
            "What",
            expression,
            html_for="rule-expression",
            hint=rx.el.span(hint),
            error=State.wrong["expression"],
        ),
    )


def _trial() -> rx.Component:
    sample = rx.el.textarea(
        id="rule-sample",
        class_name="input area mono",
        rows="4",
        spell_check=False,
        max_length=LONGEST_SAMPLE,
        default_value=State.sample,
        key="sample" + State.form_key.to_string(),
        on_change=State.typed_sample.debounce(_RESTS),
    )
    return rx.fragment(
        field(
            "Try it on",
            sample,
            html_for="rule-sample",
            hint="A payload of yours, as JSON or plain; it is not kept.",
            error=State.wrong["sample"],
        ),
        rx.el.div(
            rx.el.div("As they see it, with all rules", class_name="label"),
            rx.el.pre(
                State.shown,
                class_name="code payload trial",
                aria_label="As they see it",
                aria_live="polite",
                role="status",
                tab_index=0,
            ),
            class_name="field",
        ),
    )


def rule_dialog() -> rx.Component:
    """Every question of the page; each asks for a proof first where it is a while ago."""
    title = rx.match(
        State.asking,
        ("add", "Hide something"),
        ("change", rx.Var.create("Change “") + State.chosen.name + "”"),
        ("remove", rx.Var.create("Remove “") + State.chosen.name + "”?"),
        "",
    )
    verb = rx.match(
        State.asking, ("add", "Hide it"), ("change", "Change rule"), ("remove", "Remove rule"), ""
    )
    asked = rx.cond(
        State.asking == "remove",
        rx.el.p(
            rx.el.code(State.chosen.expression, class_name="mono"),
            " shows again to those it was hidden from, from their next click on.",
        ),
        rx.fragment(_rule(), _trial()),
    )
    body = form(
        _FORM,
        asked,
        rx.cond(
            State.asking == "add",
            rx.fragment(),
            reason_field(_FORM, error=State.wrong["reason"]),
        ),
        on_submit=State.keep_rule,
    )
    return question(
        _FORM,
        body,
        title=title,
        verb=verb,
        is_open=State.asking != "",
        on_shut=State.shut_rule,
        proving=Proving(State.must_prove, State.second_step, State.here),
        told=(State.problem, SessionState.notice),
        css=rx.cond(State.asking == "remove", "danger", "primary"),
    )
