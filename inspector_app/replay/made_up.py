"""Answers that no history holds: for code that asks for something new, past the first divergence.

Nobody knows what a new activity would have returned. So it is answered twice over, each time in
another way that its declared type allows; what today's code then does alike does not hang on the
answer, and what it does differently cannot be known (`onward`).
"""

from __future__ import annotations

import dataclasses
import enum
import json
import types
import typing
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from temporalio.api.common.v1 import Payload

from . import jobs, plain

_DEPTH = 8
"""Types within types; a tree's node holds itself."""
_FULL = 3
"""Below this, what may be empty is."""
_LEAVES: dict[object, tuple[object, object]] = {
    None: (None, "made up"),
    Any: (None, "made up"),
    type(None): (None, None),
    str: ("", "made up"),
    int: (0, 1),
    float: (0.0, 1.5),
    bool: (False, True),
}


def payload_for(hint: object, sample: Payload | None, *, other: bool) -> Payload:
    """Return a likely answer, or with `other` one that differs from it in every value.

    Args:
        hint: The type that the code declares for the answer; None where it declares none.
        sample: What the history holds as an answer to the same question, or to a like one.
        other: Whether the second way is asked for.
    """
    try:
        return _payload(hint, sample, other=other)
    except Exception:  # noqa: BLE001 - a type of the user's may be anything
        return sample or jobs.NULL


def _payload(hint: object, sample: Payload | None, *, other: bool) -> Payload:
    if sample is None:
        return _json(placeholder(hint, other=other))
    if not other or plain.encoding_of(sample) not in {"json/plain", "binary/null"}:
        return sample
    value = plain.value_of(sample)
    if value is None:
        return _json(placeholder(hint, other=True))
    return Payload(metadata=sample.metadata, data=json.dumps(altered(value, hint)).encode())


def _json(value: object) -> Payload:
    if value is None:
        return jobs.NULL
    return Payload(metadata={"encoding": b"json/plain"}, data=json.dumps(value).encode())


def placeholder(hint: object, *, other: bool, depth: int = 0) -> object:
    """Return JSON that a type is read from: empty, or with `other` full."""
    kind: Any = typing.get_origin(hint) or hint
    inner = typing.get_args(hint)
    full = other and depth < _FULL

    def part(of: object) -> object:
        return placeholder(of, other=other, depth=depth + 1)

    if kind in _LEAVES or depth > _DEPTH:
        found: object = _LEAVES.get(kind, (None, None))[other]
    elif kind in {typing.Union, types.UnionType}:
        found = part(inner[0]) if full or type(None) not in inner else None
    elif kind is typing.Literal:
        found = inner[-1 if other else 0]
    elif kind in _MANY:
        found = [part(inner[0] if inner else None)] if full else []
    elif kind is tuple:
        found = [part(each) for each in inner if each is not ...]
    elif isinstance(kind, enum.EnumMeta):
        members: list[Any] = list(kind)
        found = members[-1 if other else 0].value if members else None
    else:
        found = {name: part(each) for name, each in (_fields(kind) or {}).items()}
    return found


_MANY = frozenset({list, set, frozenset, Sequence, Iterable})


def altered(value: object, hint: object) -> object:
    """Return a value of the same form, each part of it another one where the type lets it."""
    found: object = value
    match value:
        case bool():
            found = not value
        case int() | float():
            found = value + 1
        case str() if hint in {str, Any, None}:
            found = f"{value} made up"
        case list():
            inner = (*typing.get_args(hint), None)[0]
            found = [altered(each, inner) for each in typing.cast("list[object]", value)]
        case dict():
            fields = _fields(hint) or {}
            was = typing.cast("dict[str, object]", value)
            found = {name: altered(each, fields.get(name)) for name, each in was.items()}
        case _:
            choices = [placeholder(hint, other=other) for other in (True, False)]
            found = next((each for each in choices if each != value), value)
    return found


def _fields(hint: object) -> Mapping[str, object] | None:
    """Return the fields of a dataclass, a TypedDict or a Pydantic model."""
    models = getattr(hint, "model_fields", None)
    if isinstance(models, dict):
        fields = typing.cast("dict[str, Any]", models)
        return {name: each.annotation for name, each in fields.items()}
    kind: Any = hint
    if not dataclasses.is_dataclass(kind) and not typing.is_typeddict(kind):
        return None
    try:
        return typing.get_type_hints(kind)
    except Exception:  # noqa: BLE001 - a name that only a type checker knows
        return None
