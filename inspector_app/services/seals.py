"""Sealing the audit log: signed checkpoints of every chain, and the cut that retention makes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import replace
from datetime import timedelta

from inspector_app.domain.audit import GENESIS, Altered, Entry, Target, name_of
from inspector_app.domain.chains import Checker
from inspector_app.domain.errors import Conflict, Invalid
from inspector_app.domain.identity import SYSTEM, Actor
from inspector_app.domain.ids import TenantId
from inspector_app.domain.permissions import Permission
from inspector_app.domain.seals import (
    KnownSeals,
    PublicKey,
    Seal,
    SealKind,
    SignedSeal,
    known,
    signed_text,
)
from inspector_app.services.door import Door
from inspector_app.services.jobs import Held
from inspector_app.services.ports import Cipher, Clock, KeptKey, Signatures, Work

PIECE = 1000
"""Entries read at a time: a checkpoint follows after each of so many, at the latest."""
CUT_EVERY = timedelta(days=1)
"""How often a chain is cut at most: each cut is an entry itself."""
REMOVED_AT_ONCE = 500
"""Entries removed in one transaction: nobody who acts waits longer for it."""


async def nothing_kept() -> list[str]:
    """Answer that no checkpoint is kept beside the database."""
    return []


class SealDesk:
    """Makes checkpoints and cuts, and says which are to be believed.

    Args:
        kept: Reads the lines that stand in the data folder, too.
        retention: How long entries are kept; None: for good.
        streams: Sinks that must have taken an entry before it may be removed.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        signatures: Signatures,
        cipher: Cipher,
        *,
        kept: Callable[[], Awaitable[list[str]]] = nothing_kept,
        retention: timedelta | None = None,
        streams: tuple[str, ...] = (),
    ) -> None:
        self._door = door
        self._clock = clock
        self._signatures = signatures
        self._cipher = cipher
        self._kept = kept
        self._streams = streams
        self.retention = retention

    async def tend(self, held: Held) -> int:
        """Seal every chain, then cut what is due; says how many seals and removals it were.

        Raises:
            Altered: A chain does not fit any more; the others are dealt with all the same.
        """
        done, altered = 0, None
        for step in (self.seal, self.cut):
            try:
                done += await step(held)
            except Altered as error:
                altered = altered or error
        if altered is not None:
            raise altered
        return done

    async def seal(self, held: Held) -> int:
        """Sign where every chain stands, after checking that it goes on from the last checkpoint.

        Raises:
            Altered: A chain does not; the others are sealed all the same.
        """
        done, altered = 0, None
        for chain in await self._chains():
            try:
                while await self._seal_next(held, chain):
                    done += 1
            except Altered as error:
                altered = altered or error
        if altered is not None:
            raise altered
        return done

    async def _seal_next(self, held: Held, chain: TenantId | None) -> bool:
        """Check the next entries of a chain and sign the last of them."""
        async with self._reading() as work:
            last = await self._last(work, chain)
            seq, previous = (last.seq, last.hash) if last else (0, GENESIS)
            head = await work.audit.head(chain)
            entries = await work.audit.after(chain, seq, limit=PIECE)
            checker = Checker(None, cut=last)
            _accept(checker, entries)
            if not entries:
                if head != (seq, previous):
                    raise Altered(seq, "is the last one, and the chain's head says otherwise")
                return False
            first = await work.audit.first(chain)
        newest = entries[-1]
        async with held.work() as (work, now):
            key, private = await self._signing_key(work)
            seal = Seal(
                SealKind.CHECKPOINT, chain, first, newest.seq, newest.hash, at=now, key=key.id
            )
            await work.seals.add(self._signed(seal, private))
        return True

    async def cut(self, held: Held) -> int:
        """Remove what is older than the retention, up to a checkpoint, and seal the cut first.

        What a cut has sealed goes piece by piece; a later call goes on where one was interrupted.

        Raises:
            Altered: What is to be removed does not fit any more: it stays, as the evidence.
        """
        removed, altered = 0, None
        for chain in await self._chains():
            try:
                if self.retention is not None:
                    await self._seal_cut(held, chain, self.retention)
            except Altered as error:
                altered = altered or error
            removed += await self._sweep(held, chain)
        if altered is not None:
            raise altered
        return removed

    async def _seal_cut(self, held: Held, chain: TenantId | None, retention: timedelta) -> None:
        async with self._reading() as work:
            cut = await self._believed(work, await work.seals.newest(chain, SealKind.CUT))
            if cut is not None and self._clock() < cut.at + CUT_EVERY:
                return
            states = [await work.sinks.state(each) for each in self._streams]
            taken = [state.upto.get(name_of(chain), 0) for state in states]
            head, _ = await work.audit.head(chain)
            mark = await work.seals.checkpoint_before(
                chain, self._clock() - retention, up_to=min([head, *taken])
            )
            mark = await self._believed(work, mark)
        if mark is None or (cut is not None and mark.seq <= cut.seq):
            return
        await self._check(held, chain, cut, mark)
        first = cut.seq + 1 if cut else 1
        told = f"entries {first} to {mark.seq} removed, older than {retention.days} days"
        async with held.deed(
            _in_chain(chain), Target("audit", name_of(chain)), action="audit.cut", detail=told
        ) as (work, now):
            key, private = await self._signing_key(work)
            seal = Seal(SealKind.CUT, chain, first, mark.seq, mark.hash, at=now, key=key.id)
            await work.seals.add(self._signed(seal, private))
            await work.seals.forget_checkpoints(chain, mark.seq)

    async def _check(
        self, held: Held, chain: TenantId | None, cut: Seal | None, mark: Seal
    ) -> None:
        """Recompute what is about to be removed: no trace of tampering may go with it."""
        checker, seq = Checker(None, cut=cut, checkpoints=(mark,)), cut.seq if cut else 0
        while seq < mark.seq:
            async with held.work():
                pass  # a sign of life: it may take longer than a lease
            async with self._reading() as work:
                entries = await work.audit.after(chain, seq, limit=PIECE, up_to=mark.seq)
            _accept(checker, entries)
            if not entries:
                raise Altered(seq + 1, f"is missing, and so is all up to {mark.seq}")
            seq = entries[-1].seq

    async def _sweep(self, held: Held, chain: TenantId | None) -> int:
        """Remove what the newest cut has sealed."""
        async with self._reading() as work:
            cut = await self._believed(work, await work.seals.newest(chain, SealKind.CUT))
            if cut is None or not 0 < await work.audit.first(chain) <= cut.seq:
                return 0
        up_to = cut.seq
        return await held.in_pieces(
            lambda work, _: work.audit.remove(chain, up_to, limit=REMOVED_AT_ONCE)
        )

    async def known(
        self, work: Work, chain: TenantId | None, told: Iterable[str] = ()
    ) -> KnownSeals:
        """Read what is stated about a chain: in the database, the data folder, and `told`."""
        lines = [*await work.seals.lines(chain), *await self._kept(), *told]
        return known(lines, await self._believed_keys(work), self._signatures.fits, of=chain)

    async def keys(self, actor: Actor) -> list[PublicKey]:
        """Read the public keys that checkpoints and cuts are signed with, the newest first.

        There is none before the first checkpoint.
        """
        permission, target = needed(actor, actor.tenant), Target("key", "audit")
        async with self._door.enter(actor, permission, target, record=False) as work:
            return list((await self._believed_keys(work)).values())

    async def lines(self, actor: Actor, chain: TenantId | None) -> list[str]:
        """Read the checkpoints and cuts of a chain, oldest first, as signed lines."""
        permission, target = needed(actor, chain), Target("audit", name_of(chain))
        async with self._door.enter(actor, permission, target, record=False) as work:
            return await work.seals.lines(chain)

    async def rotate(self, actor: Actor) -> PublicKey:
        """Sign with a new key from now on; of the one before only the public half is kept."""
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("key", "audit"), action="audit.rotate-key"
        ) as work:
            for kept in await work.seals.keys():
                if not kept.retired:
                    public = self._signatures.public_of(self._cipher.unseal(kept.sealed))
                    await work.seals.retire_key(
                        KeptKey(kept.id, self._cipher.seal(public.pem), retired=True)
                    )
            key, _ = await self._new_key(work)
            return key

    async def _last(self, work: Work, chain: TenantId | None) -> Seal | None:
        """Return what the next checkpoint goes on from."""
        found = [
            await self._believed(work, await work.seals.newest(chain, kind)) for kind in SealKind
        ]
        return max((each for each in found if each), key=lambda each: each.seq, default=None)

    async def _believed(self, work: Work, signed: SignedSeal | None) -> Seal | None:
        if signed is None:
            return None
        seal, key = signed.seal, (await self._believed_keys(work)).get(signed.seal.key)
        if key is None or not self._signatures.fits(key, signed_text(seal), signed.signature):
            raise Altered(seal.seq, f"has a {seal.kind} that this installation has not signed")
        return seal

    async def _believed_keys(self, work: Work) -> Mapping[str, PublicKey]:
        """Read the keys: whoever sealed one held the installation's secret."""
        found: dict[str, PublicKey] = {}
        for kept in await work.seals.keys():
            with suppress(Conflict, Invalid):  # sealed with a secret that is not set any more
                text = self._cipher.unseal(kept.sealed)
                key = (
                    self._signatures.read(text)[0]
                    if kept.retired
                    else self._signatures.public_of(text)
                )
                found[key.id] = key
        return found

    async def _signing_key(self, work: Work) -> tuple[PublicKey, str]:
        for kept in await work.seals.keys():
            if not kept.retired:
                with suppress(Conflict):  # with another secret: a new key costs nothing
                    private = self._cipher.unseal(kept.sealed)
                    return self._signatures.public_of(private), private
        return await self._new_key(work)

    async def _new_key(self, work: Work) -> tuple[PublicKey, str]:
        private = self._signatures.new_key()
        public = self._signatures.public_of(private)
        sealed = self._cipher.seal(private)
        await work.seals.add_key(KeptKey(public.id, sealed, retired=False), self._clock())
        return public, private

    def _signed(self, seal: Seal, private: str) -> SignedSeal:
        return SignedSeal(seal, self._signatures.sign(private, signed_text(seal)))

    def _reading(self) -> AbstractAsyncContextManager[Work]:
        return self._door.enter(SYSTEM, Permission.OPERATOR, Target("audit", ""), record=False)

    async def _chains(self) -> list[TenantId | None]:
        async with self._reading() as work:
            return sorted({*await work.audit.chains(), *await work.seals.chains()}, key=name_of)


def needed(actor: Actor, chain: TenantId | None) -> Permission:
    """A tenant's admin checks their own chain; every other one is the operator's."""
    own = chain is not None and chain == actor.tenant
    return Permission.AUDIT_VERIFY if own else Permission.OPERATOR


def _accept(checker: Checker, entries: Iterable[Entry]) -> None:
    for entry in entries:
        if not checker.accept(entry):
            broken = checker.verdict().first_break
            assert broken is not None  # or it had been accepted
            raise Altered(broken.seq, f"does not fit: {broken.reason}")


def _in_chain(chain: TenantId | None) -> Actor:
    return replace(SYSTEM, tenant=chain)
