"""The composition root: builds adapters and services, and holds their lifespan."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime

from fastapi import FastAPI
from starlette.types import ASGIApp

from inspector_app import frontend
from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.adapters.identity.local import Argon2Passwords
from inspector_app.adapters.temporal.connect import Clusters
from inspector_app.adapters.temporal.histories import TemporalHistories
from inspector_app.adapters.temporal.workflows import TemporalWorkflows
from inspector_app.adapters.tries import CountedTries
from inspector_app.api.app import build_api
from inspector_app.api.guard import OuterGuard
from inspector_app.services import registry
from inspector_app.services.accounts import Accounts
from inspector_app.services.audit import AuditLog
from inspector_app.services.door import Door
from inspector_app.services.live import Live
from inspector_app.services.overview import OverviewDesk
from inspector_app.services.registry import Services
from inspector_app.services.repeats import Repeats
from inspector_app.services.sessions import SessionDesk
from inspector_app.services.tenants import Tenancy
from inspector_app.services.visibility import Visibility
from inspector_app.services.workflows import WorkflowDesk
from inspector_app.settings import Settings, load_settings


def clock() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def wired(settings: Settings) -> AsyncGenerator[Services]:
    """Build every service over its adapters; closes what they hold at the end."""
    async with AsyncExitStack() as held:
        database = SqlDatabase(settings.database_url)
        held.push_async_callback(database.close)
        clusters = Clusters(clock)
        held.push_async_callback(clusters.close)
        tries = CountedTries(settings.redis_url)
        held.push_async_callback(tries.close)
        door = Door(database, clock)
        held.push_async_callback(door.close)
        workflows = TemporalWorkflows(clusters, clock)
        sessions = SessionDesk(door, clock, settings.secret_keys)
        histories = TemporalHistories(clusters)
        visibility = Visibility(workflows)
        overview = OverviewDesk(door, visibility, clock)
        held.push_async_callback(overview.close)
        live = Live(door, workflows, histories, visibility, overview)
        held.push_async_callback(live.topics.close)
        yield Services(
            clock=clock,
            door=door,
            sessions=sessions,
            accounts=Accounts(door, clock, Argon2Passwords(), sessions, tries),
            tenancy=Tenancy(door, clock, workflows),
            audit=AuditLog(door, clock),
            workflows=WorkflowDesk(door, workflows, histories),
            repeats=Repeats(door, clock),
            overview=overview,
            live=live,
        )


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    """What the server process holds while it runs."""
    async with wired(load_settings()) as services:
        registry.install(services)
        try:
            await services.audit.reconcile()
            yield
        finally:
            registry.install(None)


def api() -> FastAPI:
    """The HTTP API and the sign-in routes; Reflex is mounted under them."""
    return build_api()


def guarded(app: ASGIApp) -> ASGIApp:
    """Put the outer guard around everything, Reflex and its websocket included."""
    settings = load_settings()
    return OuterGuard(app, settings, frontend.script_hashes(frontend.bundle()))
