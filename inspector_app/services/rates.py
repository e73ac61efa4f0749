"""How often one person, token or address may ask: everything that costs passes here."""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import TooMany
from inspector_app.domain.identity import Actor
from inspector_app.domain.limits import USUAL, Kind, Limit, place_of, rates_of
from inspector_app.domain.permissions import Permission
from inspector_app.services.door import Door
from inspector_app.services.ports import Meter, Tries
from inspector_app.services.unmetered import UNMETERED


class Rates:
    """Counts requests and events; over all replicas where they share a Redis."""

    def __init__(
        self, door: Door, tries: Tries, limits: Iterable[Limit] = USUAL, meter: Meter = UNMETERED
    ) -> None:
        self._door = door
        self._tries = tries
        self._rates = rates_of(limits)
        self._meter = meter

    async def take(self, kind: Kind, actor: Actor) -> None:
        """Count one for `actor`.

        Raises:
            TooMany: It is over the rate; counted, and audited as floods are.
        """
        rate = self._rates.get(kind)
        if rate is None:
            return
        who = str(actor.token or actor.person or place_of(actor.address))
        if wait := await self._tries.take(rate, (kind.value, who)):
            self._meter.limited(kind.value)
            target = Target("limit", kind.value)
            why = f"more than {rate}"
            await self._door.refuse(actor, Permission.PUBLIC, target, "limit.reach", why)
            seconds = ceil(wait)
            raise TooMany(
                f"Too many requests: at most {rate} of this kind.",
                retry_after=wait,
                hint=f"Wait {seconds} second{'s' * (seconds != 1)}. The operator sets the rates: "
                "INSPECTOR_RATES.",
            )
