"""Which attributes a query in Temporal's visibility language names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from inspector_app.domain.errors import Invalid

SYSTEM: Final = frozenset(
    name.lower()
    for name in (
        "BuildIds",
        "CloseTime",
        "ExecutionDuration",
        "ExecutionStatus",
        "ExecutionTime",
        "HistoryLength",
        "HistorySizeBytes",
        "ParentRunId",
        "ParentWorkflowId",
        "RootRunId",
        "RootWorkflowId",
        "RunId",
        "StartTime",
        "StateTransitionCount",
        "TaskQueue",
        "TemporalReportedProblems",
        "TemporalScheduledById",
        "TemporalScheduledStartTime",
        "WorkflowId",
        "WorkflowType",
    )
)
"""Attributes that the server itself fills, and from nobody's payload."""
_WORDS: Final = frozenset(
    (
        *("and", "or", "not", "in", "between", "is", "null", "like", "starts_with", "true"),
        *("false", "order", "group", "by", "asc", "desc"),
    )
)
_TOKEN: Final = re.compile(
    r"""\s+ | '[^']*' | "[^"]*" | `(?P<quoted>[^`]+)`
      | (?P<name>[^\W\d]\w*(?:[.:]\w+)*) | \d[\w.:]* | [()=<>!,+-]""",
    re.VERBOSE,
)


def attributes_in(query: str) -> Iterator[tuple[str, bool]]:
    """Name each attribute, and say whether it is one of the server's own.

    Strict where the server is lenient: what is read differently there than here would be a way
    round, so comments, and backslashes, which only some servers take for escapes, are refused.

    Raises:
        Invalid: It cannot be said for sure which attributes the query names.
    """
    at = 0
    while at < len(query):
        found = _TOKEN.match(query, at)
        if found is None or "\\" in found[0] or query.startswith("--", at):
            raise Invalid(
                f"Not understood from character {at + 1} on: {query[at : at + 20]!r}.",
                field="query",
                hint="While something is hidden from your role, a query has attributes, operators "
                "and values in quotes; no comments and no backslashes.",
            )
        at = found.end()
        name = found["quoted"] or found["name"]
        if name and (found["quoted"] or name.lower() not in _WORDS):
            yield name, name.lower() in SYSTEM
