"""Runs: looked at, and acted on with a reason, an intent and an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from inspector_app.domain.audit import Target, check_reason
from inspector_app.domain.errors import Conflict, Invalid
from inspector_app.domain.histories import Event, EventPage, EventRow
from inspector_app.domain.identity import Actor
from inspector_app.domain.ids import EventId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.refusals import Refusal, needs_rows, refusal
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.veils import Veil
from inspector_app.domain.workflows import (
    PAUSE_FLAG,
    Action,
    Capabilities,
    Done,
    Handlers,
    Offer,
    Run,
    RunData,
    RunPage,
    RunRef,
    SignalWarning,
    Status,
    StatusCounts,
    check_signal,
    offers,
    pausing_switched_off,
)
from inspector_app.services.door import Door
from inspector_app.services.ports import Histories, Workflows
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.showing import (
    aside,
    show_data,
    show_event,
    show_events,
    show_handlers,
    show_page,
    show_run,
)

MOST_PAGE = 1000
_LOOKS, _BETWEEN = 8, 0.25
"""After pausing: how often the server is asked again, and how many seconds apart."""


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with what its server can do and which actions its state admits."""

    run: Run
    capabilities: Capabilities
    offers: dict[Action, Offer]


class WorkflowDesk:
    """Everything about runs, through the door."""

    def __init__(
        self,
        door: Door,
        workflows: Workflows,
        histories: Histories,
        redaction: RedactionDesk,
    ) -> None:
        self._door = door
        self._redaction = redaction
        self._workflows = workflows
        self._histories = histories

    async def page(
        self, actor: Actor, namespace: str, query: str, *, page_size: int, page_token: str | None
    ) -> RunPage:
        """List runs that match `query` (Temporal's visibility language), at most 1000 a page.

        Raises:
            Invalid: Among others, the query asks for what is hidden from the actor.
        """
        if not 1 <= page_size <= MOST_PAGE:
            raise Invalid(f"A page has 1 to {MOST_PAGE} rows.", field="page_size")
        place, veil = await self._look_for(actor, namespace, query)
        found = await self._workflows.page(
            place, query, page_size=page_size, page_token=page_token
        )
        return show_page(veil, found)

    async def counts(self, actor: Actor, namespace: str, query: str) -> StatusCounts:
        """Count the runs that match `query`, in all and by status."""
        place, _ = await self._look_for(actor, namespace, query)
        return await self._workflows.counts(place, query)

    async def run(self, actor: Actor, ref: RunRef) -> RunView:
        """Describe a run, with what may be done with it now."""
        place = await self._look(actor, _target(ref))
        run, capabilities = await asyncio.gather(
            self._workflows.describe(place, ref), self._workflows.capabilities(place)
        )
        veil = await self._redaction.veil(actor)
        return RunView(show_run(veil, run), capabilities, offers(run, capabilities))

    async def data(self, actor: Actor, ref: RunRef) -> RunData:
        """Read what went into a run and came out."""
        found = await self._workflows.data(await self._look(actor, _target(ref)), ref)
        return await aside(await self._redaction.veil(actor), show_data, found)

    async def handlers(self, actor: Actor, ref: RunRef) -> Handlers:
        """Ask a worker what the workflow answers to; it may take a few seconds."""
        found = await self._workflows.handlers(await self._look(actor, _target(ref)), ref)
        return show_handlers(await self._redaction.veil(actor), found)

    async def history(self, actor: Actor, ref: RunRef, *, start: EventId, size: int) -> EventPage:
        """Read rows of a history from event `start` on."""
        if not 1 <= size <= MOST_PAGE:
            raise Invalid(f"A page has 1 to {MOST_PAGE} rows.", field="page_size")
        place = await self._look(actor, _target(ref))
        found = await self._histories.page(place, ref, start=start, size=size)
        return show_events(await self._redaction.veil(actor), found)

    async def event(self, actor: Actor, ref: RunRef, event: EventId) -> Event:
        """Read one event in full."""
        found = await self._histories.event(await self._look(actor, _target(ref)), ref, event)
        return await aside(await self._redaction.veil(actor), show_event, found)

    async def refusal(self, actor: Actor, ref: RunRef) -> Refusal | None:
        """Say where and why the run's workflow task keeps failing; None if it does not."""
        place = await self._look(actor, _target(ref))
        failure = await self._histories.task_failure(place, ref)
        if failure is None:
            return None
        veil = await self._redaction.veil(actor)
        failure = replace(failure, message=veil.failure(failure.message))
        rows: list[EventRow] = []
        following: EventId | None = EventId(1) if needs_rows(failure) else None
        while following is not None:
            page = await self._histories.page(place, ref, start=following, size=MOST_PAGE)
            rows += show_events(veil, page).rows
            following = page.next_event
        return refusal(failure, rows)

    async def check_signal(
        self, actor: Actor, ref: RunRef, name: str, args: list[object]
    ) -> SignalWarning | None:
        """Say whether a signal may do harm, before it is sent."""
        return check_signal(name, len(args), await self.handlers(actor, ref))

    async def pause(self, actor: Actor, ref: RunRef, reason: str) -> Done:
        """Pause a run natively and wait until the server says so.

        Raises:
            SwitchedOff: The server does not allow pausing.
            Conflict: It is closed, or paused already.
        """
        async with self._acting(actor, Permission.RUN_PAUSE, ref, reason, Action.PAUSE) as place:
            await self._workflows.pause(
                place,
                ref,
                reason=reason.strip(),
                identity=_identity(actor),
                request_id=actor.request_id,
            )
        run = await self._when(place, ref, lambda run: run.status is not Status.RUNNING)
        if run.status is Status.RUNNING and run.pause is not None:
            return await self._done(
                actor, run, "Paused, but not held: a task in flight undid it. Pause it again."
            )
        return await self._done(actor, run)

    async def resume(self, actor: Actor, ref: RunRef, reason: str) -> Done:
        """Let a paused run go on."""
        async with self._acting(actor, Permission.RUN_RESUME, ref, reason, Action.RESUME) as place:
            await self._workflows.resume(
                place,
                ref,
                reason=reason.strip(),
                identity=_identity(actor),
                request_id=actor.request_id,
            )
        run = await self._when(place, ref, lambda run: run.pause is None)
        return await self._done(actor, run)

    async def signal(
        self,
        actor: Actor,
        ref: RunRef,
        name: str,
        args: list[object],
        reason: str,
        *,
        force: bool,
    ) -> Done:
        """Send a signal.

        Raises:
            Invalid: The workflow has no such signal, or with other arguments, and not `force`.
        """
        if not name.strip():
            raise Invalid("A signal has a name.", field="name")
        # Asked in this order: nobody learns of a workflow's signals who may not send any.
        await self._door.authorise(actor, Permission.RUN_SIGNAL, _target(ref))
        warning = await self.check_signal(actor, ref, name, args)
        if warning is not None and warning.certain and not force:
            guess = f"Did you mean {warning.suggestion}?" if warning.suggestion else ""
            raise Invalid(
                warning.message,
                field="args" if "argument" in warning.message else "name",
                hint=guess or "Nothing was sent. Send it with force if you mean it.",
            )
        async with self._acting(actor, Permission.RUN_SIGNAL, ref, reason, Action.SIGNAL) as place:
            await self._workflows.signal(
                place,
                ref,
                name,
                args,
                identity=_identity(actor),
                request_id=actor.request_id,
            )
        run = await self._workflows.describe(place, ref)
        return await self._done(actor, run, warnings=(warning,) if warning else ())

    async def cancel(self, actor: Actor, ref: RunRef, reason: str) -> Done:
        """Ask a run to cancel itself; the workflow decides when, and whether."""
        async with self._acting(actor, Permission.RUN_CANCEL, ref, reason, Action.CANCEL) as place:
            await self._workflows.cancel(
                place,
                ref,
                reason=reason.strip(),
                identity=_identity(actor),
                request_id=actor.request_id,
            )
        run = await self._workflows.describe(place, ref)
        asked = "Cancelling is asked for; the workflow decides when it ends."
        if run.status is Status.PAUSED:
            asked = "Cancelling is asked for; it takes effect when the run is resumed."
        return await self._done(actor, run, asked if run.status.is_open else "")

    async def terminate(self, actor: Actor, ref: RunRef, reason: str) -> Done:
        """Stop a run at once, without clean-up."""
        async with self._acting(
            actor, Permission.RUN_TERMINATE, ref, reason, Action.TERMINATE
        ) as place:
            await self._workflows.terminate(
                place, ref, reason=reason.strip(), identity=_identity(actor)
            )
        return await self._done(actor, await self._workflows.describe(place, ref))

    async def _done(
        self,
        actor: Actor,
        run: Run,
        notice: str = "",
        warnings: tuple[SignalWarning, ...] = (),
    ) -> Done:
        return Done(show_run(await self._redaction.veil(actor), run), notice, warnings)

    async def _look(self, actor: Actor, target: Target) -> Namespace:
        return await self._door.look(actor, Permission.RUN_READ, target)

    async def _look_for(self, actor: Actor, namespace: str, query: str) -> tuple[Namespace, Veil]:
        """Look at a namespace with a query, which must not ask for what is hidden."""
        target = Target("namespace", namespace, namespace)
        async with self._door.looking(actor, Permission.RUN_READ, target) as (place, work):
            veil = await self._redaction.veil_within(work, actor)
        veil.check_query(query)
        return place, veil

    @asynccontextmanager
    async def _acting(
        self, actor: Actor, permission: Permission, ref: RunRef, reason: str, action: Action
    ) -> AsyncGenerator[Namespace]:
        """Check what can be checked, then do one thing between its intent and its outcome."""
        given = check_reason(reason)
        place = await self._door.look(actor, permission, _target(ref))
        run, capabilities = await asyncio.gather(
            self._workflows.describe(place, ref), self._workflows.capabilities(place)
        )
        offer = offers(run, capabilities)[action]
        if not offer.possible:
            if action is Action.PAUSE and PAUSE_FLAG in offer.why_not:
                raise pausing_switched_off()
            raise Conflict(offer.why_not)
        async with self._door.reach(actor, permission, _target(ref), reason=given) as namespace:
            yield namespace

    async def _when(self, place: Namespace, ref: RunRef, holds: Callable[[Run], bool]) -> Run:
        """Describe until what was asked for shows, for two seconds at most."""
        run = await self._workflows.describe(place, ref)
        for _ in range(_LOOKS):
            if holds(run):
                break
            await asyncio.sleep(_BETWEEN)
            run = await self._workflows.describe(place, ref)
        return run


def _target(ref: RunRef) -> Target:
    return Target("run", ref.workflow_id, ref.namespace, ref.run_id)


def _identity(actor: Actor) -> str:
    return f"inspector:{actor.name}"
