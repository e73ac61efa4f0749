"""Tokens that programs act with: what they look like, how far they reach, when they end."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from inspector_app.domain.errors import Invalid, NotFound
from inspector_app.domain.ids import PersonId, TenantId, TokenId
from inspector_app.domain.permissions import HELD, NEEDS_PROOF, Permission, Role, holds

LONGEST_LIFE = timedelta(days=366)
USUAL_DAYS = 90
JWT_LIFE = timedelta(minutes=15)
SKEW = timedelta(seconds=30)
"""How far two machines' clocks may be apart."""
MOST_LIVE = 50
"""Live tokens of one person in a tenant, and service tokens of a tenant."""
LONGEST_NAME = 64

_DIGITS = string.digits + string.ascii_letters
_SECRET, _CHECK = 43, 6
"""Letters: 43 of 62 are 256 bits, 6 hold a CRC-32."""
_FORM = re.compile(
    rf"insp_(pat|svc)_([0-9a-f]{{32}})_([0-9A-Za-z]{{{_SECRET}}})([0-9A-Za-z]{{{_CHECK}}})"
)
_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9 ._@-]{{0,{LONGEST_NAME - 1}}}")
_BY_SESSION_ONLY = NEEDS_PROOF | {Permission.TOKEN_READ}
"""A token makes no tokens and no people: who stole one could not be got rid of by revoking it."""


class TokenKind(StrEnum):
    """Whom a token stands for."""

    PERSONAL = "personal"
    """One person in one tenant, with their role of the moment at most."""
    SERVICE = "service"
    """The tenant itself."""


_WORDS = {TokenKind.PERSONAL: "pat", TokenKind.SERVICE: "svc"}


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it is kept: without its secret. `person` is None for a service token."""

    id: TokenId
    kind: TokenKind
    tenant: TenantId
    person: PersonId | None
    name: str
    role: Role
    scopes: frozenset[Permission]
    created_by: str
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    def refusal(self, now: datetime) -> str:
        """Say why it opens nothing at `now`, or ""."""
        if self.revoked_at is not None:
            return "the token is revoked"
        return "" if now < self.expires_at else "the token has expired"

    def reaches(self, permission: Permission) -> bool:
        """Tell whether both its scopes and its role hold `permission`."""
        return permission in self.scopes and holds(self.role, permission)


@dataclass(frozen=True, slots=True)
class TokenOrder:
    """What somebody wants: `scopes` None are all that a token of that role may have."""

    name: str
    role: Role
    days: int = USUAL_DAYS
    scopes: frozenset[Permission] | None = None

    def ends_at(self, now: datetime) -> datetime:
        """When a token made `now` expires."""
        return now + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a JWT says (RFC 9068); `token` is the one it was made of, `subject` who acts."""

    issuer: str
    audience: str
    subject: str
    tenant: str
    token: str
    role: Role
    scopes: frozenset[Permission]
    id: str
    issued_at: int
    not_before: int
    expires_at: int

    def refusal(self, *, issuer: str, audience: str, now: datetime) -> str:
        """Say why they hold nothing at `now`, or ""."""
        moment, skew = now.timestamp(), SKEW.total_seconds()
        if self.issuer != issuer:
            return "the JWT is of another issuer"
        if self.audience != audience:
            return "the JWT is for another audience"
        if moment < max(self.not_before, self.issued_at) - skew:
            return "the JWT is not valid yet"
        if self.expires_at - self.issued_at > JWT_LIFE.total_seconds():
            return "the JWT lasts longer than any of ours"
        return "" if moment < self.expires_at else "the JWT has expired"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key pair for JWTs: JSON Web Keys, the private one sealed by `ports.Cipher`."""

    id: str
    public: str
    sealed: bytes
    created_at: datetime


def grantable(role: Role) -> frozenset[Permission]:
    """Which permissions a token of this role may have."""
    return HELD[role] - _BY_SESSION_ONLY


def lower(one: Role, other: Role) -> Role:
    """The lesser of two roles."""
    return one if HELD[one] <= HELD[other] else other


def new_secret() -> str:
    """Make the secret part: 256 bits."""
    return "".join(secrets.choice(_DIGITS) for _ in range(_SECRET))


def written(kind: TokenKind, ident: TokenId, secret: str) -> str:
    """Write a token down as its holder sends it: `insp_pat_<id>_<secret><checksum>`."""
    text = f"insp_{_WORDS[kind]}_{ident.hex}_{secret}"
    return text + _check(text)


def parse_token(text: str) -> tuple[TokenId, str] | None:
    """Return a token's id and secret, or None: its form or its checksum is wrong."""
    found = _FORM.fullmatch(text)
    if found is None or _check(text[:-_CHECK]) != found[4]:
        return None
    return TokenId(UUID(found[2])), found[3]


def digest(secret: str) -> str:
    """What is kept of a secret: its SHA-256 (hex); 256 random bits need no salt."""
    return hashlib.sha256(secret.encode()).hexdigest()


def fits(secret: str, kept: str) -> bool:
    """Tell whether `kept` is of this secret, in the same time whatever it is."""
    return hmac.compare_digest(digest(secret), kept)


def parse_token_id(text: str) -> TokenId:
    """Parse a token's id.

    Raises:
        NotFound: It is none, so there is no such token.
    """
    try:
        return TokenId(UUID(text))
    except ValueError:
        raise NotFound("There is no such token here.") from None


def parse_scopes(names: Iterable[str]) -> frozenset[Permission]:
    """Parse permissions by their names.

    Raises:
        Invalid: One is none.
    """
    try:
        return frozenset(Permission(name) for name in names)
    except ValueError as error:
        raise Invalid(f"A scope is a permission: {error}.", field="scopes") from None


def check_order(order: TokenOrder) -> frozenset[Permission]:
    """Accept an order and return its scopes.

    Raises:
        Invalid: A bad name or life, or scopes beyond the role.
    """
    if not _NAME.fullmatch(order.name):
        raise Invalid(
            f"A name has 1 to {LONGEST_NAME} letters, digits, spaces or . _ @ - and begins with "
            "a letter or digit.",
            field="name",
        )
    if not 1 <= order.days <= LONGEST_LIFE.days:
        raise Invalid(f"A token lasts 1 to {LONGEST_LIFE.days} days.", field="days")
    possible = grantable(order.role)
    scopes = possible if order.scopes is None else order.scopes
    if not scopes:
        raise Invalid("A token without a scope opens nothing: choose one.", field="scopes")
    if beyond := sorted(scopes - possible):
        why = (
            "no token may have it"
            if holds(order.role, beyond[0])
            else f"the role {order.role} does not hold it"
        )
        raise Invalid(f"{beyond[0]} cannot be a scope of this token: {why}.", field="scopes")
    return scopes


def _check(text: str) -> str:
    """The CRC-32 of `text` in base 62, so that a scanner knows a token from noise."""
    rest, letters = zlib.crc32(text.encode()), ""
    for _ in range(_CHECK):
        rest, digit = divmod(rest, len(_DIGITS))
        letters = _DIGITS[digit] + letters
    return letters
