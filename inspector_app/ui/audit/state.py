"""The audit log's state: a page of entries, one opened, and what checking the chain found."""

from __future__ import annotations

from dataclasses import asdict

import reflex as rx

from inspector_app.domain.exports import Format
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.audit.values import Chosen, EntryRow, health_of, row_of
from inspector_app.ui.guard import requires
from inspector_app.ui.session import Notice, SessionState, milliseconds, now

PAGE_SIZE = 50


class AuditState(SessionState):
    """Entries of the tenant's chain, newest first."""

    chosen: Chosen = Chosen()
    narrowed: bool = False
    rows: list[EntryRow] = []
    opened: EntryRow | None = None
    total: str = ""
    next_href: str = ""
    plain_href: str = ""
    json_href: str = ""
    csv_href: str = ""
    verdict: Notice | None = None
    checked_at: int | None = None
    ready: bool = False

    @rx.event
    @requires(Permission.AUDIT_READ)
    async def load(self) -> None:
        """Read what the address asks for."""
        self._opens()
        chosen = Chosen.read(self._parameter)
        self.chosen, self.narrowed = chosen, chosen.narrowed
        before, wanted = self._number("before"), self._number("entry")
        page = await registry.services().audit.entries(
            self._actor, chosen.filter(before), limit=PAGE_SIZE
        )
        self.rows = [row_of(entry, self.tenant, chosen) for entry in page.entries]
        self.opened = next((row for row in self.rows if row.seq == wanted), None)
        self.total = f"{page.total:,}"
        self.plain_href = routes.audit(self.tenant)
        self.next_href = ""
        if page.next_before_seq:
            self.next_href = routes.audit(
                self.tenant, before=page.next_before_seq, **asdict(chosen)
            )
        self.json_href, self.csv_href = (
            routes.audit_export(self.tenant, each, chosen.filter())
            for each in (Format.JSONL, Format.CSV)
        )
        self.ready = True

    @rx.event
    @requires(Permission.AUDIT_READ)
    async def search(self, form: dict[str, str]) -> rx.event.EventSpec:
        """Put the filters into the address; the page loads from there."""
        chosen = Chosen.read(lambda name: form.get(name, ""))
        return rx.redirect(routes.audit(self.tenant, **asdict(chosen)))

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
        self.verdict = health_of(found)

    def _number(self, name: str) -> int | None:
        text = self._parameter(name)
        fits = text.isascii() and text.isdigit() and len(text) < len(str(2**53))
        return int(text) if fits else None
