"""What the run page shows, made from what the services answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from datetime import timedelta

from inspector_app.domain.audit import Entry, Outcome
from inspector_app.domain.histories import Event
from inspector_app.domain.refusals import Refusal
from inspector_app.domain.tenancy import Namespace
from inspector_app.domain.workflows import (
    Capabilities,
    Handler,
    PendingActivity,
    Run,
    RunData,
    RunRef,
)
from inspector_app.ui import routes
from inspector_app.ui.run.values import (
    ActivityRow,
    AuditRow,
    ChildRow,
    EventLink,
    Facts,
    HandlerRow,
    Opened,
    Pair,
    Stage,
    Stuck,
    Text,
)
from inspector_app.ui.session import milliseconds

_KILO = 1000
_SHORT_ID = 13


def size(count: int) -> str:
    """Bytes as "812 B", "14.2 kB", "10.3 MB" (powers of 1,000, as Temporal's limits are told)."""
    if count < _KILO:
        return f"{count} B"
    value, unit = count / _KILO, "kB"
    if value >= _KILO:
        value, unit = value / _KILO, "MB"
    return f"{value:.1f} {unit}"


def problem(problems: Iterable[str]) -> str:
    """What `TemporalReportedProblems` means, in two words; "" for none."""
    reported = tuple(problems)
    if any("NonDeterministic" in each for each in reported):
        return "Non-deterministic"
    return "Workflow task failing" if reported else ""


def facts(run: Run, capabilities: Capabilities, tenant: str, *, events: int = 0) -> Facts:
    """The header of `run`, with links of `tenant`'s pages.

    `events` may be ahead of what the description says.
    """
    summary, pause, task = run.summary, run.pause, run.task
    failing = task is not None and task.attempt > 1
    run_id = str(summary.run_id)
    return Facts(
        workflow_id=summary.workflow_id,
        run_id=run_id,
        run_short=run_id if len(run_id) <= _SHORT_ID else f"{run_id[:8]}…{run_id[-4:]}",
        workflow_type=summary.workflow_type,
        status=summary.status.value,
        is_open=summary.status.is_open,
        is_paused=pause is not None and not run.pause_came_undone,
        pause_undone=run.pause_came_undone,
        cancel_requested=run.cancel_requested and summary.status.is_open,
        native_pause=capabilities.native_pause,
        started=milliseconds(summary.started_at),
        closed=milliseconds(summary.closed_at),
        task_queue=summary.task_queue,
        build_id=run.build_id,
        parent_id=run.parent.workflow_id if run.parent else "",
        parent_href=routes.run(tenant, run.parent) if run.parent else "",
        events=max(events, summary.history_length),
        events_text=f"{max(events, summary.history_length):,}",
        size=size(run.history_bytes),
        problem=problem(summary.problems) or ("Workflow task failing" if failing else ""),
        task_attempt=task.attempt if task and failing else 0,
        task_since=milliseconds(task.scheduled_at) if task else None,
        paused_by=pause.by if pause else "",
        paused_at=milliseconds(pause.at) if pause else None,
        pause_reason=pause.reason if pause else "",
        open_children=len(run.children),
    )


def stuck(refusal: Refusal | None, ref: RunRef, tenant: str) -> Stuck:
    """Why the run is stuck, with links to the events it is about."""
    if refusal is None:
        return Stuck()
    at, failed = refusal.event_id, refusal.failure.event_id
    return Stuck(
        summary=refusal.summary,
        word="Non-deterministic" if refusal.nondeterminism else "Workflow task failing",
        event=at or 0,
        href=routes.run(tenant, ref, tab="history", event=at) if at else "",
        failed_href=routes.run(tenant, ref, tab="history", event=failed),
        message=refusal.failure.message,
        remedies=refusal.remedies,
    )


def given(data: RunData) -> Text:
    """What the run was started with."""
    return _text("Input", data.input, cut=data.input_cut)


def outcome(data: RunData) -> Text:
    """What the run ended with: a failure, a result, or nothing yet."""
    if data.failure:
        return _text("Failure", data.failure, cut=False)
    if data.closing_event is None:
        return Text()
    return _text("Result", data.result, cut=data.result_cut)


def _text(kind: str, text: str, *, cut: bool) -> Text:
    return Text(kind=kind, text=text, size=size(len(text.encode())), cut=cut)


def activity(pending: PendingActivity) -> ActivityRow:
    """A row of the table of pending work."""
    retrying = pending.started_at is None and pending.attempt > 1
    if pending.paused:
        stage = Stage.PAUSED
    elif pending.started_at is not None:
        stage = Stage.RUNNING
    else:
        stage = Stage.RETRYING if retrying else Stage.WAITING
    limit = f" of {pending.max_attempts}" if pending.max_attempts else ""
    return ActivityRow(
        activity_id=pending.activity_id,
        activity_type=pending.activity_type,
        stage=stage.value,
        tries=f"{pending.attempt}{limit}",
        # While a try is awaited the server gives the next one as the time it was scheduled.
        since=milliseconds(pending.started_at or (None if retrying else pending.scheduled_at)),
        next_try=milliseconds(pending.next_try_at) if retrying else None,
        heartbeat=milliseconds(pending.last_heartbeat_at),
        failure=pending.last_failure,
        worker=pending.worker,
    )


def children(run: Run, ref: RunRef, tenant: str) -> list[ChildRow]:
    """Children that have not closed, each with its page's address."""
    return [
        ChildRow(
            child.workflow_id,
            child.workflow_type,
            routes.run(tenant, RunRef(ref.namespace, child.workflow_id, child.run_id)),
        )
        for child in run.children
    ]


def timeouts(run: Run) -> list[Pair]:
    """The limits the run was started with."""

    def lasting(value: timedelta | None) -> str:
        return f"{value.total_seconds():,.0f} s" if value else "none"

    found = [
        Pair("Execution", lasting(run.execution_timeout)),
        Pair("Run", lasting(run.run_timeout)),
        Pair("Workflow task", lasting(run.task_timeout)),
    ]
    if run.cron:
        found.append(Pair("Cron", run.cron))
    if run.first_run_id and run.first_run_id != run.summary.run_id:
        found.append(Pair("First run of the chain", run.first_run_id))
    if run.root and run.root.workflow_id != run.summary.workflow_id:
        found.append(Pair("Root workflow", run.root.workflow_id))
    return found


def pairs(values: Iterable[tuple[str, str]]) -> list[Pair]:
    """Names and values as rows."""
    return [Pair(name, value) for name, value in values]


def handlers(declared: Iterable[Handler]) -> list[HandlerRow]:
    """Declared handlers as rows; one without a name takes what no other does."""
    return [HandlerRow(each.name or "any other name", each.description) for each in declared]


def trail(entries: Iterable[Entry]) -> list[AuditRow]:
    """Entries, each intent folded into the outcome that names it."""
    listed = list(entries)
    ended = {entry.record.intent for entry in listed if entry.record.intent is not None}
    return [
        AuditRow(
            seq=entry.seq,
            at=milliseconds(entry.record.at),
            actor=entry.record.actor_name,
            role=entry.record.role or entry.record.actor_kind,
            action=entry.record.action.removeprefix("run:").capitalize(),
            outcome=entry.record.outcome.value,
            reason=entry.record.reason,
            detail=entry.record.detail,
        )
        for entry in listed
        if not (entry.record.outcome is Outcome.INTENT and entry.seq in ended)
    ]


def opened(event: Event, ref: RunRef, tenant: str) -> Opened:
    """One event in full."""
    row = event.row
    return Opened(
        id=row.id,
        number=f"{row.id:,}",
        type=row.type,
        css=f"st-{row.tone}",
        at=milliseconds(row.at),
        subject=row.subject,
        note=row.note,
        json=event.json,
        links=tuple(
            EventLink(label, f"{to:,}", routes.run(tenant, ref, tab="history", event=to))
            for label, to in event.links
        ),
    )


def command(ref: RunRef, namespace: Namespace) -> str:
    """The `temporal` command line that shows the same run."""
    parts = ["temporal", "workflow", "describe"]
    parts += ["--address", namespace.cluster.address, "--namespace", namespace.name]
    parts += ["--workflow-id", ref.workflow_id, "--run-id", ref.run_id]
    return shlex.join(parts)
