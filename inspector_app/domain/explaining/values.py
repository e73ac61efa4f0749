"""Values that changed, in a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from inspector_app.domain.commands import Command, Source

_LONGEST: Final = 160


def field_words(fields: Sequence[str]) -> str:
    """Name attributes to a person."""
    return ", ".join(each.replace("_", " ") for each in fields)


def values_changed(was: Command, now: Command, fields: Sequence[str]) -> str:
    """Say from what to what one attribute has changed, unless that is long."""
    if len(fields) != 1:
        return ""
    field = fields[0]
    before, after = (
        (was.id, now.id)
        if field == "id"
        else (was.attributes.get(field), now.attributes.get(field))
    )
    text = f" from {before!r} to {after!r}"
    return text if len(text) <= _LONGEST else ""


def at_line(source: Source | None) -> str:
    """Name a line of code in brackets, "" where there is none."""
    if source is None:
        return ""
    file = source.file.rsplit("/", 1)[-1]
    return f" ({file}:{source.line}, in {source.function})"
