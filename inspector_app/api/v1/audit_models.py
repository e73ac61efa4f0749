"""The shapes of what the audit log answers."""

from __future__ import annotations

from pydantic import Field

from inspector_app.api.v1.models import Model, Time
from inspector_app.domain.audit import Entry
from inspector_app.domain.chains import Verdict


class EntryOut(Model):
    """One entry of the audit log."""

    seq: int
    at: Time
    actor: str
    actor_kind: str
    behalf: str
    role: str
    provider: str
    session: str
    address: str
    permission: str
    action: str
    target_kind: str
    target_id: str
    target_namespace: str
    target_run: str
    reason: str
    outcome: str
    detail: str
    request_id: str
    intent: int | None
    repeated: int
    previous: str
    hash: str

    @classmethod
    def of(cls, entry: Entry) -> EntryOut:
        """From the domain's value."""
        record, target = entry.record, entry.record.target
        return cls(
            seq=entry.seq,
            at=record.at,
            actor=record.actor_name,
            actor_kind=record.actor_kind,
            behalf=record.behalf,
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
            previous=entry.previous,
            hash=entry.hash,
        )


class Entries(Model):
    """A page of the audit log, newest first."""

    items: list[EntryOut]
    next_page_token: str | None
    total: int


class CutOut(Model):
    """A cut: entries up to `up_to` were removed."""

    up_to: int
    at: Time


class SealLines(Model):
    """What is needed to check an export without Inspector."""

    seals: list[str] = Field(description="Checkpoints and cuts, each as its signed line of JSON")
    public_keys: list[str] = Field(description="What checks them, in PEM, the newest first")


class ChainVerdict(Model):
    """What checking the tenant's chain found."""

    whole: bool
    entries: int
    head: str
    first_break: dict[str, int | str] | None
    checkpoints: int = Field(description="Signed checkpoints that were compared")
    sealed: int = Field(description="The newest entry that a checkpoint names; 0: none yet")
    cut: CutOut | None = Field(description="What retention removed, under a signature")

    @classmethod
    def of(cls, found: Verdict) -> ChainVerdict:
        """From the domain's value."""
        broken = found.first_break
        return cls(
            whole=broken is None,
            entries=found.entries,
            head=found.head,
            first_break={"seq": broken.seq, "reason": broken.reason} if broken else None,
            checkpoints=found.checkpoints,
            sealed=found.sealed,
            cut=CutOut(up_to=found.cut.seq, at=found.cut.at) if found.cut else None,
        )
