"""Answers kept for a repeated request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Reply:
    """What an acting request answered; `digest` is of its content, `body` JSON.

    `veil` is the digest of the redaction rules that lay over the body.
    """

    actor: str
    key: str
    digest: str
    status: int
    body: str
    at: datetime
    veil: str = ""


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
