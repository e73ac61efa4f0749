"""Carries operations out: a lease, a batch of items a transaction, nothing twice.

An item is written down as started before anything is sent and with its outcome after it. What
another process had started and left so is looked up in the run's own history before it is sent
again, and then under the same request id.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import InspectorError, Unreachable
from inspector_app.domain.identity import SYSTEM, Actor
from inspector_app.domain.leases import LeaseLost
from inspector_app.domain.operations import (
    LEASE,
    Item,
    ItemOutcome,
    Operation,
    OperationState,
    batch_size,
    declined,
    identity_of,
    request_id_of,
    rest_after,
    spared,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import Action, RunRef
from inspector_app.services.door import Door
from inspector_app.services.on_behalf import may_no_longer
from inspector_app.services.ports import Cipher, Clock, Meter, Work, Workflows
from inspector_app.services.unmetered import UNMETERED

log = structlog.get_logger(__name__)

AT_ONCE = 4
"""Operations that one process carries out side by side."""
LOOK_EVERY = 2.0
"""Seconds between two looks for work that another process left behind."""
_LONGEST_WAIT = 5.0
_GRACE = 5.0


@dataclass(frozen=True, slots=True)
class _Batch:
    operation: Operation
    place: Namespace
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _End:
    operation: Operation
    state: OperationState
    note: str


class OperationRunner:
    """Looks for operations whose lease is free, and carries them out.

    Args:
        holder: What this process is called in a lease.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        workflows: Workflows,
        cipher: Cipher,
        holder: str,
        meter: Meter = UNMETERED,
    ) -> None:
        self._door = door
        self._meter = meter
        self._clock = clock
        self._workflows = workflows
        self._cipher = cipher
        self._holder = holder
        self._woken = asyncio.Event()
        self._closing = False
        self._at_work: set[asyncio.Task[None]] = set()

    def wake(self) -> None:
        """Look for work at once."""
        self._woken.set()

    async def run(self) -> None:
        """Carry out what there is, until cancelled."""
        while not self._closing:
            self._woken.clear()
            try:
                while len(self._at_work) < AT_ONCE and (claimed := await self.claim()):
                    task = asyncio.create_task(self.carry_out(claimed))
                    self._at_work.add(task)
                    task.add_done_callback(self._left)
            except InspectorError as error:
                log.warning("operations_not_read", title=error.title)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), LOOK_EVERY)

    async def close(self) -> None:
        """Let batches in flight end, and leave the rest to others."""
        self._closing = True
        self.wake()
        if self._at_work:
            _, late = await asyncio.wait(self._at_work, timeout=_GRACE)
            for task in late:
                task.cancel()

    async def claim(self) -> Operation | None:
        """Take an operation over, if there is one that nobody works on."""
        now = self._clock()
        async with self._enter("") as work:
            return await work.operations.claim(self._holder, now, now + LEASE)

    async def carry_out(self, operation: Operation) -> None:
        """Work through a claimed operation until its end, or until the lease is lost."""
        settled: tuple[Item, ...] = ()
        note = operation.note
        try:
            while not isinstance(found := await self._step(operation, settled, note), _End):
                if not found.items:  # this process ends: the lease is free again
                    return
                began = asyncio.get_running_loop().time()
                settled, note, wait = await self._touch_all(found)
                took = asyncio.get_running_loop().time() - began
                await asyncio.sleep(max(wait, rest_after(operation, len(found.items), took)))
            await self._end(found)
        except LeaseLost:
            log.info("operation_taken_over", operation=str(operation.id))
        except InspectorError as error:
            # Its lease runs out, and whoever comes next goes on from what is written down.
            log.warning("operation_interrupted", operation=str(operation.id), title=error.title)

    async def _step(
        self, operation: Operation, settled: Sequence[Item], note: str
    ) -> _Batch | _End:
        """Write down the last batch and start the next one, in one transaction."""
        now = self._clock()
        until = now if self._closing else now + LEASE
        async with self._enter(str(operation.id)) as work:
            current = await work.operations.renew(
                operation.id, replace(operation.lease, until=until)
            )
            await work.operations.settle(operation.id, settled)
            if note != current.note:
                await work.operations.note(operation.id, note)
            if current.state is OperationState.STOPPING:
                return _End(current, OperationState.STOPPED, "Cancelled.")
            if why := await may_no_longer(work, current, self._clock()):
                return _End(current, OperationState.STOPPED, why)
            place = await work.tenants.namespace(current.tenant, current.namespace)
            if place is None:
                gone = f"The namespace {current.namespace} is no longer the tenant's."
                return _End(current, OperationState.STOPPED, gone)
            if self._closing:
                return _Batch(current, place, ())
            items = await work.operations.take(
                current.id, current.lease.epoch, batch_size(current.pace)
            )
        if not items:
            return _End(current, OperationState.FINISHED, "")
        return _Batch(current, place, tuple(items))

    async def _end(self, end: _End) -> None:
        """Close it, with how it went, in the audit log of its tenant."""
        operation = end.operation
        async with self._enter(str(operation.id)) as work:
            progress = (await work.operations.progress([operation.id]))[operation.id]
        async with self._door.enter(
            _in_tenant(operation),
            operation.deed.permission,
            Target("operation", str(operation.id), operation.namespace),
            action=f"operation.{end.state}",
            reason=end.note,
            detail=progress.sentence(),
        ) as work:
            now = self._clock()
            await work.operations.renew(operation.id, replace(operation.lease, until=now + LEASE))
            await work.operations.end(operation.id, end.state, end.note, now)

    async def _touch_all(self, batch: _Batch) -> tuple[tuple[Item, ...], str, float]:
        """Return the items that are settled, what the others wait for, and for how long."""
        answers = await asyncio.gather(*(self._touch(batch, item) for item in batch.items))
        settled = tuple(each for each in answers if isinstance(each, Item))
        waits = next((each for each in answers if isinstance(each, InspectorError)), None)
        if waits is None:
            return settled, "", 0.0
        wait = _LONGEST_WAIT
        if isinstance(waits, Unreachable):
            wait = min(wait, max(0.5, (waits.next_try - self._clock()).total_seconds()))
        return settled, waits.detail, wait

    async def _touch(self, batch: _Batch, item: Item) -> Item | InspectorError:
        """Do it to one run: the item with its outcome, or why nobody can say yet."""
        operation, place = batch.operation, batch.place
        run = RunRef(place.slug, item.aim.workflow_id, item.aim.run_id)
        outcome, detail = ItemOutcome.DONE, ""
        try:
            if item.outcome is ItemOutcome.STARTED and await self._workflows.acted(
                place, run, identity_of(operation), operation.created_at
            ):
                detail = "found done after an interruption"
            else:
                if self._clock() >= operation.lease.until - _MARGIN:
                    # Slept through it: somebody else may be at this very item.
                    return InspectorError("Another process may have taken this over.")
                left_alone = await self._send(place, run, operation, item)
                if left_alone:
                    outcome, detail = ItemOutcome.SKIPPED, left_alone
        except InspectorError as error:
            fate = declined(error)
            if fate is None:
                return error
            outcome, detail = fate
        self._meter.touched(operation.deed.action, outcome)
        return replace(item, outcome=outcome, detail=detail[:500], at=self._clock())

    async def _send(self, place: Namespace, run: RunRef, operation: Operation, item: Item) -> str:
        """Send one request; answers why not, where the run is better left alone."""
        deed, server = operation.deed, self._workflows
        identity = identity_of(operation)
        request_id = request_id_of(operation.id, item.number)
        match deed.action:
            case Action.PAUSE | Action.RESUME:
                act = server.pause if deed.action is Action.PAUSE else server.resume
                await act(place, run, reason=deed.reason, identity=identity, request_id=request_id)
            case Action.SIGNAL:
                args: list[object] = json.loads(self._cipher.unseal(deed.sealed_args))
                await server.signal(
                    place, run, deed.signal_name, args, identity=identity, request_id=request_id
                )
            case Action.CANCEL:
                # The server accepts a cancel of a closed run without a word.
                now = await server.describe(place, run)
                if why := spared(deed.action, now):
                    return why
                if now.cancel_requested:
                    return "cancelling was asked for already"
                await server.cancel(
                    place, run, reason=deed.reason, identity=identity, request_id=request_id
                )
            case Action.TERMINATE:
                await server.terminate(place, run, reason=deed.reason, identity=identity)
        return ""

    def _enter(self, operation: str) -> contextlib.AbstractAsyncContextManager[Work]:
        return self._door.enter(
            SYSTEM,
            Permission.OPERATOR,
            Target("operation", operation),
            record=False,
            write=True,
        )

    def _left(self, task: asyncio.Task[None]) -> None:
        self._at_work.discard(task)
        self.wake()
        if not task.cancelled() and (error := task.exception()):
            log.error("operation_failed", kind=type(error).__name__)


_MARGIN = timedelta(seconds=6)
"""Longer than one call may take: what is sent must have arrived while the lease holds."""


def _in_tenant(operation: Operation) -> Actor:
    """Inspector itself, on behalf of who started it, in their tenant's chain."""
    return replace(
        SYSTEM,
        behalf=operation.on_behalf_of,
        tenant=operation.tenant,
        tenant_slug=operation.tenant_slug,
    )
