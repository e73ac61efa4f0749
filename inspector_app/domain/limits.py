"""How often something may be done: by whom, of which kind, in how long."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final


class Kind(StrEnum):
    """What is counted together."""

    READ = "read"
    ACT = "act"
    HEAVY = "heavy"
    EVENT = "event"
    SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `count` within any `seconds`."""

    count: int
    seconds: int

    def __str__(self) -> str:
        unit = {1: "second", 60: "minute", 3600: "hour"}[self.seconds]
        return f"{self.count}/{unit}"


@dataclass(frozen=True, slots=True)
class Limit:
    """The rate of a kind; None is none."""

    kind: Kind
    rate: Rate | None

    def __str__(self) -> str:
        return f"{self.kind}={self.rate or 'off'}"


USUAL: Final = (
    Limit(Kind.READ, Rate(3000, 60)),
    Limit(Kind.ACT, Rate(600, 60)),
    Limit(Kind.HEAVY, Rate(120, 60)),
    Limit(Kind.EVENT, Rate(3000, 60)),
    Limit(Kind.SIGN_IN, Rate(300, 60)),
)
"""For one person, token or (not signed in) address; far above what a person or a page does."""

WRONG: Final = Rate(10, 15 * 60)
"""Wrong guesses at one account from one address, and wrong tokens from one address."""
WRONG_OF_ADDRESS: Final = Rate(30, 15 * 60)
"""Wrong guesses from one address at all accounts: an office may share one."""
WRONG_OF_ACCOUNT: Final = Rate(100, 15 * 60)
"""Wrong guesses at one account from everywhere: above it, it is under attack."""
FEW: Final = 3
"""Wrong guesses that each address has at an account under attack: never none, or an attacker
with many addresses could keep its person out."""

_LIMIT = re.compile(r"([a-z-]+)=(?:(off)|([1-9][0-9]{0,6})/(second|minute|hour))")
_SECONDS: Final = {"second": 1, "minute": 60, "hour": 3600}


def parse_limits(text: str) -> tuple[Limit, ...]:
    """Parse `read=3000/minute, heavy=off`; kinds that are not named keep their usual rate.

    Raises:
        ValueError: Says what it must be.
    """
    given: dict[Kind, Limit] = {}
    for item in text.replace(",", " ").split():
        found = _LIMIT.fullmatch(item)
        if found is None or found[1] not in set(Kind):
            kinds = ", ".join(Kind)
            raise ValueError(
                f"it must be limits such as read=3000/minute or heavy=off, of {kinds}, "
                "each in a second, minute or hour"
            )
        rate = None if found[2] else Rate(int(found[3]), _SECONDS[found[4]])
        given[Kind(found[1])] = Limit(Kind(found[1]), rate)
    return tuple(given.get(usual.kind, usual) for usual in USUAL)


def rates_of(limits: Iterable[Limit]) -> dict[Kind, Rate]:
    """Return the kinds that have a rate."""
    return {limit.kind: limit.rate for limit in limits if limit.rate is not None}


def place_of(address: str) -> str:
    """Return what is counted as one address: of IPv6 the /64 that one customer is given."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ip_network((int(parsed), 64), strict=False))
