"""Checking a chain: entry by entry, against its head, its checkpoints and its cut."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from inspector_app.domain.audit import GENESIS, Entry, chained_hash
from inspector_app.domain.seals import Fault, Seal


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain stops fitting: at entry `seq`, and what is wrong there."""

    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking a chain found.

    Attributes:
        entries: How many fitted.
        head: The hash of the last of them.
        first_break: What is wrong first; None: nothing.
        cut: What retention removed, sealed; None: nothing was.
        checkpoints: How many were compared.
        sealed: The number of the newest entry that a checkpoint names; what came after could
            still be cut off without a trace.
    """

    entries: int
    head: str
    first_break: Break | None
    cut: Seal | None = None
    checkpoints: int = 0
    sealed: int = 0


class Checker:
    """Checks a whole chain, oldest entry first.

    Args:
        head: Number and hash of the newest entry as the chain's head records them (0, GENESIS:
            none); None where no head is at hand, as for an export.
        seals: What is stated about it, signatures checked.
    """

    def __init__(
        self,
        head: tuple[int, str] | None,
        *,
        cut: Seal | None = None,
        checkpoints: Iterable[Seal] = (),
    ) -> None:
        self._head = head
        self._cut = cut
        self._marks: dict[int, list[Seal]] = {}
        for each in checkpoints:
            self._marks.setdefault(each.seq, []).append(each)
        self._seq: int = cut.seq if cut else 0
        self._previous: str = cut.hash if cut else GENESIS
        self._entries = 0
        self._compared = 0
        self._sealed: int = self._seq
        self._broken: Break | None = None

    def accept(self, entry: Entry) -> bool:
        """Take the next entry; False at the first that does not fit."""
        if not self._entries:
            self._begin(entry)
        self._broken = self._misfit(entry) or self._unlike_seals(entry)
        if self._broken is None:
            self._seq, self._previous = entry.seq, entry.hash
            self._entries += 1
        return self._broken is None

    def refuse(self, seq: int, why: str = "its content was altered") -> None:
        """Take an entry that cannot even be read."""
        self._broken = Break(seq, why)

    def verdict(self) -> Verdict:
        """Say what was found, the chain's end included."""
        broken = self._broken or self._short_of_seals() or self._unlike_head()
        return Verdict(
            entries=self._entries,
            head=self._previous,
            first_break=broken,
            cut=self._cut,
            checkpoints=self._compared,
            sealed=self._sealed,
        )

    def _begin(self, first: Entry) -> None:
        """Start before what a cut has sealed and nobody has removed yet.

        Its last entry's hash is the cut's, and through it every one before it is known.
        """
        if self._cut and 1 <= first.seq <= self._cut.seq:
            self._seq, self._previous = first.seq - 1, first.previous

    def _misfit(self, entry: Entry) -> Break | None:
        wanted = self._seq + 1
        if entry.seq < wanted:
            return Break(entry.seq, "this number is no place in the chain")
        if entry.seq > wanted:
            return Break(wanted, _missing(wanted, entry.seq - 1, beginning=not self._entries))
        if entry.previous != self._previous:
            why = "it does not name its predecessor's hash: entries were reordered or replaced"
            return Break(entry.seq, why)
        if chained_hash(entry.chain, entry.seq, entry.record, self._previous) != entry.hash:
            return Break(entry.seq, "its content was altered")
        if self._head is not None and entry.seq > self._head[0]:
            return Break(entry.seq, f"the chain's head names {self._head[0]} as its last")
        return None

    def _unlike_seals(self, entry: Entry) -> Break | None:
        if self._cut and entry.seq == self._cut.seq and entry.hash != self._cut.hash:
            return Break(entry.seq, f"it is not the entry that the cut of {_day(self._cut)} names")
        for mark in self._marks.get(entry.seq, ()):
            if mark.hash != entry.hash:
                since = self._sealed + 1
                return Break(
                    entry.seq,
                    f"it is not the entry that the checkpoint of {_day(mark)} names: entries "
                    f"were written anew, the first of them between {since} and {entry.seq}",
                )
            self._compared += 1
            self._sealed = entry.seq
        return None

    def _short_of_seals(self) -> Break | None:
        last = max(self._marks, default=0)
        if last <= self._seq:
            return None
        mark = self._marks[last][0]
        why = f"the checkpoint of {_day(mark)} names {last} entries"
        return Break(self._seq + 1, f"the chain's end is missing: {why}")

    def _unlike_head(self) -> Break | None:
        if self._head is None:
            return None
        number, known = self._head
        if self._seq < number:
            return Break(
                self._seq + 1, f"the chain's end is missing: {number} entries were written"
            )
        if self._previous != known or number < self._seq:
            return Break(self._seq, "its hash is not the one the chain's head names")
        return None


def judged(found: Verdict, fault: Fault | None) -> Verdict:
    """Add what is wrong with the seals themselves, where the chain has no break of its own."""
    if found.first_break is None and fault is not None:
        return replace(found, first_break=Break(fault.seq, fault.reason))
    return found


def _missing(first: int, last: int, *, beginning: bool) -> str:
    what = f"entry {first} is" if first == last else f"entries {first} to {last} are"
    unsealed = ", and no sealed cut says that it was removed" if beginning else ""
    return f"{what} missing{unsealed}"


def _day(seal: Seal) -> str:
    return f"{seal.at:%Y-%m-%d %H:%M:%S} UTC"
