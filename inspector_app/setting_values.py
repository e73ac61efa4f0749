"""Parses the text of one setting; a ValueError's message says what it must be."""

from __future__ import annotations

import hashlib
import ipaddress
import re
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_SHORTEST_KEY: Final = 32  # characters; the ones made here carry 256 bits in 43
_SHORTEST_TOKEN: Final = 16
_SYSLOG_PORTS: Final = {"syslog": 514, "syslog+tls": 6514}
_LONGEST_KEPT: Final = 36_500


@dataclass(frozen=True, slots=True)
class AuditTarget:
    """Where the audit log is sent: `scheme` is file, http, https, syslog or syslog+tls.

    Attributes:
        url: As it was given.
        place: A file's absolute path, or a syslog server's host.
        ca, certificate: Of syslog over TLS: PEM files, or "".
    """

    scheme: str
    url: str
    place: str
    port: int = 0
    ca: str = ""
    certificate: str = ""

    @property
    def id(self) -> str:
        """The same for the same target, and no secret."""
        return hashlib.sha256(self.url.encode()).hexdigest()[:16]


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


def audit_targets(text: str) -> tuple[AuditTarget, ...]:
    found = tuple(_audit_target(each) for each in re.split(r"[,\s]+", text) if each)
    if len({each.url for each in found}) < len(found):
        raise ValueError("it names one target twice")
    return found


def file_target(path: Path) -> AuditTarget:
    return AuditTarget("file", f"file:{path}", str(path))


def _audit_target(text: str) -> AuditTarget:
    parts = urlsplit(text)
    if parts.scheme == "file":
        if parts.netloc or not parts.path.startswith("/") or parts.path.endswith("/"):
            raise ValueError("a file's target is its whole path, such as file:/var/log/a.jsonl")
        return file_target(Path(parts.path))
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError(f"a target ({parts.scheme}) needs a host, and no user name or fragment")
    match parts.scheme:
        case "https":
            return AuditTarget("https", text, parts.hostname)
        case "http":
            if not is_plain_loopback(text):
                raise ValueError(f"http to {parts.hostname} is readable on the way: use https")
            return AuditTarget("http", text, parts.hostname)
        case "syslog" | "syslog+tls":
            return _syslog_target(text)
        case _:
            raise ValueError(
                "each target must begin with file:, https://, syslog:// or syslog+tls://"
            )


def _syslog_target(text: str) -> AuditTarget:
    parts = urlsplit(text)
    given = dict(parse_qsl(parts.query))
    if set(given) - {"ca", "cert"} or parts.path.strip("/"):
        raise ValueError("a syslog target has no path, and takes only ?ca=FILE and &cert=FILE")
    if given and parts.scheme == "syslog":
        raise ValueError("ca and cert need syslog+tls://")
    return AuditTarget(
        parts.scheme,
        text,
        parts.hostname or "",
        parts.port or _SYSLOG_PORTS[parts.scheme],
        ca=given.get("ca", ""),
        certificate=given.get("cert", ""),
    )


def days(text: str) -> timedelta:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _LONGEST_KEPT:
        raise ValueError(f"it must be a number of days from 1 to {_LONGEST_KEPT}")
    return timedelta(days=int(text))


def header(text: str) -> str:
    if not text.isascii() or not text.isprintable():
        raise ValueError("it must be the value of one HTTP header, in ASCII")
    return text
