"""Trying a provider out: which steps of a sign-in were walked, and how far."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInFault, Step


class Passed(StrEnum):
    """What became of a step."""

    DONE = "done"
    FAILED = "failed"
    NOT_COME_TO = "not come to"
    """An earlier one failed."""
    BY_SIGN_IN = "by sign-in"
    """Only somebody who signs in walks it."""


@dataclass(frozen=True, slots=True)
class Walked:
    """One step; `detail` and `hint` say why it failed."""

    step: Step
    passed: Passed
    detail: str = ""
    hint: str = ""


_WITHOUT_A_PERSON = {
    ProviderKind.OIDC: {"reach", "discover", "keys"},
    ProviderKind.OAUTH2: set[str](),
    ProviderKind.SAML: {"keys"},
    ProviderKind.LDAP: {"reach", "bind", "places"},
}
_BY_A_PERSON = {
    ProviderKind.OIDC: {"answer", "code", "who", "strength", "groups", "roles"},
    ProviderKind.OAUTH2: {"reach", "answer", "code", "who", "groups", "roles"},
    ProviderKind.SAML: {"answer", "who", "strength", "groups", "roles"},
    ProviderKind.LDAP: {"who", "groups", "roles"},
}


def walked(kind: ProviderKind, fault: SignInFault | None) -> tuple[Walked, ...]:
    """Say of each step of a sign-in by `kind`, in order, what a try found; `fault` ended it."""
    ours = _WITHOUT_A_PERSON[kind]
    steps: list[Walked] = []
    failed = False
    for step in Step:
        if fault is not None and step is fault.step:
            steps.append(Walked(step, Passed.FAILED, fault.detail, fault.hint))
            failed = True
        elif step.value in ours:
            steps.append(Walked(step, Passed.NOT_COME_TO if failed else Passed.DONE))
        elif step.value in _BY_A_PERSON[kind]:
            steps.append(Walked(step, Passed.NOT_COME_TO if failed else Passed.BY_SIGN_IN))
    return tuple(steps)


def walked_by_a_person(
    kind: ProviderKind, fault: SignInFault | None, *, told: bool
) -> tuple[Walked, ...]:
    """Say of each step of a sign-in by `kind`, in order, how somebody's went; `fault` ended it.

    `told` says that the provider's word was taken: a fault is then in what is made of it here,
    and all that the provider does was done.
    """
    theirs = _WITHOUT_A_PERSON[kind] | _BY_A_PERSON[kind]
    steps: list[Walked] = []
    failed = False
    for step in Step:
        if fault is not None and step is fault.step:
            steps.append(Walked(step, Passed.FAILED, fault.detail, fault.hint))
            failed = True
        elif step.value in theirs:
            missed = failed and not (told and step is not Step.ROLES)
            steps.append(Walked(step, Passed.NOT_COME_TO if missed else Passed.DONE))
    return tuple(steps)
