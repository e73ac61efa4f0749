"""Signed-in browsers, as their person and their admins see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector_app.domain.identity import Session, session_ends_at
from inspector_app.domain.ids import SessionId
from inspector_app.ui.session import milliseconds


@dataclass(frozen=True)
class SignedIn:
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


def signed_in(session: Session, current: SessionId | None, names: Mapping[str, str]) -> SignedIn:
    """Show a session; `current` is the one that is looking, `names` are those of providers."""
    return SignedIn(
        ident=str(session.id),
        device=device(session.user_agent),
        agent=session.user_agent,
        address=session.address,
        provider=names.get(session.provider, session.provider),
        since=milliseconds(session.created_at),
        seen=milliseconds(session.last_seen_at),
        ends=milliseconds(session_ends_at(session)),
        this_one=session.id == current,
    )
