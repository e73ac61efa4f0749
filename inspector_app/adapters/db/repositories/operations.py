"""Operations and their items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, delete, func, or_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col, insert, select, update

from inspector_app.adapters.db.tables import OperationItemRow, OperationRow
from inspector_app.domain.ids import OperationId, PersonId, RunId, TenantId, TokenId, WorkflowId
from inspector_app.domain.leases import Lease, LeaseLost
from inspector_app.domain.operations import (
    Aim,
    Deed,
    Item,
    ItemOutcome,
    Operation,
    OperationState,
    Progress,
)
from inspector_app.domain.workflows import Action

_Row, _Item = OperationRow, OperationItemRow
_LIVE = [state.value for state in OperationState if state.is_live]
_UNTOUCHED = [ItemOutcome.WAITING.value, ItemOutcome.STARTED.value]


class SqlOperations:
    """See ports.Operations."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def add(self, operation: Operation, aims: tuple[Aim, ...]) -> None:
        self._session.add(_to_row(operation))
        await self._session.flush()
        rows = [
            {
                "operation": operation.id,
                "number": number,
                "workflow_id": aim.workflow_id,
                "run_id": aim.run_id,
                "outcome": ItemOutcome.WAITING.value,
                "detail": "",
                "epoch": 0,
                "at": None,
            }
            for number, aim in enumerate(aims)
        ]
        await self._session.execute(insert(_Item), rows)

    async def get(self, tenant: TenantId, operation: OperationId) -> Operation | None:
        query = select(_Row).where(_Row.tenant == tenant, _Row.id == operation)
        row = (await self._session.scalars(query)).one_or_none()
        return _to_operation(row) if row else None

    async def of(
        self, tenant: TenantId, *, before: OperationId | None, limit: int
    ) -> list[Operation]:
        query = select(_Row).where(_Row.tenant == tenant)
        if before is not None:
            query = query.where(_Row.id < before)
        rows = await self._session.scalars(query.order_by(col(_Row.id).desc()).limit(limit))
        return [_to_operation(row) for row in rows]

    async def progress(self, operations: Sequence[OperationId]) -> dict[OperationId, Progress]:
        query = (
            select(_Item.operation, _Item.outcome, func.count())
            .where(col(_Item.operation).in_(operations))
            .group_by(col(_Item.operation), col(_Item.outcome))
        )
        found: dict[UUID, dict[ItemOutcome, int]] = {each: {} for each in operations}
        for operation, outcome, count in (await self._session.execute(query)).all():
            found[operation][ItemOutcome(outcome)] = count
        return {OperationId(each): Progress(counts) for each, counts in found.items()}

    async def items(
        self,
        operation: OperationId,
        *,
        outcome: ItemOutcome | None = None,
        after: int = -1,
        limit: int,
    ) -> list[Item]:
        query = select(_Item).where(_Item.operation == operation, _Item.number > after)
        if outcome is not None:
            query = query.where(_Item.outcome == outcome.value)
        rows = await self._session.scalars(query.order_by(col(_Item.number)).limit(limit))
        return [_to_item(row) for row in rows]

    async def claim(self, holder: str, now: datetime, until: datetime) -> Operation | None:
        # No lease lasts twice as long as one: the clock was put back since, and its holder has
        # gone, or lives and is fenced off by the epoch.
        over = or_(col(_Row.held_until) <= now, col(_Row.held_until) > until + (until - now))
        free = (col(_Row.state).in_(_LIVE), over)
        oldest = select(_Row.id).where(*free).order_by(col(_Row.id)).limit(1).scalar_subquery()
        # Both at once would find the same: the second sees the lease that the first has taken.
        taken = (
            update(_Row)
            .where(col(_Row.id) == oldest, *free)
            .values(holder=holder, epoch=col(_Row.epoch) + 1, held_until=until)
            .returning(col(_Row.id))
        )
        found = (await self._session.execute(taken)).scalar_one_or_none()
        row = await self._session.get(_Row, found) if found else None
        return _to_operation(row) if row else None

    async def renew(self, operation: OperationId, lease: Lease) -> Operation:
        held = (
            update(_Row)
            .where(
                col(_Row.id) == operation,
                col(_Row.epoch) == lease.epoch,
                col(_Row.state).in_(_LIVE),
            )
            .values(held_until=lease.until)
            .returning(col(_Row.id))
        )
        if (await self._session.execute(held)).scalar_one_or_none() is None:
            raise LeaseLost("Another process works on this operation now.")
        row = await self._session.get_one(_Row, operation, populate_existing=True)
        return _to_operation(row)

    async def take(self, operation: OperationId, epoch: int, limit: int) -> list[Item]:
        query = (
            select(_Item)
            .where(_Item.operation == operation, col(_Item.outcome).in_(_UNTOUCHED))
            .order_by(
                case((col(_Item.outcome) == ItemOutcome.STARTED.value, 0), else_=1),
                col(_Item.number),
            )
            .limit(limit)
        )
        items = [_to_item(row) for row in await self._session.scalars(query)]
        await self._session.execute(
            update(_Item)
            .where(
                col(_Item.operation) == operation,
                col(_Item.number).in_([item.number for item in items]),
            )
            .values(outcome=ItemOutcome.STARTED.value, epoch=epoch)
        )
        return items

    async def settle(self, operation: OperationId, items: Sequence[Item]) -> None:
        for item in items:
            await self._session.execute(
                update(_Item)
                .where(col(_Item.operation) == operation, col(_Item.number) == item.number)
                .values(outcome=item.outcome.value, detail=item.detail, at=item.at)
            )

    async def end(
        self, operation: OperationId, state: OperationState, note: str, now: datetime | None
    ) -> None:
        values: dict[str, object] = {"state": state.value, "note": note, "ended_at": now}
        if now is not None:
            values |= {"holder": "", "held_until": now}
        await self._set(operation, **values)

    async def note(self, operation: OperationId, note: str) -> None:
        await self._set(operation, note=note)

    async def change(
        self, operation: OperationId, state: OperationState, *, of: OperationState
    ) -> bool:
        changed = (
            update(_Row)
            .where(col(_Row.id) == operation, col(_Row.state) == of.value)
            .values(state=state.value, ended_at=None, note="")
            .returning(col(_Row.id))
        )
        return (await self._session.execute(changed)).first() is not None

    async def forget(self, ended_before: datetime, *, limit: int) -> int:
        old = select(_Row.id).where(col(_Row.ended_at) < ended_before).limit(limit)
        ids = list(await self._session.scalars(old))
        await self._session.execute(delete(_Item).where(col(_Item.operation).in_(ids)))
        await self._session.execute(delete(_Row).where(col(_Row.id).in_(ids)))
        return len(ids)

    async def _set(self, operation: OperationId, **values: object) -> None:
        await self._session.execute(update(_Row).where(col(_Row.id) == operation).values(**values))


def _to_row(operation: Operation) -> OperationRow:
    deed = operation.deed
    return OperationRow(
        id=operation.id,
        tenant=operation.tenant,
        tenant_slug=operation.tenant_slug,
        namespace=operation.namespace,
        action=deed.action.value,
        reason=deed.reason,
        signal_name=deed.signal_name,
        signal_args=deed.sealed_args,
        query=operation.query,
        total=operation.total,
        digest=operation.digest,
        pace=operation.pace,
        person=operation.person,
        token=operation.token,
        by=operation.by,
        state=operation.state.value,
        note=operation.note,
        created_at=operation.created_at,
        ended_at=operation.ended_at,
        holder=operation.lease.holder,
        epoch=operation.lease.epoch,
        held_until=operation.lease.until,
    )


def _to_operation(row: OperationRow) -> Operation:
    return Operation(
        id=OperationId(row.id),
        tenant=TenantId(row.tenant),
        tenant_slug=row.tenant_slug,
        namespace=row.namespace,
        deed=Deed(Action(row.action), row.reason, row.signal_name, row.signal_args),
        query=row.query,
        total=row.total,
        digest=row.digest,
        pace=row.pace,
        person=PersonId(row.person) if row.person else None,
        token=TokenId(row.token) if row.token else None,
        by=row.by,
        state=OperationState(row.state),
        note=row.note,
        created_at=row.created_at,
        ended_at=row.ended_at,
        lease=Lease(row.holder, row.epoch, row.held_until),
    )


def _to_item(row: OperationItemRow) -> Item:
    return Item(
        number=row.number,
        aim=Aim(WorkflowId(row.workflow_id), RunId(row.run_id)),
        outcome=ItemOutcome(row.outcome),
        detail=row.detail,
        epoch=row.epoch,
        at=row.at,
    )
