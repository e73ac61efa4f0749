"""The overview's state: numbers of all namespaces, kept current while the page is open."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.errors import InspectorError, SignInRequired
from inspector_app.domain.overview import STEP, STEPS, Overview
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui.guard import requires
from inspector_app.ui.overview import values
from inspector_app.ui.overview.values import Bar, NamespaceRow, NeedyRow, Tile
from inspector_app.ui.session import SessionState, milliseconds


class OverviewState(SessionState):
    """Tiles, chart and tables, and how old their numbers are."""

    alerts: Tile = Tile()
    stuck: Tile = Tile()
    paused: Tile = Tile()
    failing: Tile = Tile()
    throughput: Tile = Tile()
    bars: list[Bar] = []
    steps: int = 0
    """How many of the chart's steps are counted so far."""
    highest: str = ""
    since: int | None = None
    rows: list[NamespaceRow] = []
    silent: list[str] = []
    needy: list[NeedyRow] = []
    needing: str = ""
    """How many runs need somebody; the list shows the first of each namespace."""
    counted_at: int | None = None
    ready: bool = False

    @rx.event
    @requires(Permission.RUN_READ)
    async def load(self) -> rx.event.EventSpec:
        """The numbers come as the servers give them."""
        self._opens()
        return OverviewState.follow

    @rx.event(background=True)
    @requires(Permission.RUN_READ, passive=True)
    async def follow(self) -> rx.event.EventSpec | None:
        """Show the numbers now, then what changes while Live is on.

        Ends when the page, the socket, the session or its owner is another; a session that ended
        leads to sign-in.
        """
        async with self:
            turn, actor = self._take_turn(), self._actor
        async with registry.services().live.overview(actor) as watch:
            async for found in self._heard(watch, turn):
                if isinstance(found, SignInRequired):
                    return OverviewState.load
                async with self:
                    if not self._has_turn(turn):
                        return None
                    if found is not None:
                        self._take(found)
                        if not self.live and self.steps == STEPS:
                            return None
        return None

    @rx.event
    @requires(Permission.RUN_READ)
    async def switch_live(self) -> rx.event.EventSpec | None:
        """Follow the numbers, or leave on show what is there."""
        self.live = not self.live
        self._take_turn()
        return OverviewState.follow if self.live else None

    def _take(self, found: Overview | InspectorError) -> None:
        if isinstance(found, InspectorError):
            self._show_passing(found)
            return
        self._goes_well()
        self.counted_at = milliseconds(found.counted_at)
        tiles = values.tiles(found, self.tenant)
        self.alerts = values.alerts(self.tenant)
        self.stuck, self.paused = tiles["stuck"], tiles["paused"]
        self.failing, self.throughput = tiles["failing"], tiles["throughput"]
        self.rows = [values.row(each, self.tenant) for each in found.namespaces]
        self.silent = [each.slug for each in found.namespaces if each.trouble]
        self.needy = [values.needy(each, self.tenant) for each in found.needy]
        whole = found.total(lambda each: each.stuck + each.paused)
        shown = len(self.needy)
        self.needing = f"{whole:,}" if whole == shown else f"{shown:,} of {whole:,}"
        steps = found.steps
        self.bars, self.steps = values.bars(steps), len(steps)
        self.highest = f"{max((each.closed.total for each in steps), default=0):,}"
        self.since = milliseconds(steps[-1].at - STEP * (STEPS - 1)) if steps else None
        self.ready = True
