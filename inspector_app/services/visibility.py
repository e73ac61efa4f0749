"""Questions to a server's lists that nobody waits for, paced: servers allow ten a second."""

from __future__ import annotations

import asyncio
from time import monotonic

from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import RunPage, StatusCounts
from inspector_app.services.ports import Workflows

PER_SECOND = 4.0
"""Of a namespace, in the long run; what is left of the server's ten is for people who wait."""
_AT_ONCE = 4
"""How many may come together after a rest."""


class Pace:
    """Lets callers through in the order they came, PER_SECOND in the long run."""

    def __init__(self) -> None:
        self._next = 0.0

    async def turn(self) -> None:
        """Wait until the caller may ask."""
        now, gap = monotonic(), 1 / PER_SECOND
        self._next = max(self._next, now - _AT_ONCE * gap) + gap
        await asyncio.sleep(max(0.0, self._next - now))


class Visibility:
    """Asks a namespace's lists in the background; one pace a namespace, whoever asks."""

    def __init__(self, workflows: Workflows) -> None:
        self._workflows = workflows
        self._paces: dict[tuple[str, str], Pace] = {}

    async def turn(self, place: Namespace) -> None:
        """Wait for a turn at `place`, for something else than its lists."""
        await self._paces.setdefault((place.cluster.address, place.name), Pace()).turn()

    async def page(
        self, place: Namespace, query: str, *, page_size: int, page_token: str | None = None
    ) -> RunPage:
        """List a page of runs, when it is one's turn."""
        await self.turn(place)
        return await self._workflows.page(place, query, page_size=page_size, page_token=page_token)

    async def counts(self, place: Namespace, query: str) -> StatusCounts:
        """Count runs, when it is one's turn."""
        await self.turn(place)
        return await self._workflows.counts(place, query)
