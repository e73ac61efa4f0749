"""Identity providers: where people come from who sign in elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.errors import Invalid
from inspector_app.domain.group_roles import GroupMapping
from inspector_app.domain.ids import ProviderId, TenantId
from inspector_app.domain.provider_settings import ProviderKind, Settings
from inspector_app.domain.tenancy import check_slug

_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as it is kept: without its secrets. `tenant` None is everybody's.

    Attributes:
        link_by_email: Whether a verified e-mail makes somebody the person who has it already.
        managed: Set in the operator's file, and read-only in the app.
    """

    id: ProviderId
    tenant: TenantId | None
    slug: str
    name: str
    settings: Settings
    mapping: GroupMapping
    enabled: bool
    link_by_email: bool
    version: int
    managed: bool = False

    @property
    def kind(self) -> ProviderKind:
        """Which protocol it speaks."""
        return self.settings.kind


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
