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
class Would:
    """What a sign-in would have made of somebody.

    Attributes:
        username: Theirs here; "" of who would not get in and is not known.
        role: In the provider's tenant; None for who would not get in.
        group, rule: The group that gives the role and the rule it matches; "" where the role is
            one by hand or another provider's.
        disabled: Their account is.
    """

    standing: Standing
    username: str
    role: Role | None
    group: str = ""
    rule: str = ""
    disabled: bool = False


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
