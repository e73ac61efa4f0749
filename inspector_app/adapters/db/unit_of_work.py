"""One transaction and the repositories that take part in it; what differs between databases."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from sqlite3 import Connection

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from inspector_app.adapters.db.repositories.audit import SqlAudit
from inspector_app.adapters.db.repositories.people import SqlPeople
from inspector_app.adapters.db.repositories.replies import SqlReplies
from inspector_app.adapters.db.repositories.sessions import SqlSessions
from inspector_app.adapters.db.repositories.tenants import SqlTenants
from inspector_app.domain.errors import StorageUnavailable

BUSY_SECONDS = 5
"""How long a write waits for another one on SQLite before it gives up."""


class SqlWork:
    """The repositories of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self.people = SqlPeople(session)
        self.sessions = SqlSessions(session)
        self.tenants = SqlTenants(session)
        self.audit = SqlAudit(session)
        self.replies = SqlReplies(session)


class SqlDatabase:
    """A SQLite file or a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)

    @asynccontextmanager
    async def begin(self, *, write: bool) -> AsyncGenerator[SqlWork]:
        """Open a transaction; commits at the end of the block, rolls back on an exception.

        Raises:
            StorageUnavailable: The database is locked, full or away; nothing was kept.
        """
        try:
            async with self._engine.connect() as connection:
                if self._engine.dialect.name == "sqlite":
                    # At once, so that a second writer waits here and not, half done, at its
                    # first write, where SQLite would refuse it without waiting.
                    await connection.execute(text("BEGIN IMMEDIATE" if write else "BEGIN"))
                else:
                    await connection.begin()
                async with AsyncSession(bind=connection, expire_on_commit=False) as session:
                    yield SqlWork(session)
                    await session.flush()
                    await connection.commit()
        except DBAPIError as error:
            raise explain(error) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def make_engine(url: str) -> AsyncEngine:
    """Make an engine with our pragmas on SQLite and sane time limits."""
    if not url.startswith("sqlite"):
        return create_async_engine(url, pool_pre_ping=True, pool_size=10)
    engine = create_async_engine(url, connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Connection, _entry: ConnectionPoolEntry) -> None:
        # We say BEGIN ourselves; the driver must not.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    return engine


def explain(error: DBAPIError) -> StorageUnavailable:
    """Say in plain words what a database does not take."""
    said = str(error.orig).lower()
    if "locked" in said or "busy" in said:
        return StorageUnavailable(
            "Another program holds the database; nothing was done.",
            hint="Try again. If it stays so, find what has the database file open.",
        )
    if "full" in said or "no space" in said:
        return StorageUnavailable(
            "The disk that holds the database is full; nothing was done.",
            hint="Free some space and try again.",
        )
    return StorageUnavailable(
        "The database does not answer; nothing was done.",
        hint="Check INSPECTOR_DATABASE_URL and that the database runs: inspector doctor.",
    )
