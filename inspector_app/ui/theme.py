"""From state to colour, icon and word: the one map in Python (its twin is `.st-…` in CSS)."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.audit import Outcome
from inspector_app.domain.jobs import Standing
from inspector_app.domain.operations import ItemOutcome, OperationState
from inspector_app.domain.people import AccountState
from inspector_app.domain.workflows import Status


@dataclass(frozen=True, slots=True)
class Look:
    """How a state is shown: CSS class, Lucide icon, word."""

    css: str
    icon: str
    word: str


STATUS: dict[Status, Look] = {
    Status.RUNNING: Look("st-running", "circle-play", "Running"),
    Status.COMPLETED: Look("st-completed", "circle-check", "Completed"),
    Status.FAILED: Look("st-failed", "circle-x", "Failed"),
    Status.TIMED_OUT: Look("st-timedout", "clock-alert", "Timed out"),
    Status.TERMINATED: Look("st-terminated", "octagon-x", "Terminated"),
    Status.CANCELED: Look("st-canceled", "circle-slash", "Cancelled"),
    Status.PAUSED: Look("st-paused", "circle-pause", "Paused"),
    Status.CONTINUED_AS_NEW: Look("st-neutral", "circle-arrow-right", "Continued as new"),
    Status.UNKNOWN: Look("st-neutral", "circle-help", "Unknown"),
}

OUTCOME: dict[Outcome, Look] = {
    Outcome.INTENT: Look("st-drift", "clock", "Under way"),
    Outcome.DONE: Look("st-completed", "circle-check", "Done"),
    Outcome.DENIED: Look("st-failed", "shield-alert", "Denied"),
    Outcome.FAILED: Look("st-failed", "circle-x", "Failed"),
    Outcome.UNKNOWN: Look("st-drift", "clock", "Outcome unknown"),
}

OPERATION: dict[OperationState, Look] = {
    OperationState.RUNNING: Look("st-running", "circle-play", "Under way"),
    OperationState.STOPPING: Look("st-canceled", "circle-slash", "Stopping"),
    OperationState.STOPPED: Look("st-canceled", "circle-slash", "Stopped"),
    OperationState.FINISHED: Look("st-completed", "circle-check", "Finished"),
}

ITEM: dict[ItemOutcome, Look] = {
    ItemOutcome.DONE: Look("st-completed", "circle-check", "Done"),
    ItemOutcome.SKIPPED: Look("st-neutral", "circle-minus", "Left alone"),
    ItemOutcome.FAILED: Look("st-failed", "circle-x", "Failed"),
    ItemOutcome.WAITING: Look("st-neutral", "clock", "Waiting"),
    ItemOutcome.STARTED: Look("st-running", "circle-play", "In flight"),
}

JOB: dict[Standing, Look] = {
    Standing.WAITING: Look("st-neutral", "clock", "Not run yet"),
    Standing.RUNNING: Look("st-running", "circle-play", "Running"),
    Standing.DONE: Look("st-completed", "circle-check", "Done"),
    Standing.FAILED: Look("st-failed", "circle-x", "Failed"),
    Standing.INTERRUPTED: Look("st-drift", "unplug", "Interrupted"),
}

ACCOUNT: dict[AccountState, Look] = {
    AccountState.ACTIVE: Look("st-completed", "circle-check", "Active"),
    AccountState.INVITED: Look("st-drift", "key-round", "Invited"),
    AccountState.EXPIRED: Look("st-failed", "clock-alert", "Password ended"),
    AccountState.DISABLED: Look("st-neutral", "circle-slash", "Disabled"),
}

TONES = ("neutral", "completed", "drift", "failed", "paused", "running")
