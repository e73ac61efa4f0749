"""Identity providers: where people come from who sign in elsewhere, and how each is set up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from enum import StrEnum
from ipaddress import ip_address
from typing import ClassVar, cast
from urllib.parse import urlsplit

from inspector_app.domain.errors import Invalid
from inspector_app.domain.group_roles import GroupMapping
from inspector_app.domain.ids import ProviderId, TenantId
from inspector_app.domain.tenancy import check_slug

_LONGEST, _LONGEST_NAME, _MOST_LINES = 2000, 64, 50
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
Value = str | bool | int | tuple[str, ...]
"""What a setting holds."""


class ProviderKind(StrEnum):
    """Which protocol it speaks."""

    OIDC = "oidc"
    OAUTH2 = "oauth2"
    SAML = "saml"
    LDAP = "ldap"


class Shape(StrEnum):
    """What a setting looks like: decides its input, and how it is checked."""

    TEXT = "text"
    URL = "url"
    LINES = "lines"
    """Several values, one a line."""
    SWITCH = "switch"
    NUMBER = "number"
    PEM = "pem"
    """Certificates, one behind the other."""


@dataclass(frozen=True, slots=True)
class Shown:
    """How a setting reads on the form, in the API's document and in the file."""

    label: str
    help: str
    shape: Shape = Shape.TEXT


def _shown(label: str, help: str, shape: Shape = Shape.TEXT) -> dict[str, Shown]:  # noqa: A002 - its name everywhere
    return {"shown": Shown(label, help, shape)}


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """An OpenID provider: Keycloak, Entra ID, Okta, Google."""

    kind: ClassVar = ProviderKind.OIDC
    secrets: ClassVar = ("client_secret",)

    issuer: str = field(
        metadata=_shown("Issuer", "As the provider writes it, to the letter.", Shape.URL)
    )
    client_id: str = field(metadata=_shown("Client ID", "What the provider calls Inspector."))
    scopes: tuple[str, ...] = field(
        default=("openid", "profile", "email"),
        metadata=_shown("Scopes", "One a line; openid is always asked for.", Shape.LINES),
    )
    username_claim: str = field(
        default="preferred_username",
        metadata=_shown("Claim of the user name", "Without it the e-mail, then the subject."),
    )
    groups_claim: str = field(
        default="groups",
        metadata=_shown("Claim of the groups", "In the ID token, else at the user endpoint."),
    )
    acr: tuple[str, ...] = field(
        default=(),
        metadata=_shown("Required acr", "One of these must be there; none asks.", Shape.LINES),
    )
    amr: tuple[str, ...] = field(
        default=(),
        metadata=_shown("Required amr", "All of these must be there: mfa.", Shape.LINES),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2Settings:
    """An OAuth 2 server without OpenID Connect, such as GitHub."""

    kind: ClassVar = ProviderKind.OAUTH2
    secrets: ClassVar = ("client_secret",)

    authorize_url: str = field(
        metadata=_shown("Authorisation address", "Where the browser is sent.", Shape.URL)
    )
    token_url: str = field(metadata=_shown("Token address", "Where a code is changed.", Shape.URL))
    user_url: str = field(
        metadata=_shown("User address", "Answers who signed in, as JSON.", Shape.URL)
    )
    client_id: str = field(metadata=_shown("Client ID", "What the server calls Inspector."))
    scopes: tuple[str, ...] = field(default=(), metadata=_shown("Scopes", "", Shape.LINES))
    subject_field: str = field(
        default="id", metadata=_shown("Field of the id", "What never changes of a person.")
    )
    username_field: str = field(default="login", metadata=_shown("Field of the user name", ""))
    emails_url: str = field(
        default="",
        metadata=_shown("E-mail address list", "Answers verified e-mail addresses.", Shape.URL),
    )
    groups: tuple[str, ...] = field(
        default=(),
        metadata=_shown(
            "Groups",
            "One a line: an address and what to make of each entry, such as "
            "https://api.github.com/user/teams {organization.login}/{slug}",
            Shape.LINES,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class SamlSettings:
    """A SAML 2.0 identity provider."""

    kind: ClassVar = ProviderKind.SAML
    secrets: ClassVar = ("sp_keys",)

    entity_id: str = field(metadata=_shown("Entity ID", "Of the identity provider."))
    sso_url: str = field(metadata=_shown("Sign-on address", "HTTP-Redirect binding.", Shape.URL))
    slo_url: str = field(
        default="",
        metadata=_shown("Log-out address", "HTTP-Redirect; none logs out here only.", Shape.URL),
    )
    certificates: str = field(
        metadata=_shown("Signing certificates", "Two while they rotate.", Shape.PEM)
    )
    username_attribute: str = field(
        default="uid", metadata=_shown("Attribute of the user name", "")
    )
    email_attribute: str = field(default="mail", metadata=_shown("Attribute of the e-mail", ""))
    groups_attribute: str = field(default="groups", metadata=_shown("Attribute of the groups", ""))
    encrypted: bool = field(
        default=True,
        metadata=_shown("Encrypted assertions", "Others are refused.", Shape.SWITCH),
    )
    unasked: bool = field(
        default=False,
        metadata=_shown(
            "Accept sign-ins that begin there",
            "IdP-initiated: nobody can tell them from a forged one.",
            Shape.SWITCH,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapSettings:
    """A directory: OpenLDAP, Active Directory."""

    kind: ClassVar = ProviderKind.LDAP
    secrets: ClassVar = ("bind_password",)

    servers: tuple[str, ...] = field(
        metadata=_shown(
            "Servers", "One a line, tried in order: ldaps://ldap.internal:636", Shape.LINES
        )
    )
    start_tls: bool = field(
        default=False, metadata=_shown("StartTLS", "For ldap://; else refused.", Shape.SWITCH)
    )
    certificates: str = field(
        default="", metadata=_shown("CA certificates", "None takes the system's.", Shape.PEM)
    )
    bind_dn: str = field(metadata=_shown("Service account", "The DN that searches."))
    people_base: str = field(metadata=_shown("People below", "A DN."))
    people_filter: str = field(
        default="(uid={username})",
        metadata=_shown("Filter", "{username} is escaped; (sAMAccountName={username}) for AD."),
    )
    groups_base: str = field(
        default="", metadata=_shown("Groups below", "A DN; none reads no groups.")
    )
    id_attribute: str = field(
        default="entryUUID", metadata=_shown("Attribute of the id", "objectGUID for AD.")
    )
    username_attribute: str = field(
        default="uid", metadata=_shown("Attribute of the user name", "sAMAccountName for AD.")
    )
    email_attribute: str = field(default="mail", metadata=_shown("Attribute of the e-mail", ""))
    group_name_attribute: str = field(
        default="cn", metadata=_shown("Attribute of a group's name", "")
    )
    nesting: int = field(
        default=5,
        metadata=_shown("Nesting", "How many levels of groups in groups count.", Shape.NUMBER),
    )


Settings = OidcSettings | OAuth2Settings | SamlSettings | LdapSettings
SETTINGS: Mapping[ProviderKind, type[Settings]] = {
    each.kind: each for each in (OidcSettings, OAuth2Settings, SamlSettings, LdapSettings)
}


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider as it is kept: without its secrets. `tenant` None is everybody's.

    Attributes:
        link_by_email: Whether a verified e-mail makes somebody the person who has it already.
        managed: Set in the operator's file, and read-only in the app.
    """

    id: ProviderId
    tenant: TenantId | None
    slug: str
    name: str
    settings: Settings
    mapping: GroupMapping
    enabled: bool
    link_by_email: bool
    version: int
    managed: bool = False

    @property
    def kind(self) -> ProviderKind:
        """Which protocol it speaks."""
        return self.settings.kind


def shown(each: Field[object]) -> Shown:
    """How a field of a provider's settings reads."""
    return each.metadata["shown"]


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
            f"{label} are PEM: from -----BEGIN CERTIFICATE----- to its END line, no private key.",
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
            if bad := [each for each in settings.scopes if not _SCOPE.fullmatch(each)]:
                raise Invalid(f"{bad[0][:80]!r} is no scope.", field="scopes")
        case LdapSettings():
            _check_servers(settings)
            if settings.people_filter.count("{username}") != 1:
                raise Invalid("The filter holds {username} once.", field="people_filter")
        case SamlSettings():
            pass


def _check_servers(settings: LdapSettings) -> None:
    for server in settings.servers:
        scheme, _, rest = server.partition("://")
        if scheme not in {"ldaps", "ldap"} or not rest or "/" in rest or "@" in rest:
            raise Invalid(f"A server is ldaps://host:port, not {server[:80]!r}.", field="servers")
        if scheme == "ldap" and not settings.start_tls:
            raise Invalid(
                f"{server[:80]} would send passwords in clear text.",
                field="servers",
                hint="Use ldaps://, or switch StartTLS on.",
            )


def check_provider_name(name: str) -> str:
    """Parse what stands on the sign-in button: 1 to 64 printable characters.

    Raises:
        Invalid: It is something else.
    """
    text = name.strip()
    if not text or len(text) > _LONGEST_NAME or not text.isprintable():
        raise Invalid(f"A name has 1 to {_LONGEST_NAME} characters on one line.", field="name")
    return text


def check_provider_slug(slug: str) -> str:
    """Parse a provider's part of addresses; `local` is taken.

    Raises:
        Invalid: It has other characters, or is taken.
    """
    if slug == "local":
        raise Invalid("`local` are the accounts that Inspector keeps itself.", field="slug")
    return check_slug(slug, field="slug")
