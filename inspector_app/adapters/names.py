"""Names outside: looked up once, and every address looked at before anybody connects to it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Container, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

from inspector_app.domain.addresses import HTTPS, Address, Network, why_not
from inspector_app.domain.errors import NotReached

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Answers the addresses of a name, best first; an OSError when it has none."""

# Of its own: a name server that answers slowly must not hold up what other threads are for.
_lookups = ThreadPoolExecutor(max_workers=16, thread_name_prefix="resolve")


async def of_the_system(host: str, port: int) -> list[str]:
    """See Resolve: as this machine looks names up."""

    def look_up() -> list[str]:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [str(place[0]) for *_, place in found]

    return await asyncio.get_running_loop().run_in_executor(_lookups, look_up)


async def addresses_of(
    host: str,
    port: int,
    *,
    allowed: Sequence[Network],
    plain: bool,
    resolve: Resolve,
    usual: Container[int] = HTTPS,
) -> list[Address]:
    """Resolve `host`, and refuse it if any of its addresses is refused.

    One address inside is enough: which one answers would be the name server's choice.
    `usual` are the ports of the protocol that is spoken.

    Raises:
        NotReached: It has none, or one that may not be called.
    """
    try:
        found = [ip_address(host)]
    except ValueError:
        try:
            found = [ip_address(text) for text in await resolve(host, port)]
        except (OSError, UnicodeError) as error:
            raise NotReached("Its name does not resolve.", permanent=False) from error
    if not found:
        raise NotReached("Its name does not resolve.", permanent=False)
    for address in found:
        if reason := why_not(address, port, allowed=allowed, plain=plain, usual=usual):
            raise refusal(
                reason, hint="The operator may let it be called: INSPECTOR_OUTBOUND_ALLOW."
            )
    return list(dict.fromkeys(found))


def refusal(reason: str, *, hint: str = "") -> NotReached:
    """Say that something is not let out."""
    return NotReached(f"It is not called: {reason}.", permanent=True, hint=hint)
