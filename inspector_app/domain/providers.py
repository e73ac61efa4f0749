"""Identity providers: where people come from who sign in elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector_app.domain.errors import Conflict, Invalid, NotFound
from inspector_app.domain.group_roles import GroupMapping
from inspector_app.domain.ids import ProviderId, TenantId
from inspector_app.domain.provider_settings import (
    LdapSettings,
    OAuth2Settings,
    OidcSettings,
    ProviderKind,
    SamlSettings,
    Settings,
)
from inspector_app.domain.tenancy import check_slug

_LONGEST_NAME, _LONGEST_SECRET = 64, 20_000


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as it is kept: without its secrets. `tenant` None is everybody's.

    Attributes:
        tenant_slug: "" where it is everybody's.
        link_by_email: Whether a verified e-mail makes somebody the person who has it already.
        managed: Set in the operator's file, and read-only in the app.
        has: Names of the secrets that are set.
    """

    id: ProviderId
    tenant: TenantId | None
    tenant_slug: str
    slug: str
    name: str
    settings: Settings
    mapping: GroupMapping
    enabled: bool
    link_by_email: bool
    version: int
    managed: bool = False
    has: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Names it in addresses, sessions and the audit log: `corp`, a tenant's `acme.corp`.

        A callback is registered at the provider to the letter: so it has no query, and a slug
        has no dot.
        """
        return key_of(self.tenant_slug, self.slug)

    @property
    def kind(self) -> ProviderKind:
        """Which protocol it speaks."""
        return self.settings.kind


@dataclass(frozen=True, slots=True)
class ProviderOrder:
    """What somebody wants a provider to be; without `tenant` it is the whole installation's.

    Attributes:
        secrets: By name; those that are not given stay as they are, "" takes one away.
    """

    slug: str
    name: str
    settings: Settings
    mapping: GroupMapping
    tenant: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    enabled: bool = True
    link_by_email: bool = False

    @property
    def key(self) -> str:
        """As `Provider.key`."""
        return key_of(self.tenant, self.slug)


def order_of(found: Provider, *, enabled: bool) -> ProviderOrder:
    """Want a provider as it is, but switched on or off."""
    return ProviderOrder(
        slug=found.slug,
        name=found.name,
        settings=found.settings,
        mapping=found.mapping,
        tenant=found.tenant_slug,
        enabled=enabled,
        link_by_email=found.link_by_email,
    )


def key_of(tenant_slug: str, slug: str) -> str:
    """Return the key of a provider of a tenant, or with "" of the installation's."""
    return f"{tenant_slug}.{slug}" if tenant_slug else slug


def realm_of(settings: Settings) -> str:
    """Say whose subjects they are: at another issuer the same subject is somebody else."""
    match settings:
        case OidcSettings():
            return settings.issuer
        case OAuth2Settings():
            # A user name may be made of digits, and be another one's id.
            return _by(settings.user_url, settings.subject_field, usual="id")
        case SamlSettings():
            return _by(settings.entity_id, settings.id_attribute, usual="")
        case LdapSettings():
            # entryUUID and objectGUID are nobody else's anywhere; other ids only below a base.
            unique = settings.id_attribute.lower() in {"entryuuid", "objectguid"}
            return "" if unique else f"{settings.id_attribute} {settings.people_base}"


def _by(whose: str, name: str, *, usual: str) -> str:
    """A realm, and what names people in it where that is not the usual."""
    return whose if name == usual else f"{whose} {name}"


def targets_of(settings: Settings) -> tuple[str, ...]:
    """Say where a provider's secrets are sent, and over what."""
    match settings:
        case OidcSettings():
            return (settings.issuer,)
        case OAuth2Settings():
            return (settings.token_url,)
        case SamlSettings():
            return ()  # our own private key is sent nowhere
        case LdapSettings():
            return (*settings.servers, settings.certificates, str(settings.start_tls))


def check_secrets(order: ProviderOrder, before: Provider | None) -> None:
    """Refuse secrets that the kind does not have, or that would be sent elsewhere unseen.

    Raises:
        Invalid: There is no such secret; or it was given for another address, and whoever moves
            the provider may not know it.
    """
    known = type(order.settings).secrets
    if unknown := sorted(set(order.secrets) - set(known)):
        raise Invalid(f"There is no secret {unknown[0][:80]!r}.", field=unknown[0][:80])
    if long := [name for name, value in order.secrets.items() if len(value) > _LONGEST_SECRET]:
        raise Invalid("The secret is too long.", field=long[0])
    if before is None or targets_of(before.settings) == targets_of(order.settings):
        return
    if kept := [name for name in before.has if name not in order.secrets]:
        raise Invalid(
            "Give the secret again: it would be sent to another address than the one it was "
            "given for.",
            field=kept[0],
        )


def check_within(order: ProviderOrder) -> None:
    """Refuse a tenant's provider that gives roles in another one.

    Raises:
        Invalid: It has such a rule.
    """
    if order.tenant and any(rule.tenant != order.tenant for rule in order.mapping.rules):
        raise Invalid("A tenant's own provider gives roles in that tenant only.", field="rules")


def check_provider_version(found: Provider | None, seen: int | None) -> None:
    """Refuse a change of what somebody else has changed meanwhile; None makes a new one.

    Raises:
        Conflict: It is not the version that was decided upon, is there already, or is the file's.
    """
    if found is not None and found.managed:
        raise Conflict(
            f"{found.name} is set in the operator's file.", hint="It is changed there only."
        )
    if found is not None and seen is None:
        raise Conflict(f"There is a provider {found.key!r} already.", hint="Choose another slug.")
    if seen is not None and (found is None or found.version != seen):
        raise Conflict(
            "Somebody else changed the provider meanwhile; nothing was done.",
            hint="Look at it as it is now, then decide again.",
        )


def no_such_provider() -> NotFound:
    """Say that it is not there, or another tenant's: both read the same."""
    return NotFound(
        "There is no such sign-in provider here.",
        hint="It may have been removed or switched off.",
    )


def check_provider_name(name: str) -> str:
    """Parse what stands on the sign-in button: 1 to 64 printable characters.

    Raises:
        Invalid: It is something else.
    """
    text = name.strip()
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise Invalid(f"A name has 1 to {_LONGEST_NAME} characters on one line.", field="name")
    return text


def check_provider_slug(slug: str) -> str:
    """Parse a provider's part of addresses; `local` is taken.

    Raises:
        Invalid: It has other characters, or is taken.
    """
    if slug == "local":
        raise Invalid("`local` are the accounts that Inspector keeps itself.", field="slug")
    return check_slug(slug, field="slug")
