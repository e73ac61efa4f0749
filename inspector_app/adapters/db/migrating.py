"""Runs migrations by Alembic; imported only where there is one to run."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from alembic import command
from inspector_app.adapters.db.explained import explain
from inspector_app.adapters.db.unit_of_work import make_engine
from inspector_app.domain.errors import Conflict


def configuration(scripts: Path) -> Config:
    """Alembic's configuration, made here: no alembic.ini has to be found."""
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def migrate(url: str, scripts: Path, revision: str, *, down: bool = False) -> None:
    """Bring the database up, or `down`, to a revision; two that do so at once take turns.

    Raises:
        StorageUnavailable: The database is locked, full or away.
        Conflict: A newer Inspector has used the database.
    """
    engine = make_engine(url, patient=True)
    config = configuration(scripts)

    def run(connection: Connection) -> None:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)

    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                await connection.execute(text("BEGIN EXCLUSIVE"))
            else:
                # Any number, as long as it is ours: "inspector" as 64 bits.
                await connection.execute(text("SELECT pg_advisory_xact_lock(7596835222731977)"))
            await connection.run_sync(run)
            await connection.commit()
    except DBAPIError as error:
        raise explain(error) from error
    except CommandError as error:
        raise Conflict(
            "The database has a form that this version of Inspector does not know.",
            hint="Start the version that used it last, or a newer one.",
        ) from error
    finally:
        await engine.dispose()
