"""Accounts: people, their second factors, their sessions."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from inspector_app.domain.identity import Person, Session
from inspector_app.domain.ids import PersonId, SessionId, TenantId
from inspector_app.domain.people import Colleague
from inspector_app.domain.permissions import Role
from inspector_app.domain.second_step import SecondFactor
from inspector_app.domain.tenancy import SignedIn


class People(Protocol):
    """Accounts and their password hashes."""

    async def get(self, person: PersonId) -> Person | None: ...
    async def by_username(self, username: str) -> Person | None: ...
    async def add(self, person: Person, password_hash: str, now: datetime) -> None: ...
    async def password_hash(self, person: PersonId) -> str | None: ...
    async def set_password(
        self, person: PersonId, password_hash: str, *, one_time_until: datetime | None
    ) -> None:
        """Set it; a one-time password opens until a moment, and must be changed."""
        ...

    async def set_disabled(self, person: PersonId, *, disabled: bool) -> None: ...
    async def count(self) -> int: ...


class Colleagues(Protocol):
    """The people of a tenant."""

    async def lock(self, tenant: TenantId) -> None:
        """Let one change of a tenant's people at a time pass, until the transaction ends."""
        ...

    async def page(
        self, tenant: TenantId, now: datetime, *, after: str, limit: int
    ) -> list[Colleague]:
        """Read those whose user name comes after `after`, by name."""
        ...

    async def get(self, tenant: TenantId, person: PersonId, now: datetime) -> Colleague | None: ...
    async def admins(self, tenant: TenantId) -> int:
        """Count those who administer it: enabled, with the role."""
        ...

    async def set_role(self, tenant: TenantId, person: PersonId, role: Role) -> None: ...
    async def note_change(self, tenant: TenantId, person: PersonId) -> None:
        """Let the version grow that others have seen."""
        ...

    async def remove(self, tenant: TenantId, person: PersonId) -> None: ...


class SecondFactors(Protocol):
    """What a person's second step is checked against."""

    async def get(self, person: PersonId) -> SecondFactor | None: ...
    async def put(self, factor: SecondFactor) -> None: ...
    async def take_step(self, person: PersonId, step: int) -> bool:
        """Note that a code of this time step was used; False if it, or a later one, was before."""
        ...

    async def confirm(self, person: PersonId, recovery_hashes: Sequence[str]) -> None: ...
    async def take_recovery(self, person: PersonId, code_hash: str) -> bool:
        """Use a recovery code up; False if there is none such."""
        ...

    async def recovery_left(self, person: PersonId) -> int: ...
    async def forget(self, person: PersonId) -> None: ...


class Sessions(Protocol):
    """Signed-in browsers, found by the SHA-256 (hex) of their token."""

    async def add(self, session: Session, token_hash: str) -> None: ...
    async def by_token_hashes(self, token_hashes: Collection[str]) -> dict[str, SignedIn]:
        """Find sessions with whose they are, by the hash; what is unknown is left out."""
        ...

    async def of(self, person: PersonId) -> list[Session]: ...
    async def touch(self, session: SessionId, now: datetime) -> None: ...
    async def renew(
        self, session: SessionId, token_hash: str, now: datetime, *, until: datetime | None = None
    ) -> None:
        """Give it another token, as of a proof at `now`; it ends at `until` if not before."""
        ...

    async def make_due(self, person: PersonId) -> None:
        """Let every session of theirs get another token at its next request."""
        ...

    async def renew_if_due(self, token_hash: str, fresh_hash: str) -> bool:
        """Give it the other token, once; False if it is not due."""
        ...

    async def was_renewed(self, token_hash: str) -> bool:
        """Tell whether this was the token before of a session."""
        ...

    async def revoke(self, session: SessionId, now: datetime) -> bool: ...
    async def revoke_all(
        self, person: PersonId, now: datetime, *, keep: SessionId | None = None
    ) -> int: ...
    async def forget(self, ended_before: datetime, *, limit: int) -> int:
        """Delete sessions that ended before a moment; returns how many."""
        ...
