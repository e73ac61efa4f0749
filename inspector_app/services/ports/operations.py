"""Bulk work and its items."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from inspector_app.domain.ids import OperationId, TenantId
from inspector_app.domain.leases import Lease
from inspector_app.domain.operations import (
    Aim,
    Item,
    ItemOutcome,
    Operation,
    OperationState,
    Progress,
)


class Operations(Protocol):
    """Operations and their items. Writes name the lease they are made under."""

    async def add(self, operation: Operation, aims: tuple[Aim, ...]) -> None: ...
    async def get(self, tenant: TenantId, operation: OperationId) -> Operation | None: ...
    async def of(
        self, tenant: TenantId, *, before: OperationId | None, limit: int
    ) -> list[Operation]:
        """Read a tenant's operations, newest first."""
        ...

    async def progress(self, operations: Sequence[OperationId]) -> dict[OperationId, Progress]: ...
    async def items(
        self,
        operation: OperationId,
        *,
        outcome: ItemOutcome | None = None,
        after: int = -1,
        limit: int,
    ) -> list[Item]: ...
    async def claim(self, holder: str, now: datetime, until: datetime) -> Operation | None:
        """Take the oldest live operation whose lease is over; its epoch grows by one."""
        ...

    async def renew(self, operation: OperationId, lease: Lease) -> Operation:
        """Hold it until `lease.until`, and read it anew.

        Raises:
            LeaseLost: It has another epoch by now.
        """
        ...

    async def take(self, operation: OperationId, epoch: int, limit: int) -> list[Item]:
        """Start the next items under `epoch`: first those an earlier holder had started.

        The items come as they were before: one that was `started` may have been touched.
        """
        ...

    async def settle(self, operation: OperationId, items: Sequence[Item]) -> None:
        """Write down what became of started items."""
        ...

    async def end(
        self, operation: OperationId, state: OperationState, note: str, now: datetime | None
    ) -> None:
        """Change where it stands; with `now` it has ended, and its lease is free."""
        ...

    async def note(self, operation: OperationId, note: str) -> None: ...
    async def forget(self, ended_before: datetime, *, limit: int) -> int: ...
    async def change(
        self, operation: OperationId, state: OperationState, *, of: OperationState
    ) -> bool:
        """Change its state if it is still `of`."""
        ...
