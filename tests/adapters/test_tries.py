"""Wrong tries, counted by one process and by several."""

from __future__ import annotations

from contextlib import asynccontextmanager

from inspector_app.adapters.tries import CountedTries
from inspector_app.domain.limits import WRONG, Rate
from inspector_app.services.unmetered import Unmetered

ANA = ("account", "ana")
IVO = ("account", "ivo")


@asynccontextmanager
async def counted(*urls):
    made = [CountedTries(url) for url in urls]
    yield made
    for each in made:
        await each.close()


async def use_up(tries):
    for _ in range(10):
        await tries.add(WRONG, ANA)


async def test_one_process_counts_in_memory():
    tries = CountedTries(None)
    await use_up(tries)
    assert 0 < await tries.wait(WRONG, ANA) <= 900
    assert await tries.wait(WRONG, IVO) == 0
    await tries.forget(WRONG, ANA)
    assert await tries.wait(WRONG, ANA) == 0


async def test_what_one_replica_counted_the_other_knows(redis):
    async with counted(redis.url, redis.url, redis.url) as (one, other, third):
        await use_up(one)
        assert 0 < await other.wait(WRONG, ANA) <= 900
        assert await other.wait(WRONG, IVO) == 0
        await other.forget(WRONG, ANA)
        assert await third.wait(WRONG, ANA) == 0


async def test_without_redis_each_process_still_counts(redis):
    async with counted(redis.url, redis.url) as (one, other):
        redis.kill()
        await use_up(one)
        assert await one.wait(WRONG, ANA) > 0
        assert await other.wait(WRONG, ANA) == 0
        redis.start()
        assert await one.wait(WRONG, ANA) > 0
        await use_up(other)
        assert await other.wait(WRONG, ANA) > 0


class Hands:
    """A clock that a test moves, in seconds."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


class Counted(Unmetered):
    def __init__(self):
        self.alone_times = 0

    def alone(self):
        self.alone_times += 1


async def test_a_window_moves_and_the_wait_is_until_the_oldest_leaves_it():
    hands = Hands()
    tries = CountedTries(None, monotonic=hands)
    rate = Rate(3, 60)
    for _ in range(3):
        await tries.add(rate, ANA)
        hands.now += 10
    assert await tries.wait(rate, ANA) == 30
    assert await tries.wait(rate, ANA, most=2) == 40
    hands.now += 31
    assert await tries.wait(rate, ANA) == 0
    assert await tries.take(rate, ANA) == 0
    assert await tries.take(rate, ANA) > 0


async def test_what_was_refused_is_not_counted_so_that_nobody_waits_for_ever():
    hands = Hands()
    tries = CountedTries(None, monotonic=hands)
    rate = Rate(5, 60)
    let_in = 0
    for _ in range(600):
        let_in += not await tries.take(rate, ANA)
        hands.now += 1
    assert let_in == 5 * 10


async def test_the_keys_kept_in_memory_are_bounded(monkeypatch):
    monkeypatch.setattr("inspector_app.adapters.tries._MOST_KEYS", 100)
    tries = CountedTries(None)
    for number in range(1000):
        await tries.take(WRONG, ("read", str(number)))
    assert len(tries._own._times) == 100


async def test_replicas_share_a_rate(redis):
    rate = Rate(10, 60)
    async with counted(redis.url, redis.url) as (one, other):
        let_in = [not await each.take(rate, ANA) for _ in range(10) for each in (one, other)]
        assert sum(let_in) == 10
        assert 0 < await one.take(rate, ANA) <= 60


async def test_a_rate_holds_while_redis_is_away_and_that_is_counted(redis):
    rate = Rate(10, 60)
    meter = Counted()
    tries = CountedTries(redis.url, meter)
    redis.kill()
    let_in = [not await tries.take(rate, ANA) for _ in range(30)]
    assert sum(let_in) == 10
    assert meter.alone_times == 30
    await tries.close()


async def test_a_redis_that_went_is_asked_again_after_a_while(redis):
    hands, meter = Hands(), Counted()
    rate = Rate(10, 60)
    tries = CountedTries(redis.url, meter, hands)
    redis.kill()
    await tries.take(rate, ANA)
    redis.start()
    await tries.take(rate, ANA)
    assert meter.alone_times == 2
    hands.now += 6
    await tries.take(rate, ANA)
    assert meter.alone_times == 2
    await tries.close()
