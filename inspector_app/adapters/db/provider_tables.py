"""The tables of signing in elsewhere; as `tables` has them."""

# SQLModel declares `__tablename__` as a method; a plain name is its documented use.
# pyright: reportAssignmentType=false

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from inspector_app.adapters.db.tables import Sealed, UtcTime


class ProviderRow(SQLModel, table=True):
    """A sign-in provider; `settings` and `mapping` are JSON, `has` names what is in `secrets`."""

    __tablename__ = "providers"

    id: UUID = Field(primary_key=True)
    key: str = Field(unique=True)
    tenant: UUID | None = Field(default=None, foreign_key="tenants.id")
    slug: str
    kind: str
    name: str
    settings: str
    secrets: bytes | None = Field(default=None, sa_type=Sealed)
    has: str
    mapping: str
    enabled: bool
    link_by_email: bool
    version: int
    changed_at: datetime = Field(sa_type=UtcTime)


class IdentityRow(SQLModel, table=True):
    """Somebody at a provider; of those in the operator's file there is no row in `providers`."""

    __tablename__ = "identities"

    provider: UUID = Field(primary_key=True)
    realm: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    person: UUID = Field(foreign_key="people.id", index=True)
    username: str
    email: str = Field(index=True)
    email_verified: bool
    signed_in_at: datetime = Field(sa_type=UtcTime)


class MappedRoleRow(SQLModel, table=True):
    """A role that a provider's mapping gave at somebody's last sign-in by it."""

    __tablename__ = "mapped_roles"

    person: UUID = Field(primary_key=True, foreign_key="people.id")
    tenant: UUID = Field(primary_key=True, foreign_key="tenants.id")
    provider: UUID = Field(primary_key=True, index=True)
    role: str
    group_name: str
    at: datetime = Field(sa_type=UtcTime)


class TakenMessageRow(SQLModel, table=True):
    """A message of a provider that counts once; kept until it would be refused as too old."""

    __tablename__ = "taken_messages"

    provider: UUID = Field(primary_key=True)
    message_hash: str = Field(primary_key=True)
    until: datetime = Field(sa_type=UtcTime, index=True)


class ArrivalRow(SQLModel, table=True):
    """An answer that was verified and waits for the browser that asked; encrypted."""

    __tablename__ = "arrivals"

    handle_hash: str = Field(primary_key=True)
    provider: UUID
    content: bytes = Field(sa_type=Sealed)
    until: datetime = Field(sa_type=UtcTime, index=True)
