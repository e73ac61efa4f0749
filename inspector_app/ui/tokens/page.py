"""The tenant's tokens, for admins."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.session import SessionState
from inspector_app.ui.shell import shell
from inspector_app.ui.tokens.parts import tokens_panel
from inspector_app.ui.tokens.state import TokensState


def tokens_page() -> rx.Component:
    """The page at `/t/{tenant}/admin/tokens`."""
    allowed = SessionState.permissions.contains(Permission.TOKEN_READ.value)
    listing = rx.cond(
        TokensState.tokens_ready & TokensState.of_tenant,
        tokens_panel(
            title="Tokens",
            about="What acts in this organisation besides people",
            nothing="A service token lets a program act for your organisation; people make their "
            "own on their account pages.",
        ),
        rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status"),
    )
    not_yours = rx.el.section(
        empty(
            "lock",
            "The organisation's tokens are for admins",
            "Your own stand on your account page.",
        ),
        class_name="panel not-yours",
    )
    return shell(
        rx.cond(SessionState.role != "", rx.cond(allowed, listing, not_yours)),
        page="tokens",
        crumbs=(("Tokens", ""),),
    )
