"""Many who ask at the same moment are answered by one look-up, and never with what was before."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from inspector_app.domain.errors import StorageUnavailable
from inspector_app.services.gathering import Gathered


class Shelf:
    """Counts look-ups, which wait until they are let go."""

    def __init__(self) -> None:
        self.asked: list[frozenset[str]] = []
        self.held: dict[str, int] = {"a": 1, "b": 2}
        self.opened = asyncio.Event()
        self.fault: Exception | None = None

    async def look(self, keys: frozenset[str]) -> Mapping[str, int]:
        self.asked.append(keys)
        held = dict(self.held)
        await self.opened.wait()
        if self.fault:
            raise self.fault
        return held


async def test_those_who_ask_together_cost_one_look_up() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.look)
    shelf.opened.set()
    assert await asyncio.gather(*map(gathered.get, ["a", "b", "a", "c"])) == [1, 2, 1, None]
    assert shelf.asked == [frozenset("abc")]


async def test_who_comes_during_a_look_up_gets_what_is_read_after_they_came() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.look)
    first = asyncio.create_task(gathered.get("a"))
    while not shelf.asked:
        await asyncio.sleep(0)
    shelf.held["a"] = 7
    later = asyncio.create_task(gathered.get("a"))
    await asyncio.sleep(0)
    shelf.opened.set()
    assert (await first, await later) == (1, 7)
    assert len(shelf.asked) == 2


async def test_a_fault_reaches_all_who_wait_and_nobody_after() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.look)
    shelf.opened.set()
    shelf.fault = StorageUnavailable("away")
    found = await asyncio.gather(gathered.get("a"), gathered.get("b"), return_exceptions=True)
    assert found == [shelf.fault, shelf.fault]
    shelf.fault = None
    assert await gathered.get("a") == 1


async def test_one_who_leaves_takes_nobody_along() -> None:
    shelf = Shelf()
    gathered = Gathered(shelf.look)
    leaves, stays = (asyncio.create_task(gathered.get("a")) for _ in range(2))
    while not shelf.asked:
        await asyncio.sleep(0)
    leaves.cancel()
    with pytest.raises(asyncio.CancelledError):
        await leaves
    shelf.opened.set()
    assert await stays == 1
