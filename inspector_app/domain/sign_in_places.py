"""Where providers send people and messages: registered there, so each is fixed by its key."""

from __future__ import annotations

from urllib.parse import urlencode

from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import Provider
from inspector_app.domain.signing_in import SamlPlace


def start_path(kind: ProviderKind, key: str) -> str:
    """The path where a sign-in begins."""
    return f"/auth/{kind}/{key}/login"


def tested_path(provider: Provider, handle: str) -> str:
    """The path where a test of `provider` ends: its page, which shows what is under `handle`."""
    query = urlencode({"provider": provider.slug, "tested": handle})
    return f"/t/{provider.tenant_slug}/admin/providers?{query}"


def callback_of(origin: str, provider: Provider) -> str:
    """Where a browser comes back to; `origin` is ours, without a trailing slash."""
    return f"{origin}/auth/{provider.kind}/{provider.key}/callback"


def saml_place(origin: str, provider: Provider, keys: str) -> SamlPlace:
    """Who we are to a SAML provider; the entity id is where our metadata is."""
    base = f"{origin}/auth/saml/{provider.key}"
    return SamlPlace(entity_id_of(origin, provider.key), f"{base}/acs", f"{base}/sls", keys)


def entity_id_of(origin: str, key: str) -> str:
    """Return what we are called by a SAML provider."""
    return f"{origin}/auth/saml/{key}/metadata"
