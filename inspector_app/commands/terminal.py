"""What commands say: answers on stdout, words to a person on stderr."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Annotated, Final

import orjson
import typer

from inspector_app.domain.errors import InspectorError

NOT_SO: Final = 1
"""Exit code: what was asked does not hold."""
WRONG_USE: Final = 2
"""Exit code: wrong input or use, or something that must be put right first."""

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]


def tell(words: str) -> None:
    """Say something to the person; never part of the answer."""
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def answer(content: Mapping[str, object], words: str, *, as_json: bool) -> None:
    """Print the answer on stdout: `content` as one JSON object, or else `words`."""
    text = orjson.dumps(content, option=orjson.OPT_UTC_Z).decode() if as_json else words
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def explain(error: InspectorError, *, as_json: bool) -> None:
    """Say what went wrong and what to do: one clear line a problem, never a traceback."""
    if as_json:
        content = {"title": error.title, "detail": error.detail, "hint": error.hint}
        answer({"error": content}, "", as_json=True)
    for line in error.detail.splitlines():
        tell(f"inspector: {line}")
    if error.hint:
        tell(f"  {error.hint}")
