"""Rules for what of payloads a role may not see."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from inspector_app.domain.errors import Conflict, Invalid, NotFound
from inspector_app.domain.ids import RuleId, TenantId
from inspector_app.domain.paths import Path, parse_path
from inspector_app.domain.permissions import Role

MOST_RULES = 100
"""In a tenant: each is looked for in every text that somebody reads."""
LONGEST_NAME, LONGEST_PATTERN = 60, 1000
_BRACKETS = frozenset("[]")
_RANK: Final = {role: number for number, role in enumerate(Role)}


class RuleKind(StrEnum):
    """How a rule says what it hides."""

    PATH = "path"
    """Whole values, by where they stand in a payload (domain/paths.py)."""
    PATTERN = "pattern"
    """Pieces of text, wherever they stand, by an RE2 expression."""


@dataclass(frozen=True, slots=True)
class RuleOrder:
    """What a rule shall be; hidden from the role `up_to` and those below it."""

    name: str
    kind: RuleKind
    expression: str
    up_to: Role


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a tenant; `version` grows with every change."""

    id: RuleId
    tenant: TenantId
    name: str
    kind: RuleKind
    expression: str
    up_to: Role
    version: int
    changed_by: str
    changed_at: datetime

    def hides_from(self, role: Role | None) -> bool:
        """Whether `role` is one it hides from; who has none is shown least."""
        return role is None or _RANK[role] <= _RANK[self.up_to]

    @property
    def mark(self) -> str:
        """What stands where something was hidden."""
        return mark(self.name)

    @property
    def path(self) -> Path | None:
        """What a path rule names."""
        return parse_path(self.expression) if self.kind is RuleKind.PATH else None


def mark(name: str) -> str:
    """Write what stands where something was hidden, and by which rule."""
    return f"[hidden: {name}]"


def check_order(order: RuleOrder) -> RuleOrder:
    """Accept a rule as far as that needs no RE2; its name loses outer spaces.

    Raises:
        Invalid: A name or an expression that cannot be.
    """
    name = order.name.strip()
    printable = all(unicodedata.category(each)[0] not in "CZ" or each == " " for each in name)
    if not 1 <= len(name) <= LONGEST_NAME or not printable or _BRACKETS & set(name):
        raise Invalid(
            f"A name has 1 to {LONGEST_NAME} characters, and no brackets.",
            field="name",
            hint="Readers see it where something was hidden: say what, such as “card numbers”.",
        )
    expression = order.expression
    if order.kind is RuleKind.PATH:
        expression = expression.strip()
        parse_path(expression)
    elif not 1 <= len(expression) <= LONGEST_PATTERN:
        raise Invalid(f"A pattern has 1 to {LONGEST_PATTERN} characters.", field="expression")
    return RuleOrder(name, order.kind, expression, order.up_to)


def check_room(rules: Iterable[Rule], name: str, *, besides: RuleId | None = None) -> None:
    """Refuse one rule too many, or a second one of a name.

    Raises:
        Conflict: So it is.
    """
    others = [rule for rule in rules if rule.id != besides]
    if len(others) >= MOST_RULES:
        raise Conflict(
            f"There are {MOST_RULES} rules already, and each is looked for in every text.",
            hint="Join some: a pattern may have alternatives, a path wildcards.",
        )
    if any(rule.name == name for rule in others):
        raise Conflict(f"There is a rule named {name!r} already.", hint="Change that one.")


def check_version(rule: Rule, seen: int) -> None:
    """Refuse a change of what somebody else has changed meanwhile.

    Raises:
        Conflict: It is not the version the admin decided upon.
    """
    if rule.version != seen:
        raise Conflict(
            f"Somebody else changed the rule {rule.name!r} meanwhile; nothing was done.",
            hint="Look at it as it is now, then decide again.",
        )


def digest_of(rules: Iterable[Rule]) -> str:
    """SHA-256 (hex) of what rules hide and how, in their order; "" for none."""
    told = [f"{rule.kind}\0{rule.expression}\0{rule.name}\0" for rule in rules]
    return hashlib.sha256("".join(told).encode("utf-8", "replace")).hexdigest() if told else ""


def no_such_rule() -> NotFound:
    """Say that it is not there, or another tenant's: both read the same."""
    return NotFound("There is no such rule here.", hint="Look at the list again.")


def parse_rule_id(text: str) -> RuleId:
    """Parse a rule's id.

    Raises:
        NotFound: It is none.
    """
    try:
        return RuleId(UUID(text))
    except ValueError:
        raise no_such_rule() from None
