"""Parses the text of one setting; a ValueError's message says what it must be."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from importlib.util import find_spec
from typing import Final
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SHORTEST_KEY: Final = 32  # characters; the ones made here carry 256 bits in 43
_SHORTEST_TOKEN: Final = 16


def host(text: str) -> str:
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(
            "it must be an IP address to listen on, such as 127.0.0.1 or 0.0.0.0"
        ) from None


def port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004 - TCP's own bounds
        raise ValueError("it must be a number from 1 to 65535")
    return int(text)


def public_url(text: str) -> str:
    parts = urlsplit(text)
    host, port = parts.hostname, parts.port
    if parts.scheme not in {"http", "https"} or not host:
        raise ValueError("it must look like https://inspector.example.com")
    if parts.path.strip("/") or parts.query or parts.fragment or parts.username:
        raise ValueError("it must be a bare address: no path, no query, no user name")
    if port == {"http": 80, "https": 443}[parts.scheme]:
        port = None  # browsers leave it out of Origin and Host
    shown = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{shown}" + (f":{port}" if port else "")
    if parts.scheme == "http" and not is_plain_loopback(url):
        raise ValueError(
            "sign-in cookies need https on every host but loopback; "
            "give the https address of the proxy in front"
        )
    return url


def is_plain_loopback(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    driver = {
        "sqlite": "sqlite+aiosqlite",
        "sqlite+aiosqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+psycopg",
        "postgresql+psycopg": "postgresql+psycopg",
    }.get(scheme)
    if driver is None or not separator:
        raise ValueError("it must begin with sqlite:/// or postgresql://")
    if driver == "postgresql+psycopg" and find_spec("psycopg") is None:
        raise ValueError("PostgreSQL needs its driver: pip install 'psycopg[binary]'")
    return f"{driver}://{rest}"


def redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it must begin with redis://, rediss:// or unix://")
    return text


def keys(text: str) -> tuple[str, ...]:
    keys = tuple(text.replace(",", " ").split())
    if not keys or any(len(key) < _SHORTEST_KEY for key in keys):
        raise ValueError(
            f"every key must have {_SHORTEST_KEY} characters or more; "
            "several are separated by commas, newest first"
        )
    return keys


def token(text: str) -> str:
    if len(text) < _SHORTEST_TOKEN or not text.isascii() or " " in text:
        raise ValueError(f"it must have {_SHORTEST_TOKEN} ASCII characters or more, no spaces")
    return text


def hours(text: str) -> timedelta:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 720:  # noqa: PLR2004 - a month
        raise ValueError("it must be a number of hours from 1 to 720")
    return timedelta(hours=int(text))


def networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(item, strict=False) for item in text.replace(",", " ").split()
        )
    except ValueError as error:
        raise ValueError(f"it must be networks such as 10.0.0.0/8, ::1/128 ({error})") from None
