"""What an operator sets: environment over inspector.toml over defaults, parsed once."""

from __future__ import annotations

import ipaddress
import os
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final, TypeVar, cast

from inspector_app import provider_file, setting_values
from inspector_app.domain.errors import InspectorError
from inspector_app.domain.identity import ONE_TIME_LASTS
from inspector_app.domain.limits import USUAL, Limit, parse_limits
from inspector_app.domain.providers import ProviderOrder
from inspector_app.setting_values import AuditTarget, Network

T = TypeVar("T")

_PREFIX = "INSPECTOR_"
_FILE = "inspector.toml"
KEY_FILE: Final = "secret.key"
"""In the data folder; made by `data_folder` at the first start on loopback."""
CHECKPOINTS_FILE: Final = "audit-checkpoints.jsonl"
"""In the data folder; every checkpoint and cut of the audit log is added to it."""
_SECRETS = (
    *("secret_key", "metrics_token", "database_url", "redis_url"),
    "audit_webhook_authorization",
)
_UNSHOWN = (*_SECRETS, "audit_checkpoints", "audit_stream")  # a webhook's address may hold a key
_NAMES = (
    *("host", "port", "public_url", "data_dir", "database_url", "redis_url", "secret_key"),
    *("outbound_allow", "trusted_proxies", "metrics_token", "one_time_password_hours", "rates"),
    *("audit_checkpoints", "audit_stream", "audit_retention_days"),
    "audit_webhook_authorization",
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
        one_time_password_lasts: How long a password that somebody is given opens.
        audit_checkpoints: Where checkpoints and cuts go besides the data folder.
        audit_stream: Where every entry goes.
        audit_retention: How long entries are kept; None: for good.
        audit_webhook_authorization: What webhooks of the two are sent as Authorization.
        rates: How often one person, token or address may ask; of every kind.
        providers: Sign-in providers of the file, read-only in the app.
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
    audit_checkpoints: tuple[AuditTarget, ...] = field(repr=False)
    audit_stream: tuple[AuditTarget, ...] = field(repr=False)
    audit_retention: timedelta | None
    audit_webhook_authorization: str | None = field(repr=False)
    one_time_password_lasts: timedelta = ONE_TIME_LASTS
    rates: tuple[Limit, ...] = USUAL
    providers: tuple[ProviderOrder, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """The public URL is plain http on a loopback host."""
        return setting_values.is_plain_loopback(self.public_url)

    @property
    def cookie_prefix(self) -> str:
        """What cookie names begin with; plain http on loopback has no Secure cookies."""
        return "__Host-" if self.public_url.startswith("https://") else ""

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
    content = _content(folder / _FILE, problems)
    providers = provider_file.read(content.pop("provider", []), environ, folder, problems)
    given = _from_file(content, problems)
    given |= _from_environment(environ, folder, problems)
    reader = _Reader(given, problems)
    host = reader.get("host", setting_values.host, "127.0.0.1")
    port = reader.get("port", setting_values.port, 8000)
    local = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    public_url = reader.get("public_url", setting_values.public_url, local)
    if "public_url" not in given and ipaddress.ip_address(host).is_unspecified:
        problems.append(
            f"INSPECTOR_PUBLIC_URL is needed when INSPECTOR_HOST is {host}: "
            "Inspector answers only to the address that people open."
        )
    data_dir = (folder / reader.get("data_dir", Path, Path(".inspector"))).resolve()
    keys = reader.get("secret_key", setting_values.keys, ())
    if not keys and setting_values.is_plain_loopback(public_url):
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
            "database_url",
            setting_values.database_url,
            f"sqlite+aiosqlite:///{data_dir / 'inspector.db'}",
        ),
        redis_url=reader.get("redis_url", setting_values.redis_url, None),
        secret_keys=keys,
        outbound_allow=reader.get("outbound_allow", setting_values.networks, ()),
        trusted_proxies=reader.get("trusted_proxies", setting_values.networks, ()),
        metrics_token=reader.get("metrics_token", setting_values.token, None),
        audit_checkpoints=reader.get("audit_checkpoints", setting_values.audit_targets, ()),
        audit_stream=reader.get("audit_stream", setting_values.audit_targets, ()),
        audit_retention=reader.get("audit_retention_days", setting_values.days, None),
        audit_webhook_authorization=reader.get(
            "audit_webhook_authorization", setting_values.header, None
        ),
        one_time_password_lasts=reader.get(
            "one_time_password_hours", setting_values.hours, ONE_TIME_LASTS
        ),
        rates=reader.get("rates", parse_limits, USUAL),
        providers=providers,
    )
    if problems:
        raise SettingsError(problems)
    return settings


def unknown_names(environ: Mapping[str, str]) -> list[str]:
    """Return names that look like ours and are not: usually a slip of the hand."""
    known = {_PREFIX + name.upper() for name in _NAMES}
    known |= {f"{_PREFIX}{name.upper()}_FILE" for name in _SECRETS}
    return sorted(
        name
        for name in environ
        # Whose provider's secret it is, `provider_file` has looked for.
        if name.startswith(_PREFIX)
        and name not in known
        and not name.startswith(provider_file.PREFIX)
    )


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
            shown = "" if name in _UNSHOWN else f" is {text!r}"
            self.problems.append(f"{entry.where}{shown}: {error}.")
            return default


def _content(path: Path, problems: list[str]) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        problems.append(f"{path} cannot be read: {error}.")
        return {}


def _from_file(content: Mapping[str, object], problems: list[str]) -> dict[str, _Given]:
    problems.extend(
        f"{name} in {_FILE}: there is no such setting "
        f"(there are {', '.join(_NAMES)}, and [[provider]])."
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


def _kept_key(path: Path, problems: list[str]) -> tuple[str, ...]:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            problems.append(f"{path} can be read by others on this machine: chmod 600 {path}.")
        return setting_values.keys(path.read_text(encoding="ascii"))
    except (FileNotFoundError, NotADirectoryError):
        return ()  # `data_folder` says what is wrong with the folder
    except (OSError, ValueError) as error:
        problems.append(
            f"{path} cannot be read as a secret key ({error}). Without it, sessions end; "
            "restore it from a backup, or delete it to make a new one."
        )
        return ()
