"""Starting a sample run, once and never again under the same id."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from temporalio.client import Client
from temporalio.common import TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError

TASK_QUEUE: Final = "agents-demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """A run to start.

    Attributes:
        workflow: Its type.
        argument: Its one argument.
        summary: What the run is about, in a line; kept in its metadata.
        within: The run times out after that.
    """

    workflow: str
    id: str
    argument: object
    summary: str = ""
    task_queue: str = TASK_QUEUE
    within: timedelta | None = None
    memo: Mapping[str, str] = field(default_factory=dict[str, str])
    attributes: TypedSearchAttributes = TypedSearchAttributes.empty


async def begin(client: Client, start: Start) -> None:
    """Start a run unless its id was used before, also by one that has ended."""
    with contextlib.suppress(WorkflowAlreadyStartedError):
        await client.start_workflow(
            start.workflow,
            start.argument,
            id=start.id,
            task_queue=start.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            execution_timeout=start.within,
            memo=start.memo,
            search_attributes=start.attributes,
            static_summary=start.summary or None,
        )
