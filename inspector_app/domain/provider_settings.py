"""What is set of an identity provider of each kind, and how each setting reads on a form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, dataclass, field
from enum import StrEnum
from typing import ClassVar


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
        metadata=_shown(
            "Required acr", "One of these must be there; empty asks for none.", Shape.LINES
        ),
    )
    amr: tuple[str, ...] = field(
        default=(),
        metadata=_shown(
            "Required amr", "One a line; all must be there, such as mfa.", Shape.LINES
        ),
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
        metadata=_shown("Log-out address", "HTTP-Redirect; empty logs out here only.", Shape.URL),
    )
    certificates: str = field(
        metadata=_shown("Signing certificates", "Two while they rotate.", Shape.PEM)
    )
    encryption_certificate: str = field(
        default="",
        metadata=_shown(
            "Encryption certificate",
            "Names in log-outs are encrypted for it; none says them in plain text.",
            Shape.PEM,
        ),
    )
    id_attribute: str = field(
        default="",
        metadata=_shown("Attribute of the id", "Empty takes the NameID, which must not change."),
    )
    username_attribute: str = field(
        default="uid", metadata=_shown("Attribute of the user name", "By its Name.")
    )
    email_attribute: str = field(default="mail", metadata=_shown("Attribute of the e-mail", ""))
    trust_email: bool = field(
        default=False,
        metadata=_shown(
            "E-mail addresses are verified",
            "On only where nobody can write their own at the provider.",
            Shape.SWITCH,
        ),
    )
    groups_attribute: str = field(default="groups", metadata=_shown("Attribute of the groups", ""))
    contexts: tuple[str, ...] = field(
        default=(),
        metadata=_shown(
            "Required contexts",
            "AuthnContextClassRef; one of these is asked for and must be there.",
            Shape.LINES,
        ),
    )
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
        default=False,
        metadata=_shown("StartTLS", "For ldap://, which is refused without it.", Shape.SWITCH),
    )
    certificates: str = field(
        default="", metadata=_shown("CA certificates", "Empty takes the system's.", Shape.PEM)
    )
    bind_dn: str = field(metadata=_shown("Service account", "The DN that searches."))
    people_base: str = field(metadata=_shown("People below", "A DN."))
    people_filter: str = field(
        default="(uid={username})",
        metadata=_shown("Filter", "{username} is escaped; (sAMAccountName={username}) for AD."),
    )
    groups_base: str = field(
        default="", metadata=_shown("Groups below", "A DN; empty reads no groups.")
    )
    id_attribute: str = field(
        default="entryUUID", metadata=_shown("Attribute of the id", "objectGUID for AD.")
    )
    username_attribute: str = field(
        default="uid", metadata=_shown("Attribute of the user name", "sAMAccountName for AD.")
    )
    email_attribute: str = field(default="mail", metadata=_shown("Attribute of the e-mail", ""))
    trust_email: bool = field(
        default=False,
        metadata=_shown(
            "E-mail addresses are verified",
            "On only where nobody can write their own into the directory.",
            Shape.SWITCH,
        ),
    )
    group_name_attribute: str = field(
        default="cn", metadata=_shown("Attribute of a group's name", "")
    )
    member_attributes: tuple[str, ...] = field(
        default=("member",),
        metadata=_shown(
            "Attributes of members",
            "One a line: member or uniqueMember hold DNs, memberUid holds user names.",
            Shape.LINES,
        ),
    )
    nesting: int = field(
        default=5,
        metadata=_shown("Nesting", "How many levels of groups in groups count.", Shape.NUMBER),
    )


Settings = OidcSettings | OAuth2Settings | SamlSettings | LdapSettings
SETTINGS: Mapping[ProviderKind, type[Settings]] = {
    each.kind: each for each in (OidcSettings, OAuth2Settings, SamlSettings, LdapSettings)
}


def shown(each: Field[object]) -> Shown:
    """How a field of a provider's settings reads."""
    return each.metadata["shown"]
