"""The audit log: entries chained by their hashes, one chain a tenant, one for the installation."""

from __future__ import annotations

import hashlib
import json
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


class Unreadable(InspectorError):
    """A stored entry holds what no version of Inspector wrote.

    Attributes:
        seq: Its number in the chain.
    """

    title = "The audit log was altered"

    def __init__(self, seq: int) -> None:
        super().__init__(
            f"Entry {seq:,} of the audit log cannot be read.",
            hint="Check the chain (inspector audit verify) and compare it with your backup.",
        )
        self.seq = seq


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


def hashed_text(chain: TenantId | None, seq: int, record: Record, previous: str) -> str:
    """Write down what an entry's hash covers: every field, and its predecessor's hash.

    It is JSON with sorted keys and no spaces, and what an export prints, so that the hash can
    be recomputed in any language.
    """
    fields = {
        "chain": str(chain) if chain else "installation",
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
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained_hash(chain: TenantId | None, seq: int, record: Record, previous: str) -> str:
    """SHA-256 (hex) of the UTF-8 of `hashed_text`."""
    text = hashed_text(chain, seq, record, previous)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Checker:
    """Checks a whole chain, entry by entry, oldest first, against its recorded head.

    Args:
        head_seq: The number of the newest entry as the chain's head records it (0: none).
        head_hash: Its hash (GENESIS: none).
    """

    def __init__(self, *, head_seq: int, head_hash: str) -> None:
        self._head_seq = head_seq
        self._head_hash = head_hash
        self._seq: int = 0
        self._previous: str = GENESIS
        self._broken: Break | None = None

    def accept(self, entry: Entry) -> bool:
        """Take the next entry; False at the first that does not fit."""
        wanted = chained_hash(entry.chain, entry.seq, entry.record, self._previous)
        if entry.seq <= self._seq:
            self._broken = Break(entry.seq, "this number is no place in the chain")
        elif entry.seq != self._seq + 1:
            self._broken = Break(self._seq + 1, f"entry {self._seq + 1} is missing")
        elif entry.previous != self._previous:
            self._broken = Break(entry.seq, "it does not name its predecessor's hash")
        elif wanted != entry.hash:
            self._broken = Break(entry.seq, "its content was altered")
        elif entry.seq > self._head_seq:
            self._broken = Break(entry.seq, f"the chain's head names {self._head_seq} as its last")
        else:
            self._seq, self._previous = entry.seq, entry.hash
        return self._broken is None

    def refuse(self, seq: int) -> None:
        """Take an entry that cannot even be read."""
        self._broken = Break(seq, "its content was altered")

    def verdict(self) -> Verdict:
        """Say what was found, the chain's end included."""
        if self._broken is None and self._seq < self._head_seq:
            reason = f"the chain's end is missing: {self._head_seq} entries were written"
            self._broken = Break(self._seq + 1, reason)
        elif self._broken is None and self._previous != self._head_hash:
            self._broken = Break(self._seq, "its hash is not the one the chain's head names")
        return Verdict(self._seq, self._previous, self._broken)
