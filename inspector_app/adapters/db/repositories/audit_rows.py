"""Entries of the audit log as rows, and which rows are asked for."""

from __future__ import annotations

import re
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col

from inspector_app.adapters.db.tables import AuditEntryRow
from inspector_app.domain.audit import Entry, Outcome, Record, Target, Unreadable
from inspector_app.domain.ids import EntryId, TenantId
from inspector_app.domain.permissions import Permission
from inspector_app.services.ports import EntryFilter

_Row = AuditEntryRow
_WORD = re.compile(r'"([^"]+)"|(\S+)')
_MOST_WORDS = 20


def key_of(chain: TenantId | None) -> str:
    return str(chain) if chain else ""


def to_chain(key: str) -> TenantId | None:
    return TenantId(UUID(key)) if key else None


def to_entry(row: AuditEntryRow) -> Entry:
    try:
        return _parsed(row)
    except ValueError as error:
        raise Unreadable(row.seq) from error


def _parsed(row: AuditEntryRow) -> Entry:
    record = Record(
        at=row.at,
        actor_kind=row.actor_kind,
        actor_id=row.actor_id,
        actor_name=row.actor_name,
        role=row.role,
        provider=row.provider,
        session=row.session,
        address=row.address,
        permission=Permission(row.permission),
        action=row.action,
        target=Target(row.target_kind, row.target_id, row.target_namespace, row.target_run),
        reason=row.reason,
        outcome=Outcome(row.outcome),
        detail=row.detail,
        request_id=row.request_id,
        intent=row.intent,
        repeated=row.repeated,
        behalf=row.behalf,
    )
    return Entry(
        id=EntryId(row.id),
        chain=to_chain(row.chain),
        seq=row.seq,
        record=record,
        previous=row.previous,
        hash=row.hash,
    )


def to_row(entry: Entry) -> AuditEntryRow:
    record, target = entry.record, entry.record.target
    return AuditEntryRow(
        id=entry.id,
        chain=key_of(entry.chain),
        seq=entry.seq,
        at=record.at,
        actor_kind=record.actor_kind,
        actor_id=record.actor_id,
        actor_name=record.actor_name,
        role=record.role,
        provider=record.provider,
        session=record.session,
        address=record.address,
        permission=record.permission.value,
        action=record.action,
        target_kind=target.kind,
        target_id=target.id,
        target_namespace=target.namespace,
        target_run=target.run,
        reason=record.reason,
        outcome=record.outcome.value,
        detail=record.detail,
        request_id=record.request_id,
        intent=record.intent,
        repeated=record.repeated,
        behalf=record.behalf,
        previous=entry.previous,
        hash=entry.hash,
    )


def asked_for(chain: TenantId | None, wanted: EntryFilter) -> list[ColumnElement[bool]]:
    """Say which rows `wanted` names, but for its `before_seq`."""
    asked = [col(_Row.chain) == key_of(chain)]
    for phrase, word in _WORD.findall(wanted.text)[:_MOST_WORDS]:
        asked.append(or_(*(_contains(each, phrase or word) for each in _SEARCHED)))
    asked += [
        column == value
        for column, value in (
            (col(_Row.outcome), wanted.outcome),
            (col(_Row.target_namespace), wanted.namespace),
            (col(_Row.address), wanted.address),
            (col(_Row.session), wanted.session),
            (col(_Row.request_id), wanted.request_id),
            (col(_Row.target_id), wanted.target),
        )
        if value
    ]
    if wanted.actor:
        by, behalf = col(_Row.actor_name), col(_Row.behalf)
        asked.append(or_(by == wanted.actor, behalf == wanted.actor))
    if wanted.action:
        names = (col(_Row.action), col(_Row.permission))
        asked.append(or_(*(each.startswith(wanted.action, autoescape=True) for each in names)))
    if wanted.workflow_id:
        asked += [col(_Row.target_kind) == "run", col(_Row.target_id) == wanted.workflow_id]
    if wanted.since:
        asked.append(col(_Row.at) >= wanted.since)
    if wanted.until:
        asked.append(col(_Row.at) < wanted.until)
    return asked


_SEARCHED = (
    *(col(_Row.actor_name), col(_Row.behalf), col(_Row.role), col(_Row.provider)),
    *(col(_Row.session), col(_Row.address), col(_Row.permission), col(_Row.action)),
    *(col(_Row.target_kind), col(_Row.target_id), col(_Row.target_namespace)),
    *(col(_Row.target_run), col(_Row.reason), col(_Row.detail), col(_Row.request_id)),
)


def _contains(column: Mapped[str], text: str) -> ColumnElement[bool]:
    # SQLite's lower() knows ASCII only: what else was typed must be found as it was typed.
    return or_(
        func.lower(column).contains(text.lower(), autoescape=True),
        column.contains(text, autoescape=True),
    )
