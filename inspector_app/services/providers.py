"""Sign-in providers, as admins and the operator set them."""

from __future__ import annotations

from dataclasses import replace

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import Conflict
from inspector_app.domain.identity import Actor, ActorKind
from inspector_app.domain.ids import ProviderId, new_id
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import (
    LdapSettings,
    ProviderKind,
    SamlSettings,
)
from inspector_app.domain.providers import (
    Provider,
    ProviderOrder,
    check_provider_name,
    check_provider_slug,
    check_provider_version,
    check_secrets,
    check_within,
    key_of,
    no_such_provider,
)
from inspector_app.domain.sign_in_places import entity_id_of
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, KeptProvider, Work
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry, ProviderBook

MOST = 50
"""Providers of one tenant: each is a button on its sign-in page."""


class ProviderDesk:
    """Tenants' own are their admins', the installation's the operator's; secrets only go in.

    Args:
        origin: Our public address, without a trailing slash.
    """

    def __init__(
        self, door: Door, clock: Clock, book: ProviderBook, ways: AllWays, origin: str
    ) -> None:
        self._door = door
        self._clock = clock
        self._book = book
        self._ways = ways
        self._origin = origin

    async def all(self, actor: Actor) -> list[Provider]:
        """List the tenant's own, by key; to the operator, every one of the installation."""
        target = Target("provider", "")
        async with self._door.enter(
            actor, provider_permission(actor, Permission.PROVIDER_READ), target, record=False
        ) as work:
            found = await self._book.all(work)
        return [each for each in found if _is_theirs(actor, each)]

    async def one(self, actor: Actor, slug: str, *, tenant: str = "") -> Provider:
        """Read one: the actor's tenant's; the operator's names its tenant, or none.

        Raises:
            NotFound: It is not there, or another tenant's: the same; audited.
        """
        return (await self.entry_of(actor, slug, tenant=tenant)).provider

    async def entry_of(self, actor: Actor, slug: str, *, tenant: str = "") -> Entry:
        """Read one with its secrets, for what Inspector itself does with it; else as `one`."""
        return await self._find(actor, Permission.PROVIDER_READ, slug, tenant)

    async def entry(self, actor: Actor, key: str, kind: ProviderKind) -> Entry:
        """Read one with its secrets, by its key, whether it is switched on or not.

        For what Inspector itself does with it: no secret goes to the actor.

        Raises:
            NotFound: It is not there, another tenant's, or of another kind: the same; audited.
        """
        permission = provider_permission(actor, Permission.PROVIDER_READ)
        async with self._door.enter(
            actor, permission, Target("provider", key), record=False
        ) as work:
            entry = await self._book.find(work, key)
            if entry is None or not _is_theirs(actor, entry.provider):
                raise no_such_provider()
            if entry.provider.kind is not kind:
                raise no_such_provider()
        return entry

    async def put(
        self, actor: Actor, order: ProviderOrder, *, version: int | None, reason: str
    ) -> Provider:
        """Make a provider (`version` None), or replace the one of that slug.

        What came by another mapping counts from each person's next sign-in on. One that is
        switched off ends the sessions it opened.

        Raises:
            Invalid: A name, slug or secret that cannot be.
            Conflict: It is there already, somebody else changed it meanwhile, or it is the file's.
            NotFound: `order.tenant` is not the actor's.
        """
        why = check_reason(reason)
        order = replace(
            order,
            slug=check_provider_slug(order.slug),
            name=check_provider_name(order.name),
            tenant=_tenant_slug(actor, order.tenant),
        )
        key = key_of(order.tenant, order.slug)
        permission = provider_permission(actor, Permission.PROVIDER_WRITE)
        await self._door.authorise(actor, permission, Target("provider", key))
        self._check_spoken(order)
        check_within(order)
        keys = await self._new_keys(actor, permission, order)
        async with self._door.enter(
            actor,
            permission,
            Target("provider", key),
            action="provider.change" if version else "provider.add",
            reason=why,
            detail=_told(order),
        ) as work:
            tenant = await work.tenants.by_slug(order.tenant) if order.tenant else None
            if order.tenant and tenant is None:
                raise no_such_provider()
            await work.providers.hold(key, to_change=True)
            if tenant is not None:
                await work.colleagues.lock(tenant.id)
            entry = await self._book.find(work, key)
            before = entry.provider if entry else None
            check_provider_version(before, version)
            check_secrets(order, before)
            await self._check_room(work, order, before)
            secrets = {**(entry.secrets if entry else {}), **order.secrets, **keys}
            secrets = {name: value for name, value in secrets.items() if value}
            provider = Provider(
                id=before.id if before else ProviderId(new_id(self._clock())),
                tenant=tenant.id if tenant else None,
                tenant_slug=order.tenant,
                slug=order.slug,
                name=order.name,
                settings=order.settings,
                mapping=order.mapping,
                enabled=order.enabled,
                link_by_email=order.link_by_email,
                version=before.version + 1 if before else 1,
            )
            provider = replace(provider, has=tuple(sorted(secrets)))
            await work.providers.put(
                KeptProvider(provider, self._book.sealed(secrets)), self._clock()
            )
            if not provider.enabled:
                await work.provider_sessions.end(provider.key, self._clock())
        return provider

    async def remove(
        self, actor: Actor, slug: str, *, version: int, reason: str, tenant: str = ""
    ) -> None:
        """Forget a provider, who came by it, and the roles it gave; its sessions end.

        The people stay, with what they were given by hand.

        Raises:
            NotFound, Conflict: As `one` and `put`.
        """
        why = check_reason(reason)
        provider = (await self._find(actor, Permission.PROVIDER_WRITE, slug, tenant)).provider
        async with self._door.enter(
            actor,
            provider_permission(actor, Permission.PROVIDER_WRITE),
            Target("provider", provider.key),
            action="provider.remove",
            reason=why,
        ) as work:
            await work.providers.hold(provider.key, to_change=True)
            found = await self._book.find(work, provider.key)
            check_provider_version(found.provider if found else None, version)
            await work.providers.remove(provider.id)
            await work.provider_sessions.end(provider.key, self._clock())
            await work.identities.forget(provider.id)
            for person in await work.mapped_roles.forget(provider.id):
                await work.sessions.make_due(person)

    async def _find(self, actor: Actor, permission: Permission, slug: str, tenant: str) -> Entry:
        key = key_of(_tenant_slug(actor, tenant), slug)
        async with self._door.enter(
            actor, provider_permission(actor, permission), Target("provider", key), record=False
        ) as work:
            entry = await self._book.find(work, key)
            if entry is None or not _is_theirs(actor, entry.provider):
                raise no_such_provider()
        return entry

    def _check_spoken(self, order: ProviderOrder) -> None:
        if isinstance(order.settings, LdapSettings):
            self._ways.tenants.of_directory()
        elif isinstance(order.settings, SamlSettings):
            self._ways.tenants.of_saml()

    async def _new_keys(
        self, actor: Actor, permission: Permission, order: ProviderOrder
    ) -> dict[str, str]:
        """Make keys of ours for a SAML provider that has none: before a transaction is open."""
        if not isinstance(order.settings, SamlSettings) or order.secrets.get("sp_keys"):
            return {}
        key = key_of(order.tenant, order.slug)
        async with self._door.enter(
            actor, permission, Target("provider", key), record=False
        ) as work:
            entry = await self._book.find(work, key)
        if entry and entry.secrets.get("sp_keys") and "sp_keys" not in order.secrets:
            return {}
        saml = self._ways.tenants.of_saml()
        entity_id = entity_id_of(self._origin, key)
        return {"sp_keys": await saml.new_keys(entity_id, self._clock())}

    async def _check_room(self, work: Work, order: ProviderOrder, before: Provider | None) -> None:
        found = [each for each in await self._book.all(work) if each.tenant_slug == order.tenant]
        if before is None and len(found) >= MOST:
            raise Conflict(f"There are {MOST} providers already.", hint="Remove one first.")


def provider_permission(actor: Actor, permission: Permission) -> Permission:
    """The operator's are the installation's; on the command line nothing else is asked."""
    return Permission.OPERATOR if actor.kind is ActorKind.OPERATOR else permission


def _tenant_slug(actor: Actor, given: str) -> str:
    """Whose provider is meant: an admin's own tenant's, whatever they say."""
    return given if actor.kind is ActorKind.OPERATOR else actor.tenant_slug


def _is_theirs(actor: Actor, provider: Provider) -> bool:
    return actor.kind is ActorKind.OPERATOR or provider.tenant == actor.tenant


def _told(order: ProviderOrder) -> str:
    """Say what is set, for the audit log: never a secret."""
    rules = len(order.mapping.rules)
    switches = [
        word
        for word, is_so in (
            ("off", not order.enabled),
            ("linking by e-mail", order.link_by_email),
            ("strict", order.mapping.strict),
            ("new secret", bool(order.secrets)),
        )
        if is_so
    ]
    return ", ".join([f"{order.settings.kind} {order.name!r}", f"{rules} rules", *switches])
