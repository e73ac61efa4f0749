"""What admins see of a provider besides its settings: whether it works, and who comes by it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Invalid
from inspector_app.domain.group_roles import Verdict, judge
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import (
    LdapSettings,
    OAuth2Settings,
    OidcSettings,
    ProviderKind,
    SamlSettings,
)
from inspector_app.domain.provider_walks import Walked, walked
from inspector_app.domain.providers import Provider, key_of
from inspector_app.domain.sign_in_places import callback_of, saml_place
from inspector_app.domain.signing_in import SignInFault
from inspector_app.services.door import Door
from inspector_app.services.ports import ProviderUse
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry
from inspector_app.services.providers import ProviderDesk


@dataclass(frozen=True, slots=True)
class Registered:
    """An address that the provider has to know, to the letter."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class WouldBe:
    """What a mapping would make of somebody, who is not signed in by that."""

    groups: tuple[str, ...]
    verdict: Verdict


class ProviderTrials:
    """Tries providers out, and tells what stands around them.

    Args:
        origin: Our public address, without a trailing slash.
    """

    def __init__(self, door: Door, desk: ProviderDesk, ways: AllWays, origin: str) -> None:
        self._door = door
        self._desk = desk
        self._ways = ways
        self._origin = origin

    async def check_may_set(self, actor: Actor, slug: str = "") -> None:
        """Refuse who may set none, before what they want is even read; with `slug`, of this one.

        Raises:
            Denied, ProofRequired: The actor may not, or has not proved lately who they are.
            NotFound: It is not there, or another tenant's: the same; audited.
        """
        target = Target("provider", key_of(actor.tenant_slug, slug))
        await self._door.authorise(actor, Permission.PROVIDER_WRITE, target)
        if slug:
            await self._desk.one(actor, slug)

    async def walk(self, actor: Actor, slug: str, *, tenant: str = "") -> tuple[Walked, ...]:
        """Do what can be done of a sign-in without a person, and say how each step went.

        Raises:
            NotFound: It is not there, or another tenant's: the same; audited.
            Invalid: What its kind needs is not installed.
        """
        entry = await self._desk.entry_of(actor, slug, tenant=tenant)
        try:
            await self._look(entry)
        except SignInFault as fault:
            return walked(entry.provider.kind, fault)
        return walked(entry.provider.kind, None)

    async def would_be(
        self,
        actor: Actor,
        slug: str,
        *,
        groups: Sequence[str] = (),
        username: str = "",
        tenant: str = "",
    ) -> WouldBe:
        """Say what the mapping makes of these groups, or of somebody in a directory.

        Raises:
            Invalid: Only a directory can be asked for somebody by name.
            WrongCredentials: Nobody there has the name.
            SignInFault: It could not be asked.
        """
        entry = await self._desk.entry_of(actor, slug, tenant=tenant)
        if username:
            if not isinstance(entry.provider.settings, LdapSettings):
                raise Invalid("Only a directory can be asked by name.", field="username")
            claimed = (
                await self._ways.of(entry.provider)
                .of_directory()
                .find(
                    entry.provider.settings,
                    entry.secret,
                    username,
                    whose=entry.provider.tenant_slug,
                )
            )
            groups = claimed.groups
        return WouldBe(tuple(groups), judge(entry.provider.mapping, groups))

    async def used(self, actor: Actor, providers: Sequence[Provider]) -> Mapping[str, ProviderUse]:
        """Count who came by each of the actor's `providers`, by key; who never did is left out."""
        async with self._door.enter(
            actor, Permission.PROVIDER_READ, Target("provider", ""), record=False
        ) as work:
            found = await work.identities.uses([each.id for each in providers])
        return {each.key: found[each.id] for each in providers if each.id in found}

    def registered(self, provider: Provider) -> tuple[Registered, ...]:
        """Name the addresses that are entered at the provider; a directory needs none."""
        match provider.kind:
            case ProviderKind.OIDC:
                base = f"{self._origin}/auth/oidc/{provider.key}"
                return (
                    Registered("Redirect URI", callback_of(self._origin, provider)),
                    Registered("Back-channel logout URI", f"{base}/backchannel-logout"),
                    Registered("Post-logout redirect URI", f"{self._origin}/login"),
                )
            case ProviderKind.OAUTH2:
                return (Registered("Callback URL", callback_of(self._origin, provider)),)
            case ProviderKind.SAML:
                place = saml_place(self._origin, provider, "")
                return (
                    Registered("Entity ID, and our metadata", place.entity_id),
                    Registered("Assertion consumer service (POST)", place.acs),
                    Registered("Single logout service", place.sls),
                )
            case ProviderKind.LDAP:
                return ()

    async def _look(self, entry: Entry) -> None:
        """Reach it, read it, trust its keys; a SignInFault says what went wrong."""
        ways = self._ways.of(entry.provider)
        match entry.provider.settings:
            case LdapSettings() as settings:
                whose = entry.provider.tenant_slug
                await ways.of_directory().look(settings, entry.secret, whose=whose)
            case OidcSettings() as settings:
                await ways.oidc.look(settings)
            case SamlSettings() as settings:
                place = saml_place(self._origin, entry.provider, entry.secret)
                ways.of_saml().look(settings, place)
            case OAuth2Settings():
                pass  # nothing can be read there before somebody signs in
