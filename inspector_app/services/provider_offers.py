"""Which providers a sign-in page offers, and which one asks whoever came by it for a proof."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.audit import Target
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.providers import Provider
from inspector_app.domain.sign_in_places import start_path
from inspector_app.services.door import Door
from inspector_app.services.provider_book import ProviderBook


@dataclass(frozen=True, slots=True)
class Offered:
    """A provider as the sign-in page shows it; `path` begins a sign-in."""

    key: str
    kind: ProviderKind
    name: str
    path: str


class ProviderOffers:
    """For visitors: who sees what a page offers need not have signed in."""

    def __init__(self, door: Door, book: ProviderBook) -> None:
        self._door = door
        self._book = book

    async def applying(self, visitor: Actor, tenant_slug: str) -> list[Offered]:
        """List what the sign-in page of a tenant offers, "" that of the installation.

        A tenant that is not there reads like one without providers of its own.
        """
        target = Target("provider", "")
        async with self._door.enter(visitor, Permission.PUBLIC, target, record=False) as work:
            found = await self._book.all(work)
        return [
            _offered(each)
            for each in found
            if each.enabled and each.tenant_slug in {"", tenant_slug}
        ]

    async def asks_there(self, actor: Actor) -> Offered | None:
        """Find the provider that asks the actor itself for a proof; None where we do, by a form.

        A directory's password is typed here, like that of a local account.
        """
        target = Target("provider", actor.provider)
        async with self._door.enter(actor, Permission.PUBLIC, target, record=False) as work:
            entry = await self._book.find(work, actor.provider)
        by_form = entry is None or entry.provider.kind is ProviderKind.LDAP
        return None if by_form or entry is None else _offered(entry.provider)


def _offered(provider: Provider) -> Offered:
    path = start_path(provider.kind, provider.key)
    return Offered(provider.key, provider.kind, provider.name, path)
