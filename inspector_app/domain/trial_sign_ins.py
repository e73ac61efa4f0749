"""A sign-in that is a test: how far it came, what the provider said, and who it would let in."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.admission import Standing
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_walks import Passed, Walked


@dataclass(frozen=True, slots=True)
class Said:
    """What the provider said of who signed in, without any token."""

    subject: str
    username: str
    email: str
    email_verified: bool
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gets:
    """A role that somebody would have in a tenant, by its slug.

    Attributes:
        group, rule: The group that gives the role and the rule it matches; "" where the role is
            one by hand or another provider's.
    """

    tenant: str
    role: Role
    group: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Would:
    """What a sign-in would have made of somebody.

    Attributes:
        username: Theirs here; "" of who would not get in and is not known.
        gets: By tenant, of a tenant's own provider in that one only; none for who would not get
            in.
        disabled: Their account is.
    """

    standing: Standing
    username: str
    gets: tuple[Gets, ...] = ()
    disabled: bool = False

    @property
    def known_as(self) -> str:
        """Who they are here, in words."""
        match self.standing:
            case Standing.KNOWN:
                return f"Known here as {self.username}."
            case Standing.LINKED:
                who = f"{self.username}, who comes in by this then"
                return f"Linked by the verified e-mail to {who}."
            case Standing.NEW:
                return f"New here, as {self.username}."
            case Standing.NOBODY:
                return "Not known here."


@dataclass(frozen=True, slots=True)
class Tested:
    """All of it; without `said` it did not come so far, without `would` nobody can tell."""

    steps: tuple[Walked, ...]
    said: Said | None = None
    would: Would | None = None

    @property
    def failed(self) -> Walked | None:
        """The step that it ended at, if it did."""
        return next((each for each in self.steps if each.passed is Passed.FAILED), None)
