"""Identifiers as types, and how ours are made."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
ClusterId = NewType("ClusterId", UUID)
NamespaceId = NewType("NamespaceId", UUID)
PersonId = NewType("PersonId", UUID)
SessionId = NewType("SessionId", UUID)
EntryId = NewType("EntryId", UUID)
OperationId = NewType("OperationId", UUID)
ProviderId = NewType("ProviderId", UUID)
TokenId = NewType("TokenId", UUID)
RuleId = NewType("RuleId", UUID)
RequestId = NewType("RequestId", str)

WorkflowId = NewType("WorkflowId", str)
RunId = NewType("RunId", str)
EventId = NewType("EventId", int)


def new_id(now: datetime) -> UUID:
    """Make a UUIDv7 (RFC 9562, section 5.7): sorts by time, to the millisecond."""
    milliseconds = int(now.timestamp() * 1000)
    value = milliseconds << 80 | 0x7 << 76 | secrets.randbits(12) << 64
    return UUID(int=value | 0b10 << 62 | secrets.randbits(62))
