"""Who watches what: one poller for all who watch the same, none for what nobody does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable
from contextlib import aclosing, asynccontextmanager
from typing import Any, Generic, TypeVar

from inspector_app.domain.errors import (
    InspectorError,
    Refused,
    StorageUnavailable,
    Unreachable,
)

BEAT = 5.0
"""Seconds after which a watcher hears at least None: time to see whether it still may watch."""
AGAIN = 1.0
"""Seconds until a server that is away is asked again; its connection has its own back-off."""
PASSING = (Unreachable, StorageUnavailable, Refused)
"""What may be over at the next try: a server that is away, or is asked too often."""
T = TypeVar("T")
S = TypeVar("S")
Poll = Callable[[], AsyncGenerator[T]]


class Topic(Generic[T]):
    """One poller and what it said last."""

    def __init__(self, poll: Poll[T]) -> None:
        self.watchers = 0
        self._said: T | InspectorError | None = None
        self._number = 0
        self._news = asyncio.Event()
        self.task = asyncio.create_task(self._run(poll))

    async def after(self, number: int) -> tuple[int, T | InspectorError | None]:
        """Wait for what is said after `number`; within a beat the answer is None."""
        try:
            async with asyncio.timeout(BEAT):
                while self._number <= number:
                    await self._news.wait()
        except TimeoutError:
            return number, None
        return self._number, self._said

    def _say(self, value: T | InspectorError) -> None:
        self._said, self._number = value, self._number + 1
        self._news.set()
        self._news = asyncio.Event()

    async def _run(self, poll: Poll[T]) -> None:
        """Poll until there is nothing more to say; a server that is away is asked again."""
        while True:
            try:
                async with aclosing(poll()) as values:
                    async for value in values:
                        self._say(value)
            except InspectorError as error:
                self._say(error)
                if not isinstance(error, PASSING):
                    return
            else:
                return
            await asyncio.sleep(AGAIN)


class Watch(Generic[S]):
    """What one watcher hears: the newest value, an error, or None for a beat without news.

    Args:
        topic: What all who watch the same are told.
        allow: Raises where the watcher may no longer watch.
        show: Makes of what was told what this watcher may see of it, as the rules are then.
    """

    def __init__(
        self,
        topic: Topic[T],
        allow: Callable[[], Awaitable[object]],
        show: Callable[[T], Awaitable[S]],
    ) -> None:
        self._next = topic.after
        self._allow = allow
        self._show: Callable[[Any], Awaitable[S]] = show
        self._heard = 0

    def __aiter__(self) -> Watch[S]:
        """Hear without end; leave the loop to stop."""
        return self

    async def __anext__(self) -> S | InspectorError | None:
        """Wait for news, or a beat; at each beat the door is asked again.

        Raises:
            Denied, SignInRequired, NotFound: The watcher may not watch any more.
        """
        heard, said = await self._next(self._heard)
        try:
            if said is None:
                await self._allow()
            if said is None or isinstance(said, InspectorError):
                self._heard = heard
                return said
            shown = await self._show(said)
        except StorageUnavailable as error:
            # Whether they may, and what, cannot be told, and soon it can: the news waits.
            if said is not None:
                await asyncio.sleep(AGAIN)
            return error
        self._heard = heard
        return shown


class Topics:
    """Everything that is watched; a poller begins with the first watcher, ends with the last."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Topic[Any]] = {}

    def __len__(self) -> int:
        """How many pollers are at work."""
        return len(self._open)

    @asynccontextmanager
    async def join(self, key: Hashable, poll: Poll[T]) -> AsyncGenerator[Topic[T]]:
        """Watch what `key` names; `poll` is for the first who comes."""
        topic: Topic[T] = self._open.get(key) or Topic(poll)
        self._open[key] = topic
        topic.watchers += 1
        try:
            yield topic
        finally:
            topic.watchers -= 1
            if not topic.watchers:
                topic.task.cancel()
                self._open.pop(key, None)

    async def close(self) -> None:
        """End every poller."""
        for topic in self._open.values():
            topic.task.cancel()
        self._open.clear()


class Ahead(Generic[T]):
    """Values of a generator, waited for with a limit that does not end it.

    Attributes:
        over: Whether there are no more.
    """

    def __init__(self, values: AsyncGenerator[T]) -> None:
        self.over = False
        self._values = values
        self._coming: asyncio.Future[T | None] | None = None

    async def next(self, seconds: float | None, *, unless: asyncio.Task[Any] | None) -> T | None:
        """Return the next value; None when it takes longer, or `unless` is done before."""
        if self._coming is None and not self.over:
            self._coming = asyncio.ensure_future(anext(self._values, None))
        waited = [each for each in (self._coming, unless) if each is not None]
        await asyncio.wait(waited, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._coming is None or not self._coming.done():
            return None
        coming, self._coming = self._coming, None
        value = coming.result()
        self.over = value is None
        return value

    async def aclose(self) -> None:
        """Stop waiting and close the generator."""
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.wait({self._coming})
        await self._values.aclose()
