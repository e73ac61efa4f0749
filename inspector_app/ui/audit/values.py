"""What the audit log's page shows, as plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta

from inspector_app.domain.audit import Entry
from inspector_app.domain.chains import Verdict
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.permissions import lowest_role
from inspector_app.domain.workflows import RunRef
from inspector_app.services.ports import EntryFilter
from inspector_app.ui import routes
from inspector_app.ui.session import Notice, milliseconds


@dataclass(frozen=True)
class Chosen:
    """The filters as they stand in the address; `since` and `until` are days, UTC, inclusive."""

    text: str = ""
    outcome: str = ""
    actor: str = ""
    action: str = ""
    target: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def read(cls, parameter: Callable[[str], str]) -> Chosen:
        """Read them from the address or a form."""
        return cls(**{name: parameter(name).strip() for name in asdict(cls())})

    @property
    def narrowed(self) -> bool:
        """Whether one of those stands that are folded away at first."""
        return any((self.actor, self.action, self.target, self.since, self.until))

    def filter(self, before_seq: int | None = None) -> EntryFilter:
        """Say which entries that is."""
        until = _day(self.until)
        return EntryFilter(
            text=self.text,
            outcome=self.outcome,
            actor=self.actor,
            action=self.action,
            target=self.target,
            since=_day(self.since),
            until=until + timedelta(days=1) if until else None,
            before_seq=before_seq,
        )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:  # an address typed by hand: no filter
        return None


@dataclass(frozen=True)
class EntryRow:
    """One entry; `at` in epoch milliseconds."""

    seq: int
    number: str
    at: int | None
    actor: str
    actor_kind: str
    role: str
    provider: str
    behalf: str
    session: str
    address: str
    action: str
    permission: str
    target: str
    target_kind: str
    target_href: str
    outcome: str
    sentence: str
    reason: str
    request_id: str
    previous: str
    hash: str
    href: str


def sentence(entry: Entry) -> str:
    """Say in plain words what an entry records."""
    record = entry.record
    what = f"{record.action} on {record.target.kind} {record.target.id}".strip()
    acted = record.actor_name
    if record.behalf and record.behalf != acted:
        acted = f"{acted}, for {record.behalf},"
    match record.outcome.value:
        case "denied":
            needs = lowest_role(record.permission)
            who = f" The role {needs} may." if needs else ""
            more = f" {record.repeated} more like it were counted." if record.repeated else ""
            return (
                f"{acted} asked for {what} and was refused: {record.detail}.{who}"
                f" Nothing was sent to Temporal.{more}"
            )
        case "intent":
            return f"{acted} set out to do {what}; how it ended is a later entry."
        case "failed":
            return f"{acted} tried {what}; it failed: {record.detail}."
        case "unknown":
            return (
                f"{acted} set out to do {what}; how it ended is not known:"
                f" {record.detail}. Look at the run to see whether it happened."
            )
        case _:
            told = f" {record.detail}." if record.detail else ""
            return f"{acted} did {what}.{told}"


def row_of(entry: Entry, tenant: str, chosen: Chosen) -> EntryRow:
    """Show one entry in a list that `chosen` narrows."""
    record = entry.record
    target = record.target
    ref = RunRef(target.namespace, WorkflowId(target.id), RunId(target.run))
    is_run = target.kind == "run" and target.namespace
    return EntryRow(
        seq=entry.seq,
        number=f"{entry.seq:,}",
        at=milliseconds(record.at),
        actor=record.actor_name,
        actor_kind=record.actor_kind,
        role=record.role,
        provider=record.provider,
        behalf=record.behalf if record.behalf != record.actor_name else "",
        session=record.session,
        address=record.address,
        action=record.action,
        permission=record.permission.value,
        target=target.id,
        target_kind=target.kind,
        target_href=routes.run(tenant, ref) if is_run else "",
        outcome=record.outcome.value,
        sentence=sentence(entry),
        reason=record.reason,
        request_id=record.request_id,
        previous=f"{entry.previous[:8]}…{entry.previous[-4:]}",
        hash=f"{entry.hash[:8]}…{entry.hash[-4:]}",
        href=routes.audit(tenant, before=entry.seq + 1, entry=entry.seq, **asdict(chosen)),
    )


def health_of(found: Verdict) -> Notice:
    """Say what checking the chain found."""
    broken = found.first_break
    if broken is not None:
        return Notice(
            "failed",
            f"The chain is broken at entry {broken.seq:,}.",
            f"{broken.reason[:1].upper()}{broken.reason[1:]}."
            f" The {found.entries:,} before it fit.",
            "Keep the database as it is and compare it with your backup.",
        )
    text = (
        f"{found.entries:,} entries checked, head {found.head[:8]}…{found.head[-4:]},"
        " no gap, nothing altered."
    )
    if found.checkpoints:
        many = "checkpoint" if found.checkpoints == 1 else "checkpoints"
        text += (
            f" They fit {found.checkpoints:,} signed {many}, the last of entry {found.sealed:,}."
        )
    else:
        text += " No checkpoint is signed yet: the next follows within five minutes."
    if found.cut is not None:
        text += (
            f" Entries up to {found.cut.seq:,} were removed by retention on"
            f" {found.cut.at:%d %b %Y}, under a signed cut."
        )
    return Notice("completed", "The chain is whole.", text)
