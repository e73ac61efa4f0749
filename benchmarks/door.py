"""What authority costs: the check alone, and a read with the door around it."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

from inspector_app.adapters.db.migrations import upgrade
from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.domain.audit import Target
from inspector_app.domain.identity import SYSTEM, Actor, ActorKind
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services.door import Door
from tests.fixtures.database import SCRIPTS

Work = Callable[[], Awaitable[object]]
_TARGET = Target("run", "w", "default")


async def side_by_side(ours: Work, peer: Work, *, rounds: int, each: int) -> list[list[float]]:
    """Median and p95 of one call in µs, of ours and of the peer, in turns: noise hits both."""
    taken: list[list[float]] = [[], []]
    for _ in range(rounds):
        for kept, work in zip(taken, (ours, peer), strict=True):
            begun = perf_counter()
            for _ in range(each):
                await work()
            kept.append((perf_counter() - begun) / each * 1e6)
    return [[statistics.median(kept), statistics.quantiles(kept, n=20)[-1]] for kept in taken]


async def _measure(folder: Path) -> list[tuple[str, float, float, str, float]]:
    url = f"sqlite+aiosqlite:///{folder / 'door.db'}"
    await upgrade(url, SCRIPTS)
    database = SqlDatabase(url)
    door = Door(database, lambda: datetime.now(UTC))
    actor = replace(SYSTEM, kind=ActorKind.PERSON, name="ana", role=Role.DEVELOPER)

    async def bare(actor: Actor) -> None:
        if actor.role is None:
            raise PermissionError

    async def read_bare() -> None:
        async with database.begin(write=False) as work:
            await work.tenants.all()

    async def read() -> None:
        async with door.enter(actor, Permission.RUN_READ, _TARGET, record=False) as work:
            await work.tenants.all()

    async def check() -> None:
        await door.authorise(actor, Permission.RUN_READ, _TARGET)

    ours, peer = await side_by_side(check, lambda: bare(actor), rounds=2000, each=100)
    through, past = await side_by_side(read, read_bare, rounds=500, each=1)
    await database.close()
    return [
        ("permission check against a bare call, median", ours[0], peer[0], "µs", 20),
        ("permission check against a bare call, p95", ours[1], peer[1], "µs", 20),
        ("a read through the door against past it, median", through[0], past[0], "µs", 1.2),
        ("a read through the door against past it, p95", through[1], past[1], "µs", 1.5),
    ]


def measure_door() -> list[tuple[str, float, float, str, float]]:
    """Rows for the table."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))
