"""What happens, as it happens: runs, lists and the overview, each read once for all who watch.

Watchers are told the newest value only: one who is slow misses steps in between, never the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

from inspector_app.domain.audit import Target
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import RunId
from inspector_app.domain.overview import STEPS, Overview
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.veils import Veil
from inspector_app.domain.workflows import (
    RawData,
    RunData,
    RunPage,
    RunRef,
    RunSummary,
    StatusCounts,
    offers,
)
from inspector_app.services.door import Door
from inspector_app.services.overview import FRESH, OverviewDesk
from inspector_app.services.ports import Histories, Workflows
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.showing import (
    aside,
    show_data,
    show_overview,
    show_page,
    show_run,
    show_summary,
)
from inspector_app.services.visibility import Visibility
from inspector_app.services.watching import AGAIN, Ahead, Topics, Watch
from inspector_app.services.workflows import RunView

LIST_EVERY, LOOK_EVERY = 2.0, 3.0
"""Seconds between two looks at a list, and at what of a run no event tells: its tries."""
_LEFT_AT_MOST = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """A list: its namespace's slug, the whole query, the one its counts are of, and the page."""

    namespace: str
    query: str
    counted: str
    page_size: int
    page_token: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of runs as it is now, with counts; `left` are runs that were on it a while ago."""

    page: RunPage
    counts: StatusCounts
    left: tuple[RunSummary, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A run as it is now. `events` may be ahead of what the description says."""

    view: RunView
    data: RunData
    events: int


@dataclass(frozen=True, slots=True)
class _Raw:
    """A run as its server tells it, before anybody is shown it."""

    view: RunView
    data: RawData
    events: int
    shown: dict[str, RunData] = field(default_factory=dict[str, RunData])
    """The data under each veil, by its digest: they are long, and seldom change."""


class Live:
    """Lets people watch runs, lists and the overview, through the door."""

    def __init__(
        self,
        door: Door,
        workflows: Workflows,
        histories: Histories,
        visibility: Visibility,
        overview: OverviewDesk,
        redaction: RedactionDesk,
    ) -> None:
        self._door = door
        self._workflows = workflows
        self._histories = histories
        self._visibility = visibility
        self._overview = overview
        self._redaction = redaction
        self.topics = Topics()

    @asynccontextmanager
    async def run(self, actor: Actor, ref: RunRef) -> AsyncGenerator[Watch[Seen]]:
        """Watch one run, until it is closed and beyond."""
        place = await self._look(actor, ref.namespace, ref)
        key = (place.cluster.address, place.name, ref)
        async with self.topics.join(key, lambda: self._follow(place, ref)) as topic:
            yield Watch(
                topic,
                lambda: self._look(actor, ref.namespace, ref),
                lambda raw: self._seen(actor, raw),
            )

    @asynccontextmanager
    async def listing(self, actor: Actor, asked: Asked) -> AsyncGenerator[Watch[Listing]]:
        """Watch a page of a list, and its counts.

        Raises:
            Invalid: The query asks for what is hidden from the actor.
        """
        place = await self._look(actor, asked.namespace)
        await self._check(actor, asked)
        key = (place.cluster.address, place.name, asked)
        async with self.topics.join(key, lambda: self._list(place, asked)) as topic:
            yield Watch(
                topic,
                lambda: self._look(actor, asked.namespace),
                lambda found: self._listed(actor, asked, found),
            )

    @asynccontextmanager
    async def overview(self, actor: Actor) -> AsyncGenerator[Watch[Overview]]:
        """Watch all namespaces of the actor's tenant."""
        await self._overview.places(actor)
        # The first watcher looks for all: the numbers of a tenant are the same for its people.
        async with self.topics.join(
            ("overview", actor.tenant), lambda: self._count(actor)
        ) as topic:
            yield Watch(
                topic,
                lambda: self._overview.places(actor),
                lambda found: self._counted(actor, found),
            )

    async def _seen(self, actor: Actor, raw: _Raw) -> Seen:
        veil = await self._redaction.veil(actor)
        view = replace(raw.view, run=show_run(veil, raw.view.run))
        data = raw.shown.get(veil.digest)
        if data is None:
            data = await aside(veil, show_data, raw.data)
            raw.shown[veil.digest] = data
        return Seen(view, data, raw.events)

    async def _check(self, actor: Actor, asked: Asked) -> Veil:
        veil = await self._redaction.veil(actor)
        veil.check_query(asked.query)
        veil.check_query(asked.counted)
        return veil

    async def _listed(self, actor: Actor, asked: Asked, found: Listing) -> Listing:
        veil = await self._check(actor, asked)
        left = tuple(show_summary(veil, run) for run in found.left)
        return replace(found, page=show_page(veil, found.page), left=left)

    async def _counted(self, actor: Actor, found: Overview) -> Overview:
        return show_overview(await self._redaction.veil(actor), found)

    async def _look(self, actor: Actor, namespace: str, ref: RunRef | None = None) -> Namespace:
        target = Target("namespace", namespace, namespace)
        if ref is not None:
            target = Target("run", ref.workflow_id, namespace, ref.run_id)
        return await self._door.look(actor, Permission.RUN_READ, target)

    async def _follow(self, place: Namespace, ref: RunRef) -> AsyncGenerator[_Raw]:
        """Describe a run whenever its history grew, and now and then what no event tells of."""
        view, data = await asyncio.gather(self._view(place, ref), self._workflows.data(place, ref))
        seen = _Raw(view, data, view.run.summary.history_length)
        yield seen
        ref = replace(ref, run_id=view.run.summary.run_id)
        looking: asyncio.Task[RunView] | None = None
        wanted = False
        async with aclosing(Ahead(self._histories.follow(place, ref))) as events:
            try:
                while seen.view.run.status.is_open:
                    restless = seen.view.run.activities or seen.view.run.task
                    seconds = LOOK_EVERY if restless and looking is None else None
                    total = await events.next(seconds, unless=looking)
                    if total:  # told before anything else is asked: a look waits its turn
                        seen = replace(seen, events=total)
                        yield seen
                    wanted = wanted or bool(total) or events.over or looking is None
                    if looking is not None and looking.done():
                        view, looking = looking.result(), None
                        if view.run.status is not seen.view.run.status:
                            data = await self._workflows.data(place, ref)
                        most = max(seen.events, view.run.summary.history_length)
                        shown = seen.shown if data is seen.data else dict[str, RunData]()
                        seen = _Raw(view, data, most, shown)
                        yield seen
                    if wanted and looking is None:
                        looking, wanted = (
                            asyncio.create_task(self._look_in_turn(place, ref)),
                            False,
                        )
            finally:
                if looking is not None:
                    looking.cancel()

    async def _look_in_turn(self, place: Namespace, ref: RunRef) -> RunView:
        await self._visibility.turn(place)
        return await self._view(place, ref)

    async def _view(self, place: Namespace, ref: RunRef) -> RunView:
        run, capabilities = await asyncio.gather(
            self._workflows.describe(place, ref), self._workflows.capabilities(place)
        )
        return RunView(run, capabilities, offers(run, capabilities))

    async def _list(self, place: Namespace, asked: Asked) -> AsyncGenerator[Listing]:
        """Read a page again and again; what left it is read by its id until it is closed."""
        page, counts = await asyncio.gather(
            self._workflows.page(
                place, asked.query, page_size=asked.page_size, page_token=asked.page_token
            ),
            self._workflows.counts(place, asked.counted),
        )
        left: dict[RunId, RunSummary] = {}
        while True:
            yield Listing(page, counts, tuple(left.values()))
            await asyncio.sleep(LIST_EVERY)
            before = {run.run_id: run for run in page.runs}
            page = await self._visibility.page(
                place, asked.query, page_size=asked.page_size, page_token=asked.page_token
            )
            counts = await self._visibility.counts(place, asked.counted)
            here = {run.run_id for run in page.runs}
            left = {
                run_id: run for run_id, run in {**left, **before}.items() if run_id not in here
            }
            left = await self._read_again(place, left)

    async def _read_again(
        self, place: Namespace, left: dict[RunId, RunSummary]
    ) -> dict[RunId, RunSummary]:
        kept = dict(list(left.items())[-_LEFT_AT_MOST:])
        unsure = [run_id for run_id, run in kept.items() if run.status.is_open]
        if unsure:
            named = ", ".join(f"'{run_id}'" for run_id in unsure)
            found = await self._visibility.page(
                place, f"RunId IN ({named})", page_size=_LEFT_AT_MOST
            )
            kept |= {run.run_id: run for run in found.runs}
        return kept

    async def _count(self, actor: Actor) -> AsyncGenerator[Overview]:
        while True:
            found = await self._overview.count(actor)
            yield found
            whole = len(found.steps) == STEPS or not found.heard
            await asyncio.sleep(FRESH.total_seconds() if whole else AGAIN)
