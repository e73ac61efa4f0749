"""The shapes of who asks, and of where they may look."""

from __future__ import annotations

from inspector_app.api.v1.models import Model


class TenantRole(Model):
    """A tenant one belongs to."""

    slug: str
    name: str
    role: str


class Me(Model):
    """Who asks."""

    username: str
    tenant: str
    role: str
    permissions: list[str]
    tenants: list[TenantRole]
    must_change_password: bool


class NamespaceOut(Model):
    """A namespace of the tenant."""

    slug: str
    name: str
    cluster: str


class Namespaces(Model):
    """All of them; the list is short."""

    items: list[NamespaceOut]
    next_page_token: str | None = None
