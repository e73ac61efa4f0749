"""What leaves of the audit log by itself: entries to a SIEM, seals to where they are safe.

Nothing that is done waits for it: it reads what is chained, and goes on where it was.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from inspector_app.domain.audit import Altered, Entry, Target, name_of
from inspector_app.domain.errors import NotTaken
from inspector_app.domain.exports import json_line
from inspector_app.domain.identity import SYSTEM, Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.seals import SignedSeal
from inspector_app.services.door import Door
from inspector_app.services.jobs import Held
from inspector_app.services.ports import Clock, Line, Meter, Sink, Work
from inspector_app.services.unmetered import UNMETERED

log = structlog.get_logger(__name__)

BATCH = 500
"""Lines handed over at once."""
TURN = 20.0
"""Seconds that one call gives a sink: then the others, and the job's next start, have theirs."""
BEHIND = timedelta(minutes=5)
"""What a sink has not taken by then is late."""
_SEALS = "seals"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a sink is doing: `unsent` lines wait, the oldest since `waiting_since`."""

    name: str
    unsent: int
    waiting_since: datetime | None
    failing_since: datetime | None
    failure: str

    def is_late(self, now: datetime) -> bool:
        """Tell whether somebody should look."""
        return self.waiting_since is not None and now - self.waiting_since > BEHIND


class FeedDesk:
    """Every sink, and how far it is.

    Args:
        streams: Take every entry of every chain.
        sealed: Take every checkpoint and cut.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        *,
        streams: Sequence[Sink] = (),
        sealed: Sequence[Sink] = (),
        meter: Meter = UNMETERED,
    ) -> None:
        self._door = door
        self._clock = clock
        self._streams = streams
        self._sealed = sealed
        self._meter = meter

    async def deliver(self, held: Held) -> int:
        """Hand over what waits, to all sinks side by side; says how many lines were taken.

        Raises:
            NotTaken: By one of them; the others have theirs.
        """
        turns = [self._stream(held, each) for each in self._streams]
        turns += [self._send_seals(held, each) for each in self._sealed]
        ended = await asyncio.gather(*turns, return_exceptions=True)
        # What is no sink's fault first: a lost lease, our own database.
        failures = [each for each in ended if isinstance(each, BaseException)]
        for failure in sorted(failures, key=lambda each: isinstance(each, NotTaken)):
            raise failure
        return sum(each for each in ended if isinstance(each, int))

    async def standings(self, actor: Actor) -> list[Standing]:
        """Say how every sink is doing."""
        target = Target("audit", "")
        async with self._door.enter(actor, Permission.OPERATOR, target, record=False) as work:
            found = [await self._of_stream(work, each) for each in self._streams]
            found += [await self._of_sealed(work, each) for each in self._sealed]
        return found

    async def measure(self) -> None:
        """Tell the meter how far behind every sink is."""
        now = self._clock()
        for each in await self.standings(SYSTEM):
            late = (now - each.waiting_since).total_seconds() if each.waiting_since else 0.0
            self._meter.audit_behind(each.name, each.unsent, max(late, 0.0))

    async def _stream(self, held: Held, sink: Sink) -> int:
        """Give a sink the entries it has not taken, of one chain after the other."""
        until, sent = time.monotonic() + TURN, 0
        async with self._reading() as work:
            state, chains = await work.sinks.state(sink.id), await work.audit.chains()
        altered: Altered | None = None
        waiting = list(chains)
        while waiting and time.monotonic() < until:
            for chain in tuple(waiting):  # a batch each: a busy chain keeps no other waiting
                feed = name_of(chain)
                upto = state.upto.get(feed, 0)
                try:
                    async with self._reading() as work:
                        entries = await work.audit.after(chain, upto, limit=BATCH)
                except Altered as error:
                    altered, entries = error, []
                if len(entries) < BATCH:
                    waiting.remove(chain)
                if entries:
                    upto = state.upto[feed] = entries[-1].seq
                    lines = [_line(each) for each in entries]
                    await self._hand_over(held, sink, feed, upto, lines)
                    sent += len(entries)
        if altered is not None:
            raise altered
        return sent

    async def _send_seals(self, held: Held, sink: Sink) -> int:
        until, sent = time.monotonic() + TURN, 0
        async with self._reading() as work:
            upto = (await work.sinks.state(sink.id)).upto.get(_SEALS, 0)
        while time.monotonic() < until:
            async with self._reading() as work:
                found = await work.seals.after(upto, limit=BATCH)
            if not found:
                break
            upto = found[-1][0]
            lines = [_seal_line(signed) for _, signed in found]
            await self._hand_over(held, sink, _SEALS, upto, lines)
            sent += len(lines)
        return sent

    async def _hand_over(
        self, held: Held, sink: Sink, feed: str, upto: int, lines: list[Line]
    ) -> None:
        try:
            await sink.take(lines)
        except NotTaken as error:
            log.warning("audit_not_taken", sink=sink.name, why=error.detail)
            async with held.work() as (work, now):
                await work.sinks.fail(sink.id, error.detail, now)
            raise
        # Only now: whoever is killed in between sends these again.
        async with held.work() as (work, _):
            await work.sinks.move(sink.id, feed, upto)
        self._meter.audited(sink.name, len(lines))

    async def _of_stream(self, work: Work, sink: Sink) -> Standing:
        state = await work.sinks.state(sink.id)
        unsent, oldest = 0, list[datetime]()
        for chain in await work.audit.chains():
            upto = state.upto.get(name_of(chain), 0)
            head, _ = await work.audit.head(chain)
            if head <= upto:
                continue
            first = await work.audit.after(chain, upto, limit=1)
            unsent += head - max(upto, first[0].seq - 1 if first else 0)
            oldest += [each.record.at for each in first]
        waiting = min(oldest, default=None)
        return Standing(sink.name, unsent, waiting, state.failing_since, state.failure)

    async def _of_sealed(self, work: Work, sink: Sink) -> Standing:
        state = await work.sinks.state(sink.id)
        upto = state.upto.get(_SEALS, 0)
        first = await work.seals.after(upto, limit=1)
        waiting = first[0][1].seal.at if first else None
        unsent = await work.seals.last() - upto if first else 0
        return Standing(sink.name, unsent, waiting, state.failing_since, state.failure)

    def _reading(self) -> AbstractAsyncContextManager[Work]:
        return self._door.enter(SYSTEM, Permission.OPERATOR, Target("audit", ""), record=False)


def _line(entry: Entry) -> Line:
    chain, record = name_of(entry.chain), entry.record
    return Line(
        id=f"{chain}/{entry.seq}",
        kind="entry",
        chain=chain,
        seq=entry.seq,
        at=record.at,
        text=json_line(entry),
        outcome=record.outcome.value,
    )


def _seal_line(signed: SignedSeal) -> Line:
    seal, chain = signed.seal, name_of(signed.seal.chain)
    return Line(
        id=f"{chain}/{seal.kind}/{seal.seq}/{signed.signature[:16]}",
        kind=seal.kind.value,
        chain=chain,
        seq=seal.seq,
        at=seal.at,
        text=signed.line,
    )
