"""Brings a database to this version's form."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
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


async def upgrade(database_url: str, scripts: Path) -> None:
    """Run every migration in `scripts` that the database does not have yet, each at once.

    Two processes that start together take turns.

    Raises:
        StorageUnavailable: The database is locked, full or away.
        Conflict: A newer Inspector has used the database.
    """
    await _run(database_url, configuration(scripts), "head")


async def downgrade(database_url: str, scripts: Path, revision: str) -> None:
    """Take migrations back to `revision` ("base": all of them)."""
    await _run(database_url, configuration(scripts), revision, down=True)


async def pending(database_url: str, scripts: Path) -> bool:
    """Tell whether the database lacks a migration."""
    engine = make_engine(database_url)
    try:
        async with engine.connect() as connection:
            has = await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_heads()
            )
    except DBAPIError as error:
        raise explain(error) from error
    finally:
        await engine.dispose()
    return set(has) != set(ScriptDirectory.from_config(configuration(scripts)).get_heads())


async def _run(url: str, config: Config, revision: str, *, down: bool = False) -> None:
    engine = make_engine(url, patient=True)

    def migrate(connection: Connection) -> None:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)

    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                await connection.execute(text("BEGIN EXCLUSIVE"))
            else:
                # Any number, as long as it is ours: "inspector" as 64 bits.
                await connection.execute(text("SELECT pg_advisory_xact_lock(7596835222731977)"))
            await connection.run_sync(migrate)
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
