"""Fill the form of a SAML provider with what the provider publishes of itself."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.saml_trust import MOST_METADATA
from inspector_app.ui.kit.controls import field
from inspector_app.ui.kit.form import field_id, form, submit
from inspector_app.ui.kit.icons import icon
from inspector_app.ui.kit.time import moment
from inspector_app.ui.providers.saml_state import CertificateRow, SamlState
from inspector_app.ui.providers.state import slowly

State = SamlState
_FORM = "provider-metadata"


def until(row: rx.Var[CertificateRow]) -> rx.Component:
    """Say how long a certificate is valid."""
    return rx.el.span(
        rx.cond(row.over, "ended ", "valid until "),
        moment(row.until, "full"),
        class_name=rx.cond(row.over, "t3 s12 st-drift ct", "t3 s12"),
    )


def fingerprint(row: rx.Var[CertificateRow]) -> rx.Component:
    """Show what people compare; copied, it is in one piece."""
    return rx.el.code(rx.foreach(row.parts, rx.el.span), class_name="mono fingerprint pieces")


def _certificate(row: rx.Var[CertificateRow]) -> rx.Component:
    return rx.el.li(fingerprint(row), until(row))


def _came() -> rx.Component:
    more = rx.el.p(
        "It lists ",
        (State.came.length() + State.left_out).to_string(),
        " certificates; only the first two that have not ended are taken.",
    )
    return rx.cond(
        (State.came.length() > 0) & (State.came_to == State.form_key),
        rx.el.div(
            icon("circle-check"),
            rx.el.div(
                rx.el.b("Filled in below; nothing is kept until you save"),
                rx.el.p(
                    "Nobody has verified that it is really theirs: compare the SHA-256 of each "
                    "certificate with what the provider itself shows."
                ),
                rx.el.ul(rx.foreach(State.came, _certificate), class_name="certificates"),
                rx.cond(State.left_out > 0, more),
                class_name="grow",
            ),
            class_name="notice st-completed",
            role="status",
        ),
    )


def from_metadata() -> rx.Component:
    """Ask for the metadata or its address; open where nothing is set yet."""
    by_url, by_text = field_id(_FORM, "url"), field_id(_FORM, "metadata")
    url = rx.el.input(
        id=by_url,
        name="url",
        class_name="input mono",
        auto_complete="off",
        spell_check=False,
        aria_invalid=rx.cond(State.url_error, "true", "false"),
    )
    text = rx.el.textarea(
        id=by_text,
        name="metadata",
        class_name="input area mono",
        rows="4",
        spell_check=False,
        # One more than is read: what is longer is said to be too long, not cut without a word.
        max_length=MOST_METADATA + 1,
        aria_invalid=rx.cond(State.metadata_error, "true", "false"),
    )
    waits = State.waiting == "metadata"
    return rx.el.details(
        rx.el.summary("Fill from metadata"),
        rx.el.div(
            form(
                _FORM,
                field(
                    "Address of the metadata",
                    url,
                    html_for=by_url,
                    hint="Inspector reads it once, from its own network.",
                    error=State.url_error,
                ),
                field(
                    "Or the metadata itself",
                    text,
                    html_for=by_text,
                    hint="The provider's XML, as it is.",
                    error=State.metadata_error,
                ),
                rx.el.div(
                    submit(
                        _FORM,
                        rx.cond(waits, "Reading the metadata …", "Fill the form"),
                        css="",
                    ),
                    class_name="row",
                ),
                on_submit=slowly("metadata", State.fill_from_metadata),
            ),
            _came(),
            class_name="stack prove",
        ),
        class_name="more-settings from-metadata",
        open=rx.cond(State.opened, False, True),
    )
