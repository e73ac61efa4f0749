"""A person's own sessions."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx
import segno

from inspector_app.domain.errors import InspectorError
from inspector_app.domain.identity import LOCAL
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.kit.sessions import SignedIn, signed_in
from inspector_app.ui.session import Notice, SessionState, now

_QUIET = 4
"""Modules left white around a QR code (ISO/IEC 18004)."""


@dataclass(frozen=True)
class Enrolling:
    """A new second step: the secret as text, and as a QR code's side and path."""

    secret: str
    side: int
    path: str


class AccountState(SessionState):
    """Where the person is signed in, and how. Sessions and password go by HTTP forms."""

    sessions: list[SignedIn] = []
    elsewhere: str = ""
    """Where this session was signed in; "" by a password kept here."""
    second_step: bool = False
    recovery_left: int = 0
    must_prove: bool = False
    enrolment: Enrolling | None = None
    """What the authenticator app is told, until the page is loaded again."""
    recovery_codes: list[str] = []
    """Shown once."""
    code_error: str = ""
    here: str = ""
    ready: bool = False

    @rx.event
    @requires(Permission.SESSION_OWN)
    async def load(self) -> None:
        """List the person's live sessions, newest use first."""
        self._opens()
        found = await registry.services().sessions.mine(self._actor)
        names = await self._names_of_providers()
        self.sessions = [signed_in(each, self._actor.session, names) for each in found]
        by = self._actor.provider
        self.elsewhere = "" if by == LOCAL.provider else names.get(by, by)
        self.enrolment, self.recovery_codes, self.code_error = None, [], ""
        self.here = routes.account(self.tenant)
        self.must_prove = self._actor.must_prove(now())
        await self._read_second_step()
        self.ready = True

    @rx.event
    @requires(Permission.SESSION_SECURE)
    async def begin_second_step(self) -> None:
        """Show the secret to the authenticator app; nobody is asked for a code yet."""
        self._clear()
        begun = await registry.services().second_steps.begin(self._actor)
        self.enrolment, self.code_error = Enrolling(begun.secret, *_drawn(begun.uri)), ""

    @rx.event
    @requires(Permission.SESSION_SECURE)
    async def confirm_second_step(self, form: dict[str, str]) -> None:
        """Begin asking for codes; shows the recovery codes, once."""
        try:
            codes = await registry.services().second_steps.confirm(
                self._actor, form.get("code", "")
            )
        except InspectorError as error:
            self.code_error = error.detail
            return
        self.enrolment, self.recovery_codes, self.code_error = None, list(codes), ""
        await self._read_second_step()
        self.sessions = [each for each in self.sessions if each.this_one]

    @rx.event
    @requires(Permission.SESSION_SECURE)
    async def remove_second_step(self, form: dict[str, str]) -> None:
        """Ask for no codes any more."""
        try:
            await registry.services().second_steps.remove(self._actor, form.get("code", ""))
        except InspectorError as error:
            self.code_error = error.detail
            return
        self.recovery_codes, self.code_error = [], ""
        await self._read_second_step()
        self.notice = Notice("completed", "The second step is removed.", "")

    async def _read_second_step(self) -> None:
        found = await registry.services().second_steps.of(self._actor)
        self.second_step, self.recovery_left = found.on, found.recovery_left


def _drawn(uri: str) -> tuple[int, str]:
    """Draw a QR code: its side in modules with the quiet zone, and an SVG path."""
    matrix = segno.make(uri, error="m", micro=False).matrix
    dark = [(x, y) for y, row in enumerate(matrix) for x, module in enumerate(row) if module]
    path = "".join(f"M{x + _QUIET} {y + _QUIET}h1v1h-1z" for x, y in dark)
    return len(matrix) + 2 * _QUIET, path
