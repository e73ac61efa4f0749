"""The alerts' state: there is none yet, since nothing can fire before there are rules."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.permissions import Permission
from inspector_app.ui.guard import requires
from inspector_app.ui.session import SessionState


class AlertsState(SessionState):
    """Whether somebody who may read alerts has opened the page."""

    ready: bool = False

    @rx.event
    @requires(Permission.ALERT_READ)
    async def load(self) -> None:
        """Show the list; it is empty as long as this version has no rules."""
        self._opens()
        self.ready = True
