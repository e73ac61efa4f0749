"""The audit log: entries chained by their hashes, one chain a tenant, one for the installation."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from inspector_app.domain.errors import InspectorError, Invalid
from inspector_app.domain.ids import EntryId, TenantId
from inspector_app.domain.permissions import Permission

REASON_MAX = 500
"""Characters of a reason."""
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
    behalf: str = ""
    """The user name of whoever it was done for, where that is not who acted."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record in its place: number `seq` (from 1) of `chain`."""

    id: EntryId
    chain: TenantId | None
    seq: int
    record: Record
    previous: str
    hash: str


class Altered(InspectorError):
    """A chain does not fit any more.

    Attributes:
        seq: The entry at which it was found.
    """

    title = "The audit log was altered"

    def __init__(self, seq: int, why: str) -> None:
        super().__init__(
            f"Entry {seq:,} of the audit log {why}.",
            hint="Check the chain (inspector audit verify) and compare it with your backup.",
        )
        self.seq = seq


class Unreadable(Altered):
    """A stored entry holds what no version of Inspector wrote."""

    def __init__(self, seq: int) -> None:
        super().__init__(seq, "cannot be read")


def check_reason(reason: str) -> str:
    """Parse why somebody acts.

    Raises:
        Invalid: No reason is given, or it is too long.
    """
    given = reason.strip()
    if not 1 <= len(given) <= REASON_MAX:
        raise Invalid(
            f"A reason of 1 to {REASON_MAX} characters is needed; it stands in the audit log.",
            field="reason",
        )
    return given


def name_of(chain: TenantId | None) -> str:
    """Return what a chain is called in what is hashed, signed and exported."""
    return str(chain) if chain else "installation"


def hashed_text(chain: TenantId | None, seq: int, record: Record, previous: str) -> str:
    """Write down what an entry's hash covers: every field, and its predecessor's hash.

    It is JSON with sorted keys and no spaces, and what an export prints, so that the hash can
    be recomputed in any language.
    """
    fields: dict[str, object] = {
        "chain": name_of(chain),
        "seq": seq,
        "previous": previous,
        "at": record.at.astimezone(UTC).isoformat(timespec="microseconds"),
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
    if record.behalf:  # younger than the first chains: those entries keep their hashes
        fields["behalf"] = record.behalf
    return canonical(fields)


def canonical(fields: Mapping[str, object]) -> str:
    """Write JSON as it is hashed and signed: sorted keys, no spaces."""
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained_hash(chain: TenantId | None, seq: int, record: Record, previous: str) -> str:
    """SHA-256 (hex) of the UTF-8 of `hashed_text`."""
    text = hashed_text(chain, seq, record, previous)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
