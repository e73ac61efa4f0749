"""Messages as plain JSON, so that what history holds and what code asks for compare as equals."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from temporalio.api.common.v1 import Payload, RetryPolicy
from temporalio.api.failure.v1 import Failure

if TYPE_CHECKING:
    from google.protobuf.duration_pb2 import Duration

STANDARD = {"binary/null", "binary/plain", "json/plain", "json/protobuf", "binary/protobuf"}
"""Encodings that every SDK reads without a codec."""


def encoding_of(payload: Payload) -> str:
    return payload.metadata.get("encoding", b"").decode(errors="replace")


def value_of(payload: Payload) -> object:
    """Return JSON as it is; anything else by its encoding and its bytes."""
    encoding = encoding_of(payload)
    if encoding == "binary/null":
        return None
    if encoding in {"json/plain", "json/protobuf"}:
        try:
            return json.loads(payload.data)
        except ValueError:
            pass
    return {"encoding": encoding, "base64": base64.b64encode(payload.data).decode()}


def values_of(payloads: Iterable[Payload]) -> list[object]:
    return [value_of(each) for each in payloads]


def fields_of(fields: Mapping[str, Payload]) -> dict[str, object]:
    return {name: value_of(fields[name]) for name in sorted(fields)}


def seconds(duration: Duration) -> float:
    return duration.seconds + duration.nanos / 1e9


def retry_of(policy: RetryPolicy) -> dict[str, object]:
    """Return a retry policy with the server's defaults filled in, as its events have them."""
    initial = seconds(policy.initial_interval) or 1.0
    return {
        "initial_interval": initial,
        "backoff_coefficient": policy.backoff_coefficient or 2.0,
        "maximum_interval": seconds(policy.maximum_interval) or 100 * initial,
        "maximum_attempts": policy.maximum_attempts,
        "non_retryable_error_types": sorted(policy.non_retryable_error_types),
    }


def failure_of(failure: Failure) -> dict[str, object]:
    """Return what a failure says; never its stack, which changes with every line of code."""
    said: dict[str, Any] = {"message": failure.message}
    if failure.HasField("encoded_attributes"):
        encoded = value_of(failure.encoded_attributes)
        if isinstance(encoded, dict) and "message" in encoded:
            said["message"] = cast("dict[str, object]", encoded)["message"]
        else:
            said["encoded"] = encoded
    if failure.HasField("application_failure_info"):
        info = failure.application_failure_info
        said |= {
            "type": info.type,
            "non_retryable": info.non_retryable,
            "details": values_of(info.details.payloads),
        }
    if failure.HasField("cause"):
        said["cause"] = failure_of(failure.cause)
    return said


def capped(duration: float, limit: float) -> float:
    """Return a timeout that the server cuts to the run's own; 0 means none."""
    return min(duration, limit) if limit and duration else duration or limit


def activity_timeouts(
    close: float, queued: float, started: float, heartbeat: float, run: float
) -> dict[str, object]:
    """Return an activity's timeouts as the server completes them (its command validator)."""
    if close:
        queued = min(queued, close) if queued else close
        started = min(started, close) if started else close
    elif started:
        close, queued = run, queued or run
    if run:
        close, queued, started = min(close, run), min(queued, run), min(started, run)
    return {
        "schedule_to_close_timeout": close,
        "schedule_to_start_timeout": queued,
        "start_to_close_timeout": started,
        "heartbeat_timeout": min(heartbeat, started) if started else heartbeat,
    }


def nexus_timeouts(attributes: Any, run: float) -> dict[str, object]:
    """Return an operation's timeouts, which the server cuts to the run's; older SDKs have one."""
    return {
        name: capped(seconds(getattr(attributes, name)), run)
        for name in (
            "schedule_to_close_timeout",
            "schedule_to_start_timeout",
            "start_to_close_timeout",
        )
        if hasattr(attributes, name)
    }
