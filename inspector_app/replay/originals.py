"""The commands that a history's events stand for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from temporalio.api.history.v1 import HistoryEvent, MarkerRecordedEventAttributes

from . import plain
from .commands import ID_REUSE, PARENT_CLOSE, Command, Run, arguments, chosen, policy_name, result
from .histories import Read

PATCH, LOCAL_ACTIVITY = "core_patch", "core_local_activity"
_CHANGE_VERSION = "TemporalChangeVersion"


def originals(history: Read) -> list[Command]:
    """Return the original commands, in the order of their events.

    Local activities are noted when they end; they stand in the order in which they were asked for.
    """
    reader = _Reader(history)
    found = [
        command
        for task in history.tasks
        for event in task.commands
        if (command := reader.command(event, task.completed)) is not None
    ]
    places = [place for place, each in enumerate(found) if each.kind == "local_activity"]
    by_seq = sorted((found[place] for place in places), key=lambda each: each.seq)
    for place, command in zip(places, by_seq, strict=True):
        found[place] = command
    return found


def marker_fields(attributes: MarkerRecordedEventAttributes, key: str) -> dict[str, object]:
    """Return the JSON that the SDK's core keeps in a marker."""
    for payload in attributes.details[key].payloads if key in attributes.details else ():
        found = plain.value_of(payload)
        if isinstance(found, dict):
            return cast("dict[str, object]", found)
    return {}


class _Reader:
    def __init__(self, history: Read) -> None:
        self._run = Run.of(history)
        self._events = history.events

    def command(self, event: HistoryEvent, task: int) -> Command | None:
        name = event.WhichOneof("attributes") or ""
        read: Callable[[_Reader, object], Command | None] = _READERS[
            name.removesuffix("_event_attributes")
        ]
        command = read(self, getattr(event, name))
        if command is not None:
            command.task, command.event_id = task, event.event_id
        return command

    def _at(self, event_id: int) -> HistoryEvent:
        return self._events[event_id - 1] if 0 < event_id <= len(self._events) else HistoryEvent()

    def completed(self, a: Any) -> Command:
        return Command("complete", attributes=result(a.result.payloads))

    def failed(self, a: Any) -> Command:
        return Command("fail", attributes=plain.failure_of(a.failure))

    def canceled(self, _a: Any) -> Command:
        return Command("cancel")

    def continued(self, a: Any) -> Command:
        return Command(
            "continue_as_new",
            attributes={
                "workflow_type": a.workflow_type.name,
                "task_queue": a.task_queue.name,
                **arguments(a.input.payloads),
                "run_timeout": plain.seconds(a.workflow_run_timeout),
                "task_timeout": plain.seconds(a.workflow_task_timeout),
                "memo": plain.fields_of(a.memo.fields),
                "search_attributes": plain.fields_of(a.search_attributes.indexed_fields),
            },
        )

    def activity(self, a: Any) -> Command:
        return Command(
            "activity",
            a.activity_type.name,
            chosen(a.activity_id),
            {
                **arguments(a.input.payloads),
                "task_queue": a.task_queue.name,
                **plain.activity_timeouts(
                    plain.seconds(a.schedule_to_close_timeout),
                    plain.seconds(a.schedule_to_start_timeout),
                    plain.seconds(a.start_to_close_timeout),
                    plain.seconds(a.heartbeat_timeout),
                    self._run.run_timeout,
                ),
                "retry_policy": plain.retry_of(a.retry_policy),
            },
        )

    def activity_cancel(self, a: Any) -> Command:
        target = self._at(a.scheduled_event_id).activity_task_scheduled_event_attributes
        return Command("cancel_activity", target.activity_type.name, chosen(target.activity_id))

    def timer(self, a: Any) -> Command:
        return Command("timer", attributes={"duration": plain.seconds(a.start_to_fire_timeout)})

    def timer_cancel(self, _a: Any) -> Command:
        return Command("cancel_timer")

    def marker(self, a: Any) -> Command | None:
        if a.marker_name == PATCH:
            fields = marker_fields(a, "patch-data")
            return Command(
                "patch",
                str(fields.get("id", "")),
                attributes={"deprecated": bool(fields.get("deprecated"))},
            )
        if a.marker_name == LOCAL_ACTIVITY:
            fields = marker_fields(a, "data")
            return Command(
                "local_activity",
                str(fields.get("activity_type", "")),
                chosen(str(fields.get("activity_id", ""))),
                seq=int(str(fields.get("seq", 0))),
            )
        return Command("marker", a.marker_name)

    def child(self, a: Any) -> Command:
        retry = plain.retry_of(a.retry_policy) if a.HasField("retry_policy") else None
        return Command(
            "child",
            a.workflow_type.name,
            a.workflow_id,
            {
                **arguments(a.input.payloads),
                "task_queue": a.task_queue.name,
                **self._run.child_timeouts(
                    plain.seconds(a.workflow_execution_timeout),
                    plain.seconds(a.workflow_run_timeout),
                    plain.seconds(a.workflow_task_timeout),
                ),
                "retry_policy": retry,
                "cron_schedule": a.cron_schedule,
                "parent_close_policy": policy_name(a.parent_close_policy, PARENT_CLOSE),
                "id_reuse_policy": policy_name(a.workflow_id_reuse_policy, ID_REUSE),
                "memo": plain.fields_of(a.memo.fields),
                "search_attributes": plain.fields_of(a.search_attributes.indexed_fields),
            },
        )

    def signal(self, a: Any) -> Command:
        return Command(
            "signal",
            a.signal_name,
            attributes={
                "workflow_id": a.workflow_execution.workflow_id,
                "run_id": a.workflow_execution.run_id,
                **arguments(a.input.payloads),
            },
        )

    def external_cancel(self, a: Any) -> Command:
        return Command(
            "cancel_child" if a.child_workflow_only else "cancel_external",
            attributes={"workflow_id": a.workflow_execution.workflow_id},
        )

    def search_attributes(self, a: Any) -> Command | None:
        fields = plain.fields_of(a.search_attributes.indexed_fields)
        if set(fields) == {_CHANGE_VERSION}:  # comes with a patch, has no command of its own
            return None
        return Command("search_attributes", attributes=fields)

    def memo(self, a: Any) -> Command:
        return Command("memo", attributes=plain.fields_of(a.upserted_memo.fields))

    def nexus(self, a: Any) -> Command:
        return Command(
            "nexus",
            f"{a.service}/{a.operation}",
            attributes={
                "endpoint": a.endpoint,
                "input": plain.value_of(a.input),
                "headers": dict(a.nexus_header),
                **plain.nexus_timeouts(a, self._run.run_timeout),
            },
        )

    def nexus_cancel(self, a: Any) -> Command:
        target = self._at(a.scheduled_event_id).nexus_operation_scheduled_event_attributes
        return Command("cancel_nexus", f"{target.service}/{target.operation}")

    def update_accepted(self, a: Any) -> Command:
        return Command("update_accepted", a.accepted_request.input.name, a.protocol_instance_id)

    def update_completed(self, a: Any) -> Command:
        accepted = self._at(
            a.accepted_event_id
        ).workflow_execution_update_accepted_event_attributes
        outcome = a.outcome
        said = (
            {"failure": plain.failure_of(outcome.failure)}
            if outcome.HasField("failure")
            else result(outcome.success.payloads)
        )
        return Command(
            "update_completed",
            accepted.accepted_request.input.name,
            accepted.protocol_instance_id or a.meta.update_id,
            said,
        )


_READERS: dict[str, Callable[..., Command | None]] = {
    "workflow_execution_completed": _Reader.completed,
    "workflow_execution_failed": _Reader.failed,
    "workflow_execution_canceled": _Reader.canceled,
    "workflow_execution_continued_as_new": _Reader.continued,
    "activity_task_scheduled": _Reader.activity,
    "activity_task_cancel_requested": _Reader.activity_cancel,
    "timer_started": _Reader.timer,
    "timer_canceled": _Reader.timer_cancel,
    "marker_recorded": _Reader.marker,
    "start_child_workflow_execution_initiated": _Reader.child,
    "signal_external_workflow_execution_initiated": _Reader.signal,
    "request_cancel_external_workflow_execution_initiated": _Reader.external_cancel,
    "upsert_workflow_search_attributes": _Reader.search_attributes,
    "workflow_properties_modified": _Reader.memo,
    "nexus_operation_scheduled": _Reader.nexus,
    "nexus_operation_cancel_requested": _Reader.nexus_cancel,
    "workflow_execution_update_accepted": _Reader.update_accepted,
    "workflow_execution_update_completed": _Reader.update_completed,
}
