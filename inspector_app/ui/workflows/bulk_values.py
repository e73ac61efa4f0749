"""What bulk actions offer for the runs that are chosen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inspector_app.domain.operations import admits
from inspector_app.domain.workflows import Action, Status

TYPED_FROM = 10
"""From so many runs on, the number is typed to confirm."""


@dataclass(frozen=True)
class Verb:
    """One action: its icon and words, and what it does to many runs."""

    action: Action
    icon: str
    word: str
    css: str
    consequence: str
    keep: str


VERBS = (
    Verb(
        Action.PAUSE,
        "circle-pause",
        "Pause",
        "",
        "The server holds their next steps and keeps signals and timers until they go on. "
        "Children are not paused.",
        "Leave them running",
    ),
    Verb(
        Action.RESUME,
        "circle-play",
        "Resume",
        "",
        "They go on where they were held.",
        "Leave them paused",
    ),
    Verb(
        Action.SIGNAL,
        "radio",
        "Signal",
        "",
        "Each gets the same signal, once. One of them is asked first whether it knows it.",
        "Send nothing",
    ),
    Verb(
        Action.CANCEL,
        "circle-slash",
        "Cancel",
        "",
        "Each is asked to cancel itself and decides when, and whether. A paused one answers when "
        "it is resumed.",
        "Keep them running",
    ),
    Verb(
        Action.TERMINATE,
        "octagon-x",
        "Terminate",
        "danger-quiet",
        "They stop at once, without clean-up, and cannot be continued.",
        "Keep them running",
    ),
)
BY_ACTION = {verb.action.value: verb for verb in VERBS}


@dataclass(frozen=True)
class BulkOffer:
    """How many of the chosen runs an action would touch."""

    action: str
    label: str
    possible: bool


@dataclass(frozen=True)
class Share:
    """How many of the chosen runs have a status, and whether they are touched."""

    status: str
    count: str
    touched: bool


def offers_of(by_status: dict[Status, int]) -> list[BulkOffer]:
    """Count for each action what it would touch."""
    found: list[BulkOffer] = []
    for verb in VERBS:
        count = sum(number for status, number in by_status.items() if admits(verb.action, status))
        found.append(BulkOffer(verb.action.value, f"{verb.word} {count:,}…", count > 0))
    return found


def shares_of(action: Action, by_status: dict[Status, int]) -> list[Share]:
    """Tell by status what an action touches and what it leaves alone, touched ones first."""
    shares = [
        Share(status.value, f"{count:,}", admits(action, status))
        for status, count in by_status.items()
        if count
    ]
    return sorted(shares, key=lambda share: not share.touched)


def counted(statuses: Iterable[str]) -> dict[Status, int]:
    """Count statuses; one nobody knows counts as unknown."""
    found: dict[Status, int] = {}
    for each in statuses:
        status = Status(each) if each in set(Status) else Status.UNKNOWN
        found[status] = found.get(status, 0) + 1
    return found
