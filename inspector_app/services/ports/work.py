"""One transaction over everything that is ours."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

from inspector_app.services.ports.audit import Audit
from inspector_app.services.ports.jobs import Jobs
from inspector_app.services.ports.operations import Operations
from inspector_app.services.ports.people import Colleagues, People, SecondFactors, Sessions
from inspector_app.services.ports.providers import (
    Identities,
    MappedRoles,
    Providers,
    ProviderSessions,
    TakenOnce,
)
from inspector_app.services.ports.redaction import Rules
from inspector_app.services.ports.replies import Replies
from inspector_app.services.ports.seals import Seals, Sinks
from inspector_app.services.ports.secrets import Secrets
from inspector_app.services.ports.tenants import Tenants
from inspector_app.services.ports.tokens import SigningKeys, Tokens


class Work(Protocol):
    """One transaction and the repositories that take part in it."""

    @property
    def people(self) -> People: ...
    @property
    def colleagues(self) -> Colleagues: ...
    @property
    def second_factors(self) -> SecondFactors: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def tenants(self) -> Tenants: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def seals(self) -> Seals: ...
    @property
    def sinks(self) -> Sinks: ...
    @property
    def replies(self) -> Replies: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def rules(self) -> Rules: ...
    @property
    def signing_keys(self) -> SigningKeys: ...
    @property
    def providers(self) -> Providers: ...
    @property
    def identities(self) -> Identities: ...
    @property
    def mapped_roles(self) -> MappedRoles: ...
    @property
    def taken_once(self) -> TakenOnce: ...
    @property
    def provider_sessions(self) -> ProviderSessions: ...
    @property
    def secrets(self) -> Secrets: ...


class Database(Protocol):
    """Where units of work come from. Only the door calls `begin`.

    Leaving the block without an exception commits; an exception rolls back.
    Raises StorageUnavailable when the database is locked, full or away, Conflict when somebody
    else did the same at the same time, Invalid for a value that no database can hold.
    """

    def begin(self, *, write: bool) -> AbstractAsyncContextManager[Work]: ...
