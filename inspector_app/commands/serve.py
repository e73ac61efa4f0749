"""`inspector serve`, `demo` and `migrate`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from importlib.util import find_spec
from typing import TextIO

import typer

from inspector_app import data_folder, frontend, frontend_build, logs
from inspector_app.commands.terminal import AsJson, answer
from inspector_app.domain.errors import InspectorError
from inspector_app.settings import Settings

commands = typer.Typer()

Around = Callable[[Settings], contextlib.AbstractAsyncContextManager[Callable[[], Awaitable[str]]]]


@commands.command()
def serve() -> None:
    """Run the server on one port, until Ctrl-C."""
    _serve(_alone)


@commands.command()
def demo() -> None:
    """Run the server with a Temporal server and sample agents of its own, until Ctrl-C."""
    if find_spec("pydantic_ai") is None:
        raise InspectorError(
            "The demo's packages are not installed.",
            hint="pip install 'inspector-app[demo]' (or the wheel's file name with [demo]).",
        )
    from inspector_app.demo.running import running

    _serve(running)


@commands.command()
def migrate(*, as_json: AsJson = False) -> None:
    """Bring the database to this version's form; `serve` does so by itself."""
    settings = data_folder.open_data_folder()
    from inspector_app.adapters.db.migrations import upgrade

    asyncio.run(upgrade(settings.database_url, frontend.bundle().migrations))
    answer({"migrated": True}, "The database is up to date.", as_json=as_json)


def _serve(around: Around) -> None:
    stdout = sys.stdout
    # Libraries print as they like; stdout is kept for the ready line, which stays the last.
    with contextlib.redirect_stdout(sys.stderr):
        from inspector_app import serving

        settings = data_folder.open_data_folder()
        with data_folder.held(settings.data_dir):
            serving.require_free_port(settings)
            frontend_build.build()
            # At a terminal a person wants to hear of troubles; who collects logs wants all.
            logs.to_stderr(everything=not sys.stderr.isatty())
            serving.run(_within(around, settings, stdout))


async def _within(around: Around, settings: Settings, stdout: TextIO) -> None:
    from inspector_app.serving import serve

    async with around(settings) as ready:
        await serve(settings, ready, stdout)


@contextlib.asynccontextmanager
async def _alone(_settings: Settings) -> AsyncGenerator[Callable[[], Awaitable[str]]]:
    async def ready() -> str:
        return ""

    yield ready
