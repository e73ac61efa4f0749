"""Wrong tries in a moving window: in Redis for all replicas, in memory for one process."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Never, cast

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

WRONG = RateLimitItemPerMinute(10, 15)
"""Tries an account, and an address, gets in a quarter of an hour; never a lasting lock."""
_PATIENCE = 2.0  # seconds that Redis may take: somebody waits at the sign-in page


class CountedTries:
    """See ports.Tries. While Redis is away each process counts for itself, so limits hold.

    Args:
        redis_url: None counts in memory.
    """

    def __init__(self, redis_url: str | None) -> None:
        self._shared: MovingWindowRateLimiter | None = None
        self._pool: ConnectionPool | None = None
        if redis_url:
            make = cast("Callable[..., ConnectionPool]", ConnectionPool.from_url)
            self._pool = make(
                redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
            )
            # An option that the library documents and its types leave out.
            options = cast("dict[str, Never]", {"connection_pool": self._pool})
            storage = RedisStorage(f"async+{redis_url}", implementation="redispy", **options)
            self._shared = MovingWindowRateLimiter(storage)
        self._own = MovingWindowRateLimiter(MemoryStorage())

    async def close(self) -> None:
        """Close what is open to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def add(self, key: tuple[str, str]) -> None:
        """Count one wrong try, here and for all."""
        await self._own.hit(WRONG, *key)
        with self._if_there() as shared:
            if shared:
                await shared.hit(WRONG, *key)

    async def forget(self, key: tuple[str, str]) -> None:
        """Count from nothing again: the right password was given."""
        await self._own.clear(WRONG, *key)
        with self._if_there() as shared:
            if shared:
                await shared.clear(WRONG, *key)

    async def wait(self, key: tuple[str, str]) -> float:
        """Seconds until the next try; the longer of what this process and all have counted."""
        wait = await _wait(self._own, key)
        with self._if_there() as shared:
            if shared:
                wait = max(wait, await _wait(shared, key))
        return wait

    async def shared(self) -> bool:
        """Tell whether Redis answers, or none is needed."""
        if self._pool is None:
            return True
        # redis-py types one method for its two clients.
        ping = cast("Callable[[], Awaitable[bool]]", Redis(connection_pool=self._pool).ping)
        try:
            return await ping()
        except RedisError:
            return False

    @contextmanager
    def _if_there(self) -> Generator[MovingWindowRateLimiter | None]:
        """Give the shared limiter, if there is one; go on without it while Redis is away."""
        try:
            yield self._shared
        except RedisError as error:
            kind = type(error).__name__
            log.warning("redis_away", effect="each process counts wrong tries alone", kind=kind)


async def _wait(limiter: MovingWindowRateLimiter, key: tuple[str, str]) -> float:
    if await limiter.test(WRONG, *key):
        return 0.0
    stats = await limiter.get_window_stats(WRONG, *key)
    # The limiter goes by the machine's own clock.
    return max(1.0, stats.reset_time - time.time())
