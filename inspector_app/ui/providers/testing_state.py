"""What a test by signing in found: fetched once, and shown until the page is left."""

from __future__ import annotations

import asyncio

import reflex as rx

from inspector_app.domain.errors import InspectorError
from inspector_app.domain.limits import Kind
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui.guard import requires
from inspector_app.ui.providers.tested import TestedRow, result_of
from inspector_app.ui.session import SessionState

_PATIENCE = 8
"""Seconds for a directory: a State's lock in Redis lasts ten."""


class TestingState(SessionState):
    """The newest result; its password, where there is one, passes through and stays nowhere."""

    tested: TestedRow | None = None
    test_error: str = ""
    """Why there is no result."""

    round: int = 0
    """How many passwords were tried: the field of the next one is empty."""

    _of: tuple[str, str] = ("", "")
    """The provider and the handle whose result is shown: a page loaded again shows it again."""

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def load_tested(self) -> None:
        """Fetch what the address names; what is fetched is gone."""
        slug, handle = self._parameter("provider"), self._parameter("tested")
        if (slug, handle) == self._of:
            return
        self._of, self.tested, self.test_error = (slug, handle), None, ""
        if not (slug and handle):
            return
        try:
            found = await registry.services().trial_sign_ins.result(self._actor, slug, handle)
        except InspectorError as error:
            self.test_error = f"{error.detail} {error.hint}".strip()
        else:
            self.tested = result_of(found)

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def test_password(self, form: dict[str, str]) -> None:
        """Sign somebody in to a directory, and let nobody in."""
        self.tested, self.test_error = None, ""
        self.round += 1
        services, slug = registry.services(), self._parameter("provider")
        try:
            await services.rates.take(Kind.SIGN_IN, self._actor)
            async with asyncio.timeout(_PATIENCE):
                found = await services.trial_sign_ins.with_password(
                    self._actor, slug, form.get("username", ""), form.get("password", "")
                )
        except TimeoutError:
            self.test_error = f"The directory did not answer within {_PATIENCE} seconds."
        except InspectorError as error:
            self.test_error = f"{error.detail} {error.hint}".strip()
        else:
            self.tested = result_of(found)

    @rx.event
    @requires(Permission.PROVIDER_READ)
    async def drop_tested(self) -> None:
        """Make room for another test."""
        self.tested, self.test_error = None, ""
