"""Signing in elsewhere: the way there and back, step by step, and what is brought along."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from inspector_app.domain.errors import InspectorError

UNDER_WAY = timedelta(minutes=10)
"""How long somebody may take at the provider."""
SKEW_SECONDS = 30
"""How far the provider's clock may be from ours."""
MOST_GROUPS = 5000
"""Of one person; a provider that names more is not believed."""


class Step(StrEnum):
    """Where on its way a sign-in is; in order."""

    REACH = "reach"
    BIND = "bind"
    PLACES = "places"
    DISCOVER = "discover"
    KEYS = "keys"
    ANSWER = "answer"
    CODE = "code"
    WHO = "who"
    STRENGTH = "strength"
    GROUPS = "groups"
    ROLES = "roles"

    @property
    def words(self) -> str:
        """What is done in it, in words."""
        return _WORDS[self]


_WORDS = {
    Step.REACH: "Reach the provider",
    Step.BIND: "Bind as the service account",
    Step.PLACES: "Find the places to search",
    Step.DISCOVER: "Read what it says of itself",
    Step.KEYS: "Read its keys",
    Step.ANSWER: "Take its answer to the browser",
    Step.CODE: "Change the code for a token",
    Step.WHO: "Verify who it is",
    Step.STRENGTH: "Check how strongly they signed in",
    Step.GROUPS: "Read their groups",
    Step.ROLES: "Give roles by the mapping",
}


class SignInFault(InspectorError):
    """A sign-in elsewhere that led to nothing.

    `detail` is for admins and the audit log: it names what did not hold, never a token or secret.

    Attributes:
        step: Where it ended.
        passing: Whether the same may work later.
        who: The user name there, once it is known.
        told: Whether the person may read `detail` and `hint`: they have proven who they are.
    """

    title = "Sign-in did not work"

    def __init__(
        self,
        step: Step,
        detail: str,
        *,
        passing: bool = False,
        hint: str = "",
        who: str = "",
        told: bool = False,
    ) -> None:
        super().__init__(detail, hint=hint)
        self.step = step
        self.passing = passing
        self.who = who
        self.told = told


class SignInRefused(InspectorError):
    """What a browser is told of a fault; why is in the audit log alone."""

    title = "Sign-in did not work"

    def __init__(self, name: str, fault: SignInFault) -> None:
        detail, hint = f"Signing in with {name} did not work.", _ASK
        if fault.told:
            detail, hint = f"{name}: {fault.detail}", fault.hint
        elif fault.passing:
            detail, hint = f"{name} does not answer as it should.", "Try again in a moment."
        elif fault.step is Step.ANSWER:
            hint = "Begin again on this page; in one tab only."
        elif fault.step is Step.ROLES:
            detail = f"{name} knows you, but you have no access here."
        super().__init__(detail, hint=hint)


_ASK = "An admin of your organisation finds the reason in the audit log."


@dataclass(frozen=True, slots=True)
class Begun:
    """A browser's way to a provider: where it goes, and what is kept, sealed, until it is back."""

    url: str
    kept: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a provider says of somebody who signed in there, its word already verified.

    Attributes:
        subject: Names them at the provider for good.
        session: The provider's own session, for log-out; "" where it has none.
        hint: What the provider wants to see at log-out, such as the ID token.
        until: When the provider's own session ends, where it says so: ours ends then, too.
        warning: What they should know of their password there, in our words.
    """

    subject: str
    username: str
    email: str = ""
    email_verified: bool = False
    groups: tuple[str, ...] = ()
    session: str = ""
    hint: str = field(default="", repr=False)
    until: datetime | None = None
    warning: str = ""


@dataclass(frozen=True, slots=True)
class LoggedOut:
    """A provider's word that somebody's session there ended; one of both may be ""."""

    subject: str
    session: str
    id: str
    """Of the message itself: taken once."""


class KeyStep(StrEnum):
    """How our keys with a SAML provider change, without a sign-in that fails; in order."""

    PREPARE = "prepare"
    """Make another pair, and publish it in our metadata, for the provider to read."""
    USE = "use"
    """Sign with the other pair, and have assertions encrypted for it."""
    DROP = "drop"
    """Forget the pair that is not in use."""


@dataclass(frozen=True, slots=True)
class SamlPlace:
    """Who we are to a SAML identity provider.

    Attributes:
        acs: Where it sends who signed in: compared to the letter with what an assertion says.
        sls: Where log-out requests and answers go.
        keys: Private keys and their certificates, PEM; the first pair is in use.
    """

    entity_id: str
    acs: str
    sls: str
    keys: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Arrived:
    """A SAML response that verified: who it says it is, and what makes it count once.

    Attributes:
        answers: The request it answers; "" where the identity provider began by itself.
        id: Of the assertion: taken once.
        until: The moment from which it would be refused as too old.
        proved_at: When they proved themselves at the provider, where it says so.
    """

    claimed: Claimed
    answers: str
    id: str
    until: datetime
    proved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SamlSent:
    """A log-out message as it came: the query of a redirect, or the body of a POST.

    To the letter, still encoded: a redirect's signature is of that.
    """

    text: str
    posted: bool = False
