"""Guesses at passwords and codes: one at a time, counted, made to wait when there are too many."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from math import ceil
from weakref import WeakValueDictionary

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import TooMany, WrongCredentials
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Tries


class Guesses:
    """Counts wrong ones by account and by address."""

    def __init__(self, door: Door, tries: Tries) -> None:
        self._door = door
        self._tries = tries
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(
        self, actor: Actor, target: Target, action: str, wrong: str
    ) -> AsyncGenerator[None]:
        """Let `actor` guess; WrongCredentials raised within counts, and is audited as `wrong`.

        Many at once would all be let in before the first wrong one counts: they take turns.

        Raises:
            TooMany: The account or the address has used up its tries for now.
        """
        keys = (("account", actor.name), ("address", actor.address))
        permission = Permission.PUBLIC if actor.person is None else Permission.SESSION_OWN
        async with AsyncExitStack() as turns:
            for key in keys:
                await turns.enter_async_context(self._turns.setdefault(key, asyncio.Lock()))
            for key in keys:
                if wait := await self._tries.wait(key):
                    # Under one name for an address: a new name a try must not chain an entry a
                    # try.
                    who = actor if key[0] == "account" else replace(actor, name="anonymous")
                    why = f"too many wrong passwords for this {key[0]}"
                    await self._door.refuse(who, permission, target, action, why)
                    minutes = ceil(wait / 60)
                    raise TooMany(
                        f"Too many wrong tries. Wait {minutes} minute{'s' * (minutes != 1)}, "
                        "then try again.",
                        retry_after=wait,
                    )
            try:
                yield
            except WrongCredentials:
                for key in keys:
                    await self._tries.add(key)
                await self._door.note_failure(actor, permission, target, action, wrong)
                raise

    async def forget(self, actor: Actor) -> None:
        """Begin counting the account's wrong ones anew: a whole sign-in went well."""
        await self._tries.forget(("account", actor.name))
