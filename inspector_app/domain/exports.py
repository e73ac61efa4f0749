"""Entries as lines that leave Inspector: JSON that can be recomputed, CSV for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, cast
from uuid import UUID

from inspector_app.domain.audit import Entry, Outcome, Record, Target, hashed_text
from inspector_app.domain.errors import Invalid
from inspector_app.domain.ids import EntryId, TenantId
from inspector_app.domain.permissions import Permission

_MEMBER: Final = ',"hash":"'
_STARTS_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 - the wide ones, which spreadsheets take, too
COLUMNS: Final = (
    *("seq", "at", "actor_kind", "actor_id", "actor_name", "behalf", "role", "provider"),
    *("session", "address", "permission", "action", "target_kind", "target_id"),
    *("target_namespace", "target_run", "reason", "outcome", "detail", "request_id", "intent"),
    *("repeated", "previous", "hash"),
)
"""Of the CSV."""


class Format(StrEnum):
    """How an export is written."""

    JSONL = "jsonl"
    CSV = "csv"


def json_line(entry: Entry) -> str:
    """Return one JSON object; its last member is the SHA-256 of the line without this member."""
    text = hashed_text(entry.chain, entry.seq, entry.record, entry.previous)
    return f'{text[:-1]}{_MEMBER}{entry.hash}"}}'


def read_line(line: str) -> Entry:
    """Parse what `json_line` wrote; whether its hash fits is another question.

    Raises:
        Invalid: It is no entry, or not written as Inspector writes one.
    """
    text, _, rest = line.strip().rpartition(_MEMBER)
    try:
        found = _entry(cast("Mapping[str, object]", json.loads(text + "}")), rest[:-2])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Invalid("This line is no entry of an audit log's export.") from error
    if json_line(found) != line.strip():
        raise Invalid("This line is not written as Inspector exports an entry.")
    return found


def csv_rows(entries: Iterable[Entry]) -> str:
    """Return rows of `COLUMNS` (RFC 4180); nothing in them is a formula to a spreadsheet.

    A text that would be one gets an apostrophe in front, as OWASP advises: who wants to
    recompute hashes takes the JSON.
    """
    return _written([_row(entry) for entry in entries])


def csv_head() -> str:
    """Return the first row."""
    return _written([COLUMNS])


def _written(rows: Iterable[Iterable[str]]) -> str:
    kept = io.StringIO()
    csv.writer(kept, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return kept.getvalue()


def _row(entry: Entry) -> list[str]:
    record, target = entry.record, entry.record.target
    cells = (
        *(entry.seq, record.at.astimezone(UTC).isoformat(timespec="milliseconds")),
        *(record.actor_kind, record.actor_id, record.actor_name, record.behalf, record.role),
        *(record.provider, record.session, record.address, record.permission.value),
        *(record.action, target.kind, target.id, target.namespace, target.run, record.reason),
        *(record.outcome.value, record.detail, record.request_id, record.intent or ""),
        *(record.repeated, entry.previous, entry.hash),
    )
    return [_inert(str(cell)) for cell in cells]


def _inert(text: str) -> str:
    return f"'{text}" if text.lstrip(" ").startswith(_STARTS_FORMULA) else text


def _entry(found: Mapping[str, object], written_hash: str) -> Entry:
    def word(name: str) -> str:
        value = found[name]
        if not isinstance(value, str):
            raise TypeError(name)
        return value

    def number(name: str) -> int:
        value = found[name]
        if not isinstance(value, int):
            raise TypeError(name)
        return value

    chain = word("chain")
    record = Record(
        at=datetime.fromisoformat(word("at")),
        actor_kind=word("actor_kind"),
        actor_id=word("actor_id"),
        actor_name=word("actor_name"),
        role=word("role"),
        provider=word("provider"),
        session=word("session"),
        address=word("address"),
        permission=Permission(word("permission")),
        action=word("action"),
        target=Target(
            word("target_kind"), word("target_id"), word("target_namespace"), word("target_run")
        ),
        reason=word("reason"),
        outcome=Outcome(word("outcome")),
        detail=word("detail"),
        request_id=word("request_id"),
        intent=None if found["intent"] is None else number("intent"),
        repeated=number("repeated"),
        behalf=word("behalf") if "behalf" in found else "",
    )
    return Entry(
        id=EntryId(UUID(int=0)),  # not exported: an entry is known by its chain and number
        chain=None if chain == "installation" else TenantId(UUID(chain)),
        seq=number("seq"),
        record=record,
        previous=word("previous"),
        hash=written_hash,
    )
