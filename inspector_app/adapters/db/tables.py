"""The tables. Times are UTC; ids are UUIDv7 as the domain makes them."""

# SQLModel declares `__tablename__` as a method; a plain name is its documented use.
# pyright: reportAssignmentType=false

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import DateTime, Dialect, Index, LargeBinary, UniqueConstraint
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcTime(TypeDecorator[datetime]):
    """Aware in and out: SQLite keeps no zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Sealed(TypeDecorator[bytes]):
    """What `ports.Cipher` sealed: turning keys finds the column by this type."""

    impl = LargeBinary
    cache_ok = True


class InstallationRow(SQLModel, table=True):
    """One row: what this database belongs to."""

    __tablename__ = "installation"

    id: int = Field(primary_key=True)
    key_check: str
    """Marks of the keys that something may be kept under, the newest first."""


class TenantRow(SQLModel, table=True):
    __tablename__ = "tenants"

    id: UUID = Field(primary_key=True)
    slug: str = Field(unique=True)
    name: str
    created_at: datetime = Field(sa_type=UtcTime)


class PersonRow(SQLModel, table=True):
    __tablename__ = "people"

    id: UUID = Field(primary_key=True)
    username: str = Field(unique=True)
    password_hash: str
    must_change_password: bool
    one_time_until: datetime | None = Field(default=None, sa_type=UtcTime)
    disabled: bool
    created_at: datetime = Field(sa_type=UtcTime)


class MembershipRow(SQLModel, table=True):
    __tablename__ = "memberships"

    person: UUID = Field(primary_key=True, foreign_key="people.id")
    tenant: UUID = Field(primary_key=True, foreign_key="tenants.id", index=True)
    role: str
    """The highest of `by_hand` and what mappings give."""
    by_hand: str | None = None
    version: int = 1
    """Grows with every change an admin makes: two who edit at once find out."""


class SecondFactorRow(SQLModel, table=True):
    __tablename__ = "second_factors"

    person: UUID = Field(primary_key=True, foreign_key="people.id")
    secret: bytes = Field(sa_type=Sealed)
    """Encrypted."""
    confirmed: bool
    last_step: int
    """The newest time step a code was taken for: none is taken twice."""


class RecoveryCodeRow(SQLModel, table=True):
    __tablename__ = "recovery_codes"

    person: UUID = Field(primary_key=True, foreign_key="people.id")
    code_hash: str = Field(primary_key=True)


class ClusterRow(SQLModel, table=True):
    __tablename__ = "clusters"

    id: UUID = Field(primary_key=True)
    name: str = Field(unique=True)
    address: str


class NamespaceRow(SQLModel, table=True):
    __tablename__ = "namespaces"
    __table_args__ = (
        UniqueConstraint("tenant", "slug"),
        # Granted to exactly one tenant.
        UniqueConstraint("cluster", "name"),
    )

    id: UUID = Field(primary_key=True)
    tenant: UUID = Field(foreign_key="tenants.id")
    slug: str
    name: str
    cluster: UUID = Field(foreign_key="clusters.id")


class SessionRow(SQLModel, table=True):
    __tablename__ = "sessions"
    __table_args__ = (
        Index("sessions_of_subject", "provider", "subject"),
        Index("sessions_of_session", "provider", "provider_session"),
    )

    id: UUID = Field(primary_key=True)
    token_hash: str = Field(unique=True)
    person: UUID = Field(foreign_key="people.id", index=True)
    provider: str
    subject: str = Field(default="", sa_column_kwargs={"server_default": ""})
    provider_session: str = Field(default="", sa_column_kwargs={"server_default": ""})
    hint: bytes | None = Field(default=None, sa_type=Sealed)
    within: UUID | None = None
    ends_by: datetime | None = Field(default=None, sa_type=UtcTime)
    address: str
    user_agent: str
    created_at: datetime = Field(sa_type=UtcTime)
    last_seen_at: datetime = Field(sa_type=UtcTime)
    proved_at: datetime = Field(sa_type=UtcTime)
    renew_due: bool = False
    previous_hash: str = Field(default="", index=True)
    """Of the token before, which opens nothing any more."""
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class IdempotencyRow(SQLModel, table=True):
    """What an acting request answered, so that its repetition answers the same."""

    __tablename__ = "idempotency_keys"

    actor: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    digest: str
    status: int
    body: str
    veil: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Digest of the rules that lay over `body`: under others it is not shown again."""
    at: datetime = Field(sa_type=UtcTime, index=True)


class AuditHeadRow(SQLModel, table=True):
    """A chain's newest entry; locked for each append. `chain` is "" for the installation."""

    __tablename__ = "audit_heads"

    chain: str = Field(primary_key=True)
    seq: int
    hash: str


class AuditEntryRow(SQLModel, table=True):
    __tablename__ = "audit_entries"
    __table_args__ = (
        UniqueConstraint("chain", "seq"),
        Index("audit_entries_of_target", "chain", "target_namespace", "target_id", "seq"),
    )

    id: UUID = Field(primary_key=True)
    chain: str
    seq: int
    at: datetime = Field(sa_type=UtcTime)
    actor_kind: str
    actor_id: str
    actor_name: str
    role: str
    provider: str
    session: str
    address: str
    permission: str
    action: str
    target_kind: str
    target_id: str
    target_namespace: str
    target_run: str
    reason: str
    outcome: str
    detail: str
    request_id: str
    intent: int | None
    repeated: int
    behalf: str = ""
    previous: str
    hash: str


class AuditSealRow(SQLModel, table=True):
    """A checkpoint or a cut of a chain, as the signed line that is sent outside, too."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index("audit_seals_of_chain", "chain", "kind", "seq"),)

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    chain: str
    kind: str
    seq: int
    at: datetime = Field(sa_type=UtcTime)
    line: str


class AuditKeyRow(SQLModel, table=True):
    """A key that signs seals: the private one, or once retired the public one; encrypted."""

    __tablename__ = "audit_keys"

    id: str = Field(primary_key=True)
    sealed: bytes = Field(sa_type=Sealed)
    retired: bool
    created_at: datetime = Field(sa_type=UtcTime)


class AuditPositionRow(SQLModel, table=True):
    """Up to which number a sink has taken a feed: a chain, or the seals of all chains."""

    __tablename__ = "audit_positions"

    sink: str = Field(primary_key=True)
    feed: str = Field(primary_key=True)
    upto: int


class AuditFailureRow(SQLModel, table=True):
    """A sink that takes nothing at present."""

    __tablename__ = "audit_failures"

    sink: str = Field(primary_key=True)
    since: datetime = Field(sa_type=UtcTime)
    failure: str


class OperationRow(SQLModel, table=True):
    __tablename__ = "operations"
    __table_args__ = (Index("operations_of_tenant", "tenant", "id"),)

    id: UUID = Field(primary_key=True)
    tenant: UUID = Field(foreign_key="tenants.id")
    tenant_slug: str
    namespace: str
    action: str
    reason: str
    signal_name: str
    signal_args: bytes = Field(sa_type=Sealed)
    """Encrypted: what a signal carries is somebody's data."""
    query: str
    total: int
    digest: str
    pace: int
    person: UUID | None = Field(default=None, foreign_key="people.id")
    token: UUID | None = None
    by: str
    state: str = Field(index=True)
    note: str
    created_at: datetime = Field(sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    holder: str
    epoch: int
    held_until: datetime = Field(sa_type=UtcTime)


class TokenRow(SQLModel, table=True):
    """A token without its secret; `scopes` are permissions with spaces between."""

    __tablename__ = "tokens"
    __table_args__ = (Index("tokens_of_tenant", "tenant", "person", "id"),)

    id: UUID = Field(primary_key=True)
    kind: str
    tenant: UUID = Field(foreign_key="tenants.id")
    person: UUID | None = Field(default=None, foreign_key="people.id")
    name: str
    role: str
    scopes: str
    secret_hash: str
    created_by: str
    created_at: datetime = Field(sa_type=UtcTime)
    expires_at: datetime = Field(sa_type=UtcTime)
    last_used_at: datetime | None = Field(default=None, sa_type=UtcTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcTime)


class RuleRow(SQLModel, table=True):
    """What is hidden, and from which roles: `up_to` and those below."""

    __tablename__ = "redaction_rules"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: UUID = Field(primary_key=True)
    tenant: UUID = Field(foreign_key="tenants.id")
    name: str
    kind: str
    expression: str
    up_to: str
    version: int
    changed_by: str
    changed_at: datetime = Field(sa_type=UtcTime)


class SigningKeyRow(SQLModel, table=True):
    """A key pair for JWTs; the private one is encrypted."""

    __tablename__ = "signing_keys"

    id: str = Field(primary_key=True)
    public: str
    sealed: bytes = Field(sa_type=Sealed)
    created_at: datetime = Field(sa_type=UtcTime)


class OperationItemRow(SQLModel, table=True):
    __tablename__ = "operation_items"
    __table_args__ = (Index("operation_items_by_outcome", "operation", "outcome", "number"),)

    operation: UUID = Field(primary_key=True, foreign_key="operations.id")
    number: int = Field(primary_key=True)
    workflow_id: str
    run_id: str
    outcome: str
    detail: str
    epoch: int
    at: datetime | None = Field(default=None, sa_type=UtcTime)


class OpenIntentRow(SQLModel, table=True):
    """An intent in a chain whose outcome is still to come."""

    __tablename__ = "open_intents"

    chain: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcTime)


class JobRow(SQLModel, table=True):
    """How a job goes, and the lease of who runs it; `holder` is "" before the first."""

    __tablename__ = "jobs"

    name: str = Field(primary_key=True)
    holder: str
    epoch: int
    until: datetime = Field(sa_type=UtcTime)
    due_at: datetime = Field(sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    took_seconds: float | None = None
    lag_seconds: float = 0
    missed: int = 0
    failure: str = ""
