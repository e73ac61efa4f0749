"""What the services need of the world: implemented by the adapters, faked in unit tests."""

from inspector_app.services.ports.audit import EVERYTHING, Audit, EntryFilter
from inspector_app.services.ports.jobs import Jobs
from inspector_app.services.ports.operations import Operations
from inspector_app.services.ports.outbound import Answer, Call, Outbound
from inspector_app.services.ports.people import Colleagues, People, SecondFactors, Sessions
from inspector_app.services.ports.redaction import Patterns, Rules
from inspector_app.services.ports.replies import Replies, Reply
from inspector_app.services.ports.seals import (
    KeptKey,
    Line,
    Seals,
    Signatures,
    Sink,
    Sinks,
    SinkState,
)
from inspector_app.services.ports.temporal import Histories, Workflows
from inspector_app.services.ports.tenants import Tenants
from inspector_app.services.ports.tokens import Jwts, KnownToken, SigningKeys, Tokens
from inspector_app.services.ports.work import Database, Work
from inspector_app.services.ports.world import Cipher, Clock, Meter, Passwords, Tries

__all__ = [
    "EVERYTHING",
    "Answer",
    "Audit",
    "Call",
    "Cipher",
    "Clock",
    "Colleagues",
    "Database",
    "EntryFilter",
    "Histories",
    "Jobs",
    "Jwts",
    "KeptKey",
    "KnownToken",
    "Line",
    "Meter",
    "Operations",
    "Outbound",
    "Passwords",
    "Patterns",
    "People",
    "Replies",
    "Reply",
    "Rules",
    "Seals",
    "SecondFactors",
    "Sessions",
    "Signatures",
    "SigningKeys",
    "Sink",
    "SinkState",
    "Sinks",
    "Tenants",
    "Tokens",
    "Tries",
    "Work",
    "Workflows",
]
