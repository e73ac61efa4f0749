"""The commands that today's code made, in the form that history gives the original ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from temporalio.bridge.proto.workflow_commands import WorkflowCommand

from . import plain
from .commands import ID_REUSE, PARENT_CLOSE, Command, Run, arguments, chosen, policy_name, result
from .instance import Step

_ABANDON_ACTIVITY, _ABANDON_CHILD, _ABANDON_NEXUS = 2, 0, 1


class Reader:
    """Reads one instance's answers in order; remembers what later commands only refer to."""

    def __init__(self, run: Run, tasks: Mapping[int, int]) -> None:
        self.run = run
        self.tasks = tasks
        """From WorkflowTaskStarted to WorkflowTaskCompleted."""
        self._begun: dict[tuple[str, int], Command] = {}
        self._abandoned: set[tuple[str, int]] = set()
        self._updates: dict[str, str] = {}
        """From an update's id to its handler's name."""
        self._accepted: set[str] = set()

    def task_of(self, step: Step) -> int:
        """Return the task of an activation; 0 if none of that start was completed."""
        return self.tasks.get(step.told.history_length, 0)

    def commands(self, step: Step) -> list[Command]:
        found: list[Command] = []
        task = self.task_of(step)
        for job in step.told.jobs:
            if job.HasField("do_update"):
                self._updates[job.do_update.protocol_instance_id] = job.do_update.name
        for place, message in enumerate(step.answer.successful.commands):
            command = self._command(message)
            if command is not None:
                command.task = task
                command.source = step.sources[place] if place < len(step.sources) else None
                found.append(command)
        return found

    def _command(self, message: WorkflowCommand) -> Command | None:
        variant = message.WhichOneof("variant") or ""
        read = _READERS.get(variant)
        return read(self, getattr(message, variant)) if read else None

    def _began(self, family: str, command: Command, seq: int, *, abandon: bool) -> Command:
        command.seq = seq
        self._begun[family, seq] = command
        if abandon:
            self._abandoned.add((family, seq))
        return command

    def _ends(self, family: str, seq: int, *, named: bool) -> Command | None:
        """Return the cancellation of what began earlier; an abandoned one makes no event."""
        began = self._begun.get((family, seq))
        if began is None or (family, seq) in self._abandoned:
            return None
        name, chosen_id = (began.name, began.id) if named else ("", "")
        return Command(f"cancel_{family}", name, chosen_id, seq=seq)

    def complete(self, c: Any) -> Command:
        return Command("complete", attributes=result([c.result] if c.HasField("result") else []))

    def fail(self, c: Any) -> Command:
        return Command("fail", attributes=plain.failure_of(c.failure))

    def cancel(self, _c: Any) -> Command:
        return Command("cancel")

    def continued(self, c: Any) -> Command:
        run = self.run
        asked = {
            "workflow_type": c.workflow_type or run.workflow_type,
            "task_queue": self._queue(c.task_queue),
            **arguments(c.arguments),
            "run_timeout": plain.seconds(c.workflow_run_timeout) or run.run_timeout,
            "task_timeout": plain.seconds(c.workflow_task_timeout) or run.task_timeout,
        }
        # Left out, these are carried over by the server.
        if c.memo:
            asked["memo"] = plain.fields_of(c.memo)
        fields = getattr(c.search_attributes, "indexed_fields", c.search_attributes)
        if fields:
            asked["search_attributes"] = plain.fields_of(fields)
        return Command("continue_as_new", attributes=asked)

    def activity(self, c: Any) -> Command:
        command = Command(
            "activity",
            c.activity_type,
            chosen(c.activity_id),
            {
                **arguments(c.arguments),
                "task_queue": self._queue(c.task_queue),
                **plain.activity_timeouts(
                    plain.seconds(c.schedule_to_close_timeout),
                    plain.seconds(c.schedule_to_start_timeout),
                    plain.seconds(c.start_to_close_timeout),
                    plain.seconds(c.heartbeat_timeout),
                    self.run.run_timeout,
                ),
                "retry_policy": plain.retry_of(c.retry_policy),
            },
        )
        abandon = c.cancellation_type == _ABANDON_ACTIVITY
        return self._began("activity", command, c.seq, abandon=abandon)

    def activity_cancel(self, c: Any) -> Command | None:
        return self._ends("activity", c.seq, named=True)

    def local_activity(self, c: Any) -> Command:
        return Command("local_activity", c.activity_type, chosen(c.activity_id), seq=c.seq)

    def timer(self, c: Any) -> Command:
        length = {"duration": plain.seconds(c.start_to_fire_timeout)}
        return self._began("timer", Command("timer", attributes=length), c.seq, abandon=False)

    def timer_cancel(self, c: Any) -> Command | None:
        return self._ends("timer", c.seq, named=False)

    def patch(self, c: Any) -> Command:
        return Command("patch", c.patch_id, attributes={"deprecated": c.deprecated})

    def child(self, c: Any) -> Command:
        fields = getattr(c.search_attributes, "indexed_fields", c.search_attributes)
        command = Command(
            "child",
            c.workflow_type,
            c.workflow_id,
            {
                **arguments(c.input),
                "task_queue": self._queue(c.task_queue),
                **self.run.child_timeouts(
                    plain.seconds(c.workflow_execution_timeout),
                    plain.seconds(c.workflow_run_timeout),
                    plain.seconds(c.workflow_task_timeout),
                ),
                "retry_policy": plain.retry_of(c.retry_policy)
                if c.HasField("retry_policy")
                else None,
                "cron_schedule": c.cron_schedule,
                "parent_close_policy": policy_name(c.parent_close_policy, PARENT_CLOSE),
                "id_reuse_policy": policy_name(c.workflow_id_reuse_policy, ID_REUSE),
                "memo": plain.fields_of(c.memo),
                "search_attributes": plain.fields_of(fields),
            },
        )
        abandon = c.cancellation_type == _ABANDON_CHILD
        return self._began("child", command, c.seq, abandon=abandon)

    def child_cancel(self, c: Any) -> Command | None:
        command = self._ends("child", c.child_workflow_seq, named=False)
        if command is not None:
            target = self._begun["child", c.child_workflow_seq]
            command.attributes = {"workflow_id": target.id}
        return command

    def signal(self, c: Any) -> Command:
        target = c.workflow_execution
        command = Command(
            "signal",
            c.signal_name,
            attributes={
                "workflow_id": c.child_workflow_id or target.workflow_id,
                "run_id": target.run_id,
                **arguments(c.args),
            },
        )
        return self._began("signal", command, c.seq, abandon=True)

    def external_cancel(self, c: Any) -> Command:
        target = {"workflow_id": c.workflow_execution.workflow_id}
        return Command("cancel_external", attributes=target, seq=c.seq)

    def search_attributes(self, c: Any) -> Command:
        fields = getattr(c.search_attributes, "indexed_fields", c.search_attributes)
        return Command("search_attributes", attributes=plain.fields_of(fields))

    def memo(self, c: Any) -> Command:
        return Command("memo", attributes=plain.fields_of(c.upserted_memo.fields))

    def nexus(self, c: Any) -> Command:
        command = Command(
            "nexus",
            f"{c.service}/{c.operation}",
            attributes={
                "endpoint": c.endpoint,
                "input": plain.value_of(c.input),
                "headers": dict(c.nexus_header),
                **plain.nexus_timeouts(c, self.run.run_timeout),
            },
        )
        abandon = c.cancellation_type == _ABANDON_NEXUS
        return self._began("nexus", command, c.seq, abandon=abandon)

    def nexus_cancel(self, c: Any) -> Command | None:
        return self._ends("nexus", c.seq, named=True)

    def update(self, c: Any) -> Command | None:
        asked = c.protocol_instance_id
        name = self._updates.get(asked, "")
        if c.HasField("accepted"):
            self._accepted.add(asked)
            return Command("update_accepted", name, asked)
        if c.HasField("completed"):
            return Command("update_completed", name, asked, result([c.completed]))
        if asked not in self._accepted:  # refused by its validator: leaves no event
            return None
        failure = {"failure": plain.failure_of(c.rejected)}
        return Command("update_completed", name, asked, failure)

    def _queue(self, name: str) -> str:
        # The replayer's own queue stands where the run's would: "replay-None", "replay-<build>".
        return self.run.task_queue if not name or name.startswith("replay-") else name


_READERS: dict[str, Callable[..., Command | None]] = {
    "complete_workflow_execution": Reader.complete,
    "fail_workflow_execution": Reader.fail,
    "cancel_workflow_execution": Reader.cancel,
    "continue_as_new_workflow_execution": Reader.continued,
    "schedule_activity": Reader.activity,
    "request_cancel_activity": Reader.activity_cancel,
    "schedule_local_activity": Reader.local_activity,
    "start_timer": Reader.timer,
    "cancel_timer": Reader.timer_cancel,
    "set_patch_marker": Reader.patch,
    "start_child_workflow_execution": Reader.child,
    "cancel_child_workflow_execution": Reader.child_cancel,
    "signal_external_workflow_execution": Reader.signal,
    "request_cancel_external_workflow_execution": Reader.external_cancel,
    "upsert_workflow_search_attributes": Reader.search_attributes,
    "modify_workflow_properties": Reader.memo,
    "schedule_nexus_operation": Reader.nexus,
    "request_cancel_nexus_operation": Reader.nexus_cancel,
    "update_response": Reader.update,
}


def settled(commands: list[Command]) -> list[Command]:
    """Leave out what was begun and cancelled within one task: neither reaches the server."""
    cancelled = {
        (each.kind.removeprefix("cancel_"), each.seq, each.task)
        for each in commands
        if each.kind.startswith("cancel_")
    }
    if not cancelled:
        return commands
    void = {
        (each.kind, each.seq) for each in commands if (each.kind, each.seq, each.task) in cancelled
    }
    return [each for each in commands if (each.kind.removeprefix("cancel_"), each.seq) not in void]
