"""The form in which a comparison is answered, and the one in which a recorder reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from inspector_app.domain.commands import Command, Record, RefusedPatch, ReplayFailure, Source
from inspector_app.domain.divergence import (
    Change,
    Comparison,
    Difference,
    Fork,
    HistoriesCompared,
    RecordedRun,
    Reset,
    Verdict,
    Weight,
)
from inspector_app.domain.errors import Invalid
from inspector_app.domain.explaining import explain, explain_histories
from inspector_app.domain.ids import EventId
from inspector_app.domain.refusals import Refusal
from inspector_app.domain.sdk_messages import Side

EXIT_CODES: Final = {
    Verdict.IDENTICAL: 0,
    Verdict.LEGAL: 0,
    Verdict.ERROR: 2,
    Verdict.DRIFT: 3,
    Verdict.NONDETERMINISTIC: 4,
    Verdict.TASK_FAILURE: 5,
}
Json = Mapping[str, object]


def parse_record(content: object) -> Record:
    """Read what a recorder reports; it ran beside code that nobody here vouches for.

    Raises:
        Invalid: It is not in a recorder's form.
    """
    try:
        return _record(cast("Json", content))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid("The replay's report is not in the form that was expected.") from None


def parse_run(content: object) -> RecordedRun:
    """Read what a history says of its run, as `replay.recorded` writes it.

    Raises:
        Invalid: It is not in that form.
    """
    try:
        return _run(cast("Json", content))
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Invalid("The history was not read in the form that was expected.") from None


def answer(comparison: Comparison, record: Record) -> dict[str, object]:
    """Return a comparison as JSON (contracts: `inspector replay compare`)."""
    first, failure = comparison.first_divergence, comparison.failure
    return {
        "verdict": comparison.verdict.value,
        "first_divergence": _difference(first) if first else None,
        "differences": [_difference(each) for each in comparison.differences],
        "sdk_message": failure.sdk_message if failure else None,
        "explanation": explain(comparison, record) + _limits(record),
    }


def _limits(record: Record) -> str:
    """Say where knowledge ends, if it does before the code."""
    if record.failure is None or not record.failure.nondeterminism or not record.stopped:
        return ""
    return (
        "\n\nFurther on, what today's code asks for hangs on answers that this history does not"
        " hold: that was not compared."
    )


def answer_histories(found: HistoriesCompared) -> dict[str, object]:
    """Return two histories' comparison as JSON: the same shape, and how they hang together."""
    first = found.first_divergence
    return {
        "verdict": found.verdict.value,
        "first_divergence": _difference(first) if first else None,
        "differences": [_difference(each) for each in found.differences],
        "sdk_message": None,
        "explanation": explain_histories(found),
        "fork": _fork(found.fork) if found.fork else None,
        "told": _difference(found.told) if found.told else None,
        "patches": list(found.patches),
    }


def answer_refusal(found: Refusal) -> dict[str, object]:
    """Return what an SDK's own failure message means, in the shape of a comparison."""
    accusation, first = found.accusation, None
    if found.event_id is not None and accusation is not None:
        was, now = accusation.history, accusation.code
        change = Change.INSERTED if not was else Change.CHANGED if now else Change.REMOVED
        first = {
            "event_id": found.event_id,
            "kind": Weight.STRUCTURAL.value,
            "change": change.value,
            "original": _side(was),
            "replayed": _side(now),
            "source": None,
        }
    verdict = Verdict.NONDETERMINISTIC if found.nondeterminism else Verdict.TASK_FAILURE
    remedies = "\n".join(f"{number}. {each}" for number, each in enumerate(found.remedies, 1))
    return {
        "verdict": verdict.value,
        "first_divergence": first,
        "differences": [first] if first else [],
        "sdk_message": found.failure.message,
        "explanation": f"{found.summary}\n\nWhat can be done, one of:\n{remedies}",
    }


def _side(side: Side | None) -> dict[str, object] | None:
    return {"command": side.type, "name": side.name, "id": side.id} if side else None


def refusal(reason: str) -> dict[str, object]:
    """Return what is answered when nothing could be compared."""
    return {
        "verdict": Verdict.ERROR.value,
        "first_divergence": None,
        "differences": [],
        "sdk_message": None,
        "explanation": reason,
    }


def _difference(difference: Difference) -> dict[str, object]:
    return {
        "event_id": difference.event_id,
        "kind": difference.kind.value,
        "change": difference.change.value,
        "original": _shown(difference.original),
        "replayed": _shown(difference.replayed),
        "source": _source_shown(difference.source),
    }


def _fork(fork: Fork) -> dict[str, object]:
    return {
        "event_id": fork.event_id,
        "reset": "other" if fork.reset and fork.of_other else "this" if fork.reset else None,
        "reason": fork.reset.reason if fork.reset else None,
    }


def _shown(command: Command | None) -> dict[str, object] | None:
    if command is None:
        return None
    shown: dict[str, object] = {
        "command": command.kind,
        "name": command.name,
        "id": command.id,
        "attributes": dict(command.attributes),
        "task": command.task,
    }
    if command.uncertain:
        shown["uncertain"] = sorted(command.uncertain)
    return shown if command.event_id is None else shown | {"event_id": command.event_id}


def _source_shown(source: Source | None) -> dict[str, object] | None:
    if source is None:
        return None
    return {"file": source.file, "line": source.line, "function": source.function}


def _run(content: Json) -> RecordedRun:
    return RecordedRun(
        workflow_type=str(content["workflow_type"]),
        workflow_id=str(content["workflow_id"]),
        run_id=str(content["run_id"]),
        events=tuple(map(str, cast("list[object]", content["events"]))),
        commands=tuple(map(_command, _objects(content["commands"]))),
        told=tuple(map(_command, _objects(content["told"]))),
        resets=tuple(
            Reset(
                EventId(_number(each["event_id"])),
                str(each["base_run_id"]),
                str(each["run_id"]),
                str(each["reason"]),
            )
            for each in _objects(content["resets"])
        ),
        encodings=tuple(map(str, cast("list[object]", content["encodings"]))),
    )


def _record(content: Json) -> Record:
    failure = cast("Json | None", content["failure"])
    return Record(
        original=tuple(map(_command, _objects(content["original"]))),
        replayed=tuple(map(_command, _objects(content["replayed"]))),
        refused_patches=tuple(
            RefusedPatch(str(each["id"]), _source(each["source"]))
            for each in _objects(content["refused_patches"])
        ),
        stopped=bool(content["stopped"]),
        failure=_failure(failure) if failure else None,
    )


def _objects(value: object) -> list[Json]:
    if not isinstance(value, list):
        raise TypeError("a list was expected")
    return cast("list[Json]", value)


def _command(content: Json) -> Command:
    attributes, event_id = content["attributes"], content["event_id"]
    if not isinstance(attributes, dict):
        raise TypeError("attributes are an object")
    return Command(
        kind=str(content["kind"]),
        name=str(content["name"]),
        id=str(content["id"]),
        attributes=cast("Json", attributes),
        task=EventId(_number(content["task"])),
        event_id=None if event_id is None else EventId(_number(event_id)),
        source=_source(content["source"]),
        uncertain=frozenset(map(str, cast("list[object]", content.get("uncertain", ())))),
    )


def _number(value: object) -> int:
    if not isinstance(value, int):
        raise TypeError("a whole number was expected")
    return value


def _source(value: object) -> Source | None:
    if value is None:
        return None
    content = cast("Json", value)
    return Source(str(content["file"]), _number(content["line"]), str(content["function"]))


def _failure(content: Json) -> ReplayFailure:
    return ReplayFailure(
        nondeterminism=content["kind"] == "nondeterminism",
        message=str(content["message"]),
        sdk_message=str(content["sdk_message"]),
        source=_source(content["source"]),
        encodings=tuple(map(str, cast("list[object]", content.get("encodings", [])))),
    )
