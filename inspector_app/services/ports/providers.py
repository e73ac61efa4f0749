"""Identity providers as they are kept, who came by them, and what is taken once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from inspector_app.domain.admission import Identity, Known, MappedRole
from inspector_app.domain.group_roles import Mapped
from inspector_app.domain.ids import PersonId, ProviderId, SessionId, TenantId
from inspector_app.domain.permissions import Role
from inspector_app.domain.providers import Provider


@dataclass(frozen=True, slots=True)
class KeptProvider:
    """A provider with its secrets, sealed; None where it has none."""

    provider: Provider
    sealed: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ProviderUse:
    """How many people came by a provider, and when the last one did."""

    people: int
    last: datetime


class Providers(Protocol):
    """Those that were set in the app; the operator's file is read elsewhere."""

    async def all(self) -> list[KeptProvider]: ...
    async def by_key(self, key: str) -> KeptProvider | None: ...
    async def hold(self, key: str, *, to_change: bool = False) -> None:
        """Keep it as it is until the transaction ends: from change, or `to_change`, for oneself.

        Before tenants are locked, so that two never wait for one another.
        """
        ...

    async def put(self, kept: KeptProvider, now: datetime) -> None: ...
    async def remove(self, provider: ProviderId) -> None: ...


class Identities(Protocol):
    """Who somebody at a provider is here."""

    async def get(self, provider: ProviderId, realm: str, subject: str) -> Identity | None: ...
    async def put(self, identity: Identity) -> None:
        """Keep it, or what is new of it."""
        ...

    async def of(self, person: PersonId) -> list[Identity]: ...
    async def with_email(
        self, email: str, *, local: bool, providers: Sequence[ProviderId]
    ) -> list[Known]:
        """Find who has the verified e-mail (lower case) at one of `providers`.

        With `local`, a local account of that name, too, that nobody has signed in to elsewhere.
        """
        ...

    async def uses(self, providers: Sequence[ProviderId]) -> Mapping[ProviderId, ProviderUse]:
        """Count who came by each of `providers`; one that nobody came by is not there."""
        ...

    async def forget(self, provider: ProviderId) -> None: ...
    async def forget_person(self, person: PersonId) -> None:
        """Let no provider open an account that somebody else is given."""
        ...


class MappedRoles(Protocol):
    """Roles by mapping. A membership's role is the highest of those and the one by hand."""

    async def of(self, person: PersonId) -> list[MappedRole]: ...
    async def set(
        self,
        person: PersonId,
        provider: ProviderId,
        roles: Mapping[TenantId, Mapped],
        *,
        now: datetime,
    ) -> bool:
        """Let these be all that the provider gives them; True if a role of theirs changed."""
        ...

    async def drop_by_hand(self, person: PersonId, tenants: Sequence[TenantId]) -> bool:
        """Leave them in `tenants` what mappings give alone; True if a role of theirs changed."""
        ...

    async def by_hand(self, person: PersonId) -> Mapping[TenantId, Role]: ...
    async def forget(self, provider: ProviderId) -> list[PersonId]:
        """Take away all that the provider gives; returns whose role that changed."""
        ...


class TakenOnce(Protocol):
    """Messages that count once, on all replicas together, and what waits for a browser."""

    async def take(self, provider: ProviderId, message: str, until: datetime) -> bool:
        """Take a message by its id; False if it was taken before."""
        ...

    async def leave(
        self, handle_hash: str, provider: ProviderId, sealed: bytes, until: datetime
    ) -> None:
        """Keep what arrived until the browser that it is for comes for it."""
        ...

    async def fetch(self, handle_hash: str, now: datetime) -> tuple[ProviderId, bytes] | None:
        """Hand out what was left under a handle, once."""
        ...

    async def forget(self, before: datetime, *, limit: int) -> int:
        """Delete what nobody would take any more; returns how much."""
        ...


class ProviderSessions(Protocol):
    """Sessions by what their provider calls them; each answers whose sessions ended."""

    async def end(
        self, provider: str, now: datetime, *, subject: str = "", session: str = ""
    ) -> list[SessionId]:
        """End those of a provider, of a subject or session there if one is given."""
        ...
