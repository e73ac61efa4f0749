"""The people of a tenant as its admins see them, and what may become of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from inspector_app.domain.admission import MappedRole
from inspector_app.domain.errors import Conflict, NotFound
from inspector_app.domain.identity import Person
from inspector_app.domain.ids import PersonId
from inspector_app.domain.permissions import Role


class AccountState(StrEnum):
    """Whether somebody can sign in."""

    ACTIVE = "active"
    INVITED = "invited"
    """With a one-time password that is still to be changed."""
    EXPIRED = "expired"
    """With one that has ended: they need another."""
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Colleague:
    """A person with a role in one tenant; `version` grows with every change of theirs.

    `shared` says that the account has a role elsewhere, too. Then it is the operator's to keep,
    and nothing of it is told here: neither sign-in nor use nor sessions.
    """

    person: Person
    role: Role
    version: int
    shared: bool
    provider: str = ""
    signed_in_at: datetime | None = None
    seen_at: datetime | None = None
    live_sessions: int = 0
    second_step: bool = False
    by_hand: Role | None = None
    mapped: tuple[MappedRole, ...] = ()
    """What was given by hand and what by mapping; `role` is the highest of all."""

    def state(self, now: datetime) -> AccountState:
        """How the account stands."""
        if self.person.disabled:
            return AccountState.DISABLED
        if not self.person.must_change_password:
            return AccountState.ACTIVE
        return AccountState.EXPIRED if self.person.is_too_late(now) else AccountState.INVITED

    @property
    def administers(self) -> bool:
        """Whether they can let others in."""
        return self.role is Role.ADMIN and not self.person.disabled


@dataclass(frozen=True, slots=True)
class Change:
    """What an admin wants changed: whose, as which version they saw it, and why."""

    person: PersonId
    version: int
    reason: str


def check_version(found: Colleague, seen: int) -> None:
    """Refuse a change of what somebody else has changed meanwhile.

    Raises:
        Conflict: It is not the version the admin decided upon.
    """
    if found.version != seen:
        raise Conflict(
            f"Somebody else changed {found.person.username} meanwhile; nothing was done.",
            hint="Look at them as they are now, then decide again.",
        )


def check_own_account(found: Colleague) -> None:
    """Refuse to touch an account that other tenants rely on.

    Raises:
        Conflict: It is the operator's to keep.
    """
    if found.shared:
        raise Conflict(
            f"The operator keeps the account of {found.person.username}.",
            hint="Here you can change their role, or remove them from this organisation.",
        )


def check_admin_remains(found: Colleague, admins: int) -> None:
    """Refuse to take the role from the last of `admins` who can let others in.

    Raises:
        Conflict: They are the last one.
    """
    if found.administers and admins == 1:
        raise Conflict(
            f"{found.person.username} is the last admin: nobody could let anybody in any more.",
            hint="Make somebody else an admin first.",
        )


def no_such_person() -> NotFound:
    """Say that nobody is there, or nobody of this tenant: both read the same."""
    return NotFound(
        "There is no such person in this organisation.",
        hint="They may have been removed: look at the list again.",
    )
