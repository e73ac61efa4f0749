"""Who somebody is here who signed in elsewhere: known, linked or new, and with which roles."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import count

from inspector_app.domain.ids import PersonId, ProviderId, TenantId
from inspector_app.domain.permissions import Role
from inspector_app.domain.providers import Provider
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from inspector_app.domain.tenancy import Membership

_LONGEST, _LONGEST_GROUP = 64, 1000
_NOT_IN_NAMES = re.compile(r"[^a-z0-9._@-]+")
_ADDRESS = re.compile(r"[\x21-\x3f\x41-\x7e]+@[\x21-\x3f\x41-\x7e]+")
_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Databases refuse some of these, logs are broken by others, and some turn the text around them
about, so that one name reads as another."""


class Standing(StrEnum):
    """What somebody who signed in elsewhere is here."""

    KNOWN = "known"
    """They came by the provider before."""
    LINKED = "linked"
    """A verified e-mail says whose account it is."""
    NEW = "new"
    NOBODY = "nobody"
    """Not known, and not let in."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody at a provider, and the person they are here.

    Attributes:
        realm: Whose subjects they are (`providers.realm_of`).
        username, email: What the provider said last.
        email_verified: Whether it vouched for the e-mail, which is in lower case.
    """

    provider: ProviderId
    realm: str
    subject: str
    person: PersonId
    username: str
    email: str
    email_verified: bool
    signed_in_at: datetime


@dataclass(frozen=True, slots=True)
class MappedRole:
    """A role that a mapping gave, at the last sign-in by that provider, and for which group."""

    provider: ProviderId
    tenant: TenantId
    role: Role
    group: str


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom an e-mail may mean."""

    person: PersonId
    disabled: bool
    memberships: tuple[Membership, ...]


def check_claimed(claimed: Claimed) -> None:
    """Accept what a provider says of somebody, if it can be kept, compared and logged.

    Raises:
        SignInFault: A word of it is too long or no text.
    """
    words = {
        "id": claimed.subject,
        "user name": claimed.username,
        "e-mail address": claimed.email,
        "session": claimed.session,
    }
    for name, word in words.items():
        if not is_text(word):
            raise SignInFault(Step.WHO, f"The {name} there is too long, or no plain text.")
    if not all(is_text(each, longest=_LONGEST_GROUP) for each in claimed.groups):
        raise SignInFault(Step.GROUPS, "The name of a group is too long, or no plain text.")


def is_text(word: str, *, longest: int = 255) -> bool:
    """Tell whether a word is short enough and without controls or halves of characters."""
    return len(word) <= longest and _NO_TEXT.search(word) is None


def email_of(claimed: Claimed) -> str:
    """The e-mail as it is compared, if the provider vouches for it; else ""."""
    return compared(claimed.email) if claimed.email_verified else ""


def compared(email: str) -> str:
    """An e-mail as it is kept and compared; "" is one that nobody is known by.

    Only ASCII has one lower case: a Kelvin sign becomes a `k`, and so its mailbox somebody
    else's. Without an @ it would be anybody's user name.
    """
    text = email.strip(" ")
    return text.lower() if _ADDRESS.fullmatch(text) else ""


def linked(provider: Provider, found: Sequence[Known]) -> PersonId | None:
    """Say who of those with the same verified e-mail somebody new is; None is nobody.

    A tenant's own provider vouches for nothing outside of it: who belongs elsewhere, too, or
    nowhere, is not touched by it.

    Raises:
        SignInFault: It may be several, or one who is shut out.
    """
    theirs = {each.person: each for each in found}
    if provider.tenant is not None:
        theirs = {
            person: each
            for person, each in theirs.items()
            if {membership.tenant.id for membership in each.memberships} == {provider.tenant}
        }
    if len(theirs) > 1:
        raise SignInFault(
            Step.WHO,
            "Several people here have their e-mail address.",
            hint="Nobody can tell which of them it is: make the address unique, then try again.",
        )
    for person, each in theirs.items():
        if each.disabled:
            raise SignInFault(Step.WHO, "Their account here is disabled.")
        return person
    return None


def names_for(claimed: Claimed) -> Iterator[str]:
    """Offer user names for somebody new, the best one first; each fits `check_username`."""
    plain = _NOT_IN_NAMES.sub("-", claimed.username.strip().lower()).strip("-._@")[:_LONGEST]
    base = plain or "person"
    yield base
    for number in count(2):
        tail = f"-{number}"
        yield base[: _LONGEST - len(tail)] + tail


def has_place(provider: Provider, tenants: Collection[TenantId]) -> bool:
    """Tell whether roles in `tenants` are of any use to who came by `provider`."""
    return bool(tenants) if provider.tenant is None else provider.tenant in tenants


def no_place() -> SignInFault:
    """Say that somebody has no role."""
    return SignInFault(
        Step.ROLES,
        "None of their groups gives them a role, and nobody gave them one by hand.",
        hint="Add a rule for one of their groups to the provider's mapping.",
    )
