"""The list's state: its address says what is shown, the server says what there is."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid, SignInRequired, Unreachable
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import RunSummary, Status, StatusCounts
from inspector_app.services import registry
from inspector_app.services.live import Asked, Listing
from inspector_app.services.watching import PASSING
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import SessionState, milliseconds, now
from inspector_app.ui.workflows.rows import CountCell, RunRow, run_row, unseen

PAGE_SIZE = 50
COUNTED = (
    Status.RUNNING,
    Status.COMPLETED,
    Status.FAILED,
    Status.TIMED_OUT,
    Status.TERMINATED,
    Status.CANCELED,
    Status.PAUSED,
)


class WorkflowsState(SessionState):
    """Rows of one page, counts by status, and the query as it was typed."""

    _asked: Asked | None = None
    """What the rows on show answer."""
    _filled_on: str = ""
    """The socket of the last filling."""
    _newest: Listing | None = None
    """What the server says now; rows that came since are announced, not inserted."""

    query: str = ""
    status: str = ""
    query_error: str = ""
    rows: list[RunRow] = []
    news: int = 0
    counts: list[CountCell] = []
    total: str = ""
    all_href: str = ""
    next_href: str = ""
    first_href: str = ""
    plain_href: str = ""
    counted_at: int | None = None
    ready: bool = False
    answered: bool = False
    """Whether the rows below are what the server said to this very question."""
    filtered: bool = False

    @rx.event
    @requires(Permission.RUN_READ)
    async def load(self) -> rx.event.EventSpec | None:
        """Take from the address what to list; the rows come as the server gives them."""
        before = self.namespace
        namespace = self._opens()
        self.query, self.status = self._parameter("query"), self._parameter("status")
        self.query_error = ""
        if namespace != before:
            self.rows, self.ready = [], False
        if self._socket == self._filled_on:
            self._asked = None  # not a lost connection that came back: show the newest
        self._build_links()
        if not self.namespace:
            self.ready = True
            return None
        return type(self).follow

    @rx.event(background=True)
    @requires(Permission.RUN_READ, passive=True)
    async def follow(self) -> rx.event.EventSpec | None:
        """Show the list as it is now, then what changes in it while Live is on.

        A server that does not answer is asked again until it does. Ends when the page, the
        socket, the session or its owner is another; a session that ended leads to sign-in.
        """
        async with self:
            turn, actor, asked = self._take_turn(), self._actor, self._ask()
        async with registry.services().live.listing(actor, asked) as watch:
            async for found in self._heard(watch, turn):
                if isinstance(found, SignInRequired):
                    return type(self).load
                async with self:
                    if not self._has_turn(turn):
                        return None
                    if found is not None:
                        self._take(found, asked)
                        if not self.live and not isinstance(found, PASSING):
                            return None
        return None

    @rx.event
    @requires(Permission.RUN_READ)
    async def switch_live(self) -> rx.event.EventSpec | None:
        """Follow the list, or leave on show what is there."""
        self.live = not self.live
        self._take_turn()
        return type(self).follow if self.live else None

    @rx.event
    @requires(Permission.RUN_READ)
    async def show_new(self) -> None:
        """Show the rows that were only announced so far."""
        if self._newest is not None:
            self._fill(self._newest)

    @rx.event
    @requires(Permission.RUN_READ)
    async def search(self, form: dict[str, str]) -> rx.event.EventSpec:
        """Put the typed query into the address; the page loads from there, and Back works."""
        query = form.get("query", "").strip()
        return rx.redirect(
            routes.workflows(
                self.tenant, namespace=self.namespace, query=query, status=self.status
            )
        )

    def _build_links(self) -> None:
        place = {"namespace": self.namespace, "query": self.query}
        self.all_href = routes.workflows(self.tenant, **place)
        self.first_href = routes.workflows(self.tenant, **place, status=self.status)
        self.plain_href = routes.workflows(self.tenant, namespace=self.namespace)
        self.filtered = bool(self.query or self.status)

    def _ask(self) -> Asked:
        return Asked(
            namespace=self.namespace,
            query=self._whole_query(),
            counted=self.query,
            page_size=PAGE_SIZE,
            page_token=self._parameter("page") or None,
        )

    def _whole_query(self) -> str:
        """The typed query and the chosen status together; a wrong status matches nothing."""
        parts = [f"({self.query})"] if self.query and self.status else [self.query]
        if self.status:
            quoted = self.status.replace("'", "''")
            parts.append(f"ExecutionStatus = '{quoted}'")
        return " AND ".join(part for part in parts if part)

    def _take(self, found: Listing | InspectorError, asked: Asked) -> None:
        match found:
            case Invalid():
                # Shown where it was typed, in the server's words; the rows before it stay.
                self.query_error, self.ready = found.detail, True
                self.answered = self.answered and bool(self.rows)
            case Unreachable():
                self._show_passing(found)
            case InspectorError():
                self._show_passing(found)
                self.ready = True
                if not isinstance(found, PASSING):
                    self.answered, self.rows = False, []
            case Listing():
                self._goes_well()
                self._newest = found
                self._take_counts(found.counts)
                if asked == self._asked and self.rows:
                    self._update(found)
                else:
                    self._asked = asked
                    self._fill(found)
                self.ready = self.answered = True

    def _fill(self, found: Listing) -> None:
        """Show the page as it is now."""
        self.rows = [run_row(run, self.tenant, self.namespace) for run in found.page.runs]
        self.news, self.next_href, self._filled_on = 0, "", self._socket
        if found.page.next_page_token:
            self.next_href = routes.workflows(
                self.tenant,
                namespace=self.namespace,
                query=self.query,
                status=self.status,
                page=found.page.next_page_token,
            )

    def _update(self, found: Listing) -> None:
        """Bring rows up to date where they stand: none comes, goes or moves under the reader."""
        known: dict[str, RunSummary] = {run.run_id: run for run in (*found.left, *found.page.runs)}
        rows = [
            run_row(known[row.run_id], self.tenant, self.namespace) if row.run_id in known else row
            for row in self.rows
        ]
        if rows != self.rows:
            self.rows = rows
        self.news = unseen({row.run_id for row in rows}, [run.run_id for run in found.page.runs])

    def _take_counts(self, counts: StatusCounts) -> None:
        self.total, self.counted_at = f"{counts.total:,}", milliseconds(now())
        cells = [
            CountCell(
                status.value,
                f"{counts.by_status.get(status, 0):,}",
                routes.workflows(
                    self.tenant, namespace=self.namespace, query=self.query, status=status.value
                ),
            )
            for status in COUNTED
        ]
        if cells != self.counts:
            self.counts = cells
