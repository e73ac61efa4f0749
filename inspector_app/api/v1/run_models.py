"""The shapes of runs, and of what is done to one."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field, JsonValue, field_validator, model_validator

from inspector_app.api.v1.models import Act, Model, Seconds, Time
from inspector_app.domain.workflows import (
    Done,
    PendingActivity,
    Run,
    RunRef,
    RunSummary,
    StatusCounts,
)


class RunOut(Model):
    """A row of the listing. `history_length` is 0 for open runs: the server does not say."""

    workflow_id: str
    run_id: str
    workflow_type: str
    status: str
    task_queue: str
    started_at: Time
    closed_at: Time | None
    history_length: int
    problems: list[str]
    pause_reason: str

    @classmethod
    def of(cls, run: RunSummary) -> RunOut:
        """From the domain's value."""
        return cls(
            workflow_id=run.workflow_id,
            run_id=run.run_id,
            workflow_type=run.workflow_type,
            status=run.status.value,
            task_queue=run.task_queue,
            started_at=run.started_at,
            closed_at=run.closed_at,
            history_length=run.history_length,
            problems=list(run.problems),
            pause_reason=run.pause_reason,
        )


class Runs(Model):
    """A page of runs."""

    items: list[RunOut]
    next_page_token: str | None


class Counts(Model):
    """How many runs a query matches."""

    total: int
    by_status: dict[str, int]
    at: Time

    @classmethod
    def of(cls, counts: StatusCounts) -> Counts:
        """From the domain's value."""
        by_status = {status.value: count for status, count in counts.by_status.items()}
        return cls(total=counts.total, by_status=by_status, at=counts.at)


class RefOut(Model):
    """Another run."""

    workflow_id: str
    run_id: str

    @classmethod
    def of(cls, ref: RunRef) -> RefOut:
        """From the domain's value."""
        return cls(workflow_id=ref.workflow_id, run_id=ref.run_id)


class ActivityOut(Model):
    """A pending activity. `max_attempts` 0 means without limit."""

    activity_id: str
    activity_type: str
    state: str
    attempt: int
    max_attempts: int
    scheduled_at: Time | None
    started_at: Time | None
    next_try_at: Time | None
    last_heartbeat_at: Time | None
    last_failure: str
    worker: str
    paused: bool

    @classmethod
    def of(cls, activity: PendingActivity) -> ActivityOut:
        """From the domain's value."""
        return cls(**{name: getattr(activity, name) for name in cls.model_fields})


class PauseOut(Model):
    """A native pause."""

    by: str
    at: Time | None
    reason: str


class OfferOut(Model):
    """Whether the run's state admits an action."""

    possible: bool
    why_not: str


class RunDetail(RunOut):
    """One run as the server reports it now."""

    history_bytes: int
    pause: PauseOut | None
    pause_came_undone: bool
    cancel_requested: bool
    parent: RefOut | None
    root: RefOut | None
    first_run_id: str
    build_id: str
    execution_timeout: Seconds | None
    run_timeout: Seconds | None
    task_timeout: Seconds | None
    search_attributes: dict[str, str]
    memo: dict[str, str]
    activities: list[ActivityOut]
    children: list[RefOut]
    task_attempt: int

    @classmethod
    def of_run(cls, run: Run) -> RunDetail:
        """From the domain's value."""
        pause = run.pause
        return cls(
            **RunOut.of(run.summary).model_dump(mode="python"),
            history_bytes=run.history_bytes,
            pause=PauseOut(by=pause.by, at=pause.at, reason=pause.reason) if pause else None,
            pause_came_undone=run.pause_came_undone,
            cancel_requested=run.cancel_requested,
            parent=RefOut.of(run.parent) if run.parent else None,
            root=RefOut.of(run.root) if run.root else None,
            first_run_id=run.first_run_id,
            build_id=run.build_id,
            execution_timeout=run.execution_timeout,
            run_timeout=run.run_timeout,
            task_timeout=run.task_timeout,
            search_attributes=dict(run.search_attributes),
            memo=dict(run.memo),
            activities=[ActivityOut.of(each) for each in run.activities],
            children=[
                RefOut(workflow_id=each.workflow_id, run_id=each.run_id) for each in run.children
            ],
            task_attempt=run.task.attempt if run.task else 0,
        )


class RunWithOffers(Model):
    """One run, and which actions its state admits."""

    run: RunDetail
    offers: dict[str, OfferOut]
    native_pause: bool


class Signal(Act):
    """A signal to send: `args`, or `payload` for a single argument."""

    name: Annotated[str, Field(max_length=1000)]
    args: list[JsonValue] | None = None
    payload: JsonValue = None
    force: Annotated[bool, Field(description="Send it though the workflow declares no such")] = (
        False
    )

    @field_validator("args", "payload")
    @classmethod
    def _as_json(cls, given: JsonValue) -> JsonValue:
        # Python's parser takes NaN and half characters; the workflow's language may not.
        try:
            json.dumps(given, allow_nan=False, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("half a character cannot be sent") from None
        return given

    @model_validator(mode="after")
    def _either(self) -> Signal:
        if self.args is not None and "payload" in self.model_fields_set:
            raise ValueError("give args, or payload for a single argument, not both")
        return self

    def arguments(self) -> list[object]:
        """The arguments, however they were given."""
        if self.args is not None:
            return list(self.args)
        return [self.payload] if "payload" in self.model_fields_set else []


class DoneOut(Model):
    """The run as the server reports it after the action."""

    run: RunDetail
    notice: str
    warnings: list[str]

    @classmethod
    def of(cls, done: Done) -> DoneOut:
        """From the domain's value."""
        warnings = [warning.message for warning in done.warnings]
        return cls(run=RunDetail.of_run(done.run), notice=done.notice, warnings=warnings)
