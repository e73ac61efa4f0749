"""Redaction rules, and the patterns in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from inspector_app.domain.ids import TenantId
from inspector_app.domain.redaction import Rule
from inspector_app.domain.veils import Finder


class Rules(Protocol):
    """The tenants' redaction rules."""

    async def of(self, tenant: TenantId) -> list[Rule]:
        """All of a tenant's, by name."""
        ...

    async def add(self, rule: Rule) -> None: ...
    async def change(self, rule: Rule) -> None:
        """Replace the rule of this id."""
        ...

    async def remove(self, rule: Rule) -> None: ...


class Patterns(Protocol):
    """Regular expressions that people type; none of them takes long on any text."""

    def check(self, pattern: str) -> None:
        """Accept a pattern.

        Raises:
            Invalid: It is none, too large, or matches where there is nothing.
        """
        ...

    def compile(self, patterns: Sequence[str]) -> Finder: ...
