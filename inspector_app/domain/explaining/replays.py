"""A comparison in words: one sentence for what is so, then what can be done about it."""

from __future__ import annotations

from typing import assert_never

from inspector_app.domain.commands import Record
from inspector_app.domain.divergence import Change, Comparison, Difference, Verdict, Weight
from inspector_app.domain.explaining.remedies import remedies
from inspector_app.domain.explaining.values import at_line, field_words, values_changed


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
            return "\n".join([said, "", *remedies(first, record)])
        case Verdict.TASK_FAILURE:
            assert failure is not None, "a task failure has one"
            return (
                f"The code raised during the replay{at_line(failure.source)}: {failure.message}."
                " This fails the workflow task again and again, and is no non-determinism."
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
        names = ", ".join(f"{each.id!r}{at_line(each.source)}" for each in legal.refused)
        parts.append(f"the history is older than patch {names}, which answers it no")
    if legal.deprecated:
        names = ", ".join(map(repr, legal.deprecated))
        parts.append(f"patch {names} is on its way out by way of deprecate_patch")
    return f"The code has changed and is safe for this history: {', and '.join(parts)}."


def _difference(difference: Difference) -> str:
    was, now = difference.original, difference.replayed
    at = f"At event {difference.event_id}"
    line = at_line(difference.source)
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
            fields = field_words(difference.fields)
            values = values_changed(was, now, difference.fields)
            return f"{at} {was.words} has changed{line}: {fields}{values}."
        case _:
            assert_never(difference.change)
