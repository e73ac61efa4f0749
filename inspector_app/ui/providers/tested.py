"""What the page says of a test by signing in."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.trial_sign_ins import Said, Tested, Would
from inspector_app.ui.providers.rows import ROLES, StepRow, WouldBeRow, step_of

_MOST_GROUPS = 100
"""Shown; of an Entra ID somebody may be in thousands."""


@dataclass(frozen=True)
class FactRow:
    """A claim as it came."""

    label: str
    value: str


@dataclass(frozen=True)
class TestedRow:
    """All of it; without `facts` the provider said nothing, without `would` nobody can tell."""

    works: bool
    steps: list[StepRow]
    facts: list[FactRow]
    would: WouldBeRow | None


def result_of(found: Tested) -> TestedRow:
    """A result as it is shown."""
    return TestedRow(
        works=found.failed is None,
        steps=[step_of(each) for each in found.steps],
        facts=_facts(found.said) if found.said else [],
        would=_would_be(found.would) if found.would else None,
    )


def _facts(said: Said) -> list[FactRow]:
    email = f"{said.email}, {'verified' if said.email_verified else 'not verified'}"
    groups = ", ".join(said.groups[:_MOST_GROUPS])
    if (more := len(said.groups) - _MOST_GROUPS) > 0:
        groups += f" and {more:,} more"
    return [
        FactRow("Subject", said.subject),
        FactRow("User name", said.username),
        FactRow("E-mail", email if said.email else "none"),
        FactRow("Groups", groups or "none"),
    ]


def _would_be(would: Would) -> WouldBeRow:
    if not would.gets:
        why = f"{would.known_as} {'The account is disabled.' if would.disabled else ''}".strip()
        return WouldBeRow(False, "This person would not get in", why, [])
    role = would.gets[0]  # of a tenant's provider there is one: in its tenant
    why = "The role was given by hand, or by another provider."
    if role.group:
        why = f"The group {role.group!r} is what the rule for {role.rule!r} asks for."
    told = f"This person would be {ROLES[role.role]}"
    return WouldBeRow(True, told, f"{would.known_as} {why}", [])
