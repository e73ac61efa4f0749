"""What a tenant's namespaces do now, counted by their servers and shared by all who look."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import InspectorError, Invalid
from inspector_app.domain.identity import Actor
from inspector_app.domain.overview import (
    HOUR,
    PAUSED,
    STEP,
    STUCK,
    Closed,
    NamespaceNow,
    Needy,
    Overview,
    Step,
    closed_of,
    closed_since,
    closed_within,
    steps_until,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import RunPage, Status
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.showing import show_overview
from inspector_app.services.visibility import Visibility

FRESH = timedelta(seconds=5)
"""How long all who look are told the same numbers."""
_SETTLED = timedelta(minutes=2)
"""A server's list follows its runs by seconds; after this a past step changes no more."""
_SHOWN = 5
"""Runs of each kind that need somebody, a namespace."""


@dataclass(slots=True)
class _Place:
    """What is known of a namespace: the count under way or just made, and the steps so far."""

    counting: asyncio.Task[NamespaceNow] | None = None
    until: datetime | None = None
    steps: dict[datetime, Closed] = field(default_factory=dict[datetime, Closed])
    settled: set[datetime] = field(default_factory=set[datetime])
    """Steps that were counted when nothing could be added to them any more."""
    filling: asyncio.Task[None] | None = None

    @property
    def tasks(self) -> list[asyncio.Task[Any]]:
        """What is under way, or was."""
        return [task for task in (self.counting, self.filling) if task is not None]


class OverviewDesk:
    """Counts each namespace at most once in FRESH, however many people look."""

    def __init__(
        self, door: Door, visibility: Visibility, clock: Clock, redaction: RedactionDesk
    ) -> None:
        self._door = door
        self._visibility = visibility
        self._clock = clock
        self._redaction = redaction
        self._places: dict[tuple[str, str], _Place] = {}

    async def look(self, actor: Actor) -> Overview:
        """Count the namespaces of the actor's tenant; one that is silent says so itself."""
        found = await self.count(actor)
        return show_overview(await self._redaction.veil(actor), found)

    async def count(self, actor: Actor) -> Overview:
        """Count for all who look: what each may see of the runs named in it, nobody asked yet."""
        places = await self.places(actor)
        return Overview(tuple(await asyncio.gather(*map(self._now, places))))

    async def places(self, actor: Actor) -> list[Namespace]:
        """Find the namespaces the overview is about."""
        everything = Target("overview", "")
        async with self._door.enter(actor, Permission.RUN_READ, everything, record=False) as work:
            return await work.tenants.namespaces(actor.tenant) if actor.tenant else []

    async def close(self) -> None:
        """Let go of what is being counted."""
        under_way = [task for kept in self._places.values() for task in kept.tasks]
        self._places.clear()
        for task in under_way:
            task.cancel()

    async def _now(self, place: Namespace) -> NamespaceNow:
        kept = self._places.setdefault((place.cluster.address, place.name), _Place())
        now = self._clock()
        if kept.counting is None or (
            kept.counting.done() and (kept.until is None or kept.until <= now)
        ):
            kept.counting = asyncio.create_task(self._count(place, kept, now))
            kept.until = now + FRESH
        # Shielded: one reader who leaves must not take the numbers from the others.
        found = await asyncio.shield(kept.counting)
        steps = tuple(Step(at, kept.steps[at]) for at in steps_until(now) if at in kept.steps)
        return found if found.trouble else replace(found, steps=steps)

    async def _count(self, place: Namespace, kept: _Place, now: datetime) -> NamespaceNow:
        ask = self._visibility
        try:
            counts = await ask.counts(place, "")
            closed = await ask.counts(place, closed_since(now - HOUR))
            stuck_page = await self._page(place, STUCK)
            stuck = len(stuck_page.runs)
            if stuck_page.next_page_token:
                stuck = (await ask.counts(place, STUCK)).total
            paused = counts.by_status.get(Status.PAUSED, 0)
            held = (await self._page(place, PAUSED)).runs if paused else ()
        except InspectorError as error:
            kept.until = now
            return NamespaceNow(place.slug, place.cluster.name, now, trouble=error.detail)
        self._fill(place, kept, now)
        return NamespaceNow(
            slug=place.slug,
            cluster=place.cluster.name,
            at=now,
            running=counts.by_status.get(Status.RUNNING, 0),
            paused=paused,
            stuck=stuck,
            closed=closed_of(closed.by_status),
            needy=tuple(Needy(place.slug, run) for run in (*stuck_page.runs, *held)),
        )

    async def _page(self, place: Namespace, query: str) -> RunPage:
        try:
            return await self._visibility.page(place, query, page_size=_SHOWN)
        except Invalid:  # an older server knows no such attribute
            return RunPage((), None)

    def _fill(self, place: Namespace, kept: _Place, now: datetime) -> None:
        """Count, behind the answer, what steps are missing: two dozen questions the first time."""
        wanted = steps_until(now)
        kept.steps = {at: closed for at, closed in kept.steps.items() if at >= wanted[-1]}
        kept.settled &= set(wanted)
        missing = [at for at in wanted if at not in kept.settled]
        if kept.filling is None or kept.filling.done():
            kept.filling = asyncio.create_task(self._count_steps(place, kept, missing))

    async def _count_steps(self, place: Namespace, kept: _Place, missing: list[datetime]) -> None:
        try:
            for begin in missing:
                over = begin + STEP + _SETTLED <= self._clock()
                counts = await self._visibility.counts(place, closed_within(begin))
                kept.steps[begin] = closed_of(counts.by_status)
                if over:
                    kept.settled.add(begin)
        except InspectorError:
            return  # the next count says what is wrong
