"""`inspector replay …`: where today's code and a history part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NoReturn

import typer

from inspector_app.commands.terminal import WRONG_USE, AsJson, answer, tell
from inspector_app.domain import replay_answers
from inspector_app.domain.divergence import RecordedRun, Verdict, compare_histories
from inspector_app.domain.divergence import compare as compared
from inspector_app.domain.errors import Invalid

commands = typer.Typer(help="Determinism: histories and today's code.", no_args_is_help=True)
LARGEST: Final = 256 * 2**20
"""Bytes of a history file: 50 MiB as the server keeps it can be three times as much JSON."""


@commands.command()
def compare(  # noqa: PLR0913 - an option each
    history: Annotated[
        Path, typer.Argument(help="As `temporal workflow show -o json` writes it, or protobuf.")
    ],
    workflow: Annotated[str, typer.Argument(metavar="[MODULE:CLASS]")] = "",
    *,
    against: Annotated[
        Path | None, typer.Option(help="Another run's history, compared with no code at all.")
    ] = None,
    path: Annotated[Path, typer.Option(help="The folder of the module.")] = Path(),
    python: Annotated[
        str, typer.Option(help="The Python of your environment; empty: Inspector's own.")
    ] = "",
    unsandboxed: Annotated[bool, typer.Option(help="Replay without the SDK's sandbox.")] = False,
    converter: Annotated[
        str, typer.Option(metavar="MODULE:NAME", help="Your data converter, for encoded payloads.")
    ] = "",
    time_limit: Annotated[
        float, typer.Option(help="Seconds; 0: 60, and 5 more for each MiB of history.")
    ] = 0,
    try_patch: Annotated[
        bool, typer.Option("--try", help="Put what has changed under a patch, and replay that.")
    ] = False,
    before: Annotated[
        Path | None, typer.Option(help="With --try: the code's folder as it was before.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Replay a history with today's code and say where the two part, and what to do.

    With --against: compare the histories of two runs, or of a run and its reset, with no code.
    With neither: say what the SDK's own failure message in the history means, in any language.
    Exit 0 when nothing breaks, 3 for drift, 4 for non-determinism, 5 when the code raises.
    """
    if against is not None and workflow:
        _refuse(Invalid("Name MODULE:CLASS or --against, not both."), as_json=as_json)
    if against is not None:
        _compare_histories((history, against), as_json=as_json)
    if not workflow:
        _explain_refusal(history, as_json=as_json)
    from inspector_app.adapters.temporal.replay_host import Order, replay_in_child
    from inspector_app.commands.packing import packed
    from inspector_app.commands.remedy import tried

    try:
        content = _read(history)
        order = Order(
            history=content,
            workflow=workflow,
            path=path,
            python=python or _own_python(),
            sandboxed=not unsandboxed,
            converter=converter,
            seconds=time_limit or 60 + 5 * len(content) / 2**20,
        )
        replayed = replay_in_child(packed(), order)
        record = replay_answers.parse_record(replayed.report)
        found = compared(record)
        wanted = try_patch and found.verdict is Verdict.NONDETERMINISTIC
        trial = tried(packed(), order, found, before) if wanted else None
    except Invalid as error:
        _refuse(error, as_json=as_json)
    for each in replayed.missing_walls:
        tell(f"inspector: {each}")
    said = replay_answers.answer(found, record)
    words = f"{found.verdict}: {said['explanation']}"
    if trial is not None:
        said, words = {**said, "remedy": trial.answer()}, f"{words}\n\n{trial.words()}"
    answer(said, words, as_json=as_json)
    raise typer.Exit(replay_answers.EXIT_CODES[found.verdict])


def _compare_histories(files: Sequence[Path], *, as_json: bool) -> NoReturn:
    try:
        found = compare_histories(*map(_recorded, files))
    except Invalid as error:
        _refuse(error, as_json=as_json)
    said = replay_answers.answer_histories(found)
    answer(said, f"{found.verdict}: {said['explanation']}", as_json=as_json)
    raise typer.Exit(replay_answers.EXIT_CODES[found.verdict])


def _recorded(file: Path) -> RecordedRun:
    from inspector_app.replay.histories import NotReplayable
    from inspector_app.replay.recorded import recorded

    try:
        return replay_answers.parse_run(recorded(_read(file)))
    except NotReplayable as error:
        raise Invalid(f"{file}: {error}") from None


def _explain_refusal(file: Path, *, as_json: bool) -> NoReturn:
    from inspector_app.adapters.temporal.refused import refused
    from inspector_app.replay.histories import NotReplayable

    try:
        found = refused(_read(file))
    except NotReplayable as error:
        _refuse(Invalid(f"{file}: {error}"), as_json=as_json)
    if found is None:
        said = (
            "Name MODULE:CLASS or --against: no workflow task has failed at the end of this"
            " history, so there is nothing to explain without."
        )
        _refuse(Invalid(said), as_json=as_json)
    said = replay_answers.answer_refusal(found)
    answer(said, f"{said['verdict']}: {said['explanation']}", as_json=as_json)
    raise typer.Exit(replay_answers.EXIT_CODES[Verdict(str(said["verdict"]))])


def _refuse(error: Invalid, *, as_json: bool) -> NoReturn:
    if as_json:
        answer(replay_answers.refusal(error.detail), "", as_json=True)
    tell(f"inspector: {error.detail}")
    raise typer.Exit(WRONG_USE)


@commands.command()
def pack(
    *,
    output: Annotated[Path, typer.Option(help="Where to write it.")] = Path(
        "inspector-replay.pyz"
    ),
    as_json: AsJson = False,
) -> None:
    """Write one file that compares in your own environment: it needs Python and temporalio."""
    from inspector_app.commands.packing import packed

    content = packed()
    try:
        output.write_bytes(content)
        output.chmod(0o755)
    except OSError as error:
        raise Invalid(f"{output} cannot be written: {error.strerror}.") from None
    words = f"{output}: python {output} HISTORY.json MODULE:CLASS --path DIR [--json]"
    answer({"file": str(output), "bytes": len(content)}, words, as_json=as_json)


def _own_python() -> str:
    import sys

    return sys.executable


def _read(history: Path) -> bytes:
    try:
        if history.stat().st_size > LARGEST:
            raise Invalid("The history file is larger than 256 MiB.")
        return history.read_bytes()
    except OSError as error:
        raise Invalid(f"{history} cannot be read: {error.strerror}.") from None
