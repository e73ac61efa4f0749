"""Two histories in words: where they part, and what came before it."""

from __future__ import annotations

from typing import assert_never

from inspector_app.domain.commands import Command
from inspector_app.domain.divergence import (
    Change,
    Difference,
    Fork,
    HistoriesCompared,
    Verdict,
)
from inspector_app.domain.explaining.values import field_words, values_changed


def explain_histories(found: HistoriesCompared) -> str:
    """Return one paragraph: what is so, how the two hang together, and what came before."""
    said = [_verdict(found)]
    if found.fork is not None:
        said.append(_fork(found.fork))
    if found.verdict in {Verdict.DRIFT, Verdict.NONDETERMINISTIC}:
        said.append(_cause(found))
    if found.encodings:
        said.append(
            f"Values encoded as {', '.join(found.encodings)} are taken to be alike: nobody here"
            " can read them."
        )
    return " ".join(said)


def _verdict(found: HistoriesCompared) -> str:
    first = found.first_divergence
    if first is not None:
        return _difference(first)
    if found.patches:
        return (
            "Both ask for the same, but for the patch"
            f" {', '.join(map(repr, found.patches))}, which one of them is older than."
        )
    return "Both histories ask for the same, in the same order."


def _difference(difference: Difference) -> str:
    was, now = difference.original, difference.replayed
    at = f"At event {difference.event_id}"
    match difference.change:
        case Change.INSERTED:
            return f"{at} the other history has {_there(now)}, which this one does not have."
        case Change.REMOVED:
            return f"{at} this history has {_words(was)}, which the other does not have."
        case Change.MOVED:
            return f"{at} the order differs: {_words(was)} (event {_id(was)}) is {_there(now)}."
        case Change.CHANGED:
            assert was is not None, "something was there before"
            assert now is not None, "something has taken its place"
            if was.key != now.key:
                return (
                    f"{at} this history has {_words(was)}, and the other has {_there(now)}"
                    " instead."
                )
            fields = field_words(difference.fields)
            values = values_changed(was, now, difference.fields)
            return f"{at} ({now.event_id} in the other) {_words(was)} differs: {fields}{values}."
        case _:
            assert_never(difference.change)


def _words(command: Command | None) -> str:
    assert command is not None, "the side that is spoken of"
    return command.name if command.kind == "told" else command.words


def _id(command: Command | None) -> int:
    assert command is not None, "the side that is spoken of"
    return command.event_id or 0


def _there(command: Command | None) -> str:
    return f"{_words(command)} (event {_id(command)} there)"


def _fork(fork: Fork) -> str:
    before = fork.event_id - 1
    which = "the other history" if fork.of_other else "this history"
    if fork.reset is None:
        return f"Both are one run up to event {before}; {which} goes on longer."
    reason = f" ({fork.reset.reason})" if fork.reset.reason else ""
    return (
        f"Both are one run up to event {before}: {which} was reset at event"
        f" {fork.event_id}{reason} and draws its random numbers anew from there."
    )


def _cause(found: HistoriesCompared) -> str:
    told = found.told
    if told is None:
        return (
            "Up to there both were told the same, so their code differs, or is not deterministic."
        )
    said = _difference(told)
    return f"Before that they were told differently. {said}"
