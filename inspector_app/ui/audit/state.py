"""The audit log's state: a page of entries, one opened, and what checking the chain found."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from inspector_app.domain.audit import Entry
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.permissions import Permission, lowest_role
from inspector_app.domain.workflows import RunRef
from inspector_app.services import registry
from inspector_app.services.ports import EntryFilter
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import Notice, SessionState, milliseconds, now

PAGE_SIZE = 50


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
    match record.outcome.value:
        case "denied":
            needs = lowest_role(record.permission)
            who = f" The role {needs} may." if needs else ""
            more = f" {record.repeated} more like it were counted." if record.repeated else ""
            return (
                f"{record.actor_name} asked for {what} and was refused: {record.detail}.{who}"
                f" Nothing was sent to Temporal.{more}"
            )
        case "intent":
            return f"{record.actor_name} set out to do {what}; how it ended is a later entry."
        case "failed":
            return f"{record.actor_name} tried {what}; it failed: {record.detail}."
        case "unknown":
            return (
                f"{record.actor_name} set out to do {what}; how it ended is not known:"
                f" {record.detail}. Look at the run to see whether it happened."
            )
        case _:
            told = f" {record.detail}." if record.detail else ""
            return f"{record.actor_name} did {what}.{told}"


class AuditState(SessionState):
    """Entries of the tenant's chain, newest first."""

    text: str = ""
    outcome: str = ""
    rows: list[EntryRow] = []
    opened: EntryRow | None = None
    total: str = ""
    next_href: str = ""
    plain_href: str = ""
    verdict: Notice | None = None
    checked_at: int | None = None
    ready: bool = False

    @rx.event
    @requires(Permission.AUDIT_READ)
    async def load(self) -> None:
        """Read what the address asks for."""
        self._clear()
        self.text, self.outcome = self._parameter("text"), self._parameter("outcome")
        self._choose_namespace()
        before, wanted = self._number("before"), self._number("entry")
        chosen = EntryFilter(text=self.text, outcome=self.outcome, before_seq=before)
        page = await registry.services().audit.entries(self._actor, chosen, limit=PAGE_SIZE)
        self.rows = [self._row(entry) for entry in page.entries]
        self.opened = next((row for row in self.rows if row.seq == wanted), None)
        self.total = f"{page.total:,}"
        self.plain_href = routes.audit(self.tenant)
        self.next_href = ""
        if page.next_before_seq:
            self.next_href = routes.audit(
                self.tenant, text=self.text, outcome=self.outcome, before=page.next_before_seq
            )
        self.ready = True

    @rx.event
    @requires(Permission.AUDIT_READ)
    async def search(self, form: dict[str, str]) -> rx.event.EventSpec:
        """Put the filter into the address; the page loads from there."""
        return rx.redirect(
            routes.audit(
                self.tenant,
                text=form.get("text", "").strip(),
                outcome=form.get("outcome", ""),
            )
        )

    @rx.event
    @requires(Permission.AUDIT_READ)
    async def open_entry(self, seq: int) -> None:
        """Show one entry of this page beside the list."""
        self.opened = next((row for row in self.rows if row.seq == seq), None)

    @rx.event
    @requires(Permission.AUDIT_READ)
    async def close_entry(self) -> None:
        """Give the list its whole width back."""
        self.opened = None

    @rx.event
    @requires(Permission.AUDIT_VERIFY)
    async def check(self) -> None:
        """Recompute the whole chain and say what was found."""
        found = await registry.services().audit.verify(self._actor, self._actor.tenant)
        self.checked_at = milliseconds(now())
        if found.first_break is None:
            self.verdict = Notice(
                "completed",
                "The chain is whole.",
                f"{found.entries:,} entries checked, head {found.head[:8]}…{found.head[-4:]},"
                " no gap, nothing altered.",
            )
        else:
            self.verdict = Notice(
                "failed",
                f"The chain is broken at entry {found.first_break.seq:,}.",
                f"{found.first_break.reason.capitalize()}. The {found.entries:,} before it fit.",
                "Keep the database as it is and compare it with your backup.",
            )

    def _number(self, name: str) -> int | None:
        text = self._parameter(name)
        fits = text.isascii() and text.isdigit() and len(text) < len(str(2**53))
        return int(text) if fits else None

    def _row(self, entry: Entry) -> EntryRow:
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
            address=record.address,
            action=record.action,
            permission=record.permission.value,
            target=target.id,
            target_kind=target.kind,
            target_href=routes.run(self.tenant, ref) if is_run else "",
            outcome=record.outcome.value,
            sentence=sentence(entry),
            reason=record.reason,
            request_id=record.request_id,
            previous=f"{entry.previous[:8]}…{entry.previous[-4:]}",
            hash=f"{entry.hash[:8]}…{entry.hash[-4:]}",
            href=routes.audit(
                self.tenant,
                text=self.text,
                outcome=self.outcome,
                before=entry.seq + 1,
                entry=entry.seq,
            ),
        )
