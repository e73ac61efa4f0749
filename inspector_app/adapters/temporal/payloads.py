"""Payloads as text that a person can read."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import Failure


def readable(payload: Payload) -> object:
    """Return a payload's value: JSON as it is, anything else as a note about it."""
    encoding = payload.metadata.get("encoding", b"").decode(errors="replace")
    if encoding == "binary/null":
        return None
    if encoding in {"json/plain", "json/protobuf"}:
        try:
            return orjson.loads(payload.data)
        except orjson.JSONDecodeError:
            return f"({len(payload.data):,} bytes that claim to be JSON and are not)"
    size = f"{len(payload.data):,} bytes"
    if encoding == "binary/encrypted":
        return f"({size}, encrypted: a codec server could read it)"
    return f"({size}, {encoding or 'no encoding given'})"


def values_of(payloads: Iterable[Payload]) -> tuple[object, ...]:
    """Return payloads' values."""
    return tuple(readable(payload) for payload in payloads)


def to_json(value: object) -> str:
    """Return indented JSON."""
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()


def failure_text(failure: Failure) -> str:
    """Return a failure and its causes, a line each, with the innermost stack at the end."""
    lines: list[str] = []
    stack = ""
    current: Failure | None = failure
    while current is not None:
        kind = current.application_failure_info.type
        lines.append(f"{kind}: {current.message}" if kind else current.message)
        stack = current.stack_trace or stack
        current = current.cause if current.HasField("cause") else None
    text = "\ncaused by ".join(line for line in lines if line)
    return f"{text}\n\n{stack}".strip() if stack else text


def message_of(failure: Failure) -> str:
    """Return the innermost failure's message, with its type where it does not name it."""
    while failure.HasField("cause"):
        failure = failure.cause
    kind, message = failure.application_failure_info.type, failure.message.strip()
    return f"{kind}: {message}" if kind and kind not in message.split("\n", 1)[0] else message


def all_of(payloads: Payloads | None) -> list[Payload]:
    """Return the payloads of a field that may be unset."""
    return list(payloads.payloads) if payloads else []
