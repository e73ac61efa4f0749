"""Acting once: a request repeated under its Idempotency-Key answers what it answered before."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from weakref import WeakValueDictionary

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict, InspectorError, Invalid, Unreachable
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Clock, Reply, Work
from inspector_app.services.redaction import RedactionDesk

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
_UNSURE = "changed meanwhile"
"""Instead of a digest of rules: nobody can say which of them lay over an answer."""


class Repeats:
    """Keeps answers for a day, in the database: a restart does not forget them."""

    def __init__(self, door: Door, clock: Clock, redaction: RedactionDesk) -> None:
        self._door = door
        self._redaction = redaction
        self._clock = clock
        self._turns: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def once(
        self, actor: Actor, key: str, content: bytes, act: Callable[[], Awaitable[str]]
    ) -> str:
        """Run `act`, which answers JSON, unless `key` was used: then answer the same again.

        Without a key, or for nobody who is known, `act` simply runs. Only success is kept.
        Never for an answer that holds a secret: this would keep it.

        Raises:
            Invalid: The key was used for something else within a day.
            Conflict: What was begun under the key has no answer: it is under way in another
                process, or its process was killed. Or other rules hide by now what was answered.
        """
        if not key or not actor.may(Permission.SELF):
            return await act()
        if len(key) > LONGEST_KEY:
            raise Invalid(f"A key has at most {LONGEST_KEY} characters.", field="Idempotency-Key")
        # A token's answers are its own: another one of the same person may see less.
        who = f"{actor.token or actor.person}/{actor.tenant_slug}"
        turn = self._turns.setdefault((who, key), asyncio.Lock())
        digest = hashlib.sha256(content).hexdigest()
        reply = Reply(who, key, digest, 0, "", self._clock())
        async with turn:
            async with self._writing(actor, key) as work:
                found = await work.replies.begin(reply, forget_before=reply.at - KEPT)
            veil = (await self._redaction.veil(actor)).digest
            if found is not None:
                return _said(found, digest, veil)
            try:
                body = await act()
            except InspectorError as error:
                if not isinstance(error, Unreachable):  # which may have been done all the same
                    async with self._writing(actor, key) as work:
                        await work.replies.drop(reply)
                raise
            if (await self._redaction.veil(actor)).digest != veil:
                veil = _UNSURE
            async with self._writing(actor, key) as work:
                await work.replies.answer(replace(reply, status=200, body=body, veil=veil))
            return body

    def _writing(self, actor: Actor, key: str) -> AbstractAsyncContextManager[Work]:
        return self._door.enter(
            actor, Permission.SELF, Target("request", key), record=False, write=True
        )


def _said(found: Reply, digest: str, veil: str) -> str:
    """Return what was answered under a key; raises where it was another request, or no answer."""
    if found.digest != digest:
        raise Invalid(
            "This key was used for another request.",
            field="Idempotency-Key",
            hint="Use a new key for a new request.",
        )
    if not found.status:  # in another process, or one that was killed
        raise Conflict(
            "A request under this key is being worked on, or was interrupted.",
            hint="Look whether it was done; if it was not, send it under a new key.",
        )
    if found.veil != veil:
        raise Conflict(
            "It was done, and what was answered then may hold what is hidden from you now.",
            hint="Look at it as it is now; a new key would do it again.",
        )
    return found.body
