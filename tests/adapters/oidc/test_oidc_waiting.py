"""Many who wait for one OpenID provider, and what is too long for an address."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs, urlsplit

import pytest

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.errors import NotReached
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.signing_in import Begun, SignInFault
from inspector_app.services.ports import Answer, Call
from tests.fixtures.lying_oidc import CALLBACK, CLIENT, ISSUER, LyingOidc

SETTINGS = OidcSettings(issuer=ISSUER, client_id=CLIENT)


class Slow(LyingOidc):
    """Answers nothing before it may, and then that it is away for as long as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.may = asyncio.Event()
        self.calls = 0

    async def send(self, call: Call) -> Answer:
        self.calls += 1
        await self.may.wait()
        if self.away:
            raise NotReached("It did not answer within 10 seconds.", permanent=False)
        return await super().send(call)

    async def lets_go(self) -> None:
        self.may.set()


async def all_begin(provider: Slow, client: OidcClient) -> list[Begun | BaseException]:
    ways = [client.begin(SETTINGS, callback=CALLBACK) for _ in range(5)]
    *found, _ = await asyncio.gather(*ways, provider.lets_go(), return_exceptions=True)
    return found


async def test_of_many_who_wait_for_a_provider_that_hangs_none_waits_for_another() -> None:
    """One after the other they had each waited ten seconds more than the one before."""
    provider = Slow()
    provider.away = True
    client = OidcClient(provider, provider.clock)
    found = await all_begin(provider, client)
    assert {type(each) for each in found} == {SignInFault}
    assert len({str(each) for each in found}) == 1
    assert len({id(each) for each in found}) == 5
    assert provider.calls == 1
    with pytest.raises(SignInFault):
        await client.begin(SETTINGS, callback=CALLBACK)
    assert provider.calls == 2, "who comes later finds out whether it is back"
    provider.away, provider.may = False, asyncio.Event()
    found = await all_begin(provider, client)
    assert {type(each) for each in found} == {Begun}
    assert provider.calls == 3


async def test_a_token_too_long_for_an_address_is_left_out_of_a_log_out() -> None:
    """One with 500 groups in it has 20,000 characters, and servers take 8,000."""
    provider = LyingOidc()
    client = OidcClient(provider, provider.clock)
    for hint, asked in (("x" * 3000, ["x" * 3000]), ("x" * 20_000, None)):
        url = await client.log_out_url(SETTINGS, hint, back="http://127.0.0.1:8000/login")
        assert url is not None
        assert len(url) < 8000
        query = parse_qs(urlsplit(url).query)
        assert query.get("id_token_hint") == asked
        assert query["client_id"] == [CLIENT]


async def test_a_log_out_leads_nobody_to_a_provider_that_went_away_since() -> None:
    provider = LyingOidc()
    client = OidcClient(provider, provider.clock)
    back = "http://127.0.0.1:8000/login"
    assert await client.log_out_url(SETTINGS, "hint", back=back)
    provider.away = True
    with pytest.raises(SignInFault):
        await client.log_out_url(SETTINGS, "hint", back=back)
