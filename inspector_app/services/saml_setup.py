"""What admins do of SAML besides settings: read a provider's metadata, and change our keys."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import Conflict, Invalid
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_parsing import check_url
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.providers import (
    Provider,
    check_provider_version,
    key_of,
    no_such_provider,
)
from inspector_app.domain.saml_trust import (
    MOST_METADATA,
    Certificate,
    Described,
    OurKeys,
    check_step,
    next_steps,
)
from inspector_app.domain.sign_in_places import entity_id_of
from inspector_app.domain.signing_in import KeyStep, SignInFault
from inspector_app.services.door import Door
from inspector_app.services.ports import Call, Clock, KeptProvider, Outbound
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry, ProviderBook
from inspector_app.services.providers import ProviderDesk, provider_permission

_SECONDS = 7.0
"""For a provider's metadata: somebody waits for it."""
_OK = 200
_ANY = Target("provider", "")


class SamlSetup:
    """Reads what a provider publishes for its form, and takes our keys through their steps.

    Args:
        outbound: The way out for what tenants name.
        origin: Our public address, without a trailing slash.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        book: ProviderBook,
        desk: ProviderDesk,
        ways: AllWays,
        outbound: Outbound,
        origin: str,
    ) -> None:
        self._door = door
        self._clock = clock
        self._book = book
        self._desk = desk
        self._ways = ways
        self._outbound = outbound
        self._origin = origin

    async def describe(self, actor: Actor, *, metadata: str = "", url: str = "") -> Described:
        """Read a provider's metadata, as it is given or at an address; nothing of it is kept.

        Raises:
            Invalid: It cannot be used; names the field, `metadata` or `url`.
            NotReached: Nothing answers there, or it may not be called.
        """
        permission = provider_permission(actor, Permission.PROVIDER_WRITE)
        await self._door.authorise(actor, permission, _ANY)
        field = "url" if url.strip() else "metadata"
        if bool(url.strip()) == bool(metadata.strip()):
            raise Invalid("Give the metadata, or the address where it is.", field=field)
        if url.strip():
            place = check_url(url.strip(), field="url", label="The address")
            metadata = await self._fetched(actor, permission, place)
        try:
            return self._ways.tenants.of_saml().described(metadata, self._clock())
        except SignInFault as fault:
            raise Invalid(fault.detail, field=field, hint=fault.hint) from fault

    async def _fetched(self, actor: Actor, permission: Permission, url: str) -> str:
        # Its host alone: an address may hold what opens it.
        told = f"at {urlsplit(url).hostname}"
        async with self._door.enter(
            actor, permission, _ANY, action="provider.describe", detail=told
        ):
            pass  # written down before anything is called
        call = Call(method="GET", url=url, seconds=_SECONDS, most=MOST_METADATA)
        answer = await self._outbound.send(call)
        if answer.status != _OK:
            raise Invalid(f"It answers with {answer.status}, not with metadata.", field="url")
        return answer.body.decode("utf-8", "replace")

    async def keys(self, actor: Actor, slug: str, *, tenant: str = "") -> OurKeys:
        """Show our certificates with a provider, and what may be done with their keys.

        Raises:
            NotFound: It is not there, another tenant's, or does not speak SAML.
            Conflict: The keys cannot be read.
        """
        provider = await self._desk.one(actor, slug, tenant=tenant)
        entry = await self._entry(actor, Permission.PROVIDER_READ, provider)
        held = self._held(entry)
        return OurKeys(held, () if provider.managed else next_steps(held))

    async def turn_keys(
        self,
        actor: Actor,
        slug: str,
        step: KeyStep,
        *,
        version: int,
        reason: str,
        tenant: str = "",
    ) -> Provider:
        """Take the next step of changing our keys with a provider.

        Raises:
            NotFound: It is not there, another tenant's, or does not speak SAML.
            Conflict: The step is not possible now, somebody else changed the provider meanwhile,
                or it is the file's.
        """
        why = check_reason(reason)
        permission = provider_permission(actor, Permission.PROVIDER_WRITE)
        target = Target("provider", key_of(tenant or actor.tenant_slug, slug))
        await self._door.authorise(actor, permission, target)  # before saying what is there
        found = await self._desk.one(actor, slug, tenant=tenant)
        entry = await self._entry(actor, Permission.PROVIDER_WRITE, found)
        check_provider_version(entry.provider, version)
        check_step(step, self._held(entry))
        saml, now = self._ways.of(found).of_saml(), self._clock()
        entity_id = entity_id_of(self._origin, found.key)
        keys = await saml.turned(entry.secret, step, entity_id, now)
        async with self._door.enter(
            actor, permission, target, action="provider.change", reason=why, detail=f"keys: {step}"
        ) as work:
            again = await self._book.find(work, found.key)
            check_provider_version(again.provider if again else None, version)
            assert again is not None  # or it had another version
            turned = replace(again.provider, version=version + 1)
            sealed = self._book.sealed({**again.secrets, "sp_keys": keys})
            await work.providers.put(KeptProvider(turned, sealed), now)
        return turned

    async def _entry(self, actor: Actor, permission: Permission, provider: Provider) -> Entry:
        async with self._door.enter(
            actor,
            provider_permission(actor, permission),
            Target("provider", provider.key),
            record=False,
        ) as work:
            entry = await self._book.find(work, provider.key)
            if entry is None or not isinstance(entry.provider.settings, SamlSettings):
                raise no_such_provider()
        return entry

    def _held(self, entry: Entry) -> tuple[Certificate, ...]:
        try:
            return tuple(self._ways.of(entry.provider).of_saml().own(entry.secret))
        except SignInFault as fault:
            raise Conflict(fault.detail, hint="Set the provider's keys anew.") from fault
