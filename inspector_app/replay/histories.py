"""A history as a file holds it: the CLI's or the SDK's JSON, or raw protobuf."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError, Message
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    History,
    HistoryEvent,
    WorkflowExecutionStartedEventAttributes,
)
from temporalio.client import WorkflowHistory

from . import imported, plain

LARGEST = 256 * 2**20
"""Bytes of a file: a history holds 50 MiB at most, its JSON up to three times as much."""


class NotReplayable(Exception):
    """The input cannot be replayed; the message is one line for the person who asked."""


@dataclass
class Task:
    """One completed workflow task: ids of its WorkflowTaskStarted and WorkflowTaskCompleted."""

    started: int
    completed: int
    commands: list[HistoryEvent] = field(default_factory=list)
    """Events that the task's commands made."""


@dataclass
class Read:
    """A history that has a beginning."""

    events: list[HistoryEvent]
    tasks: list[Task]

    @property
    def started(self) -> WorkflowExecutionStartedEventAttributes:
        return self.events[0].workflow_execution_started_event_attributes

    @property
    def completions(self) -> dict[int, int]:
        """From each WorkflowTaskStarted to its WorkflowTaskCompleted."""
        return {task.started: task.completed for task in self.tasks}

    @property
    def has_begun(self) -> bool:
        """Whether a worker ever took it up: a cron run may wait for that for long."""
        return any(each.HasField("workflow_task_started_event_attributes") for each in self.events)

    @property
    def workflow_id(self) -> str:
        return self.started.workflow_id or "unknown-workflow-id"


COMMAND_EVENTS = frozenset(
    f"{name}_event_attributes"
    for name in (
        "workflow_execution_completed",
        "workflow_execution_failed",
        "workflow_execution_canceled",
        "workflow_execution_continued_as_new",
        "activity_task_scheduled",
        "activity_task_cancel_requested",
        "timer_started",
        "timer_canceled",
        "marker_recorded",
        "start_child_workflow_execution_initiated",
        "signal_external_workflow_execution_initiated",
        "request_cancel_external_workflow_execution_initiated",
        "upsert_workflow_search_attributes",
        "workflow_properties_modified",
        "nexus_operation_scheduled",
        "nexus_operation_cancel_requested",
        "workflow_execution_update_accepted",
        "workflow_execution_update_completed",
    )
)


def read(content: bytes) -> Read:
    """Parse a history.

    Raises:
        NotReplayable: It is none, is cut off, or begins in the middle.
    """
    if not content.strip():
        raise NotReplayable("The history file is empty.")
    if len(content) > LARGEST:
        raise NotReplayable(
            f"The history file has {len(content) / 2**20:.0f} MiB; at most 256 MiB are read."
        )
    content = imported.as_utf8(content)
    events = _json(content) if content.lstrip()[:1] in b"{[" else _protobuf(content)
    if not events:
        raise NotReplayable("The history has no events.")
    if events[0].event_type != EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        raise NotReplayable(
            "The history does not begin with WorkflowExecutionStarted: export all of its events."
        )
    for place, event in enumerate(events, 1):
        if event.event_id != place:
            raise NotReplayable(
                f"Event {place} is missing from the history (event {event.event_id} stands in its"
                " place)."
            )
    return Read(events, _tasks(events))


def _json(content: bytes) -> list[HistoryEvent]:
    try:
        parsed: Any = imported.parse(content)
    except (ValueError, RecursionError) as error:
        said = str(error).split("\n", 1)[0]
        raise NotReplayable(f"The history is not whole JSON: {said}.") from None
    events = imported.events_of(parsed)
    if not isinstance(events, list):
        raise NotReplayable('The file is JSON, but no history: it has no list of "events".')
    try:
        whole = {"events": imported.whole(events)}
        return list(WorkflowHistory.from_json("", whole).events)
    except Exception as error:  # noqa: BLE001 - the parser raises what it likes
        said = str(error).split("\n", 1)[0][:200]
        raise NotReplayable(f"The file is JSON, but no history: {said}") from None


def _protobuf(content: bytes) -> list[HistoryEvent]:
    try:
        return list(History.FromString(content).events)
    except DecodeError:
        raise NotReplayable("The file is no history: neither JSON nor whole protobuf.") from None


def _tasks(events: Sequence[HistoryEvent]) -> list[Task]:
    tasks: list[Task] = []
    for event in events:
        name = event.WhichOneof("attributes")
        if name == "workflow_task_completed_event_attributes":
            started = event.workflow_task_completed_event_attributes.started_event_id
            tasks.append(Task(started, event.event_id))
        elif name in COMMAND_EVENTS and tasks:
            tasks[-1].commands.append(event)
    return tasks


async def decode(
    events: Sequence[HistoryEvent], codec: Callable[[Sequence[Payload]], Awaitable[list[Payload]]]
) -> None:
    """Decode every payload of every event in place."""
    for event in events:
        await _decode(event, codec)


async def _decode(message: Message, codec: Any) -> None:
    if isinstance(message, Payloads):
        decoded = await codec(list(message.payloads))
        del message.payloads[:]
        message.payloads.extend(decoded)
        return
    if isinstance(message, Payload):
        message.CopyFrom((await codec([message]))[0])
        return
    value: Any
    for descriptor, value in message.ListFields():
        if descriptor.message_type is None or descriptor.name == "search_attributes":
            continue  # the server reads search attributes: they are never encoded
        if descriptor.message_type.GetOptions().map_entry:
            for each in list(value.values()):
                if isinstance(each, Message):
                    await _decode(each, codec)
        elif isinstance(value, Message):
            await _decode(value, codec)
        else:
            for each in value:
                await _decode(each, codec)


def encodings(events: Sequence[HistoryEvent]) -> set[str]:
    """Return the encodings of payloads that only a codec or a converter of the user's reads."""
    found: set[str] = set()

    async def look(payloads: Sequence[Payload]) -> list[Payload]:
        found.update(map(plain.encoding_of, payloads))
        return list(payloads)

    for event in events:
        walk = _decode(event, look)
        try:
            walk.send(None)  # nothing in it waits
        except StopIteration:
            continue
    return found - plain.STANDARD
