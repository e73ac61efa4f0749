"""Bulk work on runs: counted, confirmed, frozen, started, watched, stopped."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import Conflict, Invalid, NotFound
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import OperationId, new_id
from inspector_app.domain.leases import Lease
from inspector_app.domain.operations import (
    MOST_TARGETS,
    Aim,
    Deed,
    Item,
    ItemOutcome,
    Matches,
    Operation,
    OperationState,
    Order,
    Progress,
    check_pace,
    digest_of,
    frozen,
    narrowed,
    permission_of,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.veils import Veil
from inspector_app.domain.workflows import (
    Action,
    RunRef,
    check_signal,
    pausing_switched_off,
)
from inspector_app.services.door import Door
from inspector_app.services.ports import Cipher, Clock, Workflows
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.showing import show_handlers, show_item, show_operation

_PIECE = 1000
"""Runs read at a time while the set is frozen."""


@dataclass(frozen=True, slots=True)
class Watched:
    """An operation and how far it is."""

    operation: Operation
    progress: Progress


class OperationDesk:
    """Everything about operations, through the door.

    Args:
        wake: Told when there is something to do, so that nobody waits for the next look.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        workflows: Workflows,
        cipher: Cipher,
        wake: Callable[[], None],
        redaction: RedactionDesk,
    ) -> None:
        self._door = door
        self._clock = clock
        self._workflows = workflows
        self._cipher = cipher
        self._wake = wake
        self._redaction = redaction

    async def count(self, actor: Actor, namespace: str, action: Action, query: str) -> Matches:
        """Count the runs that match `query` and admit `action`: what an order confirms."""
        place = await self._place(actor, namespace, action)
        (await self._redaction.veil(actor)).check_query(query)
        as_of = self._clock()
        found = await self._workflows.counts(place, narrowed(query, action, as_of))
        return Matches(found.total, as_of)

    async def start(self, actor: Actor, namespace: str, order: Order) -> Operation:
        """Freeze the targets and accept the work; it is done in the background, run by run.

        Raises:
            Invalid: No reason, no or too many targets, or a signal that would do harm.
            Conflict: There are more targets than were confirmed.
            SwitchedOff: The server does not allow pausing.
        """
        reason = check_reason(order.reason)
        place = await self._place(actor, namespace, order.action)
        veil = await self._redaction.veil(actor)
        veil.check_query(order.query)
        if order.action is Action.PAUSE:
            capabilities = await self._workflows.capabilities(place)
            if not capabilities.native_pause:
                raise pausing_switched_off()
        aims = frozen(await self._aims(place, order), at_most=order.confirmed)
        if order.action is Action.SIGNAL:
            await self._check_signal(place, order, aims[0], veil)
        assert actor.tenant is not None  # or the door had not let them in
        now = self._clock()
        operation = Operation(
            id=OperationId(new_id(now)),
            tenant=actor.tenant,
            tenant_slug=actor.tenant_slug,
            namespace=namespace,
            deed=Deed(
                order.action,
                reason,
                order.signal_name,
                self._cipher.seal(json.dumps(order.signal_args)),
            ),
            query=order.query,
            total=len(aims),
            digest=digest_of(aims),
            pace=check_pace(order.pace),
            person=actor.person,
            by=actor.name,
            state=OperationState.RUNNING,
            note="",
            created_at=now,
            ended_at=None,
            lease=Lease("", 0, now),
            token=actor.token,
        )
        async with self._door.enter(
            actor,
            operation.deed.permission,
            _target(operation),
            action=f"operation.{order.action}",
            reason=reason,
            detail=f"{len(aims):,} runs, SHA-256 {operation.digest}",
        ) as work:
            await work.operations.add(operation, aims)
        self._wake()
        return show_operation(veil, operation)

    async def page(
        self, actor: Actor, *, before: OperationId | None, limit: int
    ) -> tuple[tuple[Watched, ...], OperationId | None]:
        """List the tenant's operations, newest first, and where the next page begins."""
        target = Target("operation", "")
        async with self._door.enter(
            actor, Permission.OPERATION_READ, target, record=False
        ) as work:
            assert actor.tenant is not None
            found = await work.operations.of(actor.tenant, before=before, limit=limit + 1)
            shown = found[:limit]
            progress = await work.operations.progress([each.id for each in shown])
        veil = await self._redaction.veil(actor)
        watched = tuple(Watched(show_operation(veil, each), progress[each.id]) for each in shown)
        return watched, (shown[-1].id if len(found) > limit else None)

    async def one(self, actor: Actor, operation: OperationId) -> Watched:
        """Read one.

        Raises:
            NotFound: It is not there, or another tenant's.
        """
        target = Target("operation", str(operation))
        async with self._door.enter(
            actor, Permission.OPERATION_READ, target, record=False
        ) as work:
            assert actor.tenant is not None
            found = await work.operations.get(actor.tenant, operation)
            if found is None:
                raise NotFound("There is no such operation here.")
            progress = await work.operations.progress([operation])
        veil = await self._redaction.veil(actor)
        return Watched(show_operation(veil, found), progress[operation])

    async def items(
        self,
        actor: Actor,
        operation: OperationId,
        *,
        outcome: ItemOutcome | None,
        after: int,
        limit: int,
    ) -> tuple[tuple[Item, ...], int | None]:
        """List what became of the targets, and after which number the next page begins."""
        await self.one(actor, operation)
        target = Target("operation", str(operation))
        async with self._door.enter(
            actor, Permission.OPERATION_READ, target, record=False
        ) as work:
            found = await work.operations.items(
                operation, outcome=outcome, after=after, limit=limit + 1
            )
        veil = await self._redaction.veil(actor)
        shown = tuple(show_item(veil, each) for each in found[:limit])
        return shown, (shown[-1].number if len(found) > limit else None)

    async def cancel(self, actor: Actor, operation: OperationId, reason: str) -> Watched:
        """Stop it: what is in flight ends, the rest is left alone.

        Raises:
            Conflict: It has ended already.
        """
        given = check_reason(reason)
        await self._door.authorise(
            actor, Permission.OPERATION_CANCEL, Target("operation", str(operation))
        )
        found = (await self.one(actor, operation)).operation
        async with self._door.enter(
            actor,
            Permission.OPERATION_CANCEL,
            _target(found),
            action="operation.cancel",
            reason=given,
        ) as work:
            if not await work.operations.change(
                operation, OperationState.STOPPING, of=OperationState.RUNNING
            ):
                raise Conflict(f"The operation is {found.state} already.")
        self._wake()
        return await self.one(actor, operation)

    async def go_on(self, actor: Actor, operation: OperationId, reason: str) -> Watched:
        """Let one that was stopped go on with what it left alone.

        Raises:
            Conflict: It is not stopped, or somebody else started it.
        """
        given = check_reason(reason)
        await self._door.authorise(
            actor, Permission.OPERATION_START, Target("operation", str(operation))
        )
        found = (await self.one(actor, operation)).operation
        async with self._door.enter(
            actor,
            found.deed.permission,
            _target(found),
            action="operation.resume",
            reason=given,
        ) as work:
            if (actor.person, actor.token) != (found.person, found.token):
                raise Conflict(
                    f"It acts in the name of {found.on_behalf_of}.", hint="Start one of your own."
                )
            if not await work.operations.change(
                operation, OperationState.RUNNING, of=OperationState.STOPPED
            ):
                raise Conflict(f"The operation is {found.state}, not stopped.")
        self._wake()
        return await self.one(actor, operation)

    async def _place(self, actor: Actor, namespace: str, action: Action) -> Namespace:
        target = Target("namespace", namespace, namespace)
        await self._door.authorise(actor, Permission.OPERATION_START, target)
        return await self._door.look(actor, permission_of(action), target)

    async def _aims(self, place: Namespace, order: Order) -> tuple[Aim, ...]:
        if order.aims:
            return order.aims
        query = narrowed(order.query, order.action, order.as_of)
        found: list[Aim] = []
        token: str | None = None
        while True:
            page = await self._workflows.page(place, query, page_size=_PIECE, page_token=token)
            found += [Aim(run.workflow_id, run.run_id) for run in page.runs]
            token = page.next_page_token
            if token is None or len(found) > MOST_TARGETS:
                return tuple(found)

    async def _check_signal(self, place: Namespace, order: Order, sample: Aim, veil: Veil) -> None:
        """Ask one of the runs whether it knows the signal: a wrong one can break every run."""
        if not order.signal_name.strip():
            raise Invalid("A signal has a name.", field="name")
        ref = RunRef(place.slug, sample.workflow_id, sample.run_id)
        handlers = show_handlers(veil, await self._workflows.handlers(place, ref))
        warning = check_signal(order.signal_name, len(order.signal_args), handlers)
        if warning is not None and warning.certain and not order.force:
            guess = f" Did you mean {warning.suggestion}?" if warning.suggestion else ""
            raise Invalid(
                f"{warning.message}{guess}",
                field="args" if "argument" in warning.message else "name",
                hint="Nothing was sent. Send it with force if you mean it.",
            )


def _target(operation: Operation) -> Target:
    return Target("operation", str(operation.id), operation.namespace)
