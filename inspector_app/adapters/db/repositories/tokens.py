"""Tokens, and the keys that sign what they are exchanged for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, delete, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.repositories.people import to_person
from inspector_app.adapters.db.tables import (
    MembershipRow,
    PersonRow,
    SigningKeyRow,
    TenantRow,
    TokenRow,
)
from inspector_app.domain.ids import PersonId, TenantId, TokenId
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.tenancy import Tenant
from inspector_app.domain.tokens import SigningKey, Token, TokenKind
from inspector_app.services.ports import KnownToken

_KNOWN = {each.value for each in Permission}


class SqlTokens:
    """See ports.Tokens."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, token: Token, secret_hash: str) -> None:
        self._session.add(
            TokenRow(
                id=token.id,
                kind=token.kind.value,
                tenant=token.tenant,
                person=token.person,
                name=token.name,
                role=token.role.value,
                scopes=" ".join(sorted(token.scopes)),
                secret_hash=secret_hash,
                created_by=token.created_by,
                created_at=token.created_at,
                expires_at=token.expires_at,
                last_used_at=token.last_used_at,
                revoked_at=token.revoked_at,
            )
        )
        await self._session.flush()

    async def find(self, token: TokenId) -> KnownToken | None:
        theirs = and_(
            col(MembershipRow.person) == col(TokenRow.person),
            col(MembershipRow.tenant) == col(TokenRow.tenant),
        )
        query = (
            select(TokenRow, TenantRow, PersonRow, col(MembershipRow.role))
            .join(TenantRow, col(TenantRow.id) == col(TokenRow.tenant))
            .outerjoin(PersonRow, col(PersonRow.id) == col(TokenRow.person))
            .outerjoin(MembershipRow, theirs)
            .where(TokenRow.id == token)
        )
        found = (await self._session.execute(query)).one_or_none()
        if found is None:
            return None
        row, tenant, person, role = found
        return KnownToken(
            token=_to_token(row),
            secret_hash=row.secret_hash,
            tenant=Tenant(TenantId(tenant.id), tenant.slug, tenant.name),
            # An outer join answers None where the types promise a row.
            person=to_person(person) if row.person else None,
            role=Role(role) if role else None,
        )

    async def get(self, tenant: TenantId, token: TokenId) -> Token | None:
        query = select(TokenRow).where(TokenRow.id == token, TokenRow.tenant == tenant)
        row = (await self._session.scalars(query)).one_or_none()
        return _to_token(row) if row else None

    async def of(
        self, tenant: TenantId, *, person: PersonId | None, before: TokenId | None, limit: int
    ) -> list[Token]:
        query = select(TokenRow).where(
            TokenRow.tenant == tenant, col(TokenRow.revoked_at).is_(None)
        )
        if person is not None:
            query = query.where(TokenRow.person == person)
        if before is not None:
            query = query.where(col(TokenRow.id) < before)
        query = query.order_by(col(TokenRow.id).desc()).limit(limit)
        return [_to_token(row) for row in await self._session.scalars(query)]

    async def live(self, tenant: TenantId, person: PersonId | None, now: datetime) -> int:
        theirs = col(TokenRow.person)
        query = (
            select(func.count())
            .select_from(TokenRow)
            .where(
                TokenRow.tenant == tenant,
                theirs.is_(None) if person is None else theirs == person,
                col(TokenRow.revoked_at).is_(None),
                col(TokenRow.expires_at) > now,
            )
        )
        return (await self._session.scalars(query)).one()

    async def touch(self, token: TokenId, now: datetime) -> None:
        await self._session.execute(
            update(TokenRow).where(col(TokenRow.id) == token).values(last_used_at=now)
        )

    async def revoke(self, token: TokenId, now: datetime) -> None:
        await self._session.execute(
            update(TokenRow)
            .where(col(TokenRow.id) == token, col(TokenRow.revoked_at).is_(None))
            .values(revoked_at=now)
        )

    async def revoke_all(
        self, person: PersonId, now: datetime, *, tenant: TenantId | None = None
    ) -> None:
        query = update(TokenRow).where(
            col(TokenRow.person) == person, col(TokenRow.revoked_at).is_(None)
        )
        if tenant is not None:
            query = query.where(col(TokenRow.tenant) == tenant)
        await self._session.execute(query.values(revoked_at=now))

    async def forget(self, ended_before: datetime, *, limit: int) -> int:
        ended = or_(
            col(TokenRow.revoked_at) < ended_before, col(TokenRow.expires_at) < ended_before
        )
        old = select(TokenRow.id).where(ended).limit(limit)
        gone = await self._session.execute(
            delete(TokenRow).where(col(TokenRow.id).in_(old)).returning(col(TokenRow.id))
        )
        return len(gone.all())


class SqlSigningKeys:
    """See ports.SigningKeys."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def newest(self, limit: int) -> list[SigningKey]:
        query = (
            select(SigningKeyRow)
            .order_by(col(SigningKeyRow.created_at).desc(), col(SigningKeyRow.id))
            .limit(limit)
        )
        return [
            SigningKey(row.id, row.public, row.sealed, row.created_at)
            for row in await self._session.scalars(query)
        ]

    async def add(self, key: SigningKey, *, keep: int) -> None:
        self._session.add(
            SigningKeyRow(
                id=key.id, public=key.public, sealed=key.sealed, created_at=key.created_at
            )
        )
        await self._session.flush()
        kept = [each.id for each in await self.newest(keep)]
        await self._session.execute(
            delete(SigningKeyRow).where(col(SigningKeyRow.id).not_in(kept))
        )


def _to_token(row: TokenRow) -> Token:
    # A permission that this version does not know opens nothing, and harms nothing.
    scopes = frozenset(Permission(each) for each in row.scopes.split() if each in _KNOWN)
    return Token(
        id=TokenId(row.id),
        kind=TokenKind(row.kind),
        tenant=TenantId(row.tenant),
        person=PersonId(row.person) if row.person else None,
        name=row.name,
        role=Role(row.role),
        scopes=scopes,
        created_by=row.created_by,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
