"""Our keys with a SAML provider: which are in our metadata, and how they change, step by step."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.domain.signing_in import KeyStep
from inspector_app.ui.kit.controls import button
from inspector_app.ui.kit.form import form, reason_field
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.question import Proving, question
from inspector_app.ui.providers.metadata import fingerprint, until
from inspector_app.ui.providers.saml_state import CertificateRow, SamlState

State = SamlState
_FORM = "turn-keys"
_NOW = {
    KeyStep.PREPARE: "One pair. To change it, prepare another one: nobody who signs in notices.",
    KeyStep.USE: (
        "The new pair is in our metadata, and not in use yet. Have the provider read our metadata "
        "again; once it knows both certificates, use the new pair."
    ),
    KeyStep.DROP: (
        "The new pair is in use. Have the provider read our metadata again, so that it encrypts "
        "for the new one; then drop the old pair."
    ),
}
"""What is so, and what the admin does at the provider meanwhile; by the step that comes next."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A step as it is offered and asked about."""

    verb: str
    does: str


_ASKED = {
    (KeyStep.PREPARE, KeyStep.PREPARE): _Asked(
        "Prepare a new pair",
        "Makes another pair of keys and publishes its certificate in our metadata, beside the one "
        "in use. Then have the provider read our metadata again.",
    ),
    (KeyStep.USE, KeyStep.USE): _Asked(
        "Use the new pair",
        "Requests are signed with the new pair at once, and assertions are to be encrypted for "
        "it. A provider that has not read our metadata since refuses every sign-in.",
    ),
    (KeyStep.USE, KeyStep.DROP): _Asked(
        "Drop the new pair",
        "Forgets the new pair, which was never in use, and takes it out of our metadata.",
    ),
    (KeyStep.DROP, KeyStep.DROP): _Asked(
        "Drop the old pair",
        "Forgets the old pair and takes it out of our metadata. An assertion that is still "
        "encrypted for it does not open any more.",
    ),
    (KeyStep.DROP, KeyStep.USE): _Asked(
        "Use the old pair again",
        "Requests are signed with the old pair again, and assertions are to be encrypted for it: "
        "for a provider that does not know the new one yet.",
    ),
}
"""By the step that usually comes next, and the one that is asked about."""
_KEYS = {key: f"{key[0]} {key[1]}" for key in _ASKED}


def _row(row: rx.Var[CertificateRow]) -> rx.Component:
    return rx.el.li(
        rx.cond(row.in_use, icon("pen-line", 14), icon("clock", 14)),
        rx.el.div(
            rx.el.div(
                rx.cond(row.in_use, "In use: signs, and is encrypted for", "Not in use"),
                class_name="med",
            ),
            fingerprint(row),
            until(row),
            class_name="grow",
        ),
    )


def _pick(state: rx.Var[str], *words: tuple[str, str]) -> rx.Var[str]:
    return rx.match(state, *words, "").to(str)


def _acts() -> rx.Component:
    """The usual step, and the way back beside it."""
    first = State.key_steps[0]

    def offer(step: rx.Var[str]) -> rx.Component:
        words = ((_KEYS[key], f"{each.verb} …") for key, each in _ASKED.items())
        return button(_pick(first + " " + step, *words), css="sm", on_click=State.ask_keys(step))

    return rx.el.div(
        rx.el.p(_pick(first, *((each.value, said) for each, said in _NOW.items()))),
        rx.el.div(rx.foreach(State.key_steps, offer), class_name="row wrap"),
        class_name="stack tight",
    )


def our_keys() -> rx.Component:
    """The panel; only where the provider speaks SAML."""
    return rx.cond(
        (State.own.length() > 0) | (State.keys_error != ""),
        rx.el.section(
            rx.el.div(
                rx.el.h2("Our keys"),
                rx.el.span("SHA-256 of each certificate", class_name="t3 trunc"),
                class_name="panel-h",
            ),
            rx.el.div(
                rx.cond(State.keys_error, rx.el.p(State.keys_error, role="alert")),
                rx.el.ul(rx.foreach(State.own, _row), class_name="tries keys"),
                rx.cond(State.key_steps.length() > 0, _acts()),
                class_name="panel-b stack",
            ),
            _question(),
            class_name="panel",
            aria_label="Our keys",
        ),
    )


def _question() -> rx.Component:
    asked = State.key_steps[0] + " " + State.turning
    verb = _pick(asked, *((_KEYS[key], each.verb) for key, each in _ASKED.items()))
    return question(
        _FORM,
        form(
            _FORM,
            rx.el.p(_pick(asked, *((_KEYS[key], each.does) for key, each in _ASKED.items()))),
            reason_field(_FORM, error=State.keys_reason),
            on_submit=State.turn_keys,
        ),
        title=rx.fragment(verb, " for “", State.opened.name, "”?"),
        verb=verb,
        is_open=State.turning != "",
        on_shut=State.shut_keys,
        proving=Proving(State.must_prove, State.second_step, State.here),
        told=(State.keys_problem,),
        css=rx.cond(State.turning == KeyStep.DROP.value, "danger", "primary"),
    )
