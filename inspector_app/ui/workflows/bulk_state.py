"""Which runs are chosen, and the question before anything is done to them."""

from __future__ import annotations

from datetime import datetime

import orjson
import reflex as rx

from inspector_app.domain.errors import InspectorError, Invalid
from inspector_app.domain.operations import (
    MOST_TARGETS,
    USUAL_PACE,
    Aim,
    Order,
    admits,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Action, Status
from inspector_app.services import registry
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.session import Notice
from inspector_app.ui.workflows.bulk_values import (
    BY_ACTION,
    TYPED_FROM,
    BulkOffer,
    Share,
    counted,
    offers_of,
    shares_of,
)
from inspector_app.ui.workflows.state import WorkflowsState


class BulkState(WorkflowsState):
    """Runs of this page by run id, or with `everything` all that match the query."""

    _aims: tuple[Aim, ...] = ()
    _as_of: datetime | None = None
    chosen: list[str] = []
    everything: bool = False
    shown_total: str = ""
    """How many match the query and the chosen status."""
    offers: list[BulkOffer] = []
    verb: str = ""
    """The action asked about, or ""."""
    title: str = ""
    consequence: str = ""
    keep: str = ""
    deed: str = ""
    shares: list[Share] = []
    count: int = 0
    must_type: bool = False
    lasts: str = ""
    busy: bool = False
    reason_error: str = ""
    number_error: str = ""
    name_error: str = ""
    args_error: str = ""
    problem: Notice | None = None

    @rx.event
    @requires(Permission.RUN_READ)
    async def choose_none(self) -> None:
        """Forget what was chosen; also when the page shows something else."""
        self.chosen, self.everything, self.verb = [], False, ""
        self._offer()

    @rx.event
    @requires(Permission.RUN_READ)
    async def choose(self, run_id: str) -> None:
        """Take one run of this page in, or out again."""
        here = {row.run_id for row in self.rows}
        self.everything = False
        if run_id in self.chosen:
            self.chosen = [each for each in self.chosen if each != run_id]
        elif run_id in here:
            self.chosen = [*self.chosen, run_id]
        self._offer()

    @rx.event
    @requires(Permission.RUN_READ)
    async def choose_page(self) -> None:
        """Take every run of this page in; where all are in, none."""
        here = [row.run_id for row in self.rows]
        self.everything = False
        self.chosen = [] if set(here) <= set(self.chosen) else here
        self._offer()

    @rx.event
    @requires(Permission.RUN_READ)
    async def choose_everything(self) -> None:
        """Take all in that match, on every page."""
        self.everything = True
        self._offer()

    @rx.event
    @requires(Permission.OPERATION_START)
    async def ask_bulk(self, action: str) -> None:
        """Count what would be touched, and ask."""
        self._quiet()
        verb = BY_ACTION.get(action)
        if verb is None:
            return
        desk = registry.services().operations
        by_status = self._by_status()
        try:
            if self.everything:
                matches = await desk.count(
                    self._actor, self.namespace, verb.action, self._whole_query()
                )
                self._aims, self._as_of, self.count = (), matches.as_of, matches.count
            else:
                self._aims = self._chosen_for(verb.action)
                self._as_of, self.count = registry.services().clock(), len(self._aims)
        except InspectorError as error:
            self._show(error)
            return
        runs = f"{self.count:,} run{'s' * (self.count != 1)}"
        self.verb, self.title = action, f"{verb.word} {runs}?"
        self.consequence, self.keep, self.deed = verb.consequence, verb.keep, f"{verb.word} {runs}"
        self.shares = shares_of(verb.action, by_status)
        self.must_type = self.count >= TYPED_FROM
        seconds = max(1, round(self.count / USUAL_PACE))
        self.lasts = f"About {seconds:,} s"
        if self.count > MOST_TARGETS:
            self.problem = Notice(
                "failed",
                f"At most {MOST_TARGETS:,} runs at once",
                f"{self.count:,} match.",
                "Narrow the query, and do it in several operations.",
            )

    @rx.event
    @requires(Permission.RUN_READ)
    async def shut_bulk(self, is_open: bool) -> None:  # noqa: FBT001 - Radix's own callback
        """Close the question, unless it is being carried out."""
        if not is_open and not self.busy:
            self.verb = ""

    @rx.event
    @requires(Permission.OPERATION_START)
    async def start(self, form: dict[str, str]) -> rx.event.EventSpec | None:
        """Accept the work, and go where its progress is."""
        self._quiet()
        order = self._order(form)
        if order is None:
            return None
        try:
            accepted = await registry.services().operations.start(
                self._actor, self.namespace, order
            )
        except Invalid as error:
            self._place(error)
            return None
        except InspectorError as error:
            self.problem = Notice("failed", error.title, error.detail, error.hint)
            return None
        self.chosen, self.everything, self.verb = [], False, ""
        self._offer()
        return rx.redirect(routes.operation(self.tenant, str(accepted.id)))

    def _order(self, form: dict[str, str]) -> Order | None:
        """Read the form; None where it says what is wrong with it."""
        typed = form.get("number", "").replace(",", "").strip()
        if self.must_type and typed != str(self.count):
            self.number_error = f"Type {self.count} to confirm."
        args: object = []
        name = form.get("name", "").strip()
        if self.verb == Action.SIGNAL:
            self.name_error = "" if name else "Name the signal."
            try:
                args = orjson.loads(form.get("args", "").strip() or "[]")
            except orjson.JSONDecodeError as error:
                self.args_error = f"This is not JSON (column {error.colno})."
        if self.number_error or self.name_error or self.args_error or self._as_of is None:
            return None
        if self.verb not in BY_ACTION:
            return None
        return Order(
            action=BY_ACTION[self.verb].action,
            reason=form.get("reason", ""),
            confirmed=self.count,
            as_of=self._as_of,
            query=self._whole_query() if self.everything else "",
            aims=self._aims,
            signal_name=name,
            signal_args=tuple(args) if isinstance(args, list) else (args,),
        )

    def _place(self, error: Invalid) -> None:
        match error.field:
            case "reason":
                self.reason_error = error.detail
            case "name":
                self.name_error = error.detail
            case "args":
                self.args_error = error.detail
            case _:
                self.problem = Notice("failed", error.title, error.detail, error.hint)

    def _quiet(self) -> None:
        self.reason_error = self.number_error = self.name_error = self.args_error = ""
        self.problem = None

    def _offer(self) -> None:
        self.offers = offers_of(self._by_status())
        cell = next((each for each in self.counts if each.status == self.status), None)
        self.shown_total = cell.count if cell else self.total

    def _by_status(self) -> dict[Status, int]:
        if self.everything:
            shown = [cell for cell in self.counts if self.status in {"", cell.status}]
            return {Status(cell.status): int(cell.count.replace(",", "")) for cell in shown}
        return counted(row.status for row in self.rows if row.run_id in self.chosen)

    def _chosen_for(self, action: Action) -> tuple[Aim, ...]:
        return tuple(
            Aim(row.workflow_id, row.run_id)
            for row in self.rows
            if row.run_id in self.chosen and admits(action, Status(row.status))
        )
