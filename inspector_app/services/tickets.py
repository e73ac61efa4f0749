"""What a browser carries to a provider and back: sealed, for minutes, about one sign-in."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from inspector_app.domain.errors import Conflict
from inspector_app.domain.signing_in import UNDER_WAY, SignInFault, Step
from inspector_app.services.ports import Cipher, Clock

LONGEST = 3900
"""Of a ticket: browsers drop a cookie of over 4096 characters, its name included, in silence."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """A sign-in under way.

    Attributes:
        provider: Its key.
        realm: Of its settings as they were: an answer to others is none.
        kept: What the adapter wants to see again.
        next_page: Where to go on.
        proving: The session that proves itself anew; "" opens one.
        testing: The session that tests the provider by it, which opens none; "" is no test.
    """

    provider: str
    realm: str
    kept: Mapping[str, str] = field(repr=False)
    next_page: str = ""
    proving: str = ""
    testing: str = ""


class Tickets:
    """Seals and opens them."""

    def __init__(self, cipher: Cipher, clock: Clock) -> None:
        self._cipher = cipher
        self._clock = clock

    def seal(self, ticket: Ticket) -> str:
        """Write one that opens for `UNDER_WAY`; one too long to keep forgets where to go on."""
        sealed = self._sealed(ticket)
        return sealed if len(sealed) <= LONGEST else self._sealed(replace(ticket, next_page=""))

    def _sealed(self, ticket: Ticket) -> str:
        until = (self._clock() + UNDER_WAY).timestamp()
        content = [
            "sign-in",
            ticket.provider,
            ticket.realm,
            dict(ticket.kept),
            ticket.next_page,
            ticket.proving,
            ticket.testing,
            until,
        ]
        return self._cipher.seal(json.dumps(content)).decode()

    def opened(self, text: str, provider: str) -> Ticket:
        """Open one of a provider, by its key.

        Raises:
            SignInFault: This browser began no sign-in there, or too long ago.
        """
        found = self._read(text)
        if found is None:
            raise SignInFault(Step.ANSWER, "This browser began no sign-in here, or too long ago.")
        if found.provider != provider:
            raise SignInFault(Step.ANSWER, "The answer is another provider's.")
        return found

    def tester_of(self, text: str) -> str:
        """Name the session that tests by it, whichever provider; "" where it is of no test."""
        found = self._read(text)
        return found.testing if found else ""

    def _read(self, text: str) -> Ticket | None:
        try:
            content = json.loads(self._cipher.unseal(text.encode("utf-8", "replace")))
        except (Conflict, ValueError):
            return None
        match content:
            case [
                "sign-in",
                str(key),
                str(realm),
                kept,
                str(next_page),
                str(proving),
                str(testing),
                float(until),
            ] if (
                isinstance(kept, dict)
                and 0 < until - self._clock().timestamp() <= UNDER_WAY.total_seconds()
            ):
                words = cast("dict[str, str]", kept)  # as `seal` wrote them
                return Ticket(key, realm, words, next_page, proving, testing)
            case _:
                return None
