"""Wrong tries, counted by one process and by several."""

from __future__ import annotations

from contextlib import asynccontextmanager

from inspector_app.adapters.tries import CountedTries

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
        await tries.add(ANA)


async def test_one_process_counts_in_memory():
    tries = CountedTries(None)
    await use_up(tries)
    assert 0 < await tries.wait(ANA) <= 900
    assert await tries.wait(IVO) == 0
    await tries.forget(ANA)
    assert await tries.wait(ANA) == 0


async def test_what_one_replica_counted_the_other_knows(redis):
    async with counted(redis.url, redis.url, redis.url) as (one, other, third):
        await use_up(one)
        assert 0 < await other.wait(ANA) <= 900
        assert await other.wait(IVO) == 0
        await other.forget(ANA)
        assert await third.wait(ANA) == 0


async def test_without_redis_each_process_still_counts(redis):
    async with counted(redis.url, redis.url) as (one, other):
        redis.kill()
        await use_up(one)
        assert await one.wait(ANA) > 0
        assert await other.wait(ANA) == 0
        redis.start()
        assert await one.wait(ANA) > 0
        await use_up(other)
        assert await other.wait(ANA) > 0
