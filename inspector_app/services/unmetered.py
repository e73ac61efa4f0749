"""Counts nothing: for commands, which nobody scrapes, and for tests."""

from __future__ import annotations


class Unmetered:
    """See ports.Meter."""

    def door(self, permission: str, outcome: str) -> None:
        """Forget it."""

    def event(self, handler: str, outcome: str, seconds: float) -> None:
        """Forget it."""

    def temporal(self, method: str, status: str, seconds: float) -> None:
        """Forget it."""

    def job(self, name: str, outcome: str, seconds: float) -> None:
        """Forget it."""

    def refused(self, provider: str) -> None:
        """Forget it."""

    def touched(self, action: str, outcome: str) -> None:
        """Forget it."""

    def limited(self, kind: str) -> None:
        """Forget it."""

    def alone(self) -> None:
        """Forget it."""

    def called(self, outcome: str, seconds: float) -> None:
        """Forget it."""

    def audited(self, sink: str, lines: int) -> None:
        """Forget it."""

    def audit_behind(self, sink: str, lines: int, seconds: float) -> None:
        """Forget it."""


UNMETERED = Unmetered()
