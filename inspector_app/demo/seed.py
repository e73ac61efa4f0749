"""What the demo puts into Inspector: tenants, the embedded cluster's namespaces, people."""

from __future__ import annotations

from inspector_app.demo.places import ADMIN, CLUSTER, OTHERS, PLACES, TENANTS, Account
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Role
from inspector_app.services.accounts import Accounts
from inspector_app.services.audit import operator
from inspector_app.services.one_time import one_time_password
from inspector_app.services.tenants import Tenancy
from inspector_app.settings import Settings
from inspector_app.wiring import wired


async def seed(settings: Settings, temporal_address: str) -> str:
    """Bring the demo's tenants and people up to date; the same again changes nothing.

    Returns:
        How to sign in as each. A password is in it when its account is made, and never again.
    """
    actor = operator("demo")
    async with wired(settings) as services:
        await _furnish(services.tenancy, actor, temporal_address)
        accounts = services.accounts
        one_time = await accounts.first_administrator(actor, ADMIN.username, ADMIN.tenant)
        made = [
            await _hire(accounts, actor, each, change=not settings.is_loopback)
            for each in OTHERS
            if not await accounts.is_known(actor, each.username)
        ]
    if one_time:
        lines = [_sign_in(ADMIN, "one-time password", one_time), *made]
    else:
        names = ", ".join(each.username for each in (ADMIN, *OTHERS))
        forgotten = f"inspector user reset --username {ADMIN.username}"
        lines = [*made, f"Sign in with your account: {names}. Forgotten? {forgotten}"]
    more = f"inspector user create --username NAME --tenant {ADMIN.tenant} --role {Role.OBSERVER}"
    return "\n".join([*lines, f"More people: {more}"])


async def _furnish(tenancy: Tenancy, actor: Actor, temporal_address: str) -> None:
    tenants = {tenant.slug for tenant in await tenancy.tenants(actor)}
    for slug, name in TENANTS.items():
        if slug not in tenants:
            await tenancy.create_tenant(actor, slug, name)
    cluster = next((each for each in await tenancy.clusters(actor) if each.name == CLUSTER), None)
    if cluster is None:
        await tenancy.add_cluster(actor, CLUSTER, temporal_address)
    elif cluster.address != temporal_address:
        await tenancy.move_cluster(actor, CLUSTER, temporal_address)
    granted = {(each.cluster.name, each.name) for _, each in await tenancy.granted(actor)}
    for place in PLACES:
        # Whoever the operator has given it to since keeps it.
        if (CLUSTER, place.name) not in granted:
            await tenancy.grant(
                actor, tenant_slug=place.tenant, cluster=CLUSTER, name=place.name, slug=place.slug
            )


async def _hire(accounts: Accounts, actor: Actor, account: Account, *, change: bool) -> str:
    # Only this machine can ask, so the password that is printed here may stay.
    password = None if change else one_time_password()
    _, one_time = await accounts.create_person(
        actor,
        account.username,
        tenant_slug=account.tenant,
        role=account.role,
        password=password,
    )
    return _sign_in(account, "one-time password" if change else "password", one_time or password)


def _sign_in(account: Account, kind: str, password: str | None) -> str:
    return (
        f"Sign in as {account.username} with the {kind} {password} (shown only now): "
        f"{account.role} of {account.tenant}."
    )
