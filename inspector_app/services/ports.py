"""What the services need of the world: implemented by the adapters, faked in unit tests."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from inspector_app.domain.audit import Entry, Record
from inspector_app.domain.histories import Event, EventPage
from inspector_app.domain.identity import Person, Session
from inspector_app.domain.ids import (
    ClusterId,
    EventId,
    NamespaceId,
    OperationId,
    PersonId,
    SessionId,
    TenantId,
    TokenId,
)
from inspector_app.domain.jobs import Course
from inspector_app.domain.leases import Lease
from inspector_app.domain.operations import (
    Aim,
    Item,
    ItemOutcome,
    Operation,
    OperationState,
    Progress,
)
from inspector_app.domain.people import Colleague
from inspector_app.domain.permissions import Role
from inspector_app.domain.second_step import SecondFactor
from inspector_app.domain.tenancy import Cluster, Membership, Namespace, Tenant
from inspector_app.domain.tokens import Claims, SigningKey, Token
from inspector_app.domain.workflows import (
    Capabilities,
    Handlers,
    Run,
    RunData,
    RunPage,
    RunRef,
    StatusCounts,
)


class Clock(Protocol):
    """The time, in UTC."""

    def __call__(self) -> datetime:
        """Return now, aware, in UTC."""
        ...


class People(Protocol):
    """Accounts and their password hashes."""

    async def by_username(self, username: str) -> Person | None: ...
    async def add(self, person: Person, password_hash: str, now: datetime) -> None: ...
    async def password_hash(self, person: PersonId) -> str | None: ...
    async def set_password(
        self, person: PersonId, password_hash: str, *, must_change: bool
    ) -> None: ...
    async def set_disabled(self, person: PersonId, *, disabled: bool) -> None: ...
    async def count(self) -> int: ...


class Colleagues(Protocol):
    """The people of a tenant."""

    async def lock(self, tenant: TenantId) -> None:
        """Let one change of a tenant's people at a time pass, until the transaction ends."""
        ...

    async def page(
        self, tenant: TenantId, now: datetime, *, after: str, limit: int
    ) -> list[Colleague]:
        """Read those whose user name comes after `after`, by name."""
        ...

    async def get(self, tenant: TenantId, person: PersonId, now: datetime) -> Colleague | None: ...
    async def admins(self, tenant: TenantId) -> int:
        """Count those who administer it: enabled, with the role."""
        ...

    async def set_role(self, tenant: TenantId, person: PersonId, role: Role) -> None: ...
    async def note_change(self, tenant: TenantId, person: PersonId) -> None:
        """Let the version grow that others have seen."""
        ...

    async def remove(self, tenant: TenantId, person: PersonId) -> None: ...


class SecondFactors(Protocol):
    """What a person's second step is checked against."""

    async def get(self, person: PersonId) -> SecondFactor | None: ...
    async def put(self, factor: SecondFactor) -> None: ...
    async def take_step(self, person: PersonId, step: int) -> bool:
        """Note that a code of this time step was used; False if it, or a later one, was before."""
        ...

    async def confirm(self, person: PersonId, recovery_hashes: Sequence[str]) -> None: ...
    async def take_recovery(self, person: PersonId, code_hash: str) -> bool:
        """Use a recovery code up; False if there is none such."""
        ...

    async def recovery_left(self, person: PersonId) -> int: ...
    async def forget(self, person: PersonId) -> None: ...


class Sessions(Protocol):
    """Signed-in browsers, found by the SHA-256 (hex) of their token."""

    async def add(self, session: Session, token_hash: str) -> None: ...
    async def by_token_hash(self, token_hash: str) -> tuple[Session, Person] | None: ...
    async def of(self, person: PersonId) -> list[Session]: ...
    async def touch(self, session: SessionId, now: datetime) -> None: ...
    async def renew(self, session: SessionId, token_hash: str, now: datetime) -> None:
        """Give it another token, as of a proof at `now`."""
        ...

    async def revoke(self, session: SessionId, now: datetime) -> bool: ...
    async def revoke_all(
        self, person: PersonId, now: datetime, *, keep: SessionId | None = None
    ) -> int: ...
    async def forget(self, ended_before: datetime, *, limit: int) -> int:
        """Delete sessions that ended before a moment; returns how many."""
        ...


class Tenants(Protocol):
    """Tenants, memberships, clusters and the grant of namespaces."""

    async def add(self, tenant: Tenant, now: datetime) -> None: ...
    async def by_slug(self, slug: str) -> Tenant | None: ...
    async def all(self) -> list[Tenant]: ...
    async def memberships(self, person: PersonId) -> list[Membership]: ...
    async def set_role(self, person: PersonId, tenant: TenantId, role: Role) -> None: ...
    async def add_cluster(self, cluster: Cluster) -> None: ...
    async def move_cluster(self, cluster: ClusterId, address: str) -> None: ...
    async def cluster(self, name: str) -> Cluster | None: ...
    async def clusters(self) -> list[Cluster]: ...
    async def grant(self, namespace: Namespace) -> None: ...
    async def namespaces(self, tenant: TenantId) -> list[Namespace]: ...
    async def namespace(self, tenant: TenantId, slug: str) -> Namespace | None: ...
    async def owner(self, cluster: ClusterId, name: str) -> NamespaceId | None: ...


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which entries of a chain: each field narrows, empty ones do not."""

    text: str = ""
    actor: str = ""
    outcome: str = ""
    namespace: str = ""
    workflow_id: str = ""
    before_seq: int | None = None


class Audit(Protocol):
    """The chains. `append` takes the chain's lock and gives the next number."""

    async def append(self, chain: TenantId | None, record: Record) -> Entry: ...
    async def entries(
        self, chain: TenantId | None, wanted: EntryFilter, *, limit: int
    ) -> list[Entry]: ...
    async def count(self, chain: TenantId | None, wanted: EntryFilter) -> int: ...
    async def after(self, chain: TenantId | None, seq: int, *, limit: int) -> list[Entry]:
        """Read entries with a greater number than `seq`, oldest first."""
        ...

    def walk(self, chain: TenantId | None) -> AsyncIterator[Entry]:
        """Read a whole chain, oldest first, within this transaction.

        Raises:
            Unreadable: A row holds what no version of Inspector wrote.
        """
        ...

    async def head(self, chain: TenantId | None) -> tuple[int, str]: ...
    async def chains(self) -> list[TenantId | None]: ...
    async def take_open_intents(self, until: datetime | None, *, limit: int) -> list[Entry]:
        """Claim intents that have no outcome, all or up to a moment: the caller closes them."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What an acting request answered; `digest` is of its content, `body` JSON."""

    actor: str
    key: str
    digest: str
    status: int
    body: str
    at: datetime


class Replies(Protocol):
    """Answers kept under their Idempotency-Key."""

    async def begin(self, reply: Reply, *, forget_before: datetime) -> Reply | None:
        """Take the key for a request without an answer yet, or return what stands under it."""
        ...

    async def answer(self, reply: Reply) -> None: ...
    async def drop(self, reply: Reply) -> None:
        """Let the key go: what was begun was not done."""
        ...

    async def forget(self, before: datetime, *, limit: int) -> int: ...


class Jobs(Protocol):
    """How jobs go, each in a row with its lease."""

    async def enlist(self, names: Iterable[str], now: datetime) -> None:
        """Make a row, due at once, for each job that has none."""
        ...

    async def all(self) -> dict[str, Course]: ...
    async def start(self, name: str, course: Course, *, seen: int) -> bool:
        """Write a start down unless somebody else has since the epoch `seen`."""
        ...

    async def ask(self, name: str, now: datetime) -> None:
        """Make it due now."""
        ...

    async def renew(self, name: str, lease: Lease) -> None:
        """Hold it until `lease.until`, and off all others until this transaction ends.

        Raises:
            LeaseLost: The row has another epoch.
        """
        ...

    async def end(
        self, name: str, lease: Lease, *, now: datetime, took: timedelta, failure: str
    ) -> None:
        """Write the end down and let go of it; raises LeaseLost as `renew` does."""
        ...


class Operations(Protocol):
    """Operations and their items. Writes name the lease they are made under."""

    async def add(self, operation: Operation, aims: tuple[Aim, ...]) -> None: ...
    async def get(self, tenant: TenantId, operation: OperationId) -> Operation | None: ...
    async def of(
        self, tenant: TenantId, *, before: OperationId | None, limit: int
    ) -> list[Operation]:
        """Read a tenant's operations, newest first."""
        ...

    async def progress(self, operations: Sequence[OperationId]) -> dict[OperationId, Progress]: ...
    async def items(
        self,
        operation: OperationId,
        *,
        outcome: ItemOutcome | None = None,
        after: int = -1,
        limit: int,
    ) -> list[Item]: ...
    async def claim(self, holder: str, now: datetime, until: datetime) -> Operation | None:
        """Take the oldest live operation whose lease is over; its epoch grows by one."""
        ...

    async def renew(self, operation: OperationId, lease: Lease) -> Operation:
        """Hold it until `lease.until`, and read it anew.

        Raises:
            LeaseLost: It has another epoch by now.
        """
        ...

    async def take(self, operation: OperationId, epoch: int, limit: int) -> list[Item]:
        """Start the next items under `epoch`: first those an earlier holder had started.

        The items come as they were before: one that was `started` may have been touched.
        """
        ...

    async def settle(self, operation: OperationId, items: Sequence[Item]) -> None:
        """Write down what became of started items."""
        ...

    async def end(
        self, operation: OperationId, state: OperationState, note: str, now: datetime | None
    ) -> None:
        """Change where it stands; with `now` it has ended, and its lease is free."""
        ...

    async def note(self, operation: OperationId, note: str) -> None: ...
    async def forget(self, ended_before: datetime, *, limit: int) -> int: ...
    async def change(
        self, operation: OperationId, state: OperationState, *, of: OperationState
    ) -> bool:
        """Change its state if it is still `of`."""
        ...


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token with what decides over it now; `person` and `role` are None for a service's.

    `role` is also None where the person no longer belongs to the tenant.
    """

    token: Token
    secret_hash: str
    tenant: Tenant
    person: Person | None
    role: Role | None


class Tokens(Protocol):
    """Tokens; of a secret only its SHA-256 (hex)."""

    async def add(self, token: Token, secret_hash: str) -> None: ...
    async def find(self, token: TokenId) -> KnownToken | None: ...
    async def get(self, tenant: TenantId, token: TokenId) -> Token | None: ...
    async def of(
        self, tenant: TenantId, *, person: PersonId | None, before: TokenId | None, limit: int
    ) -> list[Token]:
        """Read those not revoked, newest first: one person's, or with None all of the tenant."""
        ...

    async def live(self, tenant: TenantId, person: PersonId | None, now: datetime) -> int:
        """Count those neither revoked nor expired: one person's, or with None the tenant's own."""
        ...

    async def touch(self, token: TokenId, now: datetime) -> None: ...
    async def revoke(self, token: TokenId, now: datetime) -> None: ...


class SigningKeys(Protocol):
    """Key pairs that JWTs are signed with."""

    async def newest(self, limit: int) -> list[SigningKey]: ...
    async def add(self, key: SigningKey, *, keep: int) -> None:
        """Add one, and forget all but the `keep` newest."""
        ...


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
    def replies(self) -> Replies: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def jobs(self) -> Jobs: ...
    @property
    def tokens(self) -> Tokens: ...
    @property
    def signing_keys(self) -> SigningKeys: ...


class Database(Protocol):
    """Where units of work come from. Only the door calls `begin`.

    Leaving the block without an exception commits; an exception rolls back.
    Raises StorageUnavailable when the database is locked, full or away, Conflict when somebody
    else did the same at the same time, Invalid for a value that no database can hold.
    """

    def begin(self, *, write: bool) -> AbstractAsyncContextManager[Work]: ...


class Passwords(Protocol):
    """Password hashing, off the event loop and limited in how many run at once."""

    async def hash(self, password: str) -> str: ...
    async def verify(self, password: str, password_hash: str | None) -> bool:
        """Compare; with no hash, spend the same time and answer False."""
        ...

    def is_common(self, password: str) -> bool:
        """Tell whether it, or the two parts it is made of, are on the lists attackers try."""
        ...


class Meter(Protocol):
    """Inspector's own numbers; times in seconds. Labels are never somebody's data."""

    def door(self, permission: str, outcome: str) -> None: ...
    def event(self, handler: str, outcome: str, seconds: float) -> None: ...
    def temporal(self, method: str, status: str, seconds: float) -> None: ...
    def job(self, name: str, outcome: str, seconds: float) -> None: ...
    def refused(self, provider: str) -> None:
        """Count a sign-in that failed, or a bearer token that opened nothing."""
        ...

    def touched(self, action: str, outcome: str) -> None:
        """Count a run that bulk work is done with."""
        ...


class Cipher(Protocol):
    """Keeps a text secret at rest."""

    def seal(self, text: str) -> bytes: ...
    def unseal(self, sealed: bytes) -> str:
        """Open what `seal` made.

        Raises:
            Conflict: None of the keys that are set opens it.
        """
        ...


class Jwts(Protocol):
    """Signs and reads JWTs; keys are JSON Web Keys as JSON."""

    def new_key(self) -> tuple[str, str, str]:
        """Make a key pair: its id, the public and the private key."""
        ...

    def sign(self, claims: Claims, key: str, private: str) -> str: ...
    def read(self, text: str, keys: Sequence[SigningKey]) -> Claims | None:
        """Return the claims, unless it is no JWT of ours signed by one of `keys`."""
        ...


class Tries(Protocol):
    """Wrong tries by what they are counted by.

    ("account", name), ("address", address), ("token", address).
    """

    async def add(self, key: tuple[str, str]) -> None: ...
    async def forget(self, key: tuple[str, str]) -> None: ...
    async def wait(self, key: tuple[str, str]) -> float:
        """Seconds until the next try may be made; 0 when it may be made now."""
        ...

    async def shared(self) -> bool:
        """Tell whether they are counted for all processes: what is shared by them answers."""
        ...


class Workflows(Protocol):
    """A Temporal server, per namespace.

    Every method may raise Unreachable, NotFound (unknown namespace or run), Invalid
    (`field="query"`, `"page_token"`) or Refused.
    """

    async def page(
        self, namespace: Namespace, query: str, *, page_size: int, page_token: str | None
    ) -> RunPage: ...
    async def counts(self, namespace: Namespace, query: str) -> StatusCounts: ...
    async def describe(self, namespace: Namespace, run: RunRef) -> Run: ...
    async def data(self, namespace: Namespace, run: RunRef) -> RunData: ...
    async def handlers(self, namespace: Namespace, run: RunRef) -> Handlers: ...
    async def capabilities(self, namespace: Namespace) -> Capabilities: ...
    async def pause(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None: ...
    async def resume(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None: ...
    async def signal(
        self,
        namespace: Namespace,
        run: RunRef,
        name: str,
        args: list[object],
        *,
        identity: str,
        request_id: str,
    ) -> None: ...
    async def cancel(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str, request_id: str
    ) -> None: ...
    async def terminate(
        self, namespace: Namespace, run: RunRef, *, reason: str, identity: str
    ) -> None: ...
    async def acted(
        self, namespace: Namespace, run: RunRef, identity: str, since: datetime
    ) -> bool:
        """Tell whether the history, from `since` on, holds an event by `identity`."""
        ...

    async def is_up(self, cluster: Cluster) -> None:
        """Raise Unreachable unless the server answers."""
        ...


class Histories(Protocol):
    """Histories of runs, fetched raw, cached once closed, served as rows."""

    async def page(
        self, namespace: Namespace, run: RunRef, *, start: EventId, size: int
    ) -> EventPage:
        """Rows from event `start` on. The first page comes before the rest is fetched."""
        ...

    async def event(self, namespace: Namespace, run: RunRef, event: EventId) -> Event: ...

    def follow(self, namespace: Namespace, run: RunRef) -> AsyncGenerator[int]:
        """Say how many events there are, each time there are more; ends with the run.

        Waits at the server, so nothing is asked again and again. While somebody follows, `page`
        answers from what is here.
        """
        ...
