"""Which addresses outside may be called: decided on the address itself, never on a name."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

EVERYWHERE: Final[tuple[Network, ...]] = (ip_network("0.0.0.0/0"), ip_network("::/0"))
"""For targets that the operator sets: trusted, and often inside."""

_UNICAST: Final = ip_network("2000::/3")
"""All of IPv6 that is handed out for global use."""
_TRANSLATED: Final = ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is reached."""
_NOT_GLOBAL: Final = tuple(
    ip_network(text)
    for text in (
        # What `ipaddress` of some supported Pythons takes for global, or leaves open.
        *("192.88.99.0/24", "192.0.0.0/24", "224.0.0.0/4", "240.0.0.0/4", "100.64.0.0/10"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),
    )
)
"""Reserved for something else: IANA's special-purpose registries (RFC 6890), multicast, and
6to4 and Teredo, whose tunnels lead to any IPv4 address."""

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LONGEST_NAME: Final = 253
HTTPS: Final = frozenset({443})
_FIRST_UNPRIVILEGED: Final = 1024


def why_no_host(host: str) -> str:
    """Say why `host`, as it stands in a URL and in ASCII, is none to call, or "".

    Only a name, or an address in its one usual form: `0x7f.1`, `127.1` and `2130706433` are
    read as addresses by some and as names by others (WHATWG URL, "ends in a number").
    """
    if _parsed(host) is not None:
        # A zone is a network card of this machine: no address on the internet has one.
        return "its address names a network card" if "%" in host else ""
    labels = host.lower().split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return "its host looks like an address and is written like none"
    if len(host) > _LONGEST_NAME or not all(_LABEL.fullmatch(label) for label in labels):
        return "its host is no name that the internet knows"
    return ""


def why_not(
    address: Address,
    port: int,
    *,
    allowed: Iterable[Network],
    plain: bool,
    usual: Container[int] = HTTPS,
) -> str:
    """Say why `address` may not be called, or "".

    Args:
        address: Where the call would go.
        port: Below 1024, strangers are called at the usual ones only.
        allowed: Networks that the operator let be called, at any port, in plain text too.
        plain: The call is not encrypted.
        usual: Ports of the protocol that is spoken; https when nothing is said.
    """
    reached = _reached(address)
    if reached.is_multicast or reached.is_unspecified:
        return "its address is no single machine's"
    if any(reached in network or address in network for network in allowed):
        return ""
    if not _is_global(reached):
        return "its address is not on the public internet"
    if plain:
        return "over the public internet only https is spoken"
    if port not in usual and port < _FIRST_UNPRIVILEGED:
        return f"port {port} belongs to something that speaks another protocol"
    return ""


def _parsed(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _reached(address: Address) -> Address:
    """The machine an address leads to: IPv4 that is wrapped in IPv6 is IPv4."""
    if isinstance(address, IPv4Address):
        return address
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address


def _is_global(address: Address) -> bool:
    if any(address in network for network in _NOT_GLOBAL):
        return False
    if isinstance(address, IPv6Address) and address not in _UNICAST:
        return False
    return address.is_global
