"""What a tenant's namespaces do now, in numbers, and what in them needs somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspector_app.domain.workflows import RunSummary, Status

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=5)
STEPS = 24
"""Steps of the chart: two hours, the newest under way."""
STUCK = "ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL"
"""Runs whose workflow task fails again and again, as the server itself reports it."""
PAUSED = "ExecutionStatus = 'Paused'"
ENDED_BADLY = "ExecutionStatus IN ('Failed', 'TimedOut')"


@dataclass(frozen=True, slots=True)
class Closed:
    """How many runs ended, and how."""

    completed: int = 0
    failed: int = 0
    timed_out: int = 0
    other: int = 0

    @property
    def total(self) -> int:
        """Runs that ended, in whatever way."""
        return self.completed + self.bad + self.other

    @property
    def bad(self) -> int:
        """Runs that ended in a way nobody asked for."""
        return self.failed + self.timed_out

    @property
    def share(self) -> float | None:
        """How many of them ended badly, 0 to 1; None where nothing ended."""
        return self.bad / self.total if self.total else None

    def __add__(self, more: Closed) -> Closed:
        """Add another namespace's."""
        return Closed(
            self.completed + more.completed,
            self.failed + more.failed,
            self.timed_out + more.timed_out,
            self.other + more.other,
        )


def closed_of(by_status: dict[Status, int]) -> Closed:
    """Sort what closed by how it ended."""
    told = (Status.COMPLETED, Status.FAILED, Status.TIMED_OUT)
    completed, failed, timed_out = (by_status.get(status, 0) for status in told)
    other = sum(by_status.values()) - completed - failed - timed_out
    return Closed(completed, failed, timed_out, other)


@dataclass(frozen=True, slots=True)
class Step:
    """What closed within five minutes from `at` on."""

    at: datetime
    closed: Closed


def steps_until(now: datetime) -> list[datetime]:
    """When each step began, newest first; the newest is under way.

    They begin at whole multiples, so that all readers ask for the same ones.
    """
    seconds = int(now.timestamp()) // int(STEP.total_seconds()) * int(STEP.total_seconds())
    newest = datetime.fromtimestamp(seconds, tz=now.tzinfo)
    return [newest - STEP * back for back in range(STEPS)]


def closed_since(begin: datetime) -> str:
    """Write the visibility query for runs that closed from `begin` on."""
    return f"CloseTime >= '{begin:%Y-%m-%dT%H:%M:%SZ}'"


def closed_within(begin: datetime) -> str:
    """Write the visibility query for runs that closed in the step from `begin` on."""
    return f"{closed_since(begin)} AND CloseTime < '{begin + STEP:%Y-%m-%dT%H:%M:%SZ}'"


@dataclass(frozen=True, slots=True)
class Needy:
    """A run that waits for somebody."""

    namespace: str
    run: RunSummary


@dataclass(frozen=True, slots=True)
class NamespaceNow:
    """One namespace as its server counted it `at`; `closed` is since an hour before.

    `trouble` says why there are no numbers; then all of them are 0. `steps` are those that have
    been counted, newest first: a server is not asked for all of them at once.
    """

    slug: str
    cluster: str
    at: datetime
    running: int = 0
    paused: int = 0
    stuck: int = 0
    closed: Closed = Closed()
    steps: tuple[Step, ...] = ()
    needy: tuple[Needy, ...] = ()
    trouble: str = ""

    @property
    def since(self) -> datetime:
        """Where the hour began that `closed` is about."""
        return self.at - HOUR


@dataclass(frozen=True, slots=True)
class Overview:
    """A tenant's namespaces together."""

    namespaces: tuple[NamespaceNow, ...]

    @property
    def heard(self) -> tuple[NamespaceNow, ...]:
        """Namespaces whose server gave numbers."""
        return tuple(each for each in self.namespaces if not each.trouble)

    @property
    def counted_at(self) -> datetime | None:
        """How old the oldest number is; None where there is no namespace."""
        return min((each.at for each in self.namespaces), default=None)

    @property
    def closed(self) -> Closed:
        """What ended within an hour."""
        return sum((each.closed for each in self.heard), Closed())

    @property
    def steps(self) -> tuple[Step, ...]:
        """Every namespace's, added up, oldest first."""
        found: dict[datetime, Closed] = {}
        for each in self.heard:
            for step in each.steps:
                found[step.at] = found.get(step.at, Closed()) + step.closed
        return tuple(Step(at, found[at]) for at in sorted(found))

    @property
    def needy(self) -> tuple[Needy, ...]:
        """What waits longest first."""
        every = (needy for each in self.namespaces for needy in each.needy)
        return tuple(sorted(every, key=lambda needy: needy.run.started_at))

    def total(self, count: Callable[[NamespaceNow], int]) -> int:
        """Add one of the numbers up."""
        return sum(count(each) for each in self.heard)

    def only_place(self, count: Callable[[NamespaceNow], int]) -> NamespaceNow | None:
        """Find the one namespace all of a number comes from; None where several share it.

        A list shows one namespace, so only then can a number lead to the list it counts.
        """
        found = [each for each in self.heard if count(each)] or list(self.heard)
        return found[0] if len(found) == 1 else None
