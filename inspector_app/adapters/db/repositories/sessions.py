"""Signed-in browsers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, delete, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, select, update

from inspector_app.adapters.db.repositories.people import to_person
from inspector_app.adapters.db.repositories.tenants import to_tenant
from inspector_app.adapters.db.tables import MembershipRow, PersonRow, SessionRow, TenantRow
from inspector_app.domain.identity import SESSION_IDLE, SESSION_LIFETIME, Origin, Session
from inspector_app.domain.ids import PersonId, SessionId, TenantId
from inspector_app.domain.permissions import Role
from inspector_app.domain.tenancy import Membership, SignedIn


def _to_session(row: SessionRow) -> Session:
    return Session(
        id=SessionId(row.id),
        person=PersonId(row.person),
        address=row.address,
        user_agent=row.user_agent,
        created_at=row.created_at,
        last_seen_at=row.last_seen_at,
        proved_at=row.proved_at,
        renew_due=row.renew_due,
        revoked_at=row.revoked_at,
        origin=Origin(
            row.provider,
            row.subject,
            row.provider_session,
            row.hint,
            TenantId(row.within) if row.within else None,
            row.ends_by,
        ),
    )


# At every request and event: put together once.
_SIGNED_IN = (
    select(SessionRow, PersonRow, MembershipRow, TenantRow)
    .join(PersonRow, col(PersonRow.id) == col(SessionRow.person))
    .outerjoin(MembershipRow, col(MembershipRow.person) == col(PersonRow.id))
    .outerjoin(TenantRow, col(TenantRow.id) == col(MembershipRow.tenant))
    .where(col(SessionRow.token_hash).in_(bindparam("token_hashes", expanding=True)))
    .order_by(col(TenantRow.slug))
)


class SqlSessions:
    """See ports.Sessions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, session: Session, token_hash: str) -> None:
        self._session.add(
            SessionRow(
                id=session.id,
                token_hash=token_hash,
                person=session.person,
                provider=session.provider,
                address=session.address,
                user_agent=session.user_agent,
                created_at=session.created_at,
                last_seen_at=session.last_seen_at,
                proved_at=session.proved_at,
                revoked_at=session.revoked_at,
                subject=session.origin.subject,
                provider_session=session.origin.session,
                hint=session.origin.hint,
                within=session.origin.within,
                ends_by=session.origin.until,
            )
        )
        await self._session.flush()

    async def by_token_hashes(self, token_hashes: Collection[str]) -> dict[str, SignedIn]:
        found: dict[str, SignedIn] = {}
        rows = await self._session.execute(_SIGNED_IN, {"token_hashes": list(token_hashes)})
        for session, person, membership, tenant in rows:
            known = found.get(session.token_hash) or SignedIn(
                _to_session(session), to_person(person), ()
            )
            if membership:  # an outer join answers None where the types promise a row
                here = Membership(known.person.id, to_tenant(tenant), Role(membership.role))
                known = replace(known, memberships=(*known.memberships, here))
            found[session.token_hash] = known
        return found

    async def of(self, person: PersonId) -> list[Session]:
        query = (
            select(SessionRow)
            .where(SessionRow.person == person, col(SessionRow.revoked_at).is_(None))
            .order_by(col(SessionRow.last_seen_at).desc())
        )
        return [_to_session(row) for row in await self._session.scalars(query)]

    async def touch(self, session: SessionId, now: datetime) -> None:
        await self._session.execute(
            update(SessionRow).where(col(SessionRow.id) == session).values(last_seen_at=now)
        )

    async def renew(
        self, session: SessionId, token_hash: str, now: datetime, *, until: datetime | None = None
    ) -> None:
        renewed = update(SessionRow).where(col(SessionRow.id) == session)
        await self._session.execute(
            renewed.values(
                previous_hash=col(SessionRow.token_hash),
                token_hash=token_hash,
                renew_due=False,
                proved_at=now,
            )
        )
        if until is not None:
            later = or_(col(SessionRow.ends_by).is_(None), col(SessionRow.ends_by) > until)
            await self._session.execute(renewed.where(later).values(ends_by=until))

    async def make_due(self, person: PersonId) -> None:
        await self._session.execute(
            update(SessionRow)
            .where(col(SessionRow.person) == person, col(SessionRow.revoked_at).is_(None))
            .values(renew_due=True)
        )

    async def renew_if_due(self, token_hash: str, fresh_hash: str) -> bool:
        renewed = await self._session.execute(
            update(SessionRow)
            .where(
                # In the statement itself: of two who bring the old one at once, one goes on.
                col(SessionRow.token_hash) == token_hash,
                col(SessionRow.renew_due),
                col(SessionRow.revoked_at).is_(None),
            )
            .values(previous_hash=token_hash, token_hash=fresh_hash, renew_due=False)
            .returning(col(SessionRow.id))
        )
        return renewed.first() is not None

    async def was_renewed(self, token_hash: str) -> bool:
        query = select(SessionRow.id).where(
            SessionRow.previous_hash == token_hash, col(SessionRow.revoked_at).is_(None)
        )
        return (await self._session.scalars(query)).first() is not None

    async def revoke(self, session: SessionId, now: datetime) -> bool:
        done = await self._session.execute(
            update(SessionRow)
            .where(col(SessionRow.id) == session, col(SessionRow.revoked_at).is_(None))
            .values(revoked_at=now)
            .returning(col(SessionRow.id))
        )
        return done.first() is not None

    async def revoke_all(
        self, person: PersonId, now: datetime, *, keep: SessionId | None = None
    ) -> int:
        query = update(SessionRow).where(
            col(SessionRow.person) == person, col(SessionRow.revoked_at).is_(None)
        )
        if keep is not None:
            query = query.where(col(SessionRow.id) != keep)
        ended = query.values(revoked_at=now).returning(col(SessionRow.id))
        return len((await self._session.execute(ended)).all())

    async def forget(self, ended_before: datetime, *, limit: int) -> int:
        # As `session_ends_at` has it: revoked, idle for too long, too old, or over there.
        ended = or_(
            col(SessionRow.revoked_at) < ended_before,
            col(SessionRow.last_seen_at) < ended_before - SESSION_IDLE,
            col(SessionRow.created_at) < ended_before - SESSION_LIFETIME,
            col(SessionRow.ends_by) < ended_before,
        )
        old = select(SessionRow.id).where(ended).limit(limit)
        gone = await self._session.execute(
            delete(SessionRow).where(col(SessionRow.id).in_(old)).returning(col(SessionRow.id))
        )
        return len(gone.all())
