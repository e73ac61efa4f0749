"""What the services need of the world: implemented by the adapters, faked in unit tests."""

from inspector_app.services.ports.audit import EVERYTHING, Audit, EntryFilter
from inspector_app.services.ports.jobs import Jobs
from inspector_app.services.ports.operations import Operations
from inspector_app.services.ports.outbound import Answer, Call, Outbound
from inspector_app.services.ports.people import Colleagues, People, SecondFactors, Sessions
from inspector_app.services.ports.providers import (
    Identities,
    KeptProvider,
    MappedRoles,
    Providers,
    ProviderSessions,
    ProviderUse,
    TakenOnce,
)
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
from inspector_app.services.ports.signing_in import Directory, OAuth2, Oidc, Saml
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
    "Directory",
    "EntryFilter",
    "Histories",
    "Identities",
    "Jobs",
    "Jwts",
    "KeptKey",
    "KeptProvider",
    "KnownToken",
    "Line",
    "MappedRoles",
    "Meter",
    "OAuth2",
    "Oidc",
    "Operations",
    "Outbound",
    "Passwords",
    "Patterns",
    "People",
    "ProviderSessions",
    "ProviderUse",
    "Providers",
    "Replies",
    "Reply",
    "Rules",
    "Saml",
    "Seals",
    "SecondFactors",
    "Sessions",
    "Signatures",
    "SigningKeys",
    "Sink",
    "SinkState",
    "Sinks",
    "TakenOnce",
    "Tenants",
    "Tokens",
    "Tries",
    "Work",
    "Workflows",
]
