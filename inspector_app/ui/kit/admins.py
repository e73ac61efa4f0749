"""Pages that only admins see something on."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.kit.controls import Child
from inspector_app.ui.kit.feedback import empty
from inspector_app.ui.session import SessionState


def for_admins(
    *body: Child,
    needs: Permission,
    ready: rx.Var[bool] | bool,
    title: str,
    more: str = "",
) -> rx.Component:
    """Show `body` to who may see it, once it is `ready`; to others who they are here.

    `title` says whose it is, `more` where else they find something. Nothing stands there before
    it is known who asks.
    """
    loading = rx.el.div(class_name="panel skeleton", aria_label="Loading", role="status")
    others = rx.el.section(
        empty(
            "lock",
            title,
            rx.el.span(
                "You are signed in as ", SessionState.username, ", ", SessionState.role, "."
            ),
            f" An admin of your organisation can give you the role. {more}".rstrip(),
        ),
        class_name="panel not-yours",
    )
    return rx.cond(
        SessionState.role != "",
        rx.cond(
            SessionState.permissions.contains(needs.value),
            rx.cond(ready, rx.fragment(*body), loading),
            others,
        ),
    )
