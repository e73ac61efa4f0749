"""The app as one process: its start, its memory, its routes, and many sockets at once."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import statistics
import subprocess
import sys
from collections.abc import Generator
from contextlib import AsyncExitStack, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter, sleep

from tests.fixtures.app import App
from tests.fixtures.handlers import HYDRATE
from tests.fixtures.socket import Socket, sign_in

Measured = tuple[str, float, float | None, str, float]
SOCKETS = 200
BETWEEN = 5.0
"""Seconds from one event of a client to its next."""


def measure_process(app: App) -> list[Measured]:
    """Start, one authenticated call beside the bare route, 200 sockets, then the memory."""
    cookie = sign_in(app, "ivo")
    headers = {"Cookie": cookie, "X-Inspector-Tenant": "demo"}
    with _bare(app) as port:
        ours = _median(app.port, "/api/v1/namespaces", headers)
        bare = _median(port, "/namespaces", {})
    asked = asyncio.run(_sockets(app, cookie))
    resident = _resident(app.process.pid)
    app.stop()
    begun = perf_counter()
    app.start()
    assert app.status_of("/login/") == 200  # noqa: PLR2004 - the first page
    started = perf_counter() - begun
    return [
        ("an authenticated call, median", ours, bare, "ms", 3.0),
        (f"an event with {SOCKETS} sockets open, p95", asked, None, "ms", 300),
        ("memory after all this", resident, None, "MB", 300),
        ("warm start to the first page", started, None, "s", 8.0),
    ]


def listing_p95(app: App) -> float:
    """Milliseconds of a list of 100 over the API, with a session, p95."""
    headers = {"Cookie": sign_in(app, "ivo"), "X-Inspector-Tenant": "demo"}
    taken = _taken(app.port, "/api/v1/workflows?ns=default&page_size=100", headers, 50, rest=0.05)
    return statistics.quantiles(taken[10:], n=20)[-1] * 1000


@contextmanager
def _bare(app: App) -> Generator[int]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    where = app.folder / ".inspector" / "inspector.db"
    peer = subprocess.Popen(
        [
            *(sys.executable, "-m", "granian", "--interface", "asgi", "--port", str(port)),
            *("--no-access-log", "--log-level", "error", "benchmarks.bare:app"),
        ],
        env=os.environ | {"BARE_DATABASE_URL": f"sqlite+aiosqlite:///{where}"},
    )
    try:
        while True:
            try:
                HTTPConnection("127.0.0.1", port, timeout=5).request("GET", "/namespaces")
                break
            except ConnectionRefusedError:
                sleep(0.1)
        yield port
    finally:
        peer.terminate()
        peer.wait(10)


def _median(port: int, path: str, headers: dict[str, str]) -> float:
    """Milliseconds of one call on a connection that stays open."""
    return statistics.median(_taken(port, path, headers, 300)[50:]) * 1000


def _taken(
    port: int, path: str, headers: dict[str, str], times: int, *, rest: float = 0
) -> list[float]:
    """Seconds of each of many calls, one after the other."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    taken: list[float] = []
    for _ in range(times):
        begun = perf_counter()
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        taken.append(perf_counter() - begun)
        sleep(rest)
        assert answer.status == 200, answer.status  # noqa: PLR2004 - it answers
    connection.close()
    return taken


async def _sockets(app: App, cookie: str) -> float:
    """Milliseconds from an event to its answer, p95, while each client sends one in 5 s."""
    taken: list[float] = []

    async def stays(one: Socket, after: float) -> None:
        await asyncio.sleep(after)
        for _ in range(4):
            begun = perf_counter()
            await one.emit(one.event(HYDRATE))
            await one.until("'ivo'")
            taken.append(perf_counter() - begun)
            await asyncio.sleep(BETWEEN)

    async with AsyncExitStack() as opened:
        clients = [await opened.enter_async_context(Socket(app, cookie)) for _ in range(SOCKETS)]
        await asyncio.gather(*(stays(one, i * BETWEEN / SOCKETS) for i, one in enumerate(clients)))
    return statistics.quantiles(taken, n=20)[-1] * 1000


def _resident(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1000
