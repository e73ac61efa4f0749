"""The HTTP side in this process: the real guard and API over real services and a real database."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx
import pytest

from inspector_app.adapters.cipher import FernetCipher
from inspector_app.adapters.meter import PrometheusMeter
from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound
from inspector_app.adapters.patterns import Re2Patterns
from inspector_app.adapters.temporal.connect import Clusters
from inspector_app.adapters.temporal.histories import TemporalHistories
from inspector_app.adapters.temporal.workflows import TemporalWorkflows
from inspector_app.api.app import build_api
from inspector_app.api.guard import OuterGuard
from inspector_app.services import registry
from inspector_app.services.live import Live
from inspector_app.services.operation_runner import OperationRunner
from inspector_app.services.operations import OperationDesk
from inspector_app.services.overview import OverviewDesk
from inspector_app.services.rates import Rates
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.registry import Services
from inspector_app.services.tenants import Tenancy
from inspector_app.services.visibility import Visibility
from inspector_app.services.workflows import WorkflowDesk
from inspector_app.settings import load_settings
from inspector_app.wiring import clock
from tests.fixtures.database import KEYS, ORIGIN, PASSWORD


class Visitor:
    """A browser, or a program, at one address."""

    def __init__(self, app, *, origin=ORIGIN, address="127.0.0.1"):
        self.origin = origin
        transport = httpx.ASGITransport(app, client=(address, 50000))
        self.http = httpx.AsyncClient(transport=transport, base_url=origin)

    async def gets(self, path, /, headers=None, **params):
        return await self.http.get(path, params=params or None, headers=headers)

    async def signs_in(self, username, password=PASSWORD, *, next_page="", **headers):
        form = {"username": username, "password": password, "next": next_page}
        return await self.http.post(
            "/auth/local/login", data=form, headers={"Origin": self.origin, **headers}
        )

    def cookie(self, name):
        return next((c.value for c in self.http.cookies.jar if c.name.endswith(name)), "")

    async def acts(self, path, json, /, headers=None, **params):
        """Post as a page of ours does."""
        own = {"Origin": self.origin, "X-CSRF-Token": self.cookie("inspector_csrf")}
        return await self.http.post(
            path, params=params or None, json=json, headers={**own, **(headers or {})}
        )

    async def fills(self, path, headers=None, **form):
        """Send a form as a page of ours does."""
        form.setdefault("csrf_token", self.cookie("inspector_csrf"))
        return await self.http.post(
            path, data=form, headers={"Origin": self.origin, **(headers or {})}
        )


class Front:
    """The HTTP side of one test, and the doors to it."""

    def __init__(self, house, app):
        self.house, self.app = house, app
        self.visitors = []

    def visitor(self, **options):
        self.visitors.append(Visitor(self.app, **options))
        return self.visitors[-1]

    async def signed_in(self, username, **options):
        visitor = self.visitor(**options)
        assert (await visitor.signs_in(username)).status_code == 303
        return visitor

    async def entries(self, **wanted):
        """Return the tenant's audit entries that look like this."""
        _, noor = await self.house.signs_in("noor")
        records = [entry.record for entry in await self.house.entries(noor.tenant)]
        return [r for r in records if all(getattr(r, k) == v for k, v in wanted.items())]


@pytest.fixture
def configured(monkeypatch, tmp_path):
    """Set INSPECTOR_… for one test."""
    monkeypatch.chdir(tmp_path)

    def configure(**names):
        for name, value in {"public_url": ORIGIN, **names}.items():
            monkeypatch.setenv(f"INSPECTOR_{name.upper()}", value)
        load_settings.cache_clear()
        return load_settings()

    yield configure
    monkeypatch.undo()
    load_settings.cache_clear()


@pytest.fixture
def furnished(house, configured):
    """Open the HTTP side over a Temporal server at an address."""

    @asynccontextmanager
    async def opened(address="127.0.0.1:1", *, extend=None, **settings):
        await house.tenancy.move_cluster(house.operator, "local", address)
        await house.tenancy.grant(
            house.operator, tenant_slug="demo", cluster="local", name="default", slug="main"
        )
        clusters = Clusters(clock)
        workflows = TemporalWorkflows(clusters, clock)
        runner = OperationRunner(house.door, house.time, workflows, FernetCipher(KEYS), "here")
        histories, visibility = TemporalHistories(clusters), Visibility(workflows)
        redaction = RedactionDesk(house.door, house.time, Re2Patterns(), workflows)
        desk = WorkflowDesk(house.door, workflows, histories, redaction)
        overview = OverviewDesk(house.door, visibility, clock, redaction)
        live = Live(house.door, workflows, histories, visibility, overview, redaction)
        kept = configured(**settings)
        registry.install(
            Services(
                clock=house.time,
                meter=PrometheusMeter(),
                door=house.door,
                sessions=house.sessions,
                accounts=house.accounts,
                second_steps=house.second_steps,
                people=house.people,
                tenancy=Tenancy(house.door, house.time, workflows),
                audit=house.audit,
                seals=house.seals,
                feeds=house.feeds,
                workflows=desk,
                repeats=house.repeats,
                operations=OperationDesk(
                    house.door,
                    house.time,
                    workflows,
                    FernetCipher(KEYS),
                    runner.wake,
                    redaction,
                ),
                operation_runner=runner,
                jobs=house.jobs,
                tries=house.tries,
                overview=overview,
                live=live,
                tokens=house.tokens,
                jwts=house.jwts,
                outbound=HttpxOutbound(GuardedTransport(())),
                redaction=redaction,
                rates=Rates(house.door, house.tries, kept.rates, PrometheusMeter()),
            )
        )
        api = build_api()
        if extend is not None:
            extend(api)
        front = Front(house, OuterGuard(api, kept, frozenset()))
        try:
            yield front
        finally:
            for visitor in front.visitors:
                await visitor.http.aclose()
            await overview.close()
            await clusters.close()
            registry.install(None)

    return opened


@pytest.fixture
async def front(furnished) -> AsyncGenerator[Front]:
    """The HTTP side where no Temporal server answers."""
    async with furnished() as opened:
        yield opened


@pytest.fixture
async def office(furnished, site) -> AsyncGenerator[Front]:
    """The HTTP side over the real Temporal server of `site`."""
    async with furnished(site.namespace.cluster.address) as opened:
        yield opened
