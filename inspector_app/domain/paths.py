"""Paths into JSON, as redaction rules name what they hide.

`$` is the whole document, `.name` or `["any name"]` a member, `[3]` an item, `.*` or `[*]` every
one, `..name` a member however deep. The `$.` at the start may be left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from inspector_app.domain.errors import Invalid

LONGEST_PATH, MOST_STEPS = 500, 32
Key = str | int
_STEP: Final = re.compile(
    r"""(?P<deep>\.\.)?  (?: (?P<dot>\.)?
        (?: (?P<name>[^\s.\[\]"'*$]+) | (?P<star>\*) )
      | \[ (?: (?P<index>\d{1,9}) | (?P<every>\*) | (?P<quoted>"(?:[^"\\]|\\.)*") ) \] )""",
    re.VERBOSE,
)
_EXAMPLES = '$.customer.email, $..password, messages[*].content or $["a.b"]'


@dataclass(frozen=True, slots=True)
class Step:
    """One step: to the member or item `key`, None for every one; `deep` from any depth."""

    key: Key | None
    deep: bool

    def leads_to(self, key: Key) -> bool:
        """Whether the step goes to `key`, composed alike (Unicode NFC)."""
        if self.key is None:
            return True
        return self.key == (normalize("NFC", key) if isinstance(key, str) else key)


@dataclass(frozen=True, slots=True)
class Path:
    """Steps from a document's root; none of them: the document itself."""

    steps: tuple[Step, ...]

    def begins_with(self, key: Key) -> bool:
        """Whether it can name something in or under the root's member `key`."""
        return not self.steps or self.steps[0].leads_to(key)


def parse_path(text: str) -> Path:
    """Parse a path.

    Raises:
        Invalid: It is none; says from where on.
    """
    if not text or len(text) > LONGEST_PATH:
        raise Invalid(f"A path has 1 to {LONGEST_PATH} characters.", field="expression")
    at, steps = (1 if text.startswith("$") else 0), list[Step]()
    bare = not at  # `customer.email` stands for `$.customer.email`
    while at < len(text):
        found = _STEP.match(text, at)
        name = found is not None and (found["name"] is not None or found["star"] is not None)
        separated = found is not None and (found["deep"] or found["dot"] or (bare and not steps))
        if found is None or (name and not separated) or len(steps) == MOST_STEPS:
            raise _unclear(text, at, too_long=len(steps) == MOST_STEPS)
        steps.append(Step(_key(found, text), deep=found["deep"] is not None))
        at = found.end()
    return Path(tuple(steps))


def _key(found: re.Match[str], text: str) -> Key | None:
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is None:
        name = found["name"]
        return None if name is None else normalize("NFC", name)
    try:
        return normalize("NFC", str(json.loads(found["quoted"])))
    except ValueError:
        raise _unclear(text, found.start(), too_long=False) from None


def _unclear(text: str, at: int, *, too_long: bool) -> Invalid:
    if too_long:
        return Invalid(f"A path has at most {MOST_STEPS} steps.", field="expression")
    rest = text[at : at + 20]
    return Invalid(
        f"This is no path from character {at + 1} on: {rest!r}.",
        field="expression",
        hint=f"Write, for example, {_EXAMPLES}.",
    )
