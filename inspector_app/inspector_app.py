"""The Reflex app: pages, the event guard, and what stands around them. No I/O."""

from __future__ import annotations

import reflex as rx

from inspector_app import wiring
from inspector_app.frontend import require_own_config
from inspector_app.ui import replicas, routes
from inspector_app.ui.account.page import account_page
from inspector_app.ui.account.state import AccountState
from inspector_app.ui.alerts.page import alerts_page
from inspector_app.ui.alerts.state import AlertsState
from inspector_app.ui.audit.page import audit_page
from inspector_app.ui.audit.state import AuditState
from inspector_app.ui.guard import EventGuard, on_fault
from inspector_app.ui.jobs.page import jobs_page
from inspector_app.ui.jobs.state import JobsState
from inspector_app.ui.login.page import login_page, setup_page
from inspector_app.ui.login.state import LoginState
from inspector_app.ui.operations.one import operation_page
from inspector_app.ui.operations.page import operations_page
from inspector_app.ui.operations.state import OperationPageState, OperationsState
from inspector_app.ui.overview.page import overview_page
from inspector_app.ui.overview.state import OverviewState
from inspector_app.ui.people.page import people_page
from inspector_app.ui.people.state import PeopleState
from inspector_app.ui.providers.page import providers_page
from inspector_app.ui.providers.saml_state import SamlState
from inspector_app.ui.providers.state import ProvidersState
from inspector_app.ui.providers.testing_state import TestingState
from inspector_app.ui.redaction.page import redaction_page
from inspector_app.ui.redaction.state import RedactionState
from inspector_app.ui.run.page import run_page
from inspector_app.ui.run.state import RunState
from inspector_app.ui.tokens.page import tokens_page
from inspector_app.ui.tokens.state import TokensState
from inspector_app.ui.workflows.bulk_state import BulkState
from inspector_app.ui.workflows.page import workflows_page
from inspector_app.ui.workflows.state import WorkflowsState

require_own_config()

PAGES = (
    ("/", login_page, "Sign in", LoginState.load),
    (routes.LOGIN, login_page, "Sign in", LoginState.load),
    (routes.LOGIN_TENANT, login_page, "Sign in", LoginState.load),
    (routes.SETUP, setup_page, "Choose your password", LoginState.load_setup),
    (routes.WORKFLOWS, workflows_page, "Workflows", [WorkflowsState.load, BulkState.choose_none]),
    (routes.OVERVIEW, overview_page, "Overview", OverviewState.load),
    (routes.RUN, run_page, "Run", RunState.load),
    (routes.OPERATIONS, operations_page, "Operations", OperationsState.load),
    (routes.OPERATION, operation_page, "Operation", OperationPageState.load),
    (routes.ALERTS, alerts_page, "Alerts", AlertsState.load),
    (routes.AUDIT, audit_page, "Audit", AuditState.load),
    (routes.ACCOUNT, account_page, "Account", [AccountState.load, TokensState.load_mine]),
    (routes.PEOPLE, people_page, "People", PeopleState.load),
    (routes.ADMIN_JOBS, jobs_page, "Jobs", JobsState.load),
    (routes.TOKENS, tokens_page, "Tokens", TokensState.load_tenants),
    (
        routes.PROVIDERS,
        providers_page,
        "Sign-in",
        [ProvidersState.load, SamlState.load_saml, TestingState.load_tested],
    ),
    (routes.REDACTION, redaction_page, "Redaction", RedactionState.load),
)

app = rx.App(
    stylesheets=["/tokens.css", "/inspector.css"],
    head_components=[
        rx.el.link(rel="icon", href="/favicon.svg", type="image/svg+xml"),
        rx.el.link(
            rel="preload",
            href="/fonts/inter.woff2",
            type="font/woff2",
            cross_origin="anonymous",
            custom_attrs={"as": "font"},
        ),
        rx.el.script(src="/keys.js", type="module"),
    ],
    html_lang="en",
    toaster=None,
    backend_exception_handler=on_fault,
    api_transformer=[wiring.api(), wiring.guarded],
)
app.add_middleware(EventGuard(), index=0)
app.register_lifespan_task(wiring.lifespan)
replicas.install(app)
for route, page, title, load in PAGES:
    app.add_page(page, route=route, title=f"{title} · Inspector", on_load=load)
