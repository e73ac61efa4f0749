"""The rows that say when a job runs."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from inspector_app.domain.jobs import Course
from inspector_app.domain.leases import Lease


class Jobs(Protocol):
    """How jobs go, each in a row with its lease."""

    async def enlist(self, names: Iterable[str], now: datetime) -> None:
        """Make a row, due at once, for each job that has none."""
        ...

    async def all(self) -> dict[str, Course]: ...
    async def start(self, name: str, course: Course, *, seen: int) -> bool:
        """Write a start down unless somebody else has since the epoch `seen`."""
        ...

    async def ask(self, name: str, now: datetime) -> None:
        """Make it due now."""
        ...

    async def renew(self, name: str, lease: Lease) -> None:
        """Hold it until `lease.until`, and off all others until this transaction ends.

        Raises:
            LeaseLost: The row has another epoch.
        """
        ...

    async def end(
        self, name: str, lease: Lease, *, now: datetime, took: timedelta, failure: str
    ) -> None:
        """Write the end down and let go of it; raises LeaseLost as `renew` does."""
        ...
