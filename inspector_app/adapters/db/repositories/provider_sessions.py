"""Sessions by what their provider calls them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, update

from inspector_app.adapters.db.tables import SessionRow
from inspector_app.domain.ids import SessionId


class SqlProviderSessions:
    """See ports.ProviderSessions."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def end(
        self, provider: str, now: datetime, *, subject: str = "", session: str = ""
    ) -> list[SessionId]:
        query = update(SessionRow).where(
            col(SessionRow.provider) == provider, col(SessionRow.revoked_at).is_(None)
        )
        if subject:
            query = query.where(col(SessionRow.subject) == subject)
        if session:
            query = query.where(col(SessionRow.provider_session) == session)
        ended = await self._session.execute(
            query.values(revoked_at=now).returning(col(SessionRow.id))
        )
        return [SessionId(row[0]) for row in ended.all()]
