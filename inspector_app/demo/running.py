"""The demo: an embedded Temporal server, what `seed` puts into Inspector, a sample worker."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator
from pathlib import Path

import structlog

from inspector_app.demo.child import child
from inspector_app.demo.seed import seed
from inspector_app.demo.server import DemoServer
from inspector_app.settings import Settings


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncGenerator[str]:
    """Run the demo around the server.

    Yields:
        How to sign in, for the person who started it.
    """
    folder = settings.data_dir / "temporal"
    folder.mkdir(mode=0o700, exist_ok=True)
    async with DemoServer(folder) as server:
        words = await seed(settings, server.address)
        command = (sys.executable, "-m", "inspector_app.demo.worker", "--address", server.address)
        log = folder / "worker.log"
        async with child(*command, log=log) as worker:
            watch = asyncio.create_task(_report_end(worker, log))
            try:
                yield words
            finally:
                watch.cancel()


async def _report_end(worker: Process, log: Path) -> None:
    code = await worker.wait()
    structlog.get_logger(__name__).error("demo_worker_ended", exit_code=code, log=str(log))
