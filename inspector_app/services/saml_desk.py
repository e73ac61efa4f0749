"""Our side of SAML: the metadata, and log-outs in both directions."""

from __future__ import annotations

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import Conflict
from inspector_app.domain.identity import Actor
from inspector_app.domain.permissions import Permission
from inspector_app.domain.provider_settings import ProviderKind, SamlSettings
from inspector_app.domain.providers import no_such_provider
from inspector_app.domain.sign_in_places import saml_place
from inspector_app.domain.signing_in import SamlSent, SignInFault
from inspector_app.services.door import Door
from inspector_app.services.entering import Entrance
from inspector_app.services.leaving import Leaving
from inspector_app.services.ports import Clock
from inspector_app.services.ports.signing_in import AllWays
from inspector_app.services.provider_book import ProviderBook


class SamlDesk:
    """What a provider reads of us, and what it sends besides answers to sign-ins.

    Args:
        origin: Our public address, without a trailing slash.
    """

    def __init__(
        self,
        door: Door,
        clock: Clock,
        book: ProviderBook,
        entrance: Entrance,
        leaving: Leaving,
        ways: AllWays,
        origin: str,
    ) -> None:
        self._door = door
        self._clock = clock
        self._book = book
        self._entrance = entrance
        self._leaving = leaving
        self._ways = ways
        self._origin = origin

    async def metadata(self, visitor: Actor, key: str) -> str:
        """Describe us to a provider, as signed XML; before it is switched on, too.

        Raises:
            NotFound: There is no such provider.
            Conflict: It has no keys of ours that can be read.
        """
        async with self._door.enter(
            visitor, Permission.PUBLIC, Target("provider", key), record=False
        ) as work:
            entry = await self._book.find(work, key)
        if entry is None or not isinstance(entry.provider.settings, SamlSettings):
            raise no_such_provider()
        place = saml_place(self._origin, entry.provider, entry.secret)
        saml = self._ways.of(entry.provider).of_saml()
        try:
            return saml.metadata(entry.provider.settings, place)
        except SignInFault as fault:
            raise Conflict(fault.detail, hint="Set the provider's keys anew.") from fault

    async def by_message(self, visitor: Actor, key: str, sent: SamlSent, *, relay: str) -> str:
        """Take a log-out message that a browser brings; returns where it goes next.

        A request ends the sessions here that it is about, and goes back with our answer. An
        answer to ours goes to the sign-in page: the session here ended before we asked.

        Raises:
            NotFound: There is no such provider, or it is switched off.
            SignInRefused: The message does not hold, or was taken before.
        """
        entry = await self._entrance.find(visitor, ProviderKind.SAML, key)
        provider, now = entry.provider, self._clock()
        settings = provider.settings
        assert isinstance(settings, SamlSettings)  # by its kind
        saml = self._ways.of(provider).of_saml()
        place = saml_place(self._origin, provider, entry.secret)
        async with self._entrance.told(visitor, provider):
            if "SAMLResponse=" in sent.text:
                await saml.answered(settings, place, sent=sent, now=now)
                return "/login"
            word = await saml.logged_out(settings, place, sent=sent, now=now)
            await self._leaving.ended(visitor, provider, word)
            if not settings.slo_url:
                return "/login"
            return saml.log_out_answer(settings, place, answers=word.id, relay=relay, now=now)
