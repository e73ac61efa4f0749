"""The states of the list of operations and of one."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid, NotFound
from inspector_app.domain.operations import ItemOutcome, parse_operation_id
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.operations.values import (
    ItemRow,
    OperationView,
    OutcomeCell,
    cells_of,
    row_of,
    view_of,
)
from inspector_app.ui.session import Notice, SessionState, beats

PAGE_SIZE = 50
LIST_EVERY, ONE_EVERY = 3.0, 1.0
"""Seconds between two looks while something is under way."""


class OperationsState(SessionState):
    """The tenant's operations, newest first."""

    rows: list[OperationView] = []
    next_href: str = ""
    workflows_href: str = ""
    ready: bool = False

    @rx.event
    @requires(Permission.OPERATION_READ)
    async def load(self) -> rx.event.EventSpec:
        """Read what the address asks for, then keep it current."""
        namespace = self._opens()
        self.workflows_href = routes.workflows(self.tenant, namespace=namespace)
        await self._read()
        return OperationsState.follow

    @rx.event(background=True)
    @requires(Permission.OPERATION_READ, passive=True)
    async def follow(self) -> None:
        """Read again while something is under way; ends with the page, session or owner."""
        async with self:
            turn = self._take_turn()
        async for said in self._heard(beats(LIST_EVERY), turn):
            async with self:
                if said is not None or not self._has_turn(turn):
                    return
                with self._despite_outage():
                    await self._read()
                if not any(row.live for row in self.rows):
                    return

    async def _read(self) -> None:
        page = self._parameter("page")
        before = parse_operation_id(page) if page else None
        found, more = await registry.services().operations.page(
            self._actor, before=before, limit=PAGE_SIZE
        )
        self.rows = [view_of(each) for each in found]
        self.next_href = routes.operations(self.tenant, page=str(more)) if more else ""
        self.ready = True


class OperationPageState(SessionState):
    """One operation: how far it is, and what became of its runs."""

    shown: OperationView | None = None
    cells: list[OutcomeCell] = []
    outcome: str = ""
    rows: list[ItemRow] = []
    all_href: str = ""
    next_href: str = ""
    operations_href: str = ""
    asking: str = ""
    """Which question is open: "cancel", "resume", or ""."""
    reason_error: str = ""
    problem: Notice | None = None
    ready: bool = False

    @rx.event
    @requires(Permission.OPERATION_READ)
    async def load(self) -> rx.event.EventSpec | None:
        """Read what the address asks for, then keep it current."""
        self._clear()
        self.asking, self.problem, self.shown = "", None, None
        self.outcome = self._parameter("outcome")
        self.operations_href = routes.operations(self.tenant)
        try:
            await self._read()
        except NotFound:
            self.ready = True  # the page itself says so
            return None
        return OperationPageState.follow

    @rx.event(background=True)
    @requires(Permission.OPERATION_READ, passive=True)
    async def follow(self) -> None:
        """Read again until it ends; ends with the page, session or owner, too."""
        async with self:
            turn = self._take_turn()
        async for said in self._heard(beats(ONE_EVERY), turn):
            async with self:
                if said is not None or not self._has_turn(turn):
                    return
                with self._despite_outage():
                    await self._read()
                if self.shown is None or not self.shown.live:
                    return

    @rx.event
    @requires(Permission.OPERATION_READ)
    async def ask_reason(self, question: str) -> None:
        """Open the dialog that asks for a reason; nothing is done yet."""
        self.asking = question if question in {"cancel", "resume"} else ""
        self.reason_error, self.problem = "", None

    @rx.event
    @requires(Permission.OPERATION_READ)
    async def shut(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the dialog."""
        if not is_open:
            self.asking = ""

    @rx.event
    @requires(Permission.OPERATION_CANCEL)
    async def cancel(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Stop it."""
        return await self._answer(form, resume=False)

    @rx.event
    @requires(Permission.OPERATION_START)
    async def resume(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Let it go on."""
        return await self._answer(form, resume=True)

    async def _answer(self, form: dict[str, str], *, resume: bool) -> rx.event.EventSpec | None:
        desk = registry.services().operations
        act = desk.go_on if resume else desk.cancel
        self.reason_error, self.problem = "", None
        try:
            await act(
                self._actor, parse_operation_id(self._parameter("id")), form.get("reason", "")
            )
        except Invalid as error:
            self.reason_error = error.detail
            return None
        except InspectorError as error:
            self.problem = Notice("failed", error.title, error.detail, error.hint)
            return None
        self.asking = ""
        await self._read()
        return OperationPageState.follow

    async def _read(self) -> None:
        desk, actor = registry.services().operations, self._actor
        wanted = parse_operation_id(self._parameter("id"))
        watched = await desk.one(actor, wanted)
        page = self._parameter("page")
        outcome = self.outcome if self.outcome in set(ItemOutcome) else ""
        items, more = await desk.items(
            actor,
            wanted,
            outcome=ItemOutcome(outcome) if outcome else None,
            after=int(page) if page.isdecimal() and len(page) < 9 else -1,  # noqa: PLR2004 - no set is that large
            limit=PAGE_SIZE,
        )
        namespace = watched.operation.namespace
        self.namespace = namespace
        self.shown, self.cells = view_of(watched), cells_of(watched)
        self.rows = [row_of(self.tenant, namespace, item) for item in items]
        self.all_href = routes.operation(self.tenant, str(wanted))
        self.next_href = ""
        if more is not None:
            self.next_href = routes.operation(
                self.tenant, str(wanted), outcome=outcome, page=str(more)
            )
        self.ready = True
