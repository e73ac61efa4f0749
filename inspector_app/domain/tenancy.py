"""Tenants, the clusters the operator connects, and who owns which namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inspector_app.domain.errors import Invalid
from inspector_app.domain.ids import ClusterId, NamespaceId, PersonId, TenantId
from inspector_app.domain.permissions import Role

_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,46}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organisation's share of the installation."""

    id: TenantId
    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Cluster:
    """One Temporal server; `address` is `host:port`."""

    id: ClusterId
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Namespace:
    """A Temporal namespace on a cluster, owned by one tenant; `slug` is unique in the tenant."""

    id: NamespaceId
    tenant: TenantId
    slug: str
    name: str
    cluster: Cluster


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's role in a tenant."""

    person: PersonId
    tenant: Tenant
    role: Role


def check_slug(slug: str, *, field: str) -> str:
    """Parse a name that stands in addresses: 1 to 48 of a-z, 0-9 and inner hyphens.

    Raises:
        Invalid: It has other characters or another length.
    """
    if not _SLUG.fullmatch(slug):
        raise Invalid(
            f"{field} has 1 to 48 of a-z, 0-9 and hyphens inside, not {slug[:80]!r}.", field=field
        )
    return slug
