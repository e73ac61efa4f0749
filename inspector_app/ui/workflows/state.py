"""The list's state: its address says what is shown, the server says what there is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import uuid4

import reflex as rx

from inspector_app.domain.errors import (
    InspectorError,
    Invalid,
    StorageUnavailable,
    Unreachable,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import RunRef, RunSummary, Status
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import SessionState, milliseconds, now

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


@dataclass(frozen=True)
class RunRow:
    """One run in the list; times in epoch milliseconds."""

    workflow_id: str
    run_id: str
    workflow_type: str
    status: str
    task_queue: str
    started: int | None
    closed: int | None
    stuck: str
    note: str
    href: str


@dataclass(frozen=True)
class CountCell:
    """How many runs of a status the query matches, and the address that shows only them."""

    status: str
    count: str
    href: str


class WorkflowsState(SessionState):
    """Rows of one page, counts by status, and the query as it was typed."""

    _turn: str = ""
    query: str = ""
    status: str = ""
    query_error: str = ""
    rows: list[RunRow] = []
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
        """Read what the address asks for."""
        self._clear()
        self.query, self.status = self._parameter("query"), self._parameter("status")
        self.query_error = ""
        self._choose_namespace()
        self._build_links()
        if not self.namespace:
            self.ready = True
            return None
        await self._read()
        return type(self).come_back if self.outage else None

    @rx.event(background=True)
    @requires(Permission.RUN_READ, passive=True)
    async def come_back(self) -> None:
        """Ask a silent server again when its next try is due, until it answers.

        Ends when the page, the socket, the session or its owner is another.
        """
        async with self:
            self._turn = turn = uuid4().hex
            silent = self.outage
        while silent is not None:
            await asyncio.sleep(max(1.0, silent.next_try / 1000 - now().timestamp()))
            async with self:
                here = self.router.url.path.endswith("/workflows")
                if turn != self._turn or not here:
                    return
                try:
                    if not await self._still_mine():
                        return
                except StorageUnavailable as error:
                    self._show(error)  # our own database; the next try is Temporal's all the same
                    continue
                self._storage_answers()
                self.outage = None
                await self._read()
                silent = self.outage

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

    def _whole_query(self) -> str:
        """The typed query and the chosen status together; a wrong status matches nothing."""
        parts = [f"({self.query})"] if self.query and self.status else [self.query]
        if self.status:
            quoted = self.status.replace("'", "''")
            parts.append(f"ExecutionStatus = '{quoted}'")
        return " AND ".join(part for part in parts if part)

    async def _read(self) -> None:
        desk, actor = registry.services().workflows, self._actor
        try:
            page = await desk.page(
                actor,
                self.namespace,
                self._whole_query(),
                page_size=PAGE_SIZE,
                page_token=self._parameter("page") or None,
            )
            counts = await desk.counts(actor, self.namespace, self.query)
        except Invalid as error:
            # Shown where it was typed, in the server's words; the rows before it stay.
            self.query_error, self.ready = error.detail, True
            self.answered = self.answered and bool(self.rows)
            return
        except Unreachable as error:
            self._show(error)
            return
        except InspectorError as error:
            self._show(error)
            self.ready, self.answered, self.rows = True, False, []
            return
        self.outage = None
        self.rows = [self._row(run) for run in page.runs]
        self.next_href = ""
        if page.next_page_token:
            self.next_href = routes.workflows(
                self.tenant,
                namespace=self.namespace,
                query=self.query,
                status=self.status,
                page=page.next_page_token,
            )
        self.total = f"{counts.total:,}"
        self.counted_at = milliseconds(counts.at)
        self.counts = [
            CountCell(
                status.value,
                f"{counts.by_status.get(status, 0):,}",
                routes.workflows(
                    self.tenant, namespace=self.namespace, query=self.query, status=status.value
                ),
            )
            for status in COUNTED
        ]
        self.ready = self.answered = True

    def _row(self, run: RunSummary) -> RunRow:
        ref = RunRef(self.namespace, run.workflow_id, run.run_id)
        nondeterministic = any("NonDeterministic" in problem for problem in run.problems)
        stuck = "Non-deterministic" if nondeterministic else ""
        if run.problems and not stuck:
            stuck = "Workflow task failing"
        return RunRow(
            workflow_id=run.workflow_id,
            run_id=run.run_id,
            workflow_type=run.workflow_type,
            status=run.status.value,
            task_queue=run.task_queue,
            started=milliseconds(run.started_at),
            closed=milliseconds(run.closed_at),
            stuck=stuck,
            note=run.pause_reason,
            href=routes.run(self.tenant, ref),
        )
