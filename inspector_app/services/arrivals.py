"""SAML's way back: an answer arrives from another site, and waits for the browser that asked."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict

from inspector_app.domain.audit import Target
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind, SamlSettings
from inspector_app.domain.sign_in_places import saml_place
from inspector_app.domain.signing_in import SKEW_SECONDS, UNDER_WAY, Claimed, SignInFault, Step
from inspector_app.services.door import Door
from inspector_app.services.entering import Entered, Entrance
from inspector_app.services.ports import Cipher, Clock
from inspector_app.services.ports.signing_in import AllWays

_ANY = Target("session", "")
_BYTES = 32


class Arrivals:
    """What is verified at the ACS signs nobody in before its browser comes, with its ticket.

    Args:
        origin: Our public address, without a trailing slash.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        cipher: Cipher,
        entrance: Entrance,
        ways: AllWays,
        origin: str,
    ) -> None:
        self._door = door
        self._clock = clock
        self._cipher = cipher
        self._entrance = entrance
        self._ways = ways
        self._origin = origin

    async def arrive(self, visitor: Actor, key: str, response: str, *, relay: str) -> str:
        """Verify a `SAMLResponse`, keep what it says, and return the handle of that.

        Each assertion is taken once, on all replicas.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: It does not hold.
        """
        entry = await self._entrance.find(visitor, ProviderKind.SAML, key)
        provider, now = entry.provider, self._clock()
        settings = provider.settings
        assert isinstance(settings, SamlSettings)  # by its kind
        async with self._entrance.told(visitor, provider):
            arrived = (
                await self._ways.of(provider)
                .of_saml()
                .finish(
                    settings,
                    saml_place(self._origin, provider, entry.secret),
                    response=response,
                    now=now,
                    request=None,
                )
            )
            if not arrived.answers and not settings.unasked:
                raise SignInFault(Step.ANSWER, "It answers nothing that was asked.")
            handle = secrets.token_urlsafe(_BYTES)
            proved = arrived.proved_at.timestamp() if arrived.proved_at else 0.0
            content = json.dumps([arrived.answers, relay, proved, asdict(arrived.claimed)])
            async with self._door.enter(
                visitor, Permission.PUBLIC, _ANY, record=False, write=True
            ) as work:
                if not await work.taken_once.take(provider.id, arrived.id, arrived.until):
                    raise SignInFault(Step.ANSWER, "The assertion was used before.")
                await work.taken_once.leave(
                    _hashed(handle), provider.id, self._cipher.seal(content), now + UNDER_WAY
                )
        return handle

    async def fetch(
        self, visitor: Actor, key: str, *, ticket: str, handle: str, user_agent: str
    ) -> Entered:
        """Let in the browser that asked for what arrived under `handle`.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: It did not ask for this, or something else does not hold.
        """
        entry = await self._entrance.find(visitor, ProviderKind.SAML, key)
        provider = entry.provider
        async with self._entrance.told(visitor, provider):
            async with self._door.enter(
                visitor, Permission.PUBLIC, _ANY, record=False, write=True
            ) as work:
                found = await work.taken_once.fetch(_hashed(handle), self._clock())
            if found is None or found[0] != provider.id:
                raise SignInFault(Step.ANSWER, "Nothing arrived for this browser.")
            answers, relay, proved, claims = json.loads(self._cipher.unseal(found[1]))
            claimed = Claimed(**claims | {"groups": tuple(claims["groups"])})
            opened = None  # where it began there, which was allowed when it arrived
            if answers:
                opened = self._entrance.opened(ticket, provider)
                asked = (opened.kept.get("request"), opened.kept.get("state"))
                if asked != (answers, relay):
                    raise SignInFault(Step.ANSWER, "It is not the answer to what was asked.")
                if proved < int(opened.kept.get("fresh_since", "0")) - SKEW_SECONDS:
                    detail = "The provider did not ask them to prove themselves anew."
                    raise SignInFault(Step.STRENGTH, detail)
            return await self._entrance.enter(
                visitor, provider, claimed, user_agent=user_agent, ticket=opened
            )


def _hashed(handle: str) -> str:
    return hashlib.sha256(handle.encode("utf-8", "surrogatepass")).hexdigest()
