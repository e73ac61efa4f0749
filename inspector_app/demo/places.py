"""Whose namespaces the demo has, and who may look at them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from inspector_app.domain.permissions import Role


@dataclass(frozen=True, slots=True)
class Place:
    """A namespace of a tenant: `slug` as the tenant sees it, `name` on the server."""

    tenant: str
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    username: str
    tenant: str
    role: Role


CLUSTER: Final = "local"
TENANTS: Final = {"demo": "Demo", "acme": "Acme"}
MAIN: Final = Place("demo", "default", "default")
STAGING: Final = Place("demo", "staging", "agents-staging")
ACME: Final = Place("acme", "support", "acme-support")
PLACES: Final = (MAIN, STAGING, ACME)
ADMIN: Final = Account("admin", "demo", Role.ADMIN)
OTHERS: Final = (
    Account("dev", "demo", Role.DEVELOPER),
    Account("viewer", "demo", Role.OBSERVER),
    Account("acme-admin", "acme", Role.ADMIN),
)
