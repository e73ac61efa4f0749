"""Tokens, and the keys that sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from inspector_app.domain.identity import Person
from inspector_app.domain.ids import PersonId, TenantId, TokenId
from inspector_app.domain.permissions import Role
from inspector_app.domain.tenancy import Tenant
from inspector_app.domain.tokens import Claims, SigningKey, Token


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token with what decides over it now; `person` and `role` are None for a service's.

    `role` is also None where the person no longer belongs to the tenant.
    """

    token: Token
    secret_hash: str
    tenant: Tenant
    person: Person | None
    role: Role | None


class Tokens(Protocol):
    """Tokens; of a secret only its SHA-256 (hex)."""

    async def add(self, token: Token, secret_hash: str) -> None: ...
    async def find(self, token: TokenId) -> KnownToken | None: ...
    async def get(self, tenant: TenantId, token: TokenId) -> Token | None: ...
    async def of(
        self, tenant: TenantId, *, person: PersonId | None, before: TokenId | None, limit: int
    ) -> list[Token]:
        """Read those not revoked, newest first: one person's, or with None all of the tenant."""
        ...

    async def live(self, tenant: TenantId, person: PersonId | None, now: datetime) -> int:
        """Count those neither revoked nor expired: one person's, or with None the tenant's own."""
        ...

    async def touch(self, token: TokenId, now: datetime) -> None: ...
    async def revoke(self, token: TokenId, now: datetime) -> None: ...
    async def revoke_all(
        self, person: PersonId, now: datetime, *, tenant: TenantId | None = None
    ) -> None:
        """End a person's own, in one tenant or in all."""
        ...

    async def forget(self, ended_before: datetime, *, limit: int) -> int:
        """Delete those revoked or expired before a moment; returns how many."""
        ...


class SigningKeys(Protocol):
    """Key pairs that JWTs are signed with."""

    async def newest(self, limit: int) -> list[SigningKey]: ...
    async def add(self, key: SigningKey, *, keep: int) -> None:
        """Add one, and forget all but the `keep` newest."""
        ...


class Jwts(Protocol):
    """Signs and reads JWTs; keys are JSON Web Keys as JSON."""

    def new_key(self) -> tuple[str, str, str]:
        """Make a key pair: its id, the public and the private key."""
        ...

    def sign(self, claims: Claims, key: str, private: str) -> str: ...
    def read(self, text: str, keys: Sequence[SigningKey]) -> Claims | None:
        """Return the claims, unless it is no JWT of ours signed by one of `keys`."""
        ...
