"""People, their sessions, and who acts."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from inspector_app.domain.errors import Invalid
from inspector_app.domain.ids import PersonId, RequestId, SessionId, TenantId, TokenId
from inspector_app.domain.permissions import Permission, Role, holds

SESSION_IDLE = timedelta(hours=8)
"""A session ends when nobody acted for this long; polling does not count."""
SESSION_LIFETIME = timedelta(days=7)
"""A session ends this long after sign-in, whatever happens."""
CLOCK_SKEW = timedelta(minutes=5)
"""How far the clocks of two replicas may be apart: what is later than that was never now."""
PROOF_LASTS = timedelta(minutes=15)
"""Dangerous actions want a password or code given this lately."""
ONE_TIME_LASTS = timedelta(hours=24)
"""How long a one-time password opens, unless the operator sets another time."""
PASSWORD_MIN, PASSWORD_MAX = 12, 256
_TELLING = 4
"""Characters from which on a user name in a password makes it guessable."""
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")


class ActorKind(StrEnum):
    """What kind of party acts."""

    PERSON = "person"
    TOKEN = "token"  # noqa: S105 - a kind
    """A personal or a service token; the first has a `person`."""
    JWT = "jwt"
    """What a token was exchanged for."""
    OPERATOR = "operator"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account on this installation."""

    id: PersonId
    username: str
    disabled: bool
    must_change_password: bool
    one_time_until: datetime | None = None
    """When the password ends, of who was given one to be changed."""

    def is_too_late(self, now: datetime) -> bool:
        """Whether the one-time password they were given has ended."""
        return self.one_time_until is not None and now >= self.one_time_until


@dataclass(frozen=True, slots=True)
class Origin:
    """How a session was opened.

    Attributes:
        provider: The key of the provider, or `local`.
        subject: Whom the provider says it is.
        session: The provider's own session, for log-out.
        hint: What it wants to see at log-out; sealed.
        within: The only tenant it opens: of a tenant's own provider, which must not open another.
        until: When the provider's own session ends, which this one does not outlast.
    """

    provider: str
    subject: str = ""
    session: str = ""
    hint: bytes | None = field(default=None, repr=False)
    within: TenantId | None = None
    until: datetime | None = None


LOCAL = Origin("local")


@dataclass(frozen=True, slots=True)
class Session:
    """A person's signed-in browser."""

    id: SessionId
    person: PersonId
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    proved_at: datetime
    """When its person last gave a password or code."""
    renew_due: bool = False
    """Its person's role has changed: another token before anything else."""
    revoked_at: datetime | None = None
    origin: Origin = LOCAL

    @property
    def provider(self) -> str:
        """The key of the provider it was opened by, or `local`."""
        return self.origin.provider


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, where from, and with what authority.

    `tenant` and `role` are None for who belongs to no tenant: the anonymous, the operator,
    the system. With `scopes` it holds of its role's permissions only these. One that `must_renew`
    brings a session's token whose time is over, and gets the next one or signs in.
    """

    kind: ActorKind
    name: str
    address: str
    request_id: RequestId
    person: PersonId | None = None
    session: SessionId | None = None
    provider: str = ""
    tenant: TenantId | None = None
    tenant_slug: str = ""
    role: Role | None = None
    must_change_password: bool = False
    token: TokenId | None = None
    scopes: frozenset[Permission] | None = None
    proved_at: datetime | None = None
    must_renew: bool = False
    within: TenantId | None = None
    """The only tenant that its session opens, if it does not open all of its person's."""
    behalf: str = ""
    """The user name of whoever a token, or Inspector itself, acts for."""

    @property
    def signed_in(self) -> bool:
        """Whether a person stands behind it."""
        return self.kind is ActorKind.PERSON and not self.must_renew

    @property
    def by_token(self) -> bool:
        """Whether a program acts, with a token or what it was exchanged for."""
        return self.kind in {ActorKind.TOKEN, ActorKind.JWT}

    def may(self, permission: Permission) -> bool:
        """Tell whether this actor holds `permission` (in its tenant, where it needs one)."""
        match permission:
            case Permission.PUBLIC:
                return True
            case Permission.SESSION_OWN | Permission.SESSION_SECURE:
                return self.signed_in
            case Permission.SELF:
                return self.signed_in or self.by_token
            case Permission.TOKEN_EXCHANGE:
                return (
                    self.kind is ActorKind.TOKEN
                    and self.role is not None
                    and not self.must_change_password
                )
            case Permission.OPERATOR:
                return self.kind in {ActorKind.OPERATOR, ActorKind.SYSTEM}
            case _:
                return self.kind is ActorKind.SYSTEM or self._holds(permission)

    def _holds(self, permission: Permission) -> bool:
        """Tell whether its role holds `permission`, and its scopes do not leave it out."""
        if self.must_change_password or self.role is None:
            return False
        within = self.scopes is None or permission in self.scopes
        return within and holds(self.role, permission)

    def must_prove(self, now: datetime) -> bool:
        """Whether it is too long ago that this person proved to be who they are."""
        if not self.signed_in:
            return False
        return self.proved_at is None or not -CLOCK_SKEW <= now - self.proved_at < PROOF_LASTS


SYSTEM = Actor(ActorKind.SYSTEM, "system", "", RequestId(""))
"""Inspector itself: jobs, readiness, closing what a crash left open."""


def session_ends_at(session: Session) -> datetime:
    """The moment `session` ends if nothing more happens."""
    ends = [session.last_seen_at + SESSION_IDLE, session.created_at + SESSION_LIFETIME]
    return min(*ends, *([session.origin.until] if session.origin.until else []))


def is_live(session: Session, now: datetime) -> bool:
    """Tell whether `session` still opens doors at `now`."""
    if now < session.created_at - CLOCK_SKEW:
        # A clock that was ahead opened it: by that clock it would last for longer than any may.
        return False
    return session.revoked_at is None and now < session_ends_at(session)


def check_username(username: str) -> str:
    """Parse a user name: 1 to 64 of a-z, 0-9, `.`, `_`, `@`, `-`, in lower case.

    Raises:
        Invalid: It has other characters or another length.
    """
    name = username.strip().lower()
    if not _USERNAME.fullmatch(name):
        raise Invalid(
            f"A user name has 1 to 64 letters, digits or . _ @ -, not {username[:80]!r}.",
            field="username",
        )
    return name


def check_password(password: str, username: str, *, is_common: Callable[[str], bool]) -> str:
    """Accept a new password: long, not the name, not a common one (OWASP ASVS 5.0, 6.2).

    Raises:
        Invalid: Too short, too long, it holds the user name, or everybody's list has it.
    """
    if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
        raise Invalid(
            f"A password has {PASSWORD_MIN} to {PASSWORD_MAX} characters.", field="password"
        )
    # A short name is in many a good password by chance.
    if len(username) >= _TELLING and username.lower() in password.lower():
        raise Invalid("A password must not hold the user name.", field="password")
    if len(set(password)) < 5:  # noqa: PLR2004 - fewer distinct characters is a pattern
        raise Invalid("A password needs at least five different characters.", field="password")
    if is_common(password):
        raise Invalid(
            "This password is on the lists that attackers try first.",
            field="password",
            hint="Four or five words that have nothing to do with each other make a good one.",
        )
    return password
