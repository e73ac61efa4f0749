"""Patterns that people type, in RE2: any of them takes time linear in the text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, cast

import re2  # pyright: ignore[reportMissingTypeStubs] - it has no types, the protocols below do

from inspector_app.domain.errors import Invalid

_MEMORY: Final = 8 * 2**20
"""Bytes RE2 may take for one pattern, and for all of a veil together."""


class _Match(Protocol):
    def span(self) -> tuple[int, int]: ...


class _Pattern(Protocol):
    def search(self, text: str) -> object: ...
    def finditer(self, text: str) -> Iterator[_Match]: ...


_Error = cast("type[Exception]", re2.error)
_compile = cast("Callable[[str, object], _Pattern]", re2.compile)


class Re2Patterns:
    """See ports.Patterns."""

    def check(self, pattern: str) -> None:
        if _compiled(pattern).search("") is not None:
            raise Invalid(
                "This pattern matches where there is nothing, so it says nothing.",
                field="expression",
                hint="Write + for * where something must stand.",
            )

    def compile(self, patterns: Sequence[str]) -> Re2Finder:
        return Re2Finder(patterns)


class Re2Finder:
    """See veils.Finder.

    All patterns are first looked for as one, since few texts hold any. `re2.Set` would be made
    for this, but says "no match" where its memory runs out; this goes on without.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._each = [_compiled(pattern) for pattern in patterns]
        self._any = _joined(patterns)

    def find(self, text: str) -> list[tuple[int, int, int]]:
        if self._any is not None and self._any.search(text) is None:
            return []
        return [
            (begin, end, which)
            for which, pattern in enumerate(self._each)
            for begin, end in (match.span() for match in pattern.finditer(text))
            if end > begin
        ]


def _compiled(pattern: str) -> _Pattern:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    try:
        return _compile(pattern, options)
    except _Error as error:
        said: object = error.args[0] if error.args else ""
        why = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
        raise Invalid(
            f"RE2 does not take this pattern: {why[:200]}.",
            field="expression",
            hint="RE2 has no backreferences and no look-around, so that it never takes long.",
        ) from None
    except UnicodeEncodeError:
        raise Invalid("Half a character cannot be looked for.", field="expression") from None


def _joined(patterns: Sequence[str]) -> _Pattern | None:
    """Make one pattern of all; None where that is too large, or a quotation would swallow it."""
    if len(patterns) == 1 or any(r"\Q" in each for each in patterns):
        return None
    try:
        return _compiled("|".join(f"(?:{each})" for each in patterns))
    except Invalid:
        return None
