"""Refusals come in floods: which of them are chained, and which are only counted. None is lost.

The first of a kind is chained, others like it within a minute are counted into the next one. Of
all kinds together a chain takes so many a minute; what is above that (a new name or address
each) is counted as one. Counts are chained when their minute is over, and at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from inspector_app.domain.audit import Record, Target
from inspector_app.domain.ids import TenantId

WINDOW = timedelta(minutes=1)
MOST_CHAINED = 60
"""Refusals that a chain takes in a window: an entry costs the database milliseconds of writing."""
_MOST_COUNTED = 10_000
_NOTHING = timedelta(0)

Key = tuple[str, ...]


@dataclass(slots=True)
class _Flood:
    since: datetime
    chain: TenantId | None
    first: Record
    more: int = 0

    def over(self, now: datetime) -> bool:
        """Whether its window has ended; one that begins after now was a clock's that is back."""
        return not _NOTHING <= now - self.since < WINDOW

    def counted(self, now: datetime) -> Record:
        """Say how many came that nobody chained."""
        return replace(self.first, at=now, repeated=self.more, detail="counted denials")


@dataclass(frozen=True, slots=True)
class Due:
    """An entry to be chained; `weight` of what was counted is lost if it cannot be."""

    key: Key
    flood: _Flood
    record: Record
    weight: int


class Floods:
    """Counts of what one process refused."""

    def __init__(self) -> None:
        self._floods: dict[Key, _Flood] = {}
        self._rooms: dict[TenantId | None, tuple[datetime, int]] = {}

    def see(
        self, chain: TenantId | None, record: Record, now: datetime, kind: Key | None
    ) -> list[Due]:
        """Take one refusal; return what is to be chained now, nothing if it was only counted.

        `kind` says which others are like it; without, each is chained while there is room.
        """
        key = (str(chain or ""), *(kind or ()))
        flood = self._floods.get(key) if kind else None
        if flood and not flood.over(now):
            flood.more += 1
            return []
        if not self._has_room(chain, now):
            self._of_many(chain, record, now).more += 1
            return []
        fresh = _Flood(now, chain, record)
        if kind is None:
            return [Due(key, fresh, record, 0)]
        counted = flood.more if flood else 0
        self._floods.pop(key, None)  # in again at the end: the oldest stand first
        due = [Due(key, fresh, replace(record, repeated=counted), counted + 1)]
        if len(self._floods) >= _MOST_COUNTED:  # one out for one in
            due += self._taken(next(iter(self._floods)), now)
        self._floods[key] = fresh
        return due

    def over(self, now: datetime, *, all_of_them: bool = False) -> list[Due]:
        """Return the counts whose window has ended, and forget who is quiet again."""
        ended = [key for key, each in self._floods.items() if all_of_them or each.over(now)]
        return [due for key in ended for due in self._taken(key, now)]

    def back(self, lost: Iterable[Due]) -> None:
        """Count again what could not be chained."""
        for due in lost:
            if due.weight:
                self._floods.setdefault(due.key, due.flood).more += due.weight

    def _taken(self, key: Key, now: datetime) -> list[Due]:
        flood = self._floods.pop(key)
        if not flood.more:
            return []
        due = Due(key, flood, flood.counted(now), flood.more)
        flood.more = 0
        return [due]

    def _has_room(self, chain: TenantId | None, now: datetime) -> bool:
        since, taken = self._rooms.get(chain, (now, 0))
        if not _NOTHING <= now - since < WINDOW:
            since, taken = now, 0
        self._rooms[chain] = (since, taken + 1)
        return taken < MOST_CHAINED

    def _of_many(self, chain: TenantId | None, record: Record, now: datetime) -> _Flood:
        key = (str(chain or ""), "", record.outcome.value)
        first = replace(
            record,
            **dict.fromkeys(("actor_id", "session", "address", "request_id", "provider"), ""),
            actor_name="many",
            target=Target("denials", ""),
        )
        return self._floods.setdefault(key, _Flood(now, chain, first))
