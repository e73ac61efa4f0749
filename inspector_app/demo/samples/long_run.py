"""A run of thousands of events: what a history page and a comparison have to carry."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from temporalio import activity, workflow

_PAGES: Final = 30  # a batch: two hundred events
_CHUNKS: Final = 90
_SHORT: Final = timedelta(seconds=60)
_LATER: Final = timedelta(hours=1)
_MOST: Final = 20_000  # events; far below the 51,200 at which Temporal ends a run


@dataclass(frozen=True, slots=True)
class IndexInput:
    """How long a history to make.

    Attributes:
        events: As many are made in quick batches, then one batch an hour follows.
        pause: Seconds between two quick batches: the machine has other work.
    """

    events: int = 6000
    pause: float = 8.0


@activity.defn
async def index_page(page: int) -> str:
    """Index one page; returns where it is kept."""
    return f"index://archive/{page:05d}"


@activity.defn
async def split_chunk(chunk: int) -> int:
    """Split one chunk; returns its tokens. Runs as a local activity: one event each."""
    return 200 + chunk * 37 % 190


@workflow.defn
class ArchiveIndexer:
    """Indexes an archive batch by batch, and never quite ends."""

    def __init__(self) -> None:
        """Begin with nothing indexed."""
        self._pages = 0

    @workflow.run
    async def run(self, request: IndexInput) -> int:
        """Index; returns how many pages there are."""
        while workflow.info().get_current_history_length() < request.events:
            await self._batch()
            await workflow.sleep(request.pause)
        while workflow.info().get_current_history_length() < _MOST:
            workflow.set_current_details(f"{self._pages} pages indexed; new ones once an hour")
            await workflow.sleep(_LATER)
            await self._batch()
        return self._pages

    async def _batch(self) -> None:
        pages = range(self._pages, self._pages + _PAGES)
        await asyncio.gather(
            *(
                workflow.execute_activity(index_page, page, start_to_close_timeout=_SHORT)
                for page in pages
            ),
            *(
                workflow.execute_local_activity(split_chunk, chunk, start_to_close_timeout=_SHORT)
                for chunk in range(_CHUNKS)
            ),
        )
        self._pages += _PAGES

    @workflow.query(description="How many pages are indexed.")
    def pages(self) -> int:
        """Count them."""
        return self._pages
