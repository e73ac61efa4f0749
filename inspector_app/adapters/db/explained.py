"""What a database does not take, in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from sqlite3 import Error as SqliteError

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from inspector_app.domain.errors import Conflict, InspectorError, Invalid, StorageUnavailable

SLOW_SECONDS = 15
"""How long PostgreSQL may take for one statement."""


@dataclass(frozen=True, slots=True)
class _Trouble:
    """`code` is PostgreSQL's SQLSTATE, `words` are of SQLite's own sentence."""

    code: str
    words: tuple[str, ...]
    detail: str
    hint: str


_TROUBLES = (
    _Trouble(
        "57014",
        (),
        f"The database took longer than {SLOW_SECONDS} seconds",
        "Try again. If it stays so, see what the database is busy with.",
    ),
    _Trouble(
        "55P03",
        ("locked", "busy"),
        "Another program holds the database",
        "Try again. If it stays so, find what has the database open.",
    ),
    _Trouble(
        "53100",
        ("full", "no space"),
        "The disk that holds the database is full",
        "Free some space and try again.",
    ),
    _Trouble(
        "25006",
        ("readonly", "permission"),
        "The database must not be written to",
        "Give this user the right to write to the database (for SQLite: its file and folder).",
    ),
)
_AWAY = _Trouble(
    "",
    (),
    "The database does not answer",
    "Check INSPECTOR_DATABASE_URL and that the database runs: inspector doctor.",
)
_SERIALIZATION, _DEADLOCK = "40001", "40P01"


def explain(error: SQLAlchemyError | SqliteError) -> InspectorError:
    """Say what happened. Never in the error's own text: that quotes the statement's values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    said, code = str(cause).lower(), getattr(cause, "sqlstate", None)
    if isinstance(error, IntegrityError) or code in {_SERIALIZATION, _DEADLOCK}:
        return Conflict("Somebody else did the same just now.", hint="Look again.")
    if isinstance(error, DataError):
        return Invalid("A value is none that can be kept.")
    trouble = next(
        (
            each
            for each in _TROUBLES
            if code == each.code or (code is None and any(word in said for word in each.words))
        ),
        _AWAY,
    )
    return StorageUnavailable(f"{trouble.detail}; nothing was done.", hint=trouble.hint)
