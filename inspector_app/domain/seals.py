"""Signed statements about a chain, kept outside the database too: checkpoints and cuts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import cast
from uuid import UUID

from inspector_app.domain.audit import canonical, name_of
from inspector_app.domain.errors import Invalid
from inspector_app.domain.ids import TenantId

_MEMBER = ',"signature":"'
_VERSION = 1


class SealKind(StrEnum):
    """What is stated."""

    CHECKPOINT = "checkpoint"
    """All entries up to this one fitted."""
    CUT = "cut"
    """All entries up to this one fitted, and were then removed: the chain goes on from it."""


@dataclass(frozen=True, slots=True)
class Seal:
    """At `at`, entries `first` to `seq` of `chain` fitted, and `hash` was the last one's.

    `key` names the key that signs it.
    """

    kind: SealKind
    chain: TenantId | None
    first: int
    seq: int
    hash: str
    at: datetime
    key: str


@dataclass(frozen=True, slots=True)
class SignedSeal:
    """A seal with its signature (hex, Ed25519 over the UTF-8 of `signed_text`)."""

    seal: Seal
    signature: str

    @property
    def line(self) -> str:
        """One line of JSON, the signature last, as it is kept and sent."""
        return f'{signed_text(self.seal)[:-1]}{_MEMBER}{self.signature}"}}'


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Checks signatures. `id` is the SHA-256 (hex) of its DER, `pem` the key itself."""

    id: str
    pem: str


def signed_text(seal: Seal) -> str:
    """Write down what a seal's signature covers: the line as it stands without this member."""
    return canonical(
        {
            "v": _VERSION,
            "kind": seal.kind.value,
            "chain": name_of(seal.chain),
            "first": seal.first,
            "seq": seal.seq,
            "hash": seal.hash,
            "at": seal.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "key": seal.key,
        }
    )


def read_seal(line: str) -> SignedSeal:
    """Parse one line; whether the signature fits is another question.

    Raises:
        Invalid: It is no seal, or not written as Inspector writes one.
    """
    text, _, rest = line.strip().rpartition(_MEMBER)
    try:
        found = SignedSeal(_seal(json.loads(text + "}")), rest.removesuffix('"}'))
    except (ValueError, KeyError, TypeError) as error:
        raise Invalid("This line is no checkpoint and no cut of an audit log.") from error
    if found.line != line.strip():
        raise Invalid("This line is not written as Inspector writes a checkpoint or a cut.")
    return found


def _seal(found: object) -> Seal:
    fields = cast("Mapping[str, object]", found)
    chain, first, seq = str(fields["chain"]), fields["first"], fields["seq"]
    if not isinstance(first, int) or not isinstance(seq, int) or fields["v"] != _VERSION:
        raise TypeError(fields)
    return Seal(
        kind=SealKind(str(fields["kind"])),
        chain=None if chain == "installation" else TenantId(UUID(chain)),
        first=first,
        seq=seq,
        hash=str(fields["hash"]),
        at=datetime.fromisoformat(str(fields["at"])),
        key=str(fields["key"]),
    )


@dataclass(frozen=True, slots=True)
class Fault:
    """A seal that proves nothing, and why; `seq` is 0 where it cannot even be read."""

    chain: TenantId | None
    seq: int
    reason: str


@dataclass(frozen=True, slots=True)
class KnownSeals:
    """What is stated about chains, as far as its signatures fit, and what is wrong with others."""

    seals: tuple[Seal, ...] = ()
    faults: tuple[Fault, ...] = ()

    def chains(self) -> set[TenantId | None]:
        """The chains they speak of."""
        return {seal.chain for seal in self.seals}

    def checkpoints(self, chain: TenantId | None) -> list[Seal]:
        """The checkpoints of one chain."""
        return [each for each in self._of(chain) if each.kind is SealKind.CHECKPOINT]

    def cut(self, chain: TenantId | None) -> Seal | None:
        """The newest cut of one chain."""
        cuts = [each for each in self._of(chain) if each.kind is SealKind.CUT]
        return max(cuts, key=lambda each: each.seq, default=None)

    def fault(self, chain: TenantId | None) -> Fault | None:
        """The first thing that is wrong with what is said about one chain."""
        return next((each for each in self.faults if each.chain == chain), None)

    def _of(self, chain: TenantId | None) -> list[Seal]:
        return [each for each in self.seals if each.chain == chain]


def known(
    lines: Iterable[str],
    keys: Mapping[str, PublicKey],
    fits: Callable[[PublicKey, str, str], bool],
    *,
    of: TenantId | None = None,
) -> KnownSeals:
    """Sort seals by whether they prove anything; the same line twice counts once.

    Args:
        lines: As they were kept, empty ones left out.
        keys: The keys that are believed, by their id.
        fits: Tells whether a signature over a text was made with a key.
        of: The chain whose fault it is when a line cannot be read.
    """
    seals: list[Seal] = []
    faults: list[Fault] = []
    for line in dict.fromkeys(each.strip() for each in lines if each.strip()):
        try:
            signed = read_seal(line)
        except Invalid as error:
            faults.append(Fault(of, 0, error.detail))
            continue
        seal = signed.seal
        key = keys.get(seal.key)
        if key is None:
            why = f"the {seal.kind} is signed with a key that is not known ({seal.key[:12]}…)"
            faults.append(Fault(seal.chain, seal.seq, why))
        elif not fits(key, signed_text(seal), signed.signature):
            why = f"the signature of the {seal.kind} does not fit"
            faults.append(Fault(seal.chain, seal.seq, why))
        else:
            seals.append(seal)
    return KnownSeals(tuple(seals), tuple(faults))
