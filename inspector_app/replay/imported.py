"""A history's JSON in the forms that programs write it, brought into one: protobuf's own.

`temporal workflow show -o json` and `-o jsonl`, tctl, the Web UI (also with payloads decoded), the
server's HTTP API (pages, payloads in short), an SDK's own dump; as UTF-8 or, as PowerShell
redirects, UTF-16.
"""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.history.v1 import HistoryEvent

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_PAYLOAD, _PAYLOADS = Payload.DESCRIPTOR.full_name, Payloads.DESCRIPTOR.full_name


def as_utf8(content: bytes) -> bytes:
    """Take off a byte order mark; what is not text behind it is returned as it came."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            try:
                return content[len(mark) :].decode(encoding).encode()
            except UnicodeError:
                return content
    return content


def parse(content: bytes) -> Any:
    """Parse JSON, or JSON lines.

    Raises:
        ValueError: It is neither.
    """
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        if not error.msg.startswith("Extra data"):
            raise
        return [json.loads(line) for line in content.splitlines() if line.strip()]


def events_of(parsed: Any) -> list[Any] | None:
    """Find the events: bare, under "events", under "history", or in several such pages."""
    if (fields := _object(parsed)) is not None:
        for key in ("events", "history"):
            if key in fields:
                return _list(fields[key]) if key == "events" else events_of(fields[key])
        return None
    given = _list(parsed)
    if given and all(_is_page(each) for each in given):
        pages = [events_of(each) for each in given]
        return None if None in pages else [event for page in pages for event in page or ()]
    return given


def _is_page(found: Any) -> bool:
    fields = _object(found)
    return fields is not None and ("events" in fields or "history" in fields)


def whole(events: Sequence[Any]) -> list[Any]:
    """Write payloads in full that stand in short, or decoded to be read."""
    return [_spelled_out(each, HistoryEvent.DESCRIPTOR) for each in events]


def _spelled_out(value: Any, kind: Descriptor | None) -> Any:
    assert kind is not None, "only of messages"
    if kind.full_name == _PAYLOADS:
        given = _list(value)
        if given is None and (fields := _object(value)) is not None:
            given = _list(fields.get("payloads", []))
        return value if given is None else {"payloads": [_payload(each) for each in given]}
    if kind.full_name == _PAYLOAD:
        return _payload(value)
    if (fields := _object(value)) is None:
        return value
    known = _fields(kind)
    return {
        name: _field(each, known[name]) if name in known and each is not None else each
        for name, each in fields.items()
    }


def _field(value: Any, field: FieldDescriptor) -> Any:
    kind = field.message_type
    assert kind is not None, "only of messages"
    if kind.GetOptions().map_entry:
        inner = kind.fields_by_name["value"].message_type
        given = _object(value)
        if given is None:
            return value
        return {name: _spelled_out(each, inner) for name, each in given.items()}
    items = None if kind.full_name == _PAYLOADS else _list(value)
    if items is not None:
        return [_spelled_out(each, kind) for each in items]
    return _spelled_out(value, kind)


@cache
def _fields(kind: Descriptor) -> dict[str, FieldDescriptor]:
    """Return the fields that may hold a payload, by both of their names."""
    found = [each for each in kind.fields if _reaches(each.message_type, frozenset())]
    return {name: each for each in found for name in (each.name, each.json_name)}


def _reaches(kind: Descriptor | None, seen: frozenset[str]) -> bool:
    if kind is None or kind.full_name in seen:
        return False
    if kind.full_name in {_PAYLOAD, _PAYLOADS}:
        return True
    return any(_reaches(each.message_type, seen | {kind.full_name}) for each in kind.fields)


def _payload(value: Any) -> Any:
    """Return a payload in full: one that is, or a value that was decoded to be read."""
    fields = _object(value)
    metadata = _object(fields.get("metadata")) if fields else None
    if fields is None or metadata is None:
        return _json(value)
    data = fields.get("data", "")
    if isinstance(data, str) and _is_base64(metadata.get("encoding", "")):
        return fields
    # The Web UI decodes in place: metadata as text, data as the value itself.
    return _json(data)


def _json(value: Any) -> dict[str, Any]:
    encoding, data = "json/plain", json.dumps(value)
    if value is None:
        encoding, data = "binary/null", ""
    return {
        "metadata": {"encoding": base64.b64encode(encoding.encode()).decode()},
        "data": base64.b64encode(data.encode()).decode(),
    }


def _is_base64(text: Any) -> bool:
    try:
        base64.b64decode(text, validate=True)
    except (ValueError, TypeError):
        return False
    return True


def _object(value: Any) -> dict[str, Any] | None:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else None


def _list(value: Any) -> list[Any] | None:
    return cast("list[Any]", value) if isinstance(value, list) else None
