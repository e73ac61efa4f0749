"""Knows whether secret keys are those this database was used with, without keeping them."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from inspector_app.adapters.db.explained import explain
from inspector_app.adapters.db.repositories.secrets import sealed_columns
from inspector_app.adapters.db.unit_of_work import make_engine
from inspector_app.domain.errors import Conflict


async def require_known_key(
    database_url: str, secret_keys: tuple[str, ...], opens: Callable[[bytes], bool]
) -> None:
    """Compare the keys with the database's marks; from now on the newest one's stands in front.

    A key that something may be kept under is missed, unless nothing is.

    Args:
        database_url: Of a database in this version's form.
        secret_keys: Newest first.
        opens: Tells whether one of them opens a sealed value.

    Raises:
        Conflict: None of the keys is known here, or one is missing that is needed.
        StorageUnavailable: The database is locked, full or away.
    """
    marks = [_mark(key) for key in secret_keys]
    async with _writing(database_url) as connection:
        found = await connection.scalar(text("SELECT key_check FROM installation"))
        if found is None:
            await connection.execute(
                text("INSERT INTO installation (id, key_check) VALUES (1, :mark)"),
                {"mark": marks[0]},
            )
            return
        known = found.split()
        if not set(known) & set(marks):
            raise Conflict(
                "The secret key is not the one this database was used with.",
                hint="Give that one back: INSPECTOR_SECRET_KEY, or secret.key in the data "
                "folder. To change keys, put the new one in front: new,old.",
            )
        if set(known) - set(marks) and (left := await _unopened(connection, opens)):
            raise Conflict(
                f"{left} secrets are kept under a key that is not set any more.",
                hint="Give it back behind the new one (INSPECTOR_SECRET_KEY=new,old), run "
                "inspector secrets rotate, then take it away.",
            )
        kept = [marks[0], *(mark for mark in known if mark in marks[1:])]
        await _keep(connection, found, kept)


async def keep_newest_key(database_url: str, secret_keys: tuple[str, ...]) -> None:
    """Forget the marks of older keys: nothing is kept under them any more."""
    async with _writing(database_url) as connection:
        found = await connection.scalar(text("SELECT key_check FROM installation"))
        if found is not None:
            await _keep(connection, found, [_mark(secret_keys[0])])


async def _keep(connection: AsyncConnection, found: str, marks: list[str]) -> None:
    kept = " ".join(marks)
    if kept != found:
        await connection.execute(text("UPDATE installation SET key_check = :kept"), {"kept": kept})


async def _unopened(connection: AsyncConnection, opens: Callable[[bytes], bool]) -> int:
    left = 0
    for column in sealed_columns().values():
        found = await connection.stream_scalars(select(column).where(column.is_not(None)))
        left += sum([1 async for sealed in found if sealed and not opens(sealed)])
    return left


@asynccontextmanager
async def _writing(database_url: str) -> AsyncGenerator[AsyncConnection]:
    engine = make_engine(database_url)
    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                await connection.execute(text("BEGIN IMMEDIATE"))
            yield connection
            await connection.commit()
    except DBAPIError as error:
        raise explain(error) from error
    finally:
        await engine.dispose()


def _mark(key: str) -> str:
    return hmac.new(key.encode(), b"inspector: is this the key?", hashlib.sha256).hexdigest()
