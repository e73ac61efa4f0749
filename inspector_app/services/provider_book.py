"""The providers there are, from the operator's file and from the database, with their secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

from inspector_app.domain.ids import ProviderId
from inspector_app.domain.providers import Provider, ProviderOrder, key_of
from inspector_app.services.ports import Cipher, KeptProvider, Work


@dataclass(frozen=True, slots=True)
class Entry:
    """A provider and its secrets, by name."""

    provider: Provider
    secrets: Mapping[str, str] = field(repr=False)

    @property
    def secret(self) -> str:
        """The one secret that its kind has; "" where none is set."""
        return self.secrets.get(type(self.provider.settings).secrets[0], "")


class ProviderBook:
    """What is in the operator's file stands before what is in the database.

    Args:
        managed: Those of the file.
    """

    def __init__(self, cipher: Cipher, managed: Sequence[ProviderOrder] = ()) -> None:
        self._cipher = cipher
        self._managed = {key_of(each.tenant, each.slug): each for each in managed}

    async def find(self, work: Work, key: str) -> Entry | None:
        """Look one up by its key."""
        if key in self._managed:
            return await self._of_file(work, self._managed[key])
        kept = await work.providers.by_key(key)
        return Entry(kept.provider, self._unsealed(kept)) if kept else None

    async def all(self, work: Work) -> list[Provider]:
        """Read every one, by key."""
        named = {each.provider.key: each.provider for each in await work.providers.all()}
        for key, order in self._managed.items():
            if (entry := await self._of_file(work, order)) is not None:
                named[key] = entry.provider
        return [named[key] for key in sorted(named)]

    def sealed(self, secrets: Mapping[str, str]) -> bytes | None:
        """Seal secrets as the database keeps them."""
        return self._cipher.seal(json.dumps(dict(secrets))) if secrets else None

    def _unsealed(self, kept: KeptProvider) -> dict[str, str]:
        return json.loads(self._cipher.unseal(kept.sealed)) if kept.sealed else {}

    async def _of_file(self, work: Work, order: ProviderOrder) -> Entry | None:
        """Make it of the file's words; None where its tenant is not made yet."""
        tenant = await work.tenants.by_slug(order.tenant) if order.tenant else None
        if order.tenant and tenant is None:
            return None
        key = key_of(order.tenant, order.slug)
        provider = Provider(
            id=ProviderId(uuid5(NAMESPACE_URL, f"inspector:provider:{key}")),
            tenant=tenant.id if tenant else None,
            tenant_slug=order.tenant,
            slug=order.slug,
            name=order.name,
            settings=order.settings,
            mapping=order.mapping,
            enabled=order.enabled,
            link_by_email=order.link_by_email,
            version=1,
            managed=True,
            has=tuple(sorted(name for name, value in order.secrets.items() if value)),
        )
        return Entry(provider, order.secrets)
