"""Passwords of local accounts: argon2id."""

from __future__ import annotations

import asyncio

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from inspector_app.adapters.identity.common import is_common

AT_ONCE = 2
"""Hashes computed side by side; more would only starve the event loop of cores and memory."""


class Argon2Passwords:
    """See ports.Passwords. OWASP's parameters: 19 MiB, two passes, one lane; some 30 ms each."""

    def __init__(self, memory_kib: int = 19 * 1024) -> None:
        self._hasher = PasswordHash(
            (Argon2Hasher(memory_cost=memory_kib, time_cost=2, parallelism=1),)
        )
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._nobody = self._hasher.hash("nobody's password")

    async def hash(self, password: str) -> str:
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, password: str, password_hash: str | None) -> bool:
        kept = self._nobody if password_hash is None else password_hash
        async with self._turns:
            try:
                fits = await asyncio.to_thread(self._hasher.verify, password, kept)
            except UnknownHashError:
                return False
        return fits and password_hash is not None

    def is_common(self, password: str) -> bool:
        return is_common(password)
