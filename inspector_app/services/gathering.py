"""Looking up together what many ask for at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Gathered(Generic[K, V]):
    """One look-up at a time, for all who wait; whoever comes meanwhile is in the next one.

    Nobody gets what was read before they asked: nothing is kept. Two hundred pages that hear of
    one event cost a few queries, and a single asker no more than without it.
    """

    def __init__(self, load: Callable[[frozenset[K]], Awaitable[Mapping[K, V]]]) -> None:
        self._load = load
        self._waiting: list[tuple[K, asyncio.Future[V | None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: K) -> V | None:
        """Look `key` up; None when it is not there. Raises what the look-up raises."""
        coming: asyncio.Future[V | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((key, coming))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        return await coming

    async def _run(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            try:
                found = await self._load(frozenset(key for key, _ in batch))
            except BaseException as error:
                for _, coming in batch:
                    _end(coming, error)
                if not isinstance(error, Exception):
                    raise
            else:
                for key, coming in batch:
                    if not coming.done():  # who asked may be gone
                        coming.set_result(found.get(key))


def _end(coming: asyncio.Future[V], error: BaseException) -> None:
    if coming.done():
        return
    if isinstance(error, asyncio.CancelledError):
        coming.cancel()
    else:
        coming.set_exception(error)
