"""Guesses at passwords and codes: one at a time, counted, made to wait when there are too many.

Counted for an account at an address, so that whoever guesses keeps only themselves waiting. An
account that is guessed at from many addresses leaves each of them few guesses, never none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from math import ceil
from typing import Never
from weakref import WeakValueDictionary

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import TooMany, WrongCredentials
from inspector_app.domain.identity import LOCAL, Actor
from inspector_app.domain.limits import FEW, WRONG, WRONG_OF_ACCOUNT, WRONG_OF_ADDRESS, place_of
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Tries


class Guesses:
    """Counts wrong ones by account, by address, and by both."""

    def __init__(self, door: Door, tries: Tries) -> None:
        self._door = door
        self._tries = tries
        self._turns: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    @asynccontextmanager
    async def turn(
        self, actor: Actor, target: Target, action: str, wrong: str
    ) -> AsyncGenerator[None]:
        """Let `actor` guess; WrongCredentials raised within counts, and is audited as `wrong`.

        Many at once would all be let in before the first wrong one counts: they take turns.

        Raises:
            TooMany: The account or the address has used up its tries for now.
        """
        place = place_of(actor.address)
        account = _account(actor)
        here, everybody = (*account, place), ("address", place)
        permission = Permission.PUBLIC if actor.person is None else Permission.SESSION_OWN
        async with AsyncExitStack() as turns:
            # Not by account alone: an attacker's queue would be everybody's.
            for key in (here, everybody):
                await turns.enter_async_context(self._turns.setdefault(key, asyncio.Lock()))
            attacked = await self._tries.wait(WRONG_OF_ACCOUNT, account) > 0
            most = FEW if attacked else WRONG.count
            if wait := await self._tries.wait(WRONG, here, most=most):
                await self._refuse(actor, permission, target, action, "account", wait)
            if wait := await self._tries.wait(WRONG_OF_ADDRESS, everybody):
                # Under one name for an address: a new name a try must not chain an entry a try.
                nobody = replace(actor, name="anonymous")
                await self._refuse(nobody, permission, target, action, "address", wait)
            try:
                yield
            except WrongCredentials as error:
                await self._tries.add(WRONG, here)
                await self._tries.add(WRONG_OF_ACCOUNT, account)
                await self._tries.add(WRONG_OF_ADDRESS, everybody)
                await self._door.note_failure(
                    actor, permission, target, action, error.why or wrong
                )
                raise

    async def forget(self, actor: Actor) -> None:
        """Begin counting the account's wrong ones here anew: a whole sign-in went well."""
        await self._tries.forget(WRONG, (*_account(actor), place_of(actor.address)))

    async def _refuse(
        self,
        actor: Actor,
        permission: Permission,
        target: Target,
        action: str,
        what: str,
        wait: float,
    ) -> Never:
        why = f"too many wrong passwords for this {what}"
        await self._door.refuse(actor, permission, target, action, why)
        minutes = ceil(wait / 60)
        raise TooMany(
            f"Too many wrong tries. Wait {minutes} minute{'s' * (minutes != 1)}, then try again.",
            retry_after=wait,
        )


def _account(actor: Actor) -> tuple[str, ...]:
    """Whose password or code is guessed at: a name at another provider is somebody else's.

    Else a directory of one's own, which believes everything, would wipe out one's guesses here.
    Who is signed in guesses at what is their own here, whichever way they came.
    """
    elsewhere = actor.provider if actor.person is None else ""
    return ("account", elsewhere or LOCAL.provider, actor.name)
