"""What hides: a role's rules, laid over values and texts before anything leaves.

A text is read as it stands and in the spellings that hide it: JSON within a string, base64,
percent-encoding, backslash escapes. What cannot be looked into is hidden whole.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Final, Protocol, cast

from inspector_app.domain import disguises
from inspector_app.domain.errors import Invalid
from inspector_app.domain.paths import Key, Path
from inspector_app.domain.queries import attributes_in
from inspector_app.domain.redaction import Rule, RuleKind, digest_of, mark

LONGEST_TEXT = 8 * 2**20
"""Characters of one text that are looked into; Temporal's own limit is 2 MiB."""
DEEPEST = 150
_SPELLINGS = 3
"""Spellings within spellings that are undone."""
_KEPT_TEXTS, _KEPT_LENGTH = 4096, 400
_MARK: Final = re.compile(r"\[hidden: [^\]]*\]")
_FAILURES: Final = frozenset({"failure", "cause", "lastFailure"})
TOO_DEEP = mark("nested too deeply to look into")
TOO_LONG = mark("too long to look into")
Reach = tuple[tuple[int, int], ...]
"""Paths under way, as (which one, steps done)."""


class Given:
    """A payload's value within a message: a document of its own, to which paths are relative."""

    __slots__ = ("value",)

    def __init__(self, value: object) -> None:
        self.value = value


class Finder(Protocol):
    """Patterns, compiled."""

    def find(self, text: str) -> Sequence[tuple[int, int, int]]:
        """Find every match, as (begin, end, which pattern)."""
        ...


class Veil:
    """The rules that hide from one role; without any it lets everything through.

    Args:
        rules: Those that hide from the role.
        compiled: Makes a finder of patterns; asked only where there are some.
    """

    def __init__(
        self, rules: Sequence[Rule] = (), compiled: Callable[[Sequence[str]], Finder] | None = None
    ) -> None:
        self.digest = digest_of(rules)
        self._paths: list[tuple[Path, str]] = [
            (rule.path, rule.mark) for rule in rules if rule.path is not None
        ]
        patterns = [rule for rule in rules if rule.kind is RuleKind.PATTERN]
        self._marks = [rule.mark for rule in patterns]
        self._finder: Finder | None = None
        if patterns:
            assert compiled is not None
            self._finder = compiled([rule.expression for rule in patterns])
        self._kept: dict[str, str] = {}

    @property
    def marks(self) -> dict[str, str]:
        """What each rule leaves behind, by the rule's name."""
        marks = {*(by for _, by in self._paths), *self._marks, TOO_DEEP, TOO_LONG}
        return {by.removeprefix("[hidden: ").removesuffix("]"): by for by in sorted(marks)}

    @property
    def is_open(self) -> bool:
        """Whether nothing is hidden."""
        return not self.digest

    def text(self, text: str) -> str:
        """Hide what a text says."""
        if self.is_open or not text:
            return text
        if len(text) > _KEPT_LENGTH:
            return self._text(text, (), 0, 0)
        known = self._kept.get(text)
        if known is None:
            if len(self._kept) >= _KEPT_TEXTS:
                self._kept.clear()
            known = self._kept[text] = self._text(text, (), 0, 0)
        return known

    def value(self, value: object) -> object:
        """Hide within a payload's value."""
        return _plain(value) if self.is_open else self._document(value, (), 0, 0)

    def tree(self, tree: object) -> object:
        """Hide within a message that holds payloads as `Given`."""
        return (
            _plain(tree) if self.is_open else self._walk(tree, self._roots(deep_only=True), 0, 0)
        )

    def member(self, name: str, value: object) -> object:
        """Hide one member of a map of payloads, such as a memo: `$.name` names it."""
        if self.is_open:
            return value
        return self._member(name, Given(value), self._roots(), 0, 0)

    def failure(self, text: str) -> str:
        """Hide what a failure says; for paths it is the member `message` of a document."""
        if self.is_open or not text:
            return text
        shown = self.member("message", text)
        return shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False)

    def check_query(self, query: str) -> None:
        """Refuse a query that would find out what is hidden, by asking until it matches.

        Raises:
            Invalid: It names an attribute that holds, or may hold, what is hidden.
        """
        if self.is_open or not query.strip():
            return
        for name, is_systems in attributes_in(query):
            if is_systems:
                continue
            hidden = next((by for path, by in self._paths if path.begins_with(name)), "")
            if self._finder is not None:
                hidden = hidden or self._marks[0]
            if hidden:
                raise Invalid(
                    f"Your role cannot search by {name[:80]}: it may hold what is hidden "
                    f"from you {hidden}.",
                    field="query",
                    hint="Search by id, type, status, time or task queue, or ask an admin.",
                )

    def _roots(self, *, deep_only: bool = False) -> Reach:
        """Every path at its beginning."""
        return tuple(
            (number, 0)
            for number, (path, _) in enumerate(self._paths)
            if not deep_only or (path.steps and path.steps[0].deep)
        )

    def _document(self, value: object, reach: Reach, depth: int, undone: int) -> object:
        """Hide within what is a document: each path begins here anew."""
        for path, by in self._paths:
            if not path.steps:
                return by
        return self._walk(value, tuple({*reach, *self._roots()}), depth, undone)

    def _walk(self, value: object, reach: Reach, depth: int, undone: int) -> object:
        if depth > DEEPEST:
            return TOO_DEEP
        match value:
            case Given():
                return self._document(value.value, reach, depth + 1, undone)
            case dict():
                return self._members(cast("dict[str, object]", value), reach, depth, undone)
            case list():
                items = enumerate(cast("list[object]", value))
                return [self._member(i, each, reach, depth, undone) for i, each in items]
            case str():
                return self._text(value, reach, depth, undone)
            case _:
                return self._scalar(value)

    def _scalar(self, value: object) -> object:
        """Hide a number that a pattern finds as it is written."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return value
        written = repr(value)
        shown = self._spans(written)
        return value if shown == written else shown

    def _members(
        self, fields: dict[str, object], reach: Reach, depth: int, undone: int
    ) -> dict[str, object]:
        if any(isinstance(each, Given) for each in fields.values()):
            reach = tuple({*reach, *self._roots()})  # a map of payloads is a document, too
        shown: dict[str, object] = {}
        for key, each in fields.items():
            name = plain = self.text(key)
            number = 1
            while name in shown:
                number += 1
                name = f"{plain} ({number})"
            shown[name] = self._member(key, each, reach, depth, undone)
        return shown

    def _member(self, key: Key, value: object, reach: Reach, depth: int, undone: int) -> object:
        """Hide a member or item, or within it."""
        further: set[tuple[int, int]] = set()
        for number, done in reach:
            path, by = self._paths[number]
            if not path.steps:
                return by
            step = path.steps[done]
            if step.deep:
                further.add((number, done))
            if step.leads_to(key):
                if done + 1 == len(path.steps):
                    return by
                further.add((number, done + 1))
        if key in _FAILURES and isinstance(value, dict):
            return self._document(cast("object", value), tuple(further), depth + 1, undone)
        return self._walk(value, tuple(further), depth + 1, undone)

    def _text(self, text: str, reach: Reach, depth: int, undone: int) -> str:
        """Hide in a text, `undone` spellings within another."""
        if len(text) > LONGEST_TEXT >> (2 * undone):
            return TOO_LONG
        text = self._spans(text)
        if undone == _SPELLINGS:
            return text
        text = self._json(text, reach, depth, undone + 1)
        text = disguises.RUNS.sub(lambda run: self._run(run[0], reach, depth, undone + 1), text)
        for spelled in (disguises.from_percent, disguises.from_escapes):
            plain = spelled(text)
            if plain != text:
                shown = self._text(plain, reach, depth, undone + 1)
                if shown != plain:
                    return shown
        return text

    def _json(self, text: str, reach: Reach, depth: int, undone: int) -> str:
        try:
            found = disguises.from_json(text)
            if found is None:
                return text
            value, twice = found
            shown = self._document(value, reach, depth + 1, undone)
        except RecursionError:
            return TOO_DEEP
        if shown == value and not twice:
            return text
        return shown if isinstance(shown, str) else _whole(json.dumps(shown, ensure_ascii=False))

    def _run(self, run: str, reach: Reach, depth: int, undone: int) -> str:
        plain = disguises.from_base64(run)
        if plain is None:
            return run
        shown = self._text(plain, reach, depth, undone)
        if shown == plain:
            return run
        by = _MARK.search(shown)
        return by[0] if by else TOO_DEEP

    def _spans(self, text: str) -> str:
        """Replace what patterns match; where matches overlap, by the mark of the first."""
        if self._finder is None:
            return text
        text = _whole(text)
        shown: list[str] = []
        at = 0
        for begin, end, which in sorted(self._finder.find(text)):
            if begin >= at:
                shown += [text[at:begin], self._marks[which]]
            at = max(at, end)
        return "".join([*shown, text[at:]]) if shown else text


OPEN = Veil()
"""Hides nothing."""


def _whole(text: str) -> str:
    """Replace half characters, which no encoding holds."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _plain(value: object) -> object:
    """Take payloads out of their wrapping."""
    match value:
        case Given():
            return value.value
        case dict():
            fields = cast("dict[str, object]", value)
            return {key: _plain(each) for key, each in fields.items()}
        case list():
            return [_plain(each) for each in cast("list[object]", value)]
        case _:
            return value
