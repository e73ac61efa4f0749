"""What is counted against limits: in Redis for all replicas, in memory for one process."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from typing import Final, Never, cast

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.aio.storage import RedisStorage
from limits.aio.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter
from redis.asyncio import ConnectionPool, Redis
from redis.exceptions import RedisError

from inspector_app.domain.limits import Rate
from inspector_app.services.ports import Meter
from inspector_app.services.unmetered import UNMETERED

log = structlog.get_logger(__name__)

_PATIENCE: Final = 2.0  # seconds that Redis may take: somebody waits at the sign-in page
_LEFT_ALONE: Final = 5.0  # seconds that a Redis which did not answer is not asked again
_MOST_KEYS: Final = 50_000

Key = tuple[str, ...]


class CountedTries:
    """See ports.Tries. While Redis is away each process counts for itself, so limits hold.

    Args:
        redis_url: None counts in memory.
        meter: Counts what was counted in memory because Redis is away.
        monotonic: Seconds since whenever.
    """

    def __init__(
        self,
        redis_url: str | None,
        meter: Meter = UNMETERED,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._meter = meter
        self._monotonic = monotonic
        self._windows: MovingWindowRateLimiter | None = None
        self._rates: SlidingWindowCounterRateLimiter | None = None
        self._pool: ConnectionPool | None = None
        self._away_until = 0.0
        if redis_url:
            make = cast("Callable[..., ConnectionPool]", ConnectionPool.from_url)
            self._pool = make(
                redis_url, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE
            )
            # An option that the library documents and its types leave out.
            options = cast("dict[str, Never]", {"connection_pool": self._pool})
            storage = RedisStorage(f"async+{redis_url}", implementation="redispy", **options)
            self._windows = MovingWindowRateLimiter(storage)
            self._rates = SlidingWindowCounterRateLimiter(storage)
        self._own = _Windows(monotonic)

    async def close(self) -> None:
        """Close what is open to Redis."""
        if self._pool is not None:
            await self._pool.aclose()

    async def add(self, rate: Rate, key: Key) -> None:
        """Count one, here and for all."""
        self._own.add(rate, key)
        with self._if_there():
            if self._windows and self._there():
                await self._windows.hit(_item(rate), *key)

    async def forget(self, rate: Rate, key: Key) -> None:
        """Count from nothing again."""
        self._own.forget(rate, key)
        with self._if_there():
            if self._windows and self._there():
                await self._windows.clear(_item(rate), *key)

    async def wait(self, rate: Rate, key: Key, *, most: int | None = None) -> float:
        """Seconds until the next; the longer of what this process and all have counted."""
        most = rate.count if most is None else most
        wait = self._own.wait(rate, key, most)
        with self._if_there():
            if self._windows and self._there():
                stats = await self._windows.get_window_stats(_item(rate), *key)
                if rate.count - stats.remaining >= most:
                    # The limiter goes by this machine's clock; if that was put back, what it
                    # says can be longer than any window is.
                    left = stats.reset_time - time.time()
                    wait = max(wait, min(max(1.0, left), rate.seconds))
        return wait

    async def take(self, rate: Rate, key: Key) -> float:
        """Count one if it is within `rate`, for all where Redis answers; else seconds to wait."""
        with self._if_there():
            if self._rates and self._there():
                if await self._rates.hit(_item(rate), *key):
                    return 0.0
                stats = await self._rates.get_window_stats(_item(rate), *key)
                return min(max(1.0, stats.reset_time - time.time()), rate.seconds)
        wait = self._own.wait(rate, key, rate.count)
        if not wait:
            self._own.add(rate, key)
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

    def _there(self) -> bool:
        """Whether Redis is worth asking: one that is silent must not slow every request down."""
        there = self._monotonic() >= self._away_until
        if not there:
            self._meter.alone()
        return there

    @contextmanager
    def _if_there(self) -> Generator[None]:
        """Go on without Redis while it is away."""
        try:
            yield
        except RedisError as error:
            self._away_until = self._monotonic() + _LEFT_ALONE
            self._meter.alone()
            kind = type(error).__name__
            log.warning("redis_away", effect="each process counts limits alone", kind=kind)


class _Windows:
    """Moving windows in memory, by a clock that nobody can set.

    Not the library's: its own looks at every key there is, each in a thread, at every hit, so
    that many addresses would slow each other down. The keys are bounded; the oldest go first.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._times: OrderedDict[tuple[Rate, Key], deque[float]] = OrderedDict()

    def add(self, rate: Rate, key: Key) -> None:
        times = self._times.setdefault((rate, key), deque(maxlen=rate.count))
        times.append(self._monotonic())
        self._times.move_to_end((rate, key))
        while len(self._times) > _MOST_KEYS:
            self._times.popitem(last=False)

    def forget(self, rate: Rate, key: Key) -> None:
        self._times.pop((rate, key), None)

    def wait(self, rate: Rate, key: Key, most: int) -> float:
        times = self._times.get((rate, key))
        if times is None:
            return 0.0
        now = self._monotonic()
        while times and times[0] <= now - rate.seconds:
            times.popleft()
        if not times:
            del self._times[(rate, key)]
            return 0.0
        return times[-most] + rate.seconds - now if len(times) >= most else 0.0


def _item(rate: Rate) -> RateLimitItem:
    return RateLimitItemPerSecond(rate.count, rate.seconds)
