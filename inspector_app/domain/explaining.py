"""A comparison in words: one sentence for what is so, then what can be done about it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import assert_never

from inspector_app.domain.commands import Command, Record, Source
from inspector_app.domain.divergence import Change, Comparison, Difference, Verdict, Weight
from inspector_app.domain.ids import EventId


def explain(comparison: Comparison, record: Record) -> str:  # noqa: PLR0911 - one a verdict
    """Return the explanation, a sentence and, where there is one, what to do below it."""
    first, failure = comparison.first_divergence, comparison.failure
    match comparison.verdict:
        case Verdict.IDENTICAL:
            return "Today's code asks for exactly what the history holds."
        case Verdict.LEGAL:
            return _legal(comparison)
        case Verdict.DRIFT:
            assert first is not None, "drift is made of differences"
            return (
                f"{_difference(first)} Temporal replays this without a word; runs that are under"
                " way go on with the new value from here, and old ones keep what they were given."
            )
        case Verdict.NONDETERMINISTIC:
            if first is None or first.kind is not Weight.STRUCTURAL:
                said = failure.sdk_message if failure else ""
                return f"The SDK refuses this history, and no command shows why: {said}"
            said = _difference(first)
            if failure is None:
                said += (
                    " The SDK's own replayer says nothing of it, since the history ends there; the"
                    " run's next task will be refused."
                )
            return "\n".join([said, "", *_remedies(first, record)])
        case Verdict.TASK_FAILURE:
            assert failure is not None, "a task failure has one"
            return (
                f"The code raised during the replay{_at(failure.source)}: {failure.message}. This"
                " fails the workflow task again and again, and is no non-determinism."
            )
        case Verdict.ERROR:
            encodings = ", ".join(failure.encodings) if failure else ""
            return (
                f"The history's payloads are encoded ({encodings}), and without their converter"
                " the code cannot read them: name it with --converter MODULE:NAME. This says"
                " nothing about determinism."
            )
        case _:
            assert_never(comparison.verdict)


def _legal(comparison: Comparison) -> str:
    legal = comparison.legal
    parts: list[str] = []
    if legal.refused:
        names = ", ".join(f"{each.id!r}{_at(each.source)}" for each in legal.refused)
        parts.append(f"the history is older than patch {names}, which answers it no")
    if legal.deprecated:
        names = ", ".join(map(repr, legal.deprecated))
        parts.append(f"patch {names} is on its way out by way of deprecate_patch")
    return f"The code has changed and is safe for this history: {', and '.join(parts)}."


def _difference(difference: Difference) -> str:
    was, now = difference.original, difference.replayed
    at = f"At event {difference.event_id}"
    line = _at(difference.source)
    match difference.change:
        case Change.INSERTED:
            assert now is not None, "something was inserted"
            return (
                f"{at} today's code asks for {now.words}{line}, which the history does not have."
            )
        case Change.REMOVED:
            assert was is not None, "something was removed"
            return f"{at} the history has {was.words}, and today's code no longer asks for it."
        case Change.MOVED:
            assert was is not None, "something was moved"
            assert now is not None, "to somewhere"
            earlier = now.task < was.task or difference.event_id != was.event_id
            return (
                f"{at} the order has changed: today's code asks for {was.words}{line}"
                f" {'earlier' if earlier else 'later'} than the history has it"
                f" (event {was.event_id})."
            )
        case Change.CHANGED:
            assert was is not None, "something was there before"
            assert now is not None, "something has taken its place"
            if was.key != now.key:
                return (
                    f"{at} the history has {was.words}, and today's code asks for"
                    f" {now.words}{line} instead."
                )
            fields = ", ".join(each.replace("_", " ") for each in difference.fields)
            return f"{at} {was.words} has changed{line}: {fields}{_values(was, now, difference)}."
        case _:
            assert_never(difference.change)


def _values(was: Command, now: Command, difference: Difference) -> str:
    if len(difference.fields) != 1:
        return ""
    field = difference.fields[0]
    before, after = (
        (was.id, now.id)
        if field == "id"
        else (was.attributes.get(field), now.attributes.get(field))
    )
    text = f" from {before!r} to {after!r}"
    return text if len(text) <= _LONGEST else ""


_LONGEST = 160


def _at(source: Source | None) -> str:
    if source is None:
        return ""
    file = source.file.rsplit("/", 1)[-1]
    return f" ({file}:{source.line}, in {source.function})"


def _remedies(first: Difference, record: Record) -> Iterator[str]:
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
    now = f"...  # {first.replayed.words}{_at(first.source)}" if first.replayed else ""
    if first.original and first.original.kind == "patch":
        kept = first.original.name
        return [
            f'if workflow.patched("{kept}"):  # the history has asked for it: keep the name',
            "    ...  # as before",
            f'# or workflow.deprecate_patch("{kept}") once no run needs the other branch',
        ]
    name = _patch_name(first)
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
                f"    ...  # the new order{_at(first.source)}",
                "else:",
                "    ...  # the order as before",
            ]
        case _:
            assert_never(first.change)


def _patch_name(first: Difference) -> str:
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
