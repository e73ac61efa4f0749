"""What a trusted proxy in front says of a request: its scheme, host and client."""

from __future__ import annotations

import ipaddress
import re

from starlette.datastructures import MutableHeaders
from starlette.types import Scope

from inspector_app.setting_values import Network

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_WITH_PORT = re.compile(r"\[(?P<six>[0-9A-Fa-f:.]+)\](?::\d+)?|(?P<four>[0-9.]+):\d+")


def believe(scope: Scope, trusted: tuple[Network, ...]) -> Scope:
    """Take scheme, host and client from the headers of a proxy in `trusted`, nobody else's.

    `scope` is changed in place.
    """
    client: tuple[str, int] | None = scope.get("client")
    sender = _parse(client[0]) if client else None
    if sender is None or not _is_one(sender, trusted):
        return scope
    headers = MutableHeaders(scope=scope)
    if proto := headers.get("x-forwarded-proto"):
        plain = {"http": "http", "websocket": "ws"}[scope["type"]]
        scope["scheme"] = plain + "s" * (proto.split(",")[0].strip() == "https")
    if host := headers.get("x-forwarded-host"):
        headers["host"] = host.split(",")[0].strip()
    # Every line counts: some proxies add one of their own under what the client wrote.
    hops = ",".join(headers.getlist("x-forwarded-for")).split(",")
    # From the right: what stands left of the first untrusted address anybody may have written.
    for hop in reversed(hops):
        address = _parse(hop.strip())
        if address is None:
            break
        scope["client"] = (str(address), 0)
        if not _is_one(address, trusted):
            break
    return scope


def _parse(text: str) -> Address | None:
    """Parse an address, with or without a port; IPv4 within IPv6 is IPv4."""
    if found := _WITH_PORT.fullmatch(text):
        text = found["six"] or found["four"]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _is_one(address: Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)
