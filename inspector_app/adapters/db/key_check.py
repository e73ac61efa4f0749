"""Knows whether a secret key is the one this database was used with, without keeping it."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from inspector_app.adapters.db.explained import explain
from inspector_app.adapters.db.unit_of_work import make_engine
from inspector_app.domain.errors import Conflict


async def require_known_key(database_url: str, secret_keys: tuple[str, ...]) -> None:
    """Compare the keys with the database's mark; from now on the newest one's stands there.

    Raises:
        Conflict: The mark is of another key.
        StorageUnavailable: The database is locked, full or away.
    """
    marks = [_mark(key) for key in secret_keys]
    engine = make_engine(database_url)
    try:
        async with engine.connect() as connection:
            if engine.dialect.name == "sqlite":
                await connection.execute(text("BEGIN IMMEDIATE"))
            found = await connection.scalar(text("SELECT key_check FROM installation"))
            if found is not None and found not in marks:
                raise Conflict(
                    "The secret key is not the one this database was used with.",
                    hint="Give that one back: INSPECTOR_SECRET_KEY, or secret.key in the data "
                    "folder. To change keys, put the new one in front: new,old.",
                )
            if found is None:
                await connection.execute(
                    text("INSERT INTO installation (id, key_check) VALUES (1, :mark)"),
                    {"mark": marks[0]},
                )
            elif found != marks[0]:
                await connection.execute(
                    text("UPDATE installation SET key_check = :mark"), {"mark": marks[0]}
                )
            await connection.commit()
    except DBAPIError as error:
        raise explain(error) from error
    finally:
        await engine.dispose()


def _mark(key: str) -> str:
    return hmac.new(key.encode(), b"inspector: is this the key?", hashlib.sha256).hexdigest()
