"""The demo: an embedded Temporal server, what `seed` puts into Inspector, a sample worker."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path

import structlog

from inspector_app.demo.child import child
from inspector_app.demo.places import PLACES
from inspector_app.demo.server import DemoServer
from inspector_app.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[Callable[[], Awaitable[str]]]:
    """Run the demo around Inspector's own server.

    Yields:
        What to await once Inspector's database is migrated; answers how to sign in.
    """
    folder = settings.data_dir / "temporal"
    folder.mkdir(mode=0o700, exist_ok=True)
    async with contextlib.AsyncExitStack() as children:
        server = DemoServer(folder, namespaces=tuple(place.name for place in PLACES))
        starting = asyncio.create_task(children.enter_async_context(server))
        # One turn of the loop starts its process, which then comes up while this one imports.
        await asyncio.sleep(0)

        async def ready() -> str:
            from inspector_app.demo.seed import seed

            await starting
            words = await seed(settings, server.address)
            log = folder / "worker.log"
            module = (sys.executable, "-m", "inspector_app.demo.worker")
            given = ("--address", server.address, "--counter", str(folder / "next-run"))
            worker = await children.enter_async_context(child(*module, *given, log=log))
            watch = asyncio.create_task(_report_end(worker, log))
            children.callback(watch.cancel)
            return words

        try:
            yield ready
        finally:
            starting.cancel()
            await asyncio.wait([starting])


async def _report_end(worker: Process, log: Path) -> None:
    code = await worker.wait()
    structlog.get_logger(__name__).error("demo_worker_ended", exit_code=code, log=str(log))
