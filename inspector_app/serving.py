"""Runs the server: one process, one event loop, one port."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import gc
import ipaddress
import logging
import os
import signal
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Final, TextIO, cast
from urllib.parse import urlsplit

from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from inspector_app.domain.errors import Conflict, InspectorError
from inspector_app.frontend import bundle, enter
from inspector_app.settings import Settings

if TYPE_CHECKING:
    from reflex.app import App
    from starlette.applications import Starlette

_GRACE: Final = 5.0  # seconds that open connections get to end by themselves
_LARGE: Final = 2**20  # bytes
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h's own names


def require_free_port(settings: Settings) -> None:
    """Raise Conflict unless the port can be listened on."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Conflict(
                f"Port {settings.port} on {settings.host} cannot be listened on: "
                f"{error.strerror}.",
                hint="Stop what listens there, or set another port: INSPECTOR_PORT=8001.",
            ) from error


def give_back_memory() -> None:
    """Have large blocks given back to the system as they are freed, where that is glibc's choice.

    By itself glibc keeps what a thread has freed once it has seen blocks of that size come and go.
    A password's hash takes 19 MiB, and each thread that had computed one kept as much for good.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE)
        mallopt(_M_TRIM_THRESHOLD, _LARGE)


def run(work: Coroutine[None, None, None]) -> None:
    """Run `work` until it ends; Ctrl-C and SIGTERM cancel it, so that it cleans up.

    A second signal does not wait for that: children end with this process all the same.
    """

    async def until_told() -> None:
        loop = asyncio.get_running_loop()
        task = loop.create_task(work)
        told = 0

        def stop() -> None:
            nonlocal told
            told += 1
            if told > 1:
                os._exit(128 + signal.SIGINT)
            task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop)
        try:
            await task
        except asyncio.CancelledError:
            if not told:
                raise

    # Not `asyncio.run`: it waits without end for the connections that Granian still holds.
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(until_told())
        if left := asyncio.all_tasks(loop):
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.wait(left, timeout=1))
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def serve(settings: Settings, ready: Callable[[], Awaitable[str]], stdout: TextIO) -> None:
    """Migrate, serve, and say on `stdout` when the address really answers.

    Args:
        settings: Of a data folder that is open.
        ready: Finishes what the start began outside; answers words to print before the ready
            line, or "".
        stdout: Where the ready line goes; nothing else does.

    Raises:
        InspectorError: Something that the operator can put right.
    """
    give_back_memory()
    here = bundle()
    enter(here, os.environ)
    # Seconds of imports, after `enter`, and while what `ready` awaits is starting. What they
    # make stays for good: collecting among it takes a tenth of the start and finds nothing.
    gc.disable()
    from inspector_app.adapters.cipher import FernetCipher
    from inspector_app.adapters.db.key_check import require_known_key
    from inspector_app.adapters.db.migrations import upgrade
    from inspector_app.inspector_app import app

    await upgrade(settings.database_url, here.migrations)
    keys = settings.secret_keys
    await require_known_key(settings.database_url, keys, FernetCipher(keys).opens)
    announcement = await ready()
    application = cast("Starlette", app())
    gc.freeze()
    gc.enable()
    # Here rather than by Granian, so that what stops the start reaches the person as it is.
    async with (
        application.router.lifespan_context(application),
        _listening(application, settings) as listener,
        _hanging_up(app),
    ):
        await _answers(settings, listener)
        if announcement:
            stdout.write(announcement.rstrip("\n") + "\n")
        stdout.write(f"Inspector is ready: {settings.public_url}\n")
        stdout.flush()
        # Not `await listener`: that would cancel it instead of letting it end in order.
        await asyncio.wait([listener])
        await listener
    raise InspectorError("The server has stopped by itself; the log says why.")


@contextlib.asynccontextmanager
async def _listening(
    application: Starlette, settings: Settings
) -> AsyncGenerator[asyncio.Task[None]]:
    server = Server(
        application,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGINL,
        # The query string of the websocket carries a key to its state: no access log.
        log_access=False,
        log_level=LogLevels.error,
        http1_settings=HTTP1Settings(header_read_timeout=15_000),
    )
    for handler in logging.getLogger("_granian").handlers:
        handler.addFilter(_is_fault)
    task = asyncio.create_task(server.serve(), name="granian")
    try:
        yield task
    finally:
        server.stop()
        await asyncio.wait([task], timeout=_GRACE)


def _is_fault(record: logging.LogRecord) -> bool:
    # Connections that end because the server stops are none; Granian's own error for them has
    # no public name, and its Rust half logs it as text or as an exception.
    kind = record.exc_info[0] if record.exc_info else None
    return "Future cancelled" not in record.getMessage() and (
        kind is None or kind.__name__ != "CancelledError"
    )


@contextlib.asynccontextmanager
async def _hanging_up(app: App) -> AsyncGenerator[None]:
    """Close the browsers' websockets at the end: they would hold the server open."""
    try:
        yield
    finally:
        if app.sio is not None and app.sio.eio.sockets:  # engineio cannot close none
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(app.sio.eio.disconnect(), _GRACE)


async def _answers(settings: Settings, listener: asyncio.Task[None]) -> None:
    """Return once /healthz answers 200 to the public URL's Host."""
    address = ipaddress.ip_address(settings.host)
    if address.is_unspecified:
        address = ipaddress.ip_address("127.0.0.1" if address.version == 4 else "::1")  # noqa: PLR2004 - IP's own versions
    host = urlsplit(settings.public_url).netloc
    request = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    while not listener.done():
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection(str(address), settings.port)
            try:
                writer.write(request)
                status = await reader.readline()
            finally:
                writer.close()
            if b" 200 " in status:
                return
        await asyncio.sleep(0.02)
