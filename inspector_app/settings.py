"""What an operator sets: environment over inspector.toml over defaults, parsed once."""

from __future__ import annotations

import ipaddress
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, TypeVar, cast
from urllib.parse import urlsplit

from inspector_app.domain.errors import InspectorError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
T = TypeVar("T")

_PREFIX = "INSPECTOR_"
_FILE = "inspector.toml"
KEY_FILE: Final = "secret.key"
"""In the data folder; made by `data_folder` at the first start on loopback."""
_SHORTEST_KEY = 32  # characters; the ones made here carry 256 bits in 43
_SHORTEST_TOKEN = 16
_SECRETS = ("secret_key", "metrics_token", "database_url", "redis_url")
_NAMES = (
    *("host", "port", "public_url", "data_dir", "database_url", "redis_url", "secret_key"),
    *("outbound_allow", "trusted_proxies", "metrics_token"),
)


class SettingsError(InspectorError):
    """What is set does not parse or does not fit together; one line a problem in `detail`."""

    title = "The configuration is not valid"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(
            "\n".join(problems), hint="Set it in the environment or in inspector.toml."
        )
        self.problems = problems


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The installation's configuration.

    Attributes:
        host: IP address to listen on.
        public_url: Origin people open: scheme, host and port without a trailing slash.
        data_dir: Absolute.
        secret_keys: Newest first; empty only before the first start on loopback.
        outbound_allow: Networks that targets set in the app may reach besides global ones.
        trusted_proxies: Networks whose forwarded headers are believed.
        metrics_token: Bearer token of /metrics.
    """

    host: str
    port: int
    public_url: str
    data_dir: Path
    database_url: str = field(repr=False)
    redis_url: str | None = field(repr=False)
    secret_keys: tuple[str, ...] = field(repr=False)
    outbound_allow: tuple[Network, ...]
    trusted_proxies: tuple[Network, ...]
    metrics_token: str | None = field(repr=False)

    @property
    def is_loopback(self) -> bool:
        """The public URL is plain http on a loopback host."""
        return _is_plain_loopback(self.public_url)

    @property
    def metrics_open(self) -> bool:
        """/metrics answers without a token: nobody but this machine can ask."""
        return ipaddress.ip_address(self.host).is_loopback and not self.trusted_proxies


@cache
def load_settings() -> Settings:
    """Read the configuration of this process; later calls answer the same object.

    Raises:
        SettingsError: Names every problem at once.
    """
    return read_settings(os.environ, Path.cwd())


def read_settings(environ: Mapping[str, str], folder: Path) -> Settings:
    """Parse `environ` over `folder`/inspector.toml over the defaults.

    Raises:
        SettingsError: Names every problem at once.
    """
    problems: list[str] = []
    given = _from_file(folder / _FILE, problems)
    given |= _from_environment(environ, folder, problems)
    reader = _Reader(given, problems)
    host = reader.get("host", _host, "127.0.0.1")
    port = reader.get("port", _port, 8000)
    local = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    public_url = reader.get("public_url", _public_url, local)
    if "public_url" not in given and ipaddress.ip_address(host).is_unspecified:
        problems.append(
            f"INSPECTOR_PUBLIC_URL is needed when INSPECTOR_HOST is {host}: "
            "Inspector answers only to the address that people open."
        )
    data_dir = (folder / reader.get("data_dir", Path, Path(".inspector"))).resolve()
    keys = reader.get("secret_key", _keys, ())
    if not keys and _is_plain_loopback(public_url):
        keys = _kept_key(data_dir / KEY_FILE, problems)
    elif not keys and "secret_key" not in given:
        problems.append(
            f"INSPECTOR_SECRET_KEY is required because {public_url} is not plain http on "
            "loopback: 32 random characters or more, for example from `openssl rand -hex 32`."
        )
    settings = Settings(
        host=host,
        port=port,
        public_url=public_url,
        data_dir=data_dir,
        database_url=reader.get(
            "database_url", _database_url, f"sqlite+aiosqlite:///{data_dir / 'inspector.db'}"
        ),
        redis_url=reader.get("redis_url", _redis_url, None),
        secret_keys=keys,
        outbound_allow=reader.get("outbound_allow", _networks, ()),
        trusted_proxies=reader.get("trusted_proxies", _networks, ()),
        metrics_token=reader.get("metrics_token", _token, None),
    )
    if problems:
        raise SettingsError(problems)
    return settings


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Return names that look like ours and are not: usually a slip of the hand."""
    known = {_PREFIX + name.upper() for name in _NAMES}
    known |= {f"{_PREFIX}{name.upper()}_FILE" for name in _SECRETS}
    return sorted(name for name in environ if name.startswith(_PREFIX) and name not in known)


@dataclass(frozen=True, slots=True)
class _Given:
    where: str
    value: object


@dataclass(frozen=True, slots=True)
class _Reader:
    given: Mapping[str, _Given]
    problems: list[str]

    def get(self, name: str, parse: Callable[[str], T], default: T) -> T:
        entry = self.given.get(name)
        if entry is None:
            return default
        if isinstance(entry.value, list):
            text = ",".join(str(item) for item in cast("list[object]", entry.value))
        else:
            text = str(entry.value)
        try:
            return parse(text.strip())
        except ValueError as error:
            # A secret's value never reaches a terminal or a log.
            shown = "" if name in _SECRETS else f" is {text!r}"
            self.problems.append(f"{entry.where}{shown}: {error}.")
            return default


def _from_file(path: Path, problems: list[str]) -> dict[str, _Given]:
    try:
        content: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{path} cannot be read: {error}.")
        return {}
    problems.extend(
        f"{name} in {_FILE}: there is no such setting (there are {', '.join(_NAMES)})."
        for name in content
        if name not in _NAMES
    )
    return {
        name: _Given(f"{name} in {_FILE}", value)
        for name, value in content.items()
        if name in _NAMES
    }


def _from_environment(
    environ: Mapping[str, str], folder: Path, problems: list[str]
) -> dict[str, _Given]:
    given: dict[str, _Given] = {}
    for name in _NAMES:
        variable = _PREFIX + name.upper()
        # Set to nothing is how compose files say "not set".
        if value := environ.get(variable, ""):
            given[name] = _Given(variable, value)
        path = environ.get(f"{variable}_FILE", "") if name in _SECRETS else ""
        if not path:
            continue
        if name in given and given[name].where == variable:
            problems.append(f"{variable} and {variable}_FILE are both set: keep one.")
            continue
        try:
            content = (folder / path).read_text(encoding="utf-8").strip()
        except (OSError, ValueError) as error:
            problems.append(f"{variable}_FILE is {path!r}, which cannot be read: {error}.")
            continue
        given[name] = _Given(f"{variable}_FILE", content)
    return given


def _host(text: str) -> str:
    if text == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(
            "it must be an IP address to listen on, such as 127.0.0.1 or 0.0.0.0"
        ) from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= 65535:  # noqa: PLR2004 - TCP's own bounds
        raise ValueError("it must be a number from 1 to 65535")
    return int(text)


def _public_url(text: str) -> str:
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
    if parts.scheme == "http" and not _is_plain_loopback(url):
        raise ValueError(
            "sign-in cookies need https on every host but loopback; "
            "give the https address of the proxy in front"
        )
    return url


def _is_plain_loopback(url: str) -> bool:
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    if parts.hostname == "localhost":
        return True
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def _database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    driver = {
        "sqlite": "sqlite+aiosqlite",
        "sqlite+aiosqlite": "sqlite+aiosqlite",
        "postgresql": "postgresql+psycopg",
        "postgresql+psycopg": "postgresql+psycopg",
    }.get(scheme)
    if driver is None or not separator:
        raise ValueError("it must begin with sqlite:/// or postgresql://")
    return f"{driver}://{rest}"


def _redis_url(text: str) -> str:
    if not text.startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it must begin with redis://, rediss:// or unix://")
    return text


def _keys(text: str) -> tuple[str, ...]:
    keys = tuple(text.replace(",", " ").split())
    if not keys or any(len(key) < _SHORTEST_KEY for key in keys):
        raise ValueError(
            f"every key must have {_SHORTEST_KEY} characters or more; "
            "several are separated by commas, newest first"
        )
    return keys


def _token(text: str) -> str:
    if len(text) < _SHORTEST_TOKEN or not text.isascii() or " " in text:
        raise ValueError(f"it must have {_SHORTEST_TOKEN} ASCII characters or more, no spaces")
    return text


def _networks(text: str) -> tuple[Network, ...]:
    try:
        return tuple(
            ipaddress.ip_network(item, strict=False) for item in text.replace(",", " ").split()
        )
    except ValueError as error:
        raise ValueError(f"it must be networks such as 10.0.0.0/8, ::1/128 ({error})") from None


def _kept_key(path: Path, problems: list[str]) -> tuple[str, ...]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            problems.append(f"{path} can be read by others on this machine: chmod 600 {path}.")
        return _keys(path.read_text(encoding="ascii"))
    except (FileNotFoundError, NotADirectoryError):
        return ()  # `data_folder` says what is wrong with the folder
    except (OSError, ValueError) as error:
        problems.append(
            f"{path} cannot be read as a secret key ({error}). Without it, sessions end; "
            "restore it from a backup, or delete it to make a new one."
        )
        return ()
