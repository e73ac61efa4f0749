"""A history in a file whose workflow task keeps failing: explained as a run's page explains it."""

from __future__ import annotations

from inspector_app.adapters.temporal.histories import task_failure_of
from inspector_app.adapters.temporal.rows import Rows
from inspector_app.domain.refusals import Refusal, refusal
from inspector_app.replay import histories


def refused(content: bytes) -> Refusal | None:
    """Explain the last workflow task of a history, None if it did not fail.

    Raises:
        NotReplayable: The content is no history.
    """
    events = histories.read(content).events
    maker = Rows()
    rows = [maker.row(event) for event in events]
    for row in reversed(rows):
        if row.type == "WorkflowTaskCompleted":
            return None
        if row.type == "WorkflowTaskFailed":
            failure = task_failure_of(events[row.id - 1])
            return refusal(failure, rows) if failure else None
    return None
