"""The run page's state: its address says what is shown, the server says what there is."""

from __future__ import annotations

import reflex as rx

from inspector_app.domain.errors import InspectorError, NotFound, SignInRequired
from inspector_app.domain.ids import EventId, RunId, WorkflowId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Handlers, RunRef
from inspector_app.services import registry
from inspector_app.services.live import Seen
from inspector_app.services.watching import PASSING
from inspector_app.ui import routes
from inspector_app.ui.guard import requires
from inspector_app.ui.run import view
from inspector_app.ui.run.offered import buttons
from inspector_app.ui.run.reading import Found, Wanted, read
from inspector_app.ui.run.values import (
    ActivityRow,
    AuditRow,
    ChildRow,
    Facts,
    HandlerRow,
    Offers,
    Opened,
    Pair,
    Stuck,
    Tab,
    Text,
)
from inspector_app.ui.session import Notice, SessionState, milliseconds, now

TABS = {"summary": "Summary", "history": "History", "metadata": "Metadata", "audit": "Audit"}


class RunState(SessionState):
    """One run, as the server last described it."""

    _asked: RunRef | None = None
    """What the address names; an empty run id there means the newest run."""
    _ref: RunRef | None = None
    """The run on show, with its run id as soon as the server said it."""
    _length: int = 0
    """Events of the newest description on show: an older one comes too late."""

    _trail_stale: bool = False
    """Somebody acted here since the audit entries were read."""

    _handlers: Handlers = Handlers(known=False)
    """What the workflow declared when it was last asked and answered."""

    tab: str = "summary"
    tabs: list[Tab] = []
    ready: bool = False
    read_at: int | None = None
    missing: Notice | None = None
    facts: Facts = Facts()
    stuck: Stuck = Stuck()
    offers: Offers = Offers()
    given: Text = Text()
    outcome: Text = Text()
    activities: list[ActivityRow] = []
    children: list[ChildRow] = []
    attributes: list[Pair] = []
    memo: list[Pair] = []
    timeouts: list[Pair] = []
    signals: list[HandlerRow] = []
    queries: list[HandlerRow] = []
    updates: list[HandlerRow] = []
    handlers_known: bool = False
    handlers_note: str = ""
    trail: list[AuditRow] = []
    command: str = ""
    rows_src: str = ""
    event: int = 0
    opened: Opened = Opened()
    event_missing: str = ""
    event_base: str = ""
    workflows_href: str = ""

    @rx.event
    @requires(Permission.RUN_READ)
    async def load(self) -> list[rx.event.EventSpec]:
        """Take from the address which run, tab and event to show."""
        asked = RunRef(
            self._opens(),
            WorkflowId(self._parameter("workflow_id")),
            RunId(self._parameter("run_id")),
        )
        if asked != self._asked:
            self.reset()
            self._asked = asked
        if not asked.workflow_id:
            self.missing = Notice("neutral", "", "This address names no workflow.", "")
        tab = self._parameter("tab")
        self.tab = tab if tab in TABS else next(iter(TABS))
        event = self._parameter("event")
        self.event = int(event) if event.isdecimal() and len(event) < len("1000000000") else 0
        # Read again, even the one on show: what may be seen of it can have changed.
        self.opened, self.event_missing = Opened(), ""
        self._link()
        asks = self.tab == "metadata" and not self.handlers_known
        return [RunState.follow, RunState.ask_handlers] if asks else [RunState.follow]

    @rx.event(background=True)
    @requires(Permission.RUN_READ, passive=True)
    async def follow(self) -> rx.event.EventSpec | None:
        """Show the run as it is now, then what happens in it while it is open and Live is on.

        A server that does not answer is asked again until it does. Ends when the page, the
        socket, the session or its owner is another; a session that ended leads to sign-in.
        """
        async with self:
            turn, actor, ref = self._take_turn(), self._actor, self._ref or self._asked
        if ref is None or not ref.workflow_id:
            return None
        async with registry.services().live.run(actor, ref) as watch:
            async for seen in self._heard(watch, turn):
                if isinstance(seen, SignInRequired):
                    return RunState.load
                async with self:
                    if not self._has_turn(turn):
                        return None
                    wanted = self._take(seen)
                if wanted:
                    found = await read(wanted)
                    async with self:
                        if not self._has_turn(turn):
                            return None
                        self._take_more(found)
                if seen is not None and not self._goes_on(seen):
                    return None
        return None

    @rx.event
    @requires(Permission.RUN_READ)
    async def switch_live(self) -> rx.event.EventSpec | None:
        """Follow the run, or leave on show what is there."""
        self.live = not self.live
        self._take_turn()
        return RunState.follow if self.live else None

    @rx.event
    @requires(Permission.RUN_READ)
    async def retry(self) -> rx.event.EventSpec:
        """Ask again now."""
        return RunState.follow

    @rx.event(background=True)
    @requires(Permission.RUN_READ, passive=True)
    async def ask_handlers(self) -> None:
        """Ask a worker which signals, queries and updates the workflow declares."""
        async with self:
            ref, actor, owner = self._ref or self._asked, self._actor, self._owner
            self.handlers_note = "" if self.handlers_known else "Asking a worker …"
        if ref is None:
            return
        try:
            found = await registry.services().workflows.handlers(actor, ref)
        except InspectorError as error:
            found = Handlers(known=False, reason=error.detail)
        async with self:
            if owner != self._owner or ref.workflow_id != (self._asked or ref).workflow_id:
                return
            if not found.known:
                reason = found.reason.rstrip(".") or "no worker answered"
                self.handlers_note = f"Which ones it takes could not be asked: {reason}."
                return
            self._handlers, self.handlers_known, self.handlers_note = found, True, ""
            self.signals = view.handlers(found.signals)
            self.queries = view.handlers(found.queries)
            self.updates = view.handlers(found.updates)

    def _goes_on(self, seen: Seen | InspectorError) -> bool:
        if isinstance(seen, InspectorError):
            return isinstance(seen, PASSING)
        return self.live and seen.view.run.status.is_open

    def _take(self, seen: Seen | InspectorError | None) -> Wanted | None:
        """Show what was seen; what went wrong leaves on show what was there.

        Returns what else is to be read.
        """
        if seen is None:
            return None
        if isinstance(seen, NotFound) and not self.ready:
            self.missing = Notice("neutral", seen.title, seen.detail, seen.hint)
            return None
        if isinstance(seen, InspectorError):
            self._show_passing(seen)
            return None
        run = seen.view.run
        if run.summary.history_length < self._length:
            return None  # what one's own deed brought was seen already
        first, changed = not self.ready, run.status.value != self.facts.status
        grown = run.summary.history_length > self._length
        ref = RunRef(self.namespace, run.summary.workflow_id, run.summary.run_id)
        self._goes_well()
        self.missing, self._ref = None, ref
        self._take_run(seen)
        given, outcome = view.given(seen.data), view.outcome(seen.data)
        if (given, outcome) != (self.given, self.outcome):  # they are long: sent when they change,
            self.given, self.outcome = given, outcome  # as they do when a rule comes or goes
        self.ready, self.read_at = True, milliseconds(now())
        self._link()
        unread = self.event and self.event != self.opened.id
        if not self.facts.problem:
            self.stuck = Stuck()
        return Wanted(
            actor=self._actor,
            ref=ref,
            namespace=first,
            trail=changed or self._trail_stale or self.tab == "audit",
            event=EventId(self.event) if unread else None,
            # Only its first try writes an event: later ones say nothing new.
            refusal=bool(self.facts.problem) and (grown or not self.stuck.summary),
        )

    def _take_run(self, seen: Seen) -> None:
        known, run = seen.view, seen.view.run
        facts = view.facts(run, known.capabilities, self.tenant, events=seen.events)
        self.facts, self._length = facts, run.summary.history_length
        self.offers = buttons(known.offers, known.capabilities, self._actor)
        self.activities = [view.activity(each) for each in run.activities]
        self.children = view.children(run, self._ref, self.tenant)
        self.attributes = view.pairs(run.search_attributes)
        self.memo = view.pairs(run.memo)
        self.timeouts = view.timeouts(run)

    def _take_more(self, found: Found | InspectorError) -> None:
        """Show what was read besides the run."""
        ref = self._ref
        if isinstance(found, InspectorError) or ref is None:
            if isinstance(found, InspectorError):
                self._show(found)
            return
        if found.namespace is not None:
            self.command = view.command(ref, found.namespace)
        if found.trail is not None:
            self.trail, self._trail_stale = view.trail(found.trail), False
        if found.event is not None:
            self.opened = view.opened(found.event, ref, self.tenant)
        if found.refusal is not None and self.facts.problem:
            self.stuck = view.stuck(found.refusal, ref, self.tenant)
        self.event_missing = found.event_missing
        self._link()

    def _link(self) -> None:
        """Addresses of the page's parts; the counts beside their words."""
        ref = self._ref or self._asked
        if ref is None:
            return
        # The server goes on listing what a closed run left behind.
        pending = len(self.activities) + len(self.children) if self.facts.is_open else 0
        counts = {
            "summary": f"{pending} pending" if pending else "",
            "history": self.facts.events_text,
            "metadata": "",
            "audit": f"{len(self.trail):,}" if self.ready else "",
        }
        self.tabs = [
            Tab(key, word, counts[key], routes.run(self.tenant, ref, tab=key))
            for key, word in TABS.items()
        ]
        self.event_base = routes.run(self.tenant, ref, tab="history")
        # Without a run id the list waits for it: rows must not change to another run's.
        self.rows_src = routes.history_rows(ref) if ref.run_id else ""
        self.workflows_href = routes.workflows(self.tenant, namespace=ref.namespace)
