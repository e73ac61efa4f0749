"""A run page without a browser: real states over a desk that answers from memory."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from inspector_app.domain.audit import Entry
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.histories import Event
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import PersonId, RequestId, RunId, SessionId, TenantId, WorkflowId
from inspector_app.domain.permissions import Role
from inspector_app.domain.refusals import Refusal
from inspector_app.domain.tenancy import Cluster, Namespace
from inspector_app.domain.workflows import (
    Capabilities,
    Done,
    Handler,
    Handlers,
    Pause,
    Run,
    RunData,
    RunRef,
    RunSummary,
    SignalWarning,
    Status,
    check_signal,
    offers,
)
from inspector_app.services.live import Seen
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.state import RunState

NOW = datetime(2026, 11, 23, 14, 32, 8, tzinfo=UTC)
REF = RunRef("prod-agents", WorkflowId("research/8c02"), RunId("019ab2c4-77aa-7001-8a2f-e41d"))
ACME = TenantId(UUID(int=1))
NAMESPACE = Namespace(
    UUID(int=3), ACME, "prod-agents", "default", Cluster(UUID(int=2), "eu-1", "eu-1:7233")
)


def person(role: Role | None) -> Actor:
    return Actor(
        kind=ActorKind.PERSON if role else ActorKind.ANONYMOUS,
        name="ana",
        address="127.0.0.1",
        request_id=RequestId("r"),
        person=PersonId(UUID(int=9)) if role else None,
        session=SessionId(UUID(int=8)) if role else None,
        tenant=ACME if role else None,
        tenant_slug="acme" if role else "",
        role=role,
    )


def a_run(**changes) -> Run:
    summary = RunSummary(
        REF.workflow_id,
        REF.run_id,
        "ResearchAgent",
        Status.RUNNING,
        "agents",
        NOW - timedelta(minutes=29),
        None,
        164,
    )
    run = Run(summary, None, 1200, None, None, REF.run_id, "", None, None, None, "", (), ())
    fields = {key: changes.pop(key) for key in tuple(changes) if key in RunSummary.__slots__}
    return replace(run, summary=replace(summary, **fields), **changes)


@dataclass
class Desk:
    """A Temporal server in memory: `fault` is raised instead of any answer."""

    run_now: Run = field(default_factory=a_run)
    data_now: RunData = field(default_factory=lambda: RunData("{}", "", ""))
    native: bool = True
    handlers_now: Handlers = field(
        default_factory=lambda: Handlers(known=True, signals=(Handler("approve", "Agree.", 1),))
    )
    fault: InspectorError | None = None
    event_now: Event | InspectorError | None = None
    refusal_now: Refusal | None = None
    refusals_read: int = 0
    looks: int = 0
    sent: list[tuple[object, ...]] = field(default_factory=list)
    undo_pauses: bool = False

    def _answer(self) -> None:
        if self.fault is not None:
            raise self.fault

    async def run(self, actor, ref):
        self.looks += 1
        self._answer()
        can = Capabilities(native_pause=self.native)
        return SimpleNamespace(
            run=self.run_now, capabilities=can, offers=offers(self.run_now, can)
        )

    async def data(self, actor, ref):
        return self.data_now

    async def handlers(self, actor, ref):
        self._answer()
        return self.handlers_now

    async def event(self, actor, ref, event):
        if isinstance(self.event_now, InspectorError):
            raise self.event_now
        return self.event_now

    async def refusal(self, actor, ref):
        self.refusals_read += 1
        return self.refusal_now

    async def check_signal(self, actor, ref, name, args) -> SignalWarning | None:
        return check_signal(name, len(args), self.handlers_now)

    async def signal(self, actor, ref, name, args, reason, *, force):
        self._answer()
        self.sent.append(("signal", name, args, reason, force))
        return Done(self.run_now)

    async def resume(self, actor, ref, reason):
        self.sent.append(("resume", reason))
        return Done(self.run_now)

    async def cancel(self, actor, ref, reason):
        self.sent.append(("cancel", reason))
        return Done(self.run_now)

    async def terminate(self, actor, ref, reason):
        self.sent.append(("terminate", reason))
        return Done(self.run_now)

    async def pause(self, actor, ref, reason):
        self._answer()
        self.sent.append(("pause", reason))
        status = Status.RUNNING if self.undo_pauses else Status.PAUSED
        self.run_now = a_run(status=status, pause=Pause("ana", NOW, reason))
        return Done(self.run_now, "It came undone." if self.undo_pauses else "")


class Following:
    """Follows a run as the service does: what the desk says now, then again after each rest."""

    def __init__(self, desk):
        self.desk = desk
        self.rest = None
        """What happens between two looks; without it there is nothing more to hear."""

    @asynccontextmanager
    async def run(self, actor, ref):
        yield self._looks(actor, ref)

    async def _looks(self, actor, ref):
        while True:
            try:
                seen = await self.desk.run(actor, ref)
                data = await self.desk.data(actor, ref)
                yield Seen(seen, data, seen.run.summary.history_length)
            except InspectorError as error:
                yield error
            if self.rest is None:
                return
            await self.rest()


@dataclass
class Sessions:
    """`now` is who a look at the session finds."""

    now: Actor

    async def resolve(self, token, **context) -> Actor:
        return self.now


@dataclass
class Page:
    """The page's states, as one browser tab has them."""

    root: rx.State
    run: RunState
    act: ActState
    desk: Desk
    sessions: Sessions
    entries: list[Entry]
    following: Following

    def go(self, path: str = "/t/acme/run", **query: object) -> None:
        asked = {"ns": REF.namespace, "workflow_id": REF.workflow_id, "run_id": REF.run_id}
        self.root.router_data = {
            "pathname": path,
            "asPath": f"{path}?{urlencode(asked | query)}",
            "query": {},
            "token": "tab",
            "sid": "socket",
            "ip": "127.0.0.1",
            "headers": {"origin": "http://127.0.0.1:8000"},
        }
        self.root._update_router_vars(self.root.router_data, {})

    async def open(self, **query: object) -> None:
        """Do what the browser does when the page is opened: load, then one look."""
        self.go(**query)
        await RunState.load.fn(self.run)
        await RunState.follow.fn(self.run)
