"""What the two sides of SAML know each other by: certificates, metadata, and keys that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from inspector_app.domain.errors import Conflict
from inspector_app.domain.signing_in import KeyStep

MOST_METADATA = 512 * 1024
"""Bytes of one provider's; a federation's as a whole has more, and is not what is meant."""
MOST_CERTIFICATES = 2
"""That are taken of a provider's metadata: two while they rotate."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as people compare it.

    Attributes:
        fingerprint: SHA-256 of its DER, `AB:CD:…`.
    """

    fingerprint: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Described:
    """What a provider's metadata says of it.

    Attributes:
        settings: By the names that SamlSettings has: `entity_id`, `sso_url`, `slo_url`,
            `certificates` and `encryption_certificate`.
        certificates: Those of the settings, in their order.
        left_out: How many more it has, which are not taken.
    """

    settings: Mapping[str, str]
    certificates: tuple[Certificate, ...]
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class OurKeys:
    """Our certificates with a provider: the first one's key is in use.

    Attributes:
        steps: What may be done with them, what usually comes next first; none of the file's.
    """

    held: tuple[Certificate, ...]
    steps: tuple[KeyStep, ...]


def next_steps(held: Sequence[Certificate]) -> tuple[KeyStep, ...]:
    """Say what may be done with our pairs, of which the first one is in use.

    Of two the newer one is where it goes to: not in use yet, it is used next; then the older one
    is dropped. Either may be done out of turn, to go back.
    """
    match held:
        case [used, other] if other.since >= used.since:
            return (KeyStep.USE, KeyStep.DROP)
        case [_, _]:
            return (KeyStep.DROP, KeyStep.USE)
        case _:
            return (KeyStep.PREPARE,)


def check_step(step: KeyStep, held: Sequence[Certificate]) -> None:
    """Refuse a step that does nothing, or that would throw a pair away unasked.

    Raises:
        Conflict: Says which step is possible.
    """
    possible = next_steps(held)
    if step not in possible:
        detail = "There is another pair already." if len(held) > 1 else "There is one pair only."
        raise Conflict(detail, hint=f"Possible is: {', '.join(possible)}.")
