"""The composition root: builds adapters and services, and holds their lifespan."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI
from starlette.types import ASGIApp

from inspector_app import frontend, setting_values
from inspector_app.adapters.cipher import FernetCipher
from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.adapters.identity.jwts import JoseJwts
from inspector_app.adapters.identity.ldap import LdapDirectory
from inspector_app.adapters.identity.local import Argon2Passwords
from inspector_app.adapters.identity.oauth2 import OAuth2Client
from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.adapters.meter import PrometheusMeter
from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound
from inspector_app.adapters.patterns import Re2Patterns
from inspector_app.adapters.signatures import Ed25519Signatures
from inspector_app.adapters.sinks.files import FileSink
from inspector_app.adapters.sinks.syslog import SyslogSink, trusting
from inspector_app.adapters.sinks.webhook import WebhookSink
from inspector_app.adapters.temporal.connect import Clusters
from inspector_app.adapters.temporal.histories import TemporalHistories
from inspector_app.adapters.temporal.workflows import TemporalWorkflows
from inspector_app.adapters.tries import CountedTries
from inspector_app.api.app import build_api
from inspector_app.api.guard import OuterGuard
from inspector_app.domain.addresses import EVERYWHERE, Network
from inspector_app.domain.errors import StorageUnavailable
from inspector_app.jobs import scheduler
from inspector_app.jobs.ticks import JOBS, TICKS
from inspector_app.services import registry
from inspector_app.services.accounts import Accounts
from inspector_app.services.admission import Admission
from inspector_app.services.arrivals import Arrivals
from inspector_app.services.audit import AuditLog
from inspector_app.services.directories import DirectorySignIn
from inspector_app.services.door import Door
from inspector_app.services.elsewhere import SignInElsewhere
from inspector_app.services.entering import Entrance
from inspector_app.services.feeds import FeedDesk
from inspector_app.services.floods import WINDOW
from inspector_app.services.guesses import Guesses
from inspector_app.services.jobs import JobDesk
from inspector_app.services.jwts import JwtDesk
from inspector_app.services.leaving import Leaving
from inspector_app.services.live import Live
from inspector_app.services.local_sign_ins import LocalSignIn
from inspector_app.services.one_time import OneTimePasswords
from inspector_app.services.operation_runner import OperationRunner
from inspector_app.services.operations import OperationDesk
from inspector_app.services.operator_trials import OperatorTrials
from inspector_app.services.overview import OverviewDesk
from inspector_app.services.people import PeopleDesk
from inspector_app.services.ports import Outbound, Sink
from inspector_app.services.ports.signing_in import AllWays, Saml, Ways
from inspector_app.services.provider_book import ProviderBook
from inspector_app.services.provider_offers import ProviderOffers
from inspector_app.services.provider_trials import ProviderTrials
from inspector_app.services.providers import ProviderDesk
from inspector_app.services.rates import Rates
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.registry import Services
from inspector_app.services.repeats import Repeats
from inspector_app.services.saml_desk import SamlDesk
from inspector_app.services.saml_setup import SamlSetup
from inspector_app.services.seals import SealDesk
from inspector_app.services.second_steps import SecondSteps
from inspector_app.services.secrets import SecretDesk
from inspector_app.services.sessions import SessionDesk
from inspector_app.services.tenants import Tenancy
from inspector_app.services.tokens import TokenDesk
from inspector_app.services.trial_results import TrialResults
from inspector_app.services.trial_sign_ins import TrialSignIns
from inspector_app.services.trial_walk import TrialWalk
from inspector_app.services.visibility import Visibility
from inspector_app.services.workflows import WorkflowDesk
from inspector_app.setting_values import AuditTarget
from inspector_app.settings import CHECKPOINTS_FILE, Settings, load_settings


def clock() -> datetime:
    """Return the time in UTC."""
    return datetime.now(UTC)


def _this_process() -> str:
    """Name this process in leases: where to look for it, and not the one before it."""
    return f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"


def _saml() -> Saml:
    """Build how SAML is spoken: its libraries take 12 MB, and 80 ms of the first call."""
    from inspector_app.adapters.identity.saml import SamlClient

    return SamlClient()


def _ways(
    outbound: Outbound,
    allowed: Sequence[Network],
    saml: Callable[[], Saml],
    held: AsyncExitStack,
) -> Ways:
    """Build how providers are spoken to, over a way out, and within `allowed` besides HTTP.

    SAML goes by browsers alone.
    """
    directory = None
    if find_spec("ldap") is not None:  # comes with the extra [ldap]
        directory = LdapDirectory(allowed)
        held.callback(directory.close)
    return Ways(OidcClient(outbound, clock), OAuth2Client(outbound), saml, directory)


def _sink(settings: Settings, outbound: Outbound, target: AuditTarget) -> Sink:
    """Build what takes lines of the audit log at `target`."""
    match target.scheme:
        case "file":
            return FileSink(target.id, Path(target.place))
        case "syslog" | "syslog+tls":
            tls = trusting(target.ca, target.certificate) if "tls" in target.scheme else None
            here = urlsplit(settings.public_url).hostname or "-"
            return SyslogSink(target.id, target.place, target.port, tls=tls, here=here)
        case _:
            authorization = settings.audit_webhook_authorization
            return WebhookSink(target.id, target.url, outbound, authorization=authorization)


@asynccontextmanager
async def wired(settings: Settings) -> AsyncGenerator[Services]:
    """Build every service over its adapters; closes what they hold at the end."""
    async with AsyncExitStack() as held:
        database = SqlDatabase(settings.database_url)
        held.push_async_callback(database.close)
        meter = PrometheusMeter()
        clusters = Clusters(clock, meter)
        held.push_async_callback(clusters.close)
        tries = CountedTries(settings.redis_url, meter)
        held.push_async_callback(tries.close)
        outbound = HttpxOutbound(GuardedTransport(settings.outbound_allow, meter=meter))
        held.push_async_callback(outbound.close)
        # What the operator names may stand anywhere; it is pinned and limited all the same.
        anywhere = HttpxOutbound(GuardedTransport(EVERYWHERE, meter=meter))
        held.push_async_callback(anywhere.close)
        door = Door(database, clock, meter)
        held.push_async_callback(door.close)
        workflows = TemporalWorkflows(clusters, clock)
        sessions = SessionDesk(door, clock, settings.secret_keys)
        cipher = FernetCipher(settings.secret_keys)
        here = _this_process()
        runner = OperationRunner(door, clock, workflows, cipher, here, meter)
        histories = TemporalHistories(clusters)
        visibility = Visibility(workflows)
        redaction = RedactionDesk(door, clock, Re2Patterns(), workflows)
        overview = OverviewDesk(door, visibility, clock, redaction)
        held.push_async_callback(overview.close)
        live = Live(door, workflows, histories, visibility, overview, redaction)
        held.push_async_callback(live.topics.close)
        jwts = JwtDesk(door, clock, JoseJwts(), cipher, settings.public_url)
        passwords, guesses = Argon2Passwords(), Guesses(door, tries)
        second_steps = SecondSteps(door, clock, cipher, guesses)
        one_time = OneTimePasswords(clock, passwords, settings.one_time_password_lasts)
        file = setting_values.file_target(settings.data_dir / CHECKPOINTS_FILE)
        beside = FileSink(file.id, Path(file.place))
        streams = tuple(_sink(settings, anywhere, each) for each in settings.audit_stream)
        elsewhere = (_sink(settings, anywhere, each) for each in settings.audit_checkpoints)
        sealed = (beside, *elsewhere)
        seals = SealDesk(
            door,
            clock,
            Ed25519Signatures(),
            cipher,
            kept=beside.lines,
            retention=settings.audit_retention,
            streams=tuple(each.id for each in streams),
        )
        origin = settings.public_url
        book = ProviderBook(cipher, settings.providers)
        saml = cache(_saml)
        ways = AllWays(
            tenants=_ways(outbound, settings.outbound_allow, saml, held),
            operators=_ways(anywhere, EVERYWHERE, saml, held),
        )
        entrance = Entrance(door, clock, cipher, book, sessions)
        leaving = Leaving(door, clock, cipher, book, entrance, ways, sessions, origin)
        providers = ProviderDesk(door, clock, book, ways, origin)
        results = TrialResults(door, clock, cipher)
        there = SignInElsewhere(entrance, clock, ways, origin)
        arrivals = Arrivals(door, clock, cipher, entrance, ways, results, origin)
        directories = DirectorySignIn(door, entrance, book, ways, guesses)
        walk = TrialWalk(
            door, entrance, there, arrivals, directories, Admission(clock, book), results
        )
        yield Services(
            clock=clock,
            meter=meter,
            door=door,
            sessions=sessions,
            accounts=Accounts(door, clock, passwords, one_time),
            local=LocalSignIn(door, clock, passwords, sessions, guesses, second_steps),
            second_steps=second_steps,
            people=PeopleDesk(door, clock, one_time),
            tenancy=Tenancy(door, clock, workflows),
            audit=AuditLog(door, clock, redaction, seals),
            seals=seals,
            feeds=FeedDesk(door, clock, streams=streams, sealed=sealed, meter=meter),
            workflows=WorkflowDesk(door, workflows, histories, redaction),
            repeats=Repeats(door, clock, redaction),
            operations=OperationDesk(door, clock, workflows, cipher, runner.wake, redaction),
            operation_runner=runner,
            jobs=JobDesk(door, clock, JOBS, here, meter),
            tries=tries,
            overview=overview,
            live=live,
            tokens=TokenDesk(door, clock, tries, jwts, meter),
            jwts=jwts,
            outbound=outbound,
            redaction=redaction,
            secrets=SecretDesk(door, cipher),
            providers=providers,
            provider_offers=ProviderOffers(door, book),
            provider_trials=ProviderTrials(door, providers, ways, origin),
            elsewhere=there,
            arrivals=arrivals,
            directories=directories,
            leaving=leaving,
            trial_sign_ins=TrialSignIns(providers, walk, results),
            operator_trials=OperatorTrials(door, clock, cipher, providers, entrance, walk, origin),
            saml=SamlDesk(door, clock, book, entrance, leaving, ways, origin),
            saml_setup=SamlSetup(door, clock, book, providers, ways, outbound, origin),
            rates=Rates(door, tries, settings.rates, meter),
        )


@asynccontextmanager
async def lifespan() -> AsyncGenerator[None]:
    """What the server process holds while it runs."""
    settings = load_settings()
    async with wired(settings) as services:
        registry.install(services)
        runner = services.operation_runner
        carrying_out = asyncio.create_task(runner.run(), name="operations")
        counting = asyncio.create_task(_chain_counted(services.door), name="counted denials")
        try:
            if settings.redis_url is None:
                # The only process: what is open now, nobody is at work on. Beside others, the
                # job tells by its age.
                await services.audit.reconcile()
            async with scheduler.running(services.jobs, TICKS):
                yield
        finally:
            await runner.close()
            carrying_out.cancel()
            counting.cancel()
            registry.install(None)


async def _chain_counted(door: Door) -> None:
    """Chain what was only counted, every minute: a crash then loses a minute of counts."""
    while True:
        await asyncio.sleep(WINDOW.total_seconds())
        with suppress(StorageUnavailable):  # counted again; the next minute tries anew
            await door.chain_counted()


def api() -> FastAPI:
    """The HTTP API and the sign-in routes; Reflex is mounted under them."""
    return build_api()


def guarded(app: ASGIApp) -> ASGIApp:
    """Put the outer guard around everything, Reflex and its websocket included."""
    settings = load_settings()
    return OuterGuard(app, settings, frontend.script_hashes(frontend.bundle()))
