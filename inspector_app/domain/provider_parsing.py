"""Settings of identity providers from plain values: a form's, a file's, the API's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from ipaddress import ip_address
from string import Formatter
from typing import cast
from urllib.parse import urlsplit

from inspector_app.domain.errors import Invalid
from inspector_app.domain.provider_settings import (
    SETTINGS,
    LdapSettings,
    OAuth2Settings,
    OidcSettings,
    ProviderKind,
    SamlSettings,
    Settings,
    Shape,
    Shown,
    shown,
)

_LONGEST, _MOST_LINES = 2000, 50
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,99}|[0-9]+(\.[0-9]+){1,30}")
_COMPARED = re.compile(r"=[^()=]*\{username\}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_URI = re.compile(r"[a-z][a-z0-9+.-]*:[\x21-\x7e]+", re.IGNORECASE)
Value = str | bool | int | tuple[str, ...]


def parse_settings(kind: ProviderKind, raw: Mapping[str, object]) -> Settings:
    """Make a provider's settings of plain values, as a form, a file or the API gives them.

    Raises:
        Invalid: One is missing, unknown or none; names its field.
    """
    shape = SETTINGS[kind]
    known = {each.name: each for each in fields(shape)}
    if unknown := sorted(set(raw) - set(known)):
        raise Invalid(f"{kind} has no setting {unknown[0][:80]!r}.", field=unknown[0][:80])
    values: dict[str, Value] = {}
    for name, each in known.items():
        given = raw.get(name)
        if given is None or given in ("", [], ()):
            if each.default is MISSING:
                raise Invalid(f"{shown(each).label} is missing.", field=name)
            continue
        values[name] = _parse(name, shown(each), given)
    settings = shape(**values)  # pyright: ignore[reportArgumentType] - as parsed by their shapes
    _check(settings)
    return settings


def _parse(name: str, as_shown: Shown, given: object) -> Value:
    label, found = as_shown.label, None
    match as_shown.shape, given:
        case Shape.SWITCH, bool():
            found = given
        case Shape.NUMBER, int() if 0 <= given <= 20:  # noqa: PLR2004 - levels of nesting
            found = given
        case Shape.LINES, _:
            found = _lines(name, label, given)
        case Shape.PEM, str():
            found = _pem(name, label, given)
        case Shape.URL, str():
            found = check_url(given.strip(), field=name, label=label)
        case Shape.TEXT, str() if len(given) <= _LONGEST and given.isprintable():
            found = given.strip()
        case _:
            raise Invalid(f"{label} is not a {as_shown.shape} that fits.", field=name)
    return found


def _lines(name: str, label: str, given: object) -> tuple[str, ...]:
    parts = given.split("\n") if isinstance(given, str) else given
    if not isinstance(parts, (list, tuple)):
        raise Invalid(f"{label} is a list of lines.", field=name)
    lines = [str(each).strip() for each in cast("list[object]", parts)]
    lines = [each for each in lines if each]
    if len(lines) > _MOST_LINES or any(len(each) > _LONGEST for each in lines):
        raise Invalid(f"{label} has at most {_MOST_LINES} lines, none too long.", field=name)
    return tuple(lines)


def _pem(name: str, label: str, given: str) -> str:
    text = given.strip()
    begun, ended = text.count("-----BEGIN CERTIFICATE-----"), text.count("-----END CERTIFICATE")
    if not begun or begun != ended or "PRIVATE KEY" in text or len(text) > 50 * _LONGEST:
        raise Invalid(
            f"{label}: PEM, from -----BEGIN CERTIFICATE----- to its END line, no private key.",
            field=name,
        )
    return text


def check_url(url: str, *, field: str, label: str) -> str:
    """Accept an https address; http only on this machine, where nobody listens in.

    Raises:
        Invalid: It is something else, or holds a name and password.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    fits = parts.scheme == "https" or (parts.scheme == "http" and _is_here(host))
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= _LONGEST
    if not (fits and host and plain) or "@" in parts.netloc or parts.fragment:
        raise Invalid(
            f"{label} is an https address, such as https://login.example.com/realm.",
            field=field,
            hint="http is for providers on this very machine only.",
        )
    return url


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check(settings: Settings) -> None:
    """Refuse what no single field tells."""
    match settings:
        case OidcSettings() | OAuth2Settings():
            for line in settings.groups if isinstance(settings, OAuth2Settings) else ():
                _check_groups(line)
            if bad := [each for each in settings.scopes if not _SCOPE.fullmatch(each)]:
                raise Invalid(f"{bad[0][:80]!r} is no scope.", field="scopes")
        case LdapSettings():
            _check_directory(settings)
        case SamlSettings():
            if bad := [each for each in settings.contexts if not _URI.fullmatch(each)]:
                raise Invalid(
                    f"{bad[0][:80]!r} is no AuthnContextClassRef.",
                    field="contexts",
                    hint="urn:oasis:names:tc:SAML:2.0:ac:classes:TimeSyncToken",
                )
            if settings.encryption_certificate.count("-----BEGIN") > 1:
                raise Invalid("It is one certificate.", field="encryption_certificate")


def _check_groups(line: str) -> None:
    """Accept an address, and behind a space what to make of each entry there."""
    url, _, made_of = line.partition(" ")
    check_url(url, field="groups", label="The address of groups")
    try:
        parts = list(Formatter().parse(made_of))
    except ValueError:
        parts = [("", "", "", None)]
    named = [(name, spec, as_) for _, name, spec, as_ in parts if name is not None]
    if any(not name or spec or as_ for name, spec, as_ in named) or (made_of and not named):
        raise Invalid(
            f"{made_of[:80]!r} names no field of an entry, or not as it should.",
            field="groups",
            hint="https://api.github.com/user/teams {organization.login}/{slug}",
        )


def _check_directory(settings: LdapSettings) -> None:
    for server in settings.servers:
        _check_server(server, start_tls=settings.start_tls)
    once = settings.people_filter.count("{username}") == 1
    if not once or not _COMPARED.search(settings.people_filter):
        raise Invalid(
            "The filter compares something with {username}, once.",
            field="people_filter",
            hint="(uid={username})",
        )
    for name in (each.name for each in fields(settings) if "attribute" in each.name):
        found = getattr(settings, name)
        for each in (found,) if isinstance(found, str) else found:
            if not _ATTRIBUTE.fullmatch(each):
                raise Invalid(f"{each[:80]!r} is no attribute.", field=name)


def _check_server(server: str, *, start_tls: bool) -> None:
    try:
        parts = urlsplit(server)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    more = parts.path or parts.query or parts.fragment or "@" in parts.netloc
    plain = server.isascii() and server.isprintable() and " " not in server
    if parts.scheme not in {"ldaps", "ldap"} or not host or more or not plain:
        raise Invalid(f"A server is ldaps://host:port, not {server[:80]!r}.", field="servers")
    if parts.scheme == "ldap" and not start_tls:
        raise Invalid(
            f"{server[:80]} would send passwords in clear text.",
            field="servers",
            hint="Use ldaps://, or switch StartTLS on.",
        )
