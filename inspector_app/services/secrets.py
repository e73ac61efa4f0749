"""Turns keys: re-encrypts what is kept secret under the newest, and says what is under which."""

from __future__ import annotations

from dataclasses import dataclass

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Cipher
from inspector_app.services.ports.secrets import Kept

_AT_ONCE = 100
"""Values in one transaction: what a crash leaves to do again, and how long others wait."""


@dataclass(frozen=True, slots=True)
class Place:
    """What one column holds; `newest` are under the newest key, `lost` under none of them."""

    name: str
    newest: int = 0
    older: int = 0
    lost: int = 0


class SecretDesk:
    """For the operator alone."""

    def __init__(self, door: Door, cipher: Cipher) -> None:
        self._door = door
        self._cipher = cipher

    async def look(self, actor: Actor) -> list[Place]:
        """Count, in every place, the values under the newest key, older ones and none."""
        return [await self._walk(actor, place, write=False) for place in await self._all(actor)]

    async def rotate(self, actor: Actor) -> list[Place]:
        """Put everything under the newest key; `older` says how many were not, and now are.

        May be killed and begun again: what is done stays done. The older keys open what is left
        until then. What somebody changes meanwhile is under the newest key by that.
        """
        await self._record(actor, "begun")
        done = [await self._walk(actor, place, write=True) for place in await self._all(actor)]
        moved, lost = sum(each.older for each in done), sum(each.lost for each in done)
        await self._record(actor, f"{moved} re-encrypted, {lost} under no key that is set")
        return done

    async def _all(self, actor: Actor) -> list[str]:
        async with self._door.enter(
            actor, Permission.OPERATOR, Target("secret", ""), record=False
        ) as work:
            return list(work.secrets.places())

    async def _record(self, actor: Actor, detail: str) -> None:
        async with self._door.enter(
            actor,
            Permission.OPERATOR,
            Target("secret", ""),
            action="secrets.rotate",
            detail=detail,
        ):
            pass

    async def _walk(self, actor: Actor, name: str, *, write: bool) -> Place:
        counts = {"newest": 0, "older": 0, "lost": 0}
        last: tuple[object, ...] | None = None
        while True:
            async with self._door.enter(
                actor, Permission.OPERATOR, Target("secret", name), record=False, write=write
            ) as work:
                found = await work.secrets.after(name, last, limit=_AT_ONCE)
                for kept in found:
                    fresh, state = self._look_at(kept)
                    counts[state] += 1
                    if write and fresh is not None:
                        await work.secrets.replace(name, kept, fresh)
            if len(found) < _AT_ONCE:
                return Place(name, **counts)
            last = found[-1].row

    def _look_at(self, kept: Kept) -> tuple[bytes | None, str]:
        # An empty value is none: a bulk action without arguments.
        if not kept.sealed:
            return None, "newest"
        try:
            fresh = self._cipher.renewed(kept.sealed)
        except Conflict:
            return None, "lost"
        return fresh, "newest" if fresh is None else "older"
