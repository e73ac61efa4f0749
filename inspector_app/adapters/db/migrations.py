"""Brings a database to this version's form."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from inspector_app.adapters.db.explained import explain
from inspector_app.adapters.db.unit_of_work import make_engine


async def upgrade(database_url: str, scripts: Path) -> None:
    """Run every migration in `scripts` that the database does not have yet, each at once.

    Two processes that start together take turns.

    Raises:
        StorageUnavailable: The database is locked, full or away.
        Conflict: A newer Inspector has used the database.
    """
    if not await pending(database_url, scripts):
        return
    # Most starts find nothing to do, and a server would keep Alembic's 16 MB until its end.
    from inspector_app.adapters.db.migrating import migrate

    await migrate(database_url, scripts, "head")


async def pending(database_url: str, scripts: Path) -> bool:
    """Tell whether the database has another form than this version's.

    Raises:
        StorageUnavailable: The database is locked or away.
    """
    engine = make_engine(database_url)
    try:
        async with engine.connect() as connection:
            if not await connection.run_sync(
                lambda sync: inspect(sync).has_table("alembic_version")
            ):
                return True
            has = await connection.scalar(text("SELECT version_num FROM alembic_version"))
    except DBAPIError as error:
        raise explain(error) from error
    finally:
        await engine.dispose()
    return has != newest(scripts)


def newest(scripts: Path) -> str:
    """Return the last revision's id, with which the name of its file begins: 0001_….py."""
    names = [path.name for path in (scripts / "versions").glob("*_*.py")]
    return max(names, default="").partition("_")[0]
