"""Inspector's own numbers, as Prometheus reads them. Labels are few, and never somebody's data."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

_DOOR = Counter(
    "inspector_door_total",
    "What passed the door and is written down, and what it refused.",
    ["permission", "outcome"],
)
_EVENTS = Histogram(
    "inspector_event_duration_seconds",
    "Time that a handler of a page took.",
    ["handler", "outcome"],
)
_TEMPORAL = Histogram(
    "inspector_temporal_call_duration_seconds",
    "Time that a Temporal server took to answer.",
    ["method", "status"],
)
_JOBS = Histogram("inspector_job_duration_seconds", "Time that a job took.", ["job", "outcome"])
_ITEMS = Counter(
    "inspector_operation_runs_total",
    "Runs that bulk work is done with, by what became of them.",
    ["action", "outcome"],
)
_REFUSED = Counter(
    "inspector_login_failures_total",
    "Sign-ins that failed, and bearer tokens that opened nothing.",
    ["provider"],
)
_LIMITED = Counter(
    "inspector_limited_total", "Requests and events refused for their rate.", ["kind"]
)
_ALONE = Counter(
    "inspector_limits_alone_total",
    "Times that limits were counted by this process alone, since Redis was away.",
)
_CALLED = Histogram(
    "inspector_outbound_call_duration_seconds",
    "Time until the answer to an HTTP call to the outside began.",
    ["outcome"],
)

_SENT = Counter(
    "inspector_audit_sent_total",
    "Entries, checkpoints and cuts of the audit log that a target outside has taken.",
    ["sink"],
)
_UNSENT = Gauge(
    "inspector_audit_unsent", "What a target has not taken yet of the audit log.", ["sink"]
)
_BEHIND = Gauge(
    "inspector_audit_behind_seconds",
    "Age of the oldest of what a target has not taken yet of the audit log; 0: nothing.",
    ["sink"],
)


class PrometheusMeter:
    """See ports.Meter."""

    def door(self, permission: str, outcome: str) -> None:
        _DOOR.labels(permission, outcome).inc()

    def event(self, handler: str, outcome: str, seconds: float) -> None:
        _EVENTS.labels(handler, outcome).observe(seconds)

    def temporal(self, method: str, status: str, seconds: float) -> None:
        _TEMPORAL.labels(method, status).observe(seconds)

    def job(self, name: str, outcome: str, seconds: float) -> None:
        _JOBS.labels(name, outcome).observe(seconds)

    def refused(self, provider: str) -> None:
        _REFUSED.labels(provider).inc()

    def touched(self, action: str, outcome: str) -> None:
        _ITEMS.labels(action, outcome).inc()

    def limited(self, kind: str) -> None:
        _LIMITED.labels(kind).inc()

    def alone(self) -> None:
        _ALONE.inc()

    def called(self, outcome: str, seconds: float) -> None:
        _CALLED.labels(outcome).observe(seconds)

    def audited(self, sink: str, lines: int) -> None:
        _SENT.labels(sink).inc(lines)

    def audit_behind(self, sink: str, lines: int, seconds: float) -> None:
        _UNSENT.labels(sink).set(lines)
        _BEHIND.labels(sink).set(seconds)
