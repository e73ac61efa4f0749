"""Acting once: a request repeated under its Idempotency-Key answers what it answered before."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import timedelta
from weakref import WeakValueDictionary

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Invalid
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, Reply

KEPT = timedelta(hours=24)
LONGEST_KEY = 255


class Repeats:
    """Keeps answers for a day, in the database: a restart does not forget them."""

    def __init__(self, door: Door, clock: Clock) -> None:
        self._door = door
        self._clock = clock
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def once(
        self, actor: Actor, key: str, content: bytes, act: Callable[[], Awaitable[str]]
    ) -> str:
        """Run `act`, which answers JSON, unless `key` was used: then answer the same again.

        Without a key, or for nobody signed in, `act` simply runs. Only success is kept.

        Raises:
            Invalid: The key was used for something else within a day.
        """
        if not key or actor.person is None:
            return await act()
        if len(key) > LONGEST_KEY:
            raise Invalid(f"A key has at most {LONGEST_KEY} characters.", field="Idempotency-Key")
        who = f"{actor.person}/{actor.tenant_slug}"
        turn = self._turns.setdefault((who, key), asyncio.Lock())
        digest = hashlib.sha256(content).hexdigest()
        target = Target("request", key)
        async with turn:
            now = self._clock()
            async with self._door.enter(
                actor, Permission.SESSION_OWN, target, record=False
            ) as work:
                found = await work.replies.find(who, key)
            if found is not None and now - found.at < KEPT:
                if found.digest != digest:
                    raise Invalid(
                        "This key was used for another request.",
                        field="Idempotency-Key",
                        hint="Use a new key for a new request.",
                    )
                return found.body
            body = await act()
            async with self._door.enter(
                actor, Permission.SESSION_OWN, target, record=False, write=True
            ) as work:
                await work.replies.add(Reply(who, key, digest, 200, body, now))
            return body
