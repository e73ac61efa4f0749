"""Reading and checking the audit log, and closing what a crash left open."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from uuid import uuid4

from inspector_app.domain.audit import Entry, Outcome, Target, Unreadable, name_of
from inspector_app.domain.chains import Checker, Verdict, judged
from inspector_app.domain.identity import SYSTEM, Actor, ActorKind
from inspector_app.domain.ids import RequestId, TenantId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import RunRef
from inspector_app.services.door import Door
from inspector_app.services.ports import EVERYTHING, Clock, EntryFilter, Work
from inspector_app.services.redaction import RedactionDesk
from inspector_app.services.seals import SealDesk, needed
from inspector_app.services.showing import show_entry

PIECE = 500
"""Entries read in one transaction by an export."""


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Entries, newest first; `next_before_seq` asks for the older ones, None at the end."""

    entries: tuple[Entry, ...]
    total: int
    next_before_seq: int | None


def operator(name: str) -> Actor:
    """Who acts on the command line, on the installation's own machine."""
    return Actor(ActorKind.OPERATOR, name, "local", RequestId(str(uuid4())))


class AuditLog:
    """The chains, as far as an actor may see them."""

    def __init__(
        self, door: Door, clock: Clock, redaction: RedactionDesk, seals: SealDesk
    ) -> None:
        self._door = door
        self._redaction = redaction
        self._seals = seals
        self._clock = clock

    async def entries(self, actor: Actor, wanted: EntryFilter, *, limit: int) -> EntriesPage:
        """Read a page of the chain of the actor's tenant; the reading is recorded itself."""
        target = Target("audit", actor.tenant_slug)
        async with self._door.enter(
            actor, Permission.AUDIT_READ, target, action="audit.read"
        ) as work:
            found = await work.audit.entries(actor.tenant, wanted, limit=limit + 1)
            total = await work.audit.count(actor.tenant, wanted)
        more = len(found) > limit
        veil = await self._redaction.veil(actor)
        return EntriesPage(
            entries=tuple(show_entry(veil, entry) for entry in found[:limit]),
            total=total,
            next_before_seq=found[limit - 1].seq if more else None,
        )

    async def of_run(self, actor: Actor, run: RunRef, *, limit: int) -> tuple[Entry, ...]:
        """Read who touched one run (any of its workflow id), newest first."""
        target = Target("run", run.workflow_id, run.namespace, run.run_id)
        await self._door.look(actor, Permission.RUN_READ, target)
        wanted = EntryFilter(namespace=run.namespace, workflow_id=run.workflow_id)
        async with self._door.enter(actor, Permission.RUN_READ, target, record=False) as work:
            found = await work.audit.entries(actor.tenant, wanted, limit=limit)
        veil = await self._redaction.veil(actor)
        return tuple(show_entry(veil, entry) for entry in found)

    async def verify(
        self, actor: Actor, chain: TenantId | None, told: Sequence[str] = ()
    ) -> Verdict:
        """Recompute one chain and compare it with every checkpoint.

        `told` are checkpoints and cuts that were kept elsewhere, a line each.
        """
        permission, target = needed(actor, chain), Target("audit", name_of(chain))
        async with self._door.enter(actor, permission, target, record=False) as work:
            known = await self._seals.known(work, chain, told)
            checker = Checker(
                await work.audit.head(chain),
                cut=known.cut(chain),
                checkpoints=known.checkpoints(chain),
            )
            try:
                async for entry in work.audit.walk(chain):
                    if not checker.accept(entry):
                        break
            except Unreadable as error:
                checker.refuse(error.seq)
        return judged(checker.verdict(), known.fault(chain))

    async def verify_all(
        self, actor: Actor, told: Sequence[str] = ()
    ) -> dict[TenantId | None, Verdict]:
        """Recompute every chain, those too of which only a checkpoint tells."""
        target = Target("audit", "")
        async with self._door.enter(actor, Permission.OPERATOR, target, record=False) as work:
            known = await self._seals.known(work, None, told)
            there = {*await work.audit.chains(), *await work.seals.chains(), *known.chains()}
        if known.fault(None):
            there.add(None)
        found = sorted(there, key=lambda each: "" if each is None else str(each))
        return {chain: await self.verify(actor, chain, told) for chain in found}

    async def export(self, actor: Actor, wanted: EntryFilter) -> AsyncIterator[Entry]:
        """Read what `wanted` names of the chain of the actor's tenant, oldest first.

        That it is read is recorded before anything is. What is chained later is left out.

        Raises:
            Unreadable: An entry was altered beyond reading; while it is read.
        """
        return await self._exported(actor, Permission.AUDIT_EXPORT, actor.tenant, wanted)

    async def export_chain(self, actor: Actor, chain: TenantId | None) -> AsyncIterator[Entry]:
        """Read any whole chain, as the operator; see `export`."""
        return await self._exported(actor, Permission.OPERATOR, chain, EVERYTHING)

    async def _exported(
        self,
        actor: Actor,
        permission: Permission,
        chain: TenantId | None,
        wanted: EntryFilter,
    ) -> AsyncIterator[Entry]:
        target = Target("audit", actor.tenant_slug or name_of(chain))
        async with self._door.enter(
            actor, permission, target, action="audit.export", detail=_told(wanted)
        ):
            pass
        async with self._door.enter(actor, permission, target, record=False) as work:
            up_to, _ = await work.audit.head(chain)
        veil = await self._redaction.veil(actor)

        async def entries() -> AsyncIterator[Entry]:
            seq, more = 0, True
            while more:
                # A transaction for each piece: who takes the entries may be slow.
                async with self._door.enter(actor, permission, target, record=False) as work:
                    piece = await work.audit.after(
                        chain, seq, limit=PIECE, wanted=wanted, up_to=up_to
                    )
                for entry in piece:
                    yield show_entry(veil, entry)
                    seq = entry.seq
                more = len(piece) == PIECE

        return entries()

    async def reconcile(self) -> int:
        """At the start of the only process: close every intent that the one before left open."""
        async with self._door.enter(
            SYSTEM, Permission.OPERATOR, Target("audit", ""), record=False, write=True
        ) as work:
            return await close_intents(work, self._clock(), until=None, limit=PIECE)


async def close_intents(work: Work, now: datetime, *, until: datetime | None, limit: int) -> int:
    """Close as unknown what was intended, up to a moment, and has no outcome; says how many."""
    open_ones = await work.audit.take_open_intents(until, limit=limit)
    for entry in open_ones:
        closing = replace(
            entry.record,
            at=now,
            outcome=Outcome.UNKNOWN,
            detail="Inspector stopped before the answer came",
            intent=entry.seq,
        )
        await work.audit.append(entry.chain, closing)
    return len(open_ones)


def _told(wanted: EntryFilter) -> str:
    """Write down which entries were asked for."""
    fields = asdict(wanted)
    given = [f"{name}={value}" for name, value in fields.items() if value]
    return "; ".join(given)
