"""SAML's way back: an answer arrives from another site, and waits for the browser that asked."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import asdict, dataclass, field
from datetime import datetime

from inspector_app.domain.audit import Target
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind, SamlSettings
from inspector_app.domain.providers import Provider
from inspector_app.domain.sign_in_places import saml_place
from inspector_app.domain.signing_in import SKEW_SECONDS, UNDER_WAY, Claimed, SignInFault, Step
from inspector_app.services.door import Door
from inspector_app.services.entering import Entered, Entrance
from inspector_app.services.ports import Cipher, Clock
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import Entry
from inspector_app.services.tickets import Ticket
from inspector_app.services.trial_results import TrialResults

_ANY = Target("session", "")
_BYTES = 32


@dataclass(frozen=True, slots=True)
class Word:
    """What arrived for a browser: which request it answers, and what it says.

    Attributes:
        answers, relay: The request's id and RelayState; "" where nobody asked.
        proved: When they proved themselves there, in epoch seconds; 0 where it does not say.
    """

    answers: str
    relay: str
    proved: float
    claimed: Claimed = field(repr=False)

    def check_asked(self, ticket: Ticket) -> None:
        """Refuse what is not the answer to the request of `ticket`.

        Raises:
            SignInFault: It is another's, or not as fresh as was asked.
        """
        asked = (ticket.kept.get("request"), ticket.kept.get("state"))
        if asked != (self.answers, self.relay):
            raise SignInFault(Step.ANSWER, "It is not the answer to what was asked.")
        if self.proved < int(ticket.kept.get("fresh_since", "0")) - SKEW_SECONDS:
            detail = "The provider did not ask them to prove themselves anew."
            raise SignInFault(Step.STRENGTH, detail)


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
        tests: TrialResults,
        origin: str,
    ) -> None:
        self._door = door
        self._clock = clock
        self._cipher = cipher
        self._entrance = entrance
        self._ways = ways
        self._tests = tests
        self._origin = origin

    async def arrive(self, visitor: Actor, key: str, response: str, *, relay: str) -> str:
        """Verify a `SAMLResponse`, keep what it says, and return the handle of that.

        Each assertion is taken once, on all replicas. What does not hold in a test is kept, too:
        no cookie says here whose it is, and only the browser that asked may read why.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: It does not hold.
        """
        entry = await self._entrance.find(visitor, ProviderKind.SAML, key, off_too=True)
        provider = entry.provider
        tested = not provider.enabled and await self._tests.expects(visitor, provider, relay)
        if not provider.enabled and not tested:
            entry = await self._entrance.find(visitor, ProviderKind.SAML, key)
        try:
            return await self._kept(visitor, entry, response, relay)
        except SignInFault as fault:
            if tested or await self._tests.expects(visitor, provider, relay):
                return await self._left(visitor, provider, [fault.step, fault.detail, fault.hint])
            async with self._entrance.told(visitor, provider):
                raise

    async def _kept(self, visitor: Actor, entry: Entry, response: str, relay: str) -> str:
        provider, now = entry.provider, self._clock()
        settings = provider.settings
        assert isinstance(settings, SamlSettings)  # by its kind
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
        proved = arrived.proved_at.timestamp() if arrived.proved_at else 0.0
        until = arrived.claimed.until
        claims = asdict(arrived.claimed) | {"until": until and until.isoformat()}
        content = [arrived.answers, relay, proved, claims, _written(provider)]
        return await self._left(visitor, provider, content, once=(arrived.id, arrived.until))

    async def _left(
        self,
        visitor: Actor,
        provider: Provider,
        content: object,
        *,
        once: tuple[str, datetime] | None = None,
    ) -> str:
        """Keep `content` for the browser, if the message is not taken yet; returns its handle."""
        handle, until = secrets.token_urlsafe(_BYTES), self._clock() + UNDER_WAY
        sealed = self._cipher.seal(json.dumps(content))
        async with self._door.enter(
            visitor, Permission.PUBLIC, _ANY, record=False, write=True
        ) as work:
            if once and not await work.taken_once.take(provider.id, *once):
                raise SignInFault(Step.ANSWER, "The assertion was used before.")
            await work.taken_once.leave(_hashed(handle), provider.id, sealed, until)
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
            word = await self.word(visitor, provider, handle)
            opened = None  # where it began there, which was allowed when it arrived
            if word.answers:
                opened = self._entrance.opened(ticket, provider)
                word.check_asked(opened)
            return await self._entrance.enter(
                visitor, provider, word.claimed, user_agent=user_agent, ticket=opened
            )

    async def word(self, visitor: Actor, provider: Provider, handle: str) -> Word:
        """Hand out what arrived under `handle`, once; whose it is, the caller finds out.

        Raises:
            SignInFault: There is nothing, or what arrived did not hold.
        """
        async with self._door.enter(
            visitor, Permission.PUBLIC, _ANY, record=False, write=True
        ) as work:
            found = await work.taken_once.fetch(_hashed(handle), self._clock())
        if found is None or found[0] != provider.id:
            raise SignInFault(Step.ANSWER, "Nothing arrived for this browser.")
        content = json.loads(self._cipher.unseal(found[1]))
        match content:
            case [str(step), str(detail), str(hint)]:
                raise SignInFault(Step(step), detail, hint=hint)
            case _:
                answers, relay, proved, claims, *judged_by = content
        if judged_by != [_written(provider)]:
            # A certificate that was taken out meanwhile, say: it was believed when it arrived.
            raise SignInFault(Step.ANSWER, "The provider's settings changed on the way.")
        until = datetime.fromisoformat(claims["until"]) if claims["until"] else None
        claimed = Claimed(**claims | {"groups": tuple(claims["groups"]), "until": until})
        return Word(answers, relay, proved, claimed)


def _written(provider: Provider) -> str:
    """By which settings something was judged, in short."""
    return _hashed(repr(provider.settings))


def _hashed(handle: str) -> str:
    return hashlib.sha256(handle.encode("utf-8", "surrogatepass")).hexdigest()
