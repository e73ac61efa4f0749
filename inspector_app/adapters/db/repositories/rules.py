"""Redaction rules."""

from __future__ import annotations

from sqlalchemy import bindparam
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, delete, select, update

from inspector_app.adapters.db.tables import RuleRow
from inspector_app.domain.ids import RuleId, TenantId
from inspector_app.domain.permissions import Role
from inspector_app.domain.redaction import Rule, RuleKind

# Before anything of Temporal's is shown: put together once.
_OF_TENANT = (
    select(RuleRow).where(col(RuleRow.tenant) == bindparam("tenant")).order_by(col(RuleRow.name))
)


class SqlRules:
    """See ports.Rules."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def of(self, tenant: TenantId) -> list[Rule]:
        rows = await self._session.scalars(_OF_TENANT, {"tenant": tenant})
        return [_to_rule(row) for row in rows]

    async def add(self, rule: Rule) -> None:
        self._session.add(
            RuleRow(
                id=rule.id,
                tenant=rule.tenant,
                name=rule.name,
                kind=rule.kind.value,
                expression=rule.expression,
                up_to=rule.up_to.value,
                version=rule.version,
                changed_by=rule.changed_by,
                changed_at=rule.changed_at,
            )
        )
        await self._session.flush()

    async def change(self, rule: Rule) -> None:
        await self._session.execute(
            update(RuleRow)
            .where(col(RuleRow.id) == rule.id)
            .values(
                name=rule.name,
                kind=rule.kind.value,
                expression=rule.expression,
                up_to=rule.up_to.value,
                version=rule.version,
                changed_by=rule.changed_by,
                changed_at=rule.changed_at,
            )
        )

    async def remove(self, rule: Rule) -> None:
        await self._session.execute(delete(RuleRow).where(col(RuleRow.id) == rule.id))


def _to_rule(row: RuleRow) -> Rule:
    return Rule(
        id=RuleId(row.id),
        tenant=TenantId(row.tenant),
        name=row.name,
        kind=RuleKind(row.kind),
        expression=row.expression,
        up_to=Role(row.up_to),
        version=row.version,
        changed_by=row.changed_by,
        changed_at=row.changed_at,
    )
