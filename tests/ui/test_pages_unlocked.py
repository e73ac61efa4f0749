"""A page in Redis is open to its next event, whenever the one before was cancelled."""

from __future__ import annotations

import asyncio

import pytest
import reflex as rx
from redis.asyncio import Redis
from reflex.istate.manager.token import BaseStateToken

from inspector_app.ui.replicas import Releasing

_LONGEST_WAIT = 10  # seconds; a lock that stays behind stays for 30


@pytest.fixture
async def pages(shared_redis):
    made = Releasing(redis=Redis.from_url(shared_redis.url), lock_expiration=30_000)
    yield made
    await made.close()


async def one_event(pages, page):
    async with pages.modify_state(page):
        await asyncio.sleep(0)


@pytest.mark.parametrize("times", [1, 2])
async def test_an_event_that_is_cancelled_anywhere_leaves_the_page_unlocked(pages, times):
    steps, ended = 0, False
    while not ended:
        page = BaseStateToken(ident=f"page-{steps}-{times}", cls=rx.State)
        event = asyncio.create_task(one_event(pages, page))
        for _ in range(steps):
            await asyncio.sleep(0)
        ended = event.done()
        for _ in range(times):
            event.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(event, return_exceptions=True)
        async with asyncio.timeout(_LONGEST_WAIT):
            await one_event(pages, page)
        steps += 1


@pytest.mark.parametrize("times", [1, 2])
async def test_one_that_waits_for_another_and_is_cancelled_does_so_too(pages, times):
    for steps in range(60):
        page = BaseStateToken(ident=f"queue-{steps}-{times}", cls=rx.State)
        first = asyncio.create_task(one_event(pages, page))
        second = asyncio.create_task(one_event(pages, page))
        for _ in range(steps):
            await asyncio.sleep(0)
        for _ in range(times):
            second.cancel()
            await asyncio.sleep(0)
        await asyncio.gather(first, second, return_exceptions=True)
        async with asyncio.timeout(_LONGEST_WAIT):
            await one_event(pages, page)
