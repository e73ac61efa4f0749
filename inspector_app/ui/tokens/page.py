"""The tenant's tokens, for admins."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.admins import for_admins
from inspector_app.ui.shell import shell
from inspector_app.ui.tokens.parts import tokens_panel
from inspector_app.ui.tokens.state import TokensState


def tokens_page() -> rx.Component:
    """The page at `/t/{tenant}/admin/tokens`."""
    body = for_admins(
        tokens_panel(
            title="Tokens",
            about="What acts in this organisation besides people",
            nothing="A service token lets a program act for your organisation; people make their "
            "own on their account pages.",
        ),
        needs=Permission.TOKEN_READ,
        ready=TokensState.tokens_ready & TokensState.of_tenant,
        title="The organisation's tokens are for admins",
        more="Your own stand on your account page.",
    )
    return shell(body, page="tokens", crumbs=(("Tokens", ""),))
