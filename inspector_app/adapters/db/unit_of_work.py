"""One transaction and the repositories that take part in it; what differs between databases."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from sqlite3 import Connection, Cursor, OperationalError
from sqlite3 import Error as SqliteError
from typing import cast

import aiosqlite
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry

from inspector_app.adapters.db.explained import SLOW_SECONDS, explain
from inspector_app.adapters.db.repositories.audit import SqlAudit
from inspector_app.adapters.db.repositories.colleagues import SqlColleagues
from inspector_app.adapters.db.repositories.identities import SqlIdentities
from inspector_app.adapters.db.repositories.jobs import SqlJobs
from inspector_app.adapters.db.repositories.operations import SqlOperations
from inspector_app.adapters.db.repositories.people import SqlPeople
from inspector_app.adapters.db.repositories.provider_sessions import SqlProviderSessions
from inspector_app.adapters.db.repositories.providers import SqlProviders
from inspector_app.adapters.db.repositories.replies import SqlReplies
from inspector_app.adapters.db.repositories.roles import SqlMappedRoles
from inspector_app.adapters.db.repositories.rules import SqlRules
from inspector_app.adapters.db.repositories.seals import SqlSeals, SqlSinks
from inspector_app.adapters.db.repositories.second_factors import SqlSecondFactors
from inspector_app.adapters.db.repositories.secrets import SqlSecrets
from inspector_app.adapters.db.repositories.sessions import SqlSessions
from inspector_app.adapters.db.repositories.taken_once import SqlTakenOnce
from inspector_app.adapters.db.repositories.tenants import SqlTenants
from inspector_app.adapters.db.repositories.tokens import SqlSigningKeys, SqlTokens
from inspector_app.domain.errors import Invalid

BUSY_SECONDS = 5
"""How long a write waits for another one before it gives up."""


class SqlWork:
    """The repositories of one transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self.people = SqlPeople(session)
        self.colleagues = SqlColleagues(session)
        self.second_factors = SqlSecondFactors(session)
        self.sessions = SqlSessions(session)
        self.tenants = SqlTenants(session)
        self.audit = SqlAudit(session)
        self.seals = SqlSeals(session)
        self.sinks = SqlSinks(session)
        self.replies = SqlReplies(session)
        self.operations = SqlOperations(session)
        self.jobs = SqlJobs(session)
        self.tokens = SqlTokens(session)
        self.signing_keys = SqlSigningKeys(session)
        self.rules = SqlRules(session)
        self.providers = SqlProviders(session)
        self.identities = SqlIdentities(session)
        self.mapped_roles = SqlMappedRoles(session)
        self.taken_once = SqlTakenOnce(session)
        self.provider_sessions = SqlProviderSessions(session)
        self.secrets = SqlSecrets(session)


class SqlDatabase:
    """A SQLite file or a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self._engine = make_engine(url)

    @asynccontextmanager
    async def begin(self, *, write: bool) -> AsyncGenerator[SqlWork]:
        """Open a transaction; commits at the end of the block, rolls back on an exception.

        Raises:
            StorageUnavailable: The database is locked, full or away; nothing was kept.
            Conflict: Somebody else did the same at the same time.
            Invalid: A value is none that a database can hold.
        """
        try:
            async with (
                self._engine.connect() as connection,
                _begun(connection, write=write),
                AsyncSession(bind=connection, expire_on_commit=False) as session,
            ):
                yield SqlWork(session)
                await session.flush()
                await connection.commit()
        except (DBAPIError, PoolTimeout, SqliteError) as error:
            raise explain(error) from error
        except (UnicodeEncodeError, OverflowError) as error:
            raise Invalid(
                "A value is none that can be kept: half a character, or too large a number."
            ) from error

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()


def make_engine(url: str, *, patient: bool = False) -> AsyncEngine:
    """Make an engine with our pragmas on SQLite and sane time limits.

    A `patient` one lets a statement take as long as it takes: a migration of a large table does.
    """
    if not url.startswith("sqlite"):
        longest = 0 if patient else SLOW_SECONDS  # 0 is PostgreSQL's word for no limit
        limits = {
            "lock_timeout": BUSY_SECONDS,
            "statement_timeout": longest,
            "idle_in_transaction_session_timeout": longest,
        }
        options = " ".join(f"-c {name}={seconds * 1000:.0f}" for name, seconds in limits.items())
        return create_async_engine(
            url,
            pool_pre_ping=True,
            pool_size=10,
            pool_timeout=BUSY_SECONDS,
            connect_args={"connect_timeout": BUSY_SECONDS, "options": options},
        )
    engine = create_async_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS},
        # A block that fails rolls back by itself; another one at the return would find nothing.
        pool_reset_on_return=None,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Connection, _entry: ConnectionPoolEntry) -> None:
        # We say BEGIN ourselves; the driver must not.
        connection.isolation_level = None
        cursor = connection.cursor()
        # FULL: an intent that was written must outlive a power cut, too.
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        _write_ahead(cursor)
        cursor.close()

    return engine


@asynccontextmanager
async def _begun(connection: AsyncConnection, *, write: bool) -> AsyncGenerator[None]:
    """Begin a transaction, and leave none open.

    Raises:
        sqlite3.Error: As the driver has it.
    """
    if connection.dialect.name != "sqlite":
        if not write:
            # What one block reads belongs together, as on SQLite: a chain and its head.
            await connection.execution_options(isolation_level="REPEATABLE READ")
        yield
        return
    await connection.begin()
    # Past SQLAlchemy's cursors: each step of one is a way to the driver's thread and back.
    raw = await connection.get_raw_connection()
    driver = cast("aiosqlite.Connection", raw.driver_connection)
    # At once, so that a second writer waits here and not, half done, at its first write, where
    # SQLite would refuse it without waiting.
    await driver.execute("BEGIN IMMEDIATE" if write else "BEGIN")
    try:
        yield
    finally:
        # SQLAlchemy takes a COMMIT that failed for an end; SQLite goes on holding its lock.
        with suppress(ValueError):  # the driver's word for a connection that is closed
            if driver.in_transaction:
                await driver.rollback()


def _write_ahead(cursor: Cursor) -> None:
    """Turn WAL on, which stays on; two first starts at once take turns."""
    give_up = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except OperationalError as error:
            # Here, and only here, SQLite doesn't wait by itself.
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return
