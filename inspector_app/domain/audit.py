"""The audit log: entries chained by their hashes, one chain a tenant, one for the installation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from inspector_app.domain.ids import EntryId, TenantId
from inspector_app.domain.permissions import Permission

GENESIS = "0" * 64
"""What the first entry of a chain names as its predecessor."""


class Outcome(StrEnum):
    """How an action ended, as far as Inspector knows."""

    INTENT = "intent"
    """About to reach outside; a later entry with the same `intent` number says how it ended."""
    DONE = "done"
    DENIED = "denied"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """An intent whose process died before it could say: somebody should look."""


@dataclass(frozen=True, slots=True)
class Target:
    """What an action touches. `kind` is the noun (run, person, namespace …), `id` its name.

    For a run, `id` is the workflow id, `run` its run id and `namespace` the slug.
    """

    kind: str
    id: str
    namespace: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What happened, before it has a place in a chain. Never a payload, never a secret."""

    at: datetime
    actor_kind: str
    actor_id: str
    actor_name: str
    role: str
    provider: str
    session: str
    address: str
    permission: Permission
    action: str
    target: Target
    reason: str
    outcome: Outcome
    detail: str
    request_id: str
    intent: int | None = None
    repeated: int = 0
    """How many more denials like this one were counted, not chained, since the last."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in its place: number `seq` (from 1) of `chain`."""

    id: EntryId
    chain: TenantId | None
    seq: int
    record: Record
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain stops fitting: at entry `seq`, and what is wrong there."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a chain found: `entries` looked at, the last good hash, the first break."""

    entries: int
    head: str
    first_break: Break | None


def chained_hash(chain: TenantId | None, seq: int, record: Record, previous: str) -> str:
    """SHA-256 (hex) over every field of the entry and its predecessor's hash.

    The text hashed is JSON with sorted keys and no spaces, so that it can be recomputed
    from an export in any language.
    """
    fields = {
        "chain": str(chain) if chain else "installation",
        "seq": seq,
        "previous": previous,
        "at": record.at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "actor_kind": record.actor_kind,
        "actor_id": record.actor_id,
        "actor_name": record.actor_name,
        "role": record.role,
        "provider": record.provider,
        "session": record.session,
        "address": record.address,
        "permission": record.permission.value,
        "action": record.action,
        "target_kind": record.target.kind,
        "target_id": record.target.id,
        "target_namespace": record.target.namespace,
        "target_run": record.target.run,
        "reason": record.reason,
        "outcome": record.outcome.value,
        "detail": record.detail,
        "request_id": record.request_id,
        "intent": record.intent,
        "repeated": record.repeated,
    }
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def verify(entries: Iterable[Entry], *, head_seq: int, head_hash: str) -> Verdict:
    """Check a whole chain, oldest first, against its recorded head.

    Args:
        entries: Every entry of one chain, by rising `seq`.
        head_seq: The number of the newest entry as the chain's head records it (0: none).
        head_hash: Its hash (GENESIS: none).
    """
    seq, previous = 0, GENESIS
    for entry in entries:
        if entry.seq != seq + 1:
            return Verdict(seq, previous, Break(seq + 1, f"entry {seq + 1} is missing"))
        if entry.previous != previous:
            return Verdict(
                seq, previous, Break(entry.seq, "it does not name its predecessor's hash")
            )
        if chained_hash(entry.chain, entry.seq, entry.record, previous) != entry.hash:
            return Verdict(seq, previous, Break(entry.seq, "its content was altered"))
        seq, previous = entry.seq, entry.hash
    if seq != head_seq or previous != head_hash:
        return Verdict(seq, previous, Break(seq + 1, f"the chain's end is missing after {seq}"))
    return Verdict(seq, previous, None)
