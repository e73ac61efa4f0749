"""Tenants, the clusters the operator connects, and who owns which namespace."""

from __future__ import annotations

import re
from dataclasses import dataclass

from inspector_app.domain.errors import Invalid
from inspector_app.domain.identity import Person, Session
from inspector_app.domain.ids import ClusterId, NamespaceId, PersonId, TenantId
from inspector_app.domain.permissions import Role

_ADDRESS = re.compile(r"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_LAST_PORT = 65535
_NAMESPACE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,254}")
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


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A browser's session, whose it is, and where they belong, by the tenant's slug."""

    session: Session
    person: Person
    memberships: tuple[Membership, ...]


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


def check_address(address: str) -> str:
    """Parse where a Temporal server listens: host:port, IPv6 in brackets.

    Raises:
        Invalid: It is something else.
    """
    if not _ADDRESS.fullmatch(address) or not 0 < int(address.rpartition(":")[2]) <= _LAST_PORT:
        raise Invalid(
            f"An address is host:port, such as temporal.internal:7233, not {address[:80]!r}.",
            field="address",
        )
    return address


def check_namespace(name: str) -> str:
    """Parse the name of a Temporal namespace: 2 to 255 of letters, digits, `.`, `_`, `-`.

    Raises:
        Invalid: Temporal knows no such names.
    """
    if not _NAMESPACE.fullmatch(name):
        raise Invalid(
            f"A namespace has 2 to 255 letters, digits or . _ -, not {name[:80]!r}.", field="name"
        )
    return name
