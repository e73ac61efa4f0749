"""SAML 2.0: sign-on by redirect and POST back, single log-out both ways, metadata both ways."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from inspector_app.adapters.identity import (
    saml_keys,
    saml_logouts,
    saml_messages,
    saml_metadata,
    saml_responses,
)
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.saml_trust import Certificate, Described
from inspector_app.domain.signing_in import Arrived, Begun, KeyStep, LoggedOut, SamlPlace, SamlSent

AT_ONCE = 2
"""Messages judged side by side: anybody may post one, and more would only starve the rest."""


class SamlClient:
    """See ports.Saml."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def new_keys(self, entity_id: str, now: datetime) -> str:
        return await asyncio.to_thread(saml_keys.new_keys, entity_id, now)

    async def turned(self, keys: str, step: KeyStep, entity_id: str, now: datetime) -> str:
        return await asyncio.to_thread(saml_keys.turned, keys, step, entity_id, now)

    def look(self, settings: SamlSettings, place: SamlPlace) -> None:
        saml_keys.their_keys(settings.certificates)
        if settings.encryption_certificate:
            saml_keys.encryption_key(settings.encryption_certificate)
        saml_keys.own_keys(place.keys)

    def own(self, keys: str) -> Sequence[Certificate]:
        return saml_keys.own_certificates(keys)

    def described(self, xml: str, now: datetime) -> Described:
        return saml_metadata.described(xml, now)

    def metadata(self, settings: SamlSettings, place: SamlPlace) -> str:
        return saml_messages.metadata(settings, place)

    def begin(
        self, settings: SamlSettings, place: SamlPlace, *, now: datetime, fresh: bool = False
    ) -> Begun:
        return saml_messages.sign_on(settings, place, now=now, fresh=fresh)

    async def finish(
        self,
        settings: SamlSettings,
        place: SamlPlace,
        *,
        response: str,
        now: datetime,
        request: str | None,
    ) -> Arrived:
        async with self._turns:
            return await asyncio.to_thread(
                saml_responses.arrived,
                settings,
                place,
                response=response,
                now=now,
                request=request,
            )

    def log_out_url(
        self, settings: SamlSettings, place: SamlPlace, hint: str, *, now: datetime
    ) -> str | None:
        return saml_messages.log_out(settings, place, hint, now=now)

    async def logged_out(
        self, settings: SamlSettings, place: SamlPlace, *, sent: SamlSent, now: datetime
    ) -> LoggedOut:
        async with self._turns:
            return await asyncio.to_thread(
                saml_logouts.logged_out, settings, place, sent=sent, now=now
            )

    def log_out_answer(
        self,
        settings: SamlSettings,
        place: SamlPlace,
        *,
        answers: str,
        relay: str,
        now: datetime,
    ) -> str:
        return saml_messages.log_out_answer(settings, place, answers=answers, relay=relay, now=now)

    async def answered(
        self, settings: SamlSettings, place: SamlPlace, *, sent: SamlSent, now: datetime
    ) -> None:
        async with self._turns:
            await asyncio.to_thread(saml_logouts.answered, settings, place, sent=sent, now=now)
