"""A person's own sessions."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.domain.identity import session_ends_at
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui.guard import requires
from inspector_app.ui.session import SessionState, milliseconds


@dataclass(frozen=True)
class SessionRow:
    """A signed-in browser; times in epoch milliseconds."""

    ident: str
    device: str
    agent: str
    address: str
    provider: str
    since: int | None
    seen: int | None
    ends: int | None
    this_one: bool


_BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """Name browser and system of a User-Agent, good enough to recognise one's own."""
    browser = next((name for mark, name in _BROWSERS if mark in agent), "")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "")
    return f"{browser} on {system}" if browser and system else browser or system or "Unknown"


class AccountState(SessionState):
    """Where the person is signed in. Ending a session and the password go by HTTP forms."""

    sessions: list[SessionRow] = []
    ready: bool = False

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def load(self) -> None:
        """List the person's live sessions, newest use first."""
        self._clear()
        self._choose_namespace()
        found = await registry.services().sessions.mine(self._actor)
        self.sessions = [
            SessionRow(
                ident=str(each.id),
                device=device(each.user_agent),
                agent=each.user_agent,
                address=each.address,
                provider=each.provider,
                since=milliseconds(each.created_at),
                seen=milliseconds(each.last_seen_at),
                ends=milliseconds(session_ends_at(each)),
                this_one=each.id == self._actor.session,
            )
            for each in found
        ]
        self._show_last_answer()
        self.ready = True
