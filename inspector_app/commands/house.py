"""What a command needs of the house: settings, a migrated database, wired services."""

from __future__ import annotations

import contextlib
import getpass
import os
from collections.abc import AsyncGenerator

from inspector_app.data_folder import open_data_folder
from inspector_app.domain.identity import Actor
from inspector_app.frontend import bundle
from inspector_app.services.audit import operator
from inspector_app.services.registry import Services


@contextlib.asynccontextmanager
async def opened(*, migrate: bool = True) -> AsyncGenerator[Services]:
    """Wire the services for one command; a server may run on the same data folder.

    Without `migrate` the database is left as it is, for commands that only look.

    Raises:
        InspectorError: The configuration, the data folder or the database is not usable.
    """
    settings = open_data_folder()
    # Seconds of imports, which `inspector --help` need not wait for.
    from inspector_app.adapters.db.migrations import upgrade
    from inspector_app.wiring import wired

    if migrate:
        await upgrade(settings.database_url, bundle().migrations)
    async with wired(settings) as services:
        yield services


def whoever_runs_this() -> Actor:
    """Return the operator as an actor, named as the machine names them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):  # a container's uid without an entry anywhere
        name = f"uid {os.getuid()}"
    return operator(name)
