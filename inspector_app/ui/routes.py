"""Every address of a page, built in one place (contracts.md, Addresses)."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from inspector_app.domain.exports import Format
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.sign_in_places import start_path
from inspector_app.domain.workflows import RunRef
from inspector_app.services.ports import EntryFilter

LOGIN = "/login"
LOGIN_TENANT = "/login/[tenant_slug]"
SETUP = "/setup"
OVERVIEW = "/t/[tenant_slug]/overview"
WORKFLOWS = "/t/[tenant_slug]/workflows"
RUN = "/t/[tenant_slug]/run"
OPERATIONS = "/t/[tenant_slug]/operations"
OPERATION = "/t/[tenant_slug]/operation"
ALERTS = "/t/[tenant_slug]/alerts"
AUDIT = "/t/[tenant_slug]/audit"
PEOPLE = "/t/[tenant_slug]/people"
ACCOUNT = "/t/[tenant_slug]/account"
ADMIN_JOBS = "/t/[tenant_slug]/admin/jobs"
TOKENS = "/t/[tenant_slug]/admin/tokens"
REDACTION = "/t/[tenant_slug]/admin/redaction"
PROVIDERS = "/t/[tenant_slug]/admin/providers"

SIGN_IN_POST = "/auth/local/login"
SIGN_OUT_POST = "/auth/logout"
PASSWORD_POST = "/auth/local/password"  # noqa: S105 - an address
SECOND_STEP_POST = "/auth/local/second-step"
PROVE_POST = "/auth/local/prove"
REVOKE_POST = "/auth/sessions/revoke"
_RENEW = "/auth/renew"


def _with_query(path: str, **fields: str | int | None) -> str:
    given = {key: value for key, value in fields.items() if value not in ("", None)}
    return f"{path}?{urlencode(given, quote_via=quote)}" if given else path


def begin_elsewhere(path: str, back_to: str) -> str:
    """Where a sign-in at a provider begins; from there on to `back_to`."""
    return _with_query(path, next=back_to)


def test_elsewhere(kind: ProviderKind, key: str) -> str:
    """Where a test of a provider by signing in begins; "" of a directory, which has a form."""
    if kind is ProviderKind.LDAP:
        return ""
    return _with_query(start_path(kind, key), test="true")


def login(back_to: str = "", *, tenant: str = "", by: str = "") -> str:
    """The sign-in page; `back_to` is where the person lands afterwards."""
    page = f"{LOGIN}/{quote(tenant, safe='')}" if tenant else LOGIN
    return _with_query(page, **{"next": back_to, "with": by})


def renew(back_to: str) -> str:
    """Where a session gets its next token; leads to `back_to`."""
    return _with_query(_RENEW, next=back_to)


def overview(tenant: str) -> str:
    """Where a person lands: what all namespaces of the tenant do now."""
    return f"/t/{tenant}/overview"


def workflows(
    tenant: str, *, namespace: str = "", query: str = "", status: str = "", page: str = ""
) -> str:
    """The list; `page` is a page token."""
    return _with_query(
        f"/t/{tenant}/workflows", ns=namespace, query=query, status=status, page=page
    )


def run(tenant: str, ref: RunRef, *, tab: str = "", event: int | None = None) -> str:
    """One run's page, at a tab and maybe at an event."""
    return _with_query(
        f"/t/{tenant}/run",
        ns=ref.namespace,
        workflow_id=ref.workflow_id,
        run_id=ref.run_id,
        tab=tab,
        event=event,
    )


def operations(tenant: str, *, page: str = "") -> str:
    """The tenant's bulk work, newest first; `page` is a page token."""
    return _with_query(f"/t/{tenant}/operations", page=page)


def operation(tenant: str, ident: str, *, outcome: str = "", page: str = "") -> str:
    """One operation; `outcome` narrows its runs."""
    return _with_query(f"/t/{tenant}/operation", id=ident, outcome=outcome, page=page)


def alerts(tenant: str) -> str:
    """What fires now."""
    return f"/t/{tenant}/alerts"


def audit(
    tenant: str,
    *,
    before: int | None = None,
    entry: int | None = None,
    **filters: str,
) -> str:
    """The tenant's audit log; `entry` opens one entry, `filters` narrow it."""
    return _with_query(f"/t/{tenant}/audit", **filters, before=before, entry=entry)


def audit_export(tenant: str, written: Format, wanted: EntryFilter) -> str:
    """The API route that downloads what `wanted` names."""
    return _with_query(
        "/api/v1/audit/export",
        format=written.value,
        tenant=tenant,
        text=wanted.text,
        actor=wanted.actor,
        action=wanted.action,
        outcome=wanted.outcome,
        target=wanted.target,
        since=wanted.since.isoformat() if wanted.since else "",
        until=wanted.until.isoformat() if wanted.until else "",
    )


def people(tenant: str, *, after: str = "", person: str = "") -> str:
    """The tenant's people, from after a user name on; `person` opens one."""
    return _with_query(f"/t/{tenant}/people", after=after, person=person)


def account(tenant: str) -> str:
    """The signed-in person's own page."""
    return f"/t/{tenant}/account"


def jobs(tenant: str) -> str:
    """What Inspector does by itself."""
    return f"/t/{tenant}/admin/jobs"


def tokens(tenant: str, *, page: str = "") -> str:
    """The tenant's tokens, newest first; `page` is a page token."""
    return _with_query(f"/t/{tenant}/admin/tokens", page=page)


def redaction(tenant: str) -> str:
    """What is hidden of payloads, and from whom."""
    return f"/t/{tenant}/admin/redaction"


def providers(tenant: str, *, provider: str = "", new: str = "") -> str:
    """How people sign in elsewhere; `provider` opens one, `new` the form of that kind."""
    return _with_query(f"/t/{tenant}/admin/providers", provider=provider, new=new)


def history_rows(ref: RunRef) -> str:
    """The API route the virtual list reads; it appends `from_event` and `page_size`."""
    return _with_query(
        "/api/v1/workflows/history/rows",
        ns=ref.namespace,
        workflow_id=ref.workflow_id,
        run_id=ref.run_id,
    )
