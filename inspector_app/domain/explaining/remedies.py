"""What can be done about a history that today's code no longer fits."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from inspector_app.domain.commands import Record
from inspector_app.domain.divergence import Change, Difference
from inspector_app.domain.explaining.values import at_line
from inspector_app.domain.ids import EventId


def remedies(first: Difference, record: Record) -> Iterator[str]:
    """Say what can be done, a line at a time."""
    yield "What can be done, one of:"
    yield "1. Keep old runs on their old path; new runs take the new one:"
    yield from (f"       {line}" for line in patch_snippet(first))
    yield "2. Roll the code back to what these runs began with."
    again = _again(first, record)
    yield (
        f"3. Reset the run to event {_reset_point(first, record)} (WorkflowTaskCompleted): the new"
        f" code takes over there. What the history did from then on happens again: {again}."
    )
    yield (
        "4. Pin runs to the code they began with: worker versioning (a build id for each"
        " deployment, VersioningBehavior.PINNED)."
    )


def patch_snippet(first: Difference) -> list[str]:
    """Return `workflow.patched` for this very place, as lines of Python."""
    was = f"...  # as before: {first.original.words}" if first.original else ""
    now = f"...  # {first.replayed.words}{at_line(first.source)}" if first.replayed else ""
    if first.original and first.original.kind == "patch":
        kept = first.original.name
        return [
            f'if workflow.patched("{kept}"):  # the history has asked for it: keep the name',
            "    ...  # as before",
            f'# or workflow.deprecate_patch("{kept}") once no run needs the other branch',
        ]
    name = patch_name(first)
    match first.change:
        case Change.INSERTED:
            return [f'if workflow.patched("{name}"):', f"    {now}"]
        case Change.REMOVED:
            return [f'if not workflow.patched("{name}"):', f"    {was}"]
        case Change.CHANGED:
            return [f'if workflow.patched("{name}"):', f"    {now}", "else:", f"    {was}"]
        case Change.MOVED:
            return [
                f'if workflow.patched("{name}"):',
                f"    ...  # the new order{at_line(first.source)}",
                "else:",
                "    ...  # the order as before",
            ]
        case _:
            assert_never(first.change)


def patch_name(first: Difference) -> str:
    """Return a name for the patch that a difference calls for, such as `add-ship`."""
    command = first.replayed or first.original
    assert command is not None, "a difference has a side"
    what = re.sub(r"[^A-Za-z0-9]+", "-", command.name or command.kind).strip("-").lower()
    verb = {"inserted": "add", "removed": "drop", "changed": "change", "moved": "move"}
    return f"{verb[first.change]}-{what}"


def _reset_point(first: Difference, record: Record) -> EventId:
    """Return the completed task in which the two part: from there on the code is asked anew."""
    tasks: Sequence[EventId] = [each.task for each in record.original if each.event_id]
    if first.replayed and first.change is not Change.REMOVED:
        return first.replayed.task
    at_or_before = [task for task in tasks if task < first.event_id]
    return max(at_or_before, default=first.event_id)


def _again(first: Difference, record: Record) -> str:
    since = _reset_point(first, record)
    names: dict[str, int] = {}
    for each in record.original:
        if each.task >= since and each.kind in {"activity", "local_activity", "child", "signal"}:
            names[each.words] = names.get(each.words, 0) + 1
    if not names:
        return "nothing that reaches outside"
    shown = [f"{name} ({count} times)" if count > 1 else name for name, count in names.items()]
    return ", ".join(shown[:5]) + (f" and {len(shown) - 5} more" if len(shown) > 5 else "")  # noqa: PLR2004 - a line's worth
