"""Where pages, routes and jobs find the services that `wiring` built."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector_app.services.accounts import Accounts
    from inspector_app.services.arrivals import Arrivals
    from inspector_app.services.audit import AuditLog
    from inspector_app.services.directories import DirectorySignIn
    from inspector_app.services.door import Door
    from inspector_app.services.elsewhere import SignInElsewhere
    from inspector_app.services.feeds import FeedDesk
    from inspector_app.services.jobs import JobDesk
    from inspector_app.services.jwts import JwtDesk
    from inspector_app.services.leaving import Leaving
    from inspector_app.services.live import Live
    from inspector_app.services.local_sign_ins import LocalSignIn
    from inspector_app.services.operation_runner import OperationRunner
    from inspector_app.services.operations import OperationDesk
    from inspector_app.services.operator_trials import OperatorTrials
    from inspector_app.services.overview import OverviewDesk
    from inspector_app.services.people import PeopleDesk
    from inspector_app.services.ports import Clock, Meter, Outbound, Tries
    from inspector_app.services.provider_offers import ProviderOffers
    from inspector_app.services.provider_trials import ProviderTrials
    from inspector_app.services.providers import ProviderDesk
    from inspector_app.services.rates import Rates
    from inspector_app.services.redaction import RedactionDesk
    from inspector_app.services.repeats import Repeats
    from inspector_app.services.saml_desk import SamlDesk
    from inspector_app.services.saml_setup import SamlSetup
    from inspector_app.services.seals import SealDesk
    from inspector_app.services.second_steps import SecondSteps
    from inspector_app.services.secrets import SecretDesk
    from inspector_app.services.sessions import SessionDesk
    from inspector_app.services.tenants import Tenancy
    from inspector_app.services.tokens import TokenDesk
    from inspector_app.services.trial_sign_ins import TrialSignIns
    from inspector_app.services.workflows import WorkflowDesk


@dataclass(frozen=True, slots=True)
class Services:
    """Every use case, built once in the lifespan."""

    clock: Clock
    meter: Meter
    door: Door
    sessions: SessionDesk
    accounts: Accounts
    local: LocalSignIn
    second_steps: SecondSteps
    people: PeopleDesk
    tenancy: Tenancy
    audit: AuditLog
    seals: SealDesk
    feeds: FeedDesk
    workflows: WorkflowDesk
    repeats: Repeats
    operations: OperationDesk
    operation_runner: OperationRunner
    jobs: JobDesk
    tries: Tries
    overview: OverviewDesk
    live: Live
    tokens: TokenDesk
    jwts: JwtDesk
    outbound: Outbound
    redaction: RedactionDesk
    rates: Rates
    secrets: SecretDesk
    providers: ProviderDesk
    provider_offers: ProviderOffers
    provider_trials: ProviderTrials
    elsewhere: SignInElsewhere
    arrivals: Arrivals
    directories: DirectorySignIn
    leaving: Leaving
    saml: SamlDesk
    trial_sign_ins: TrialSignIns
    operator_trials: OperatorTrials
    saml_setup: SamlSetup


_current: Services | None = None


def install(services: Services | None) -> None:
    """Set, or with None take away, what `services()` answers."""
    global _current  # noqa: PLW0603 - the one seam between Reflex's own registry and ours
    _current = services


def services() -> Services:
    """Return the wired services.

    Raises:
        RuntimeError: Called before the lifespan began or after it ended.
    """
    if _current is None:
        raise RuntimeError("Inspector's services are used outside its lifespan")
    return _current
