"""The way to a provider and back: as long as it may take, and as much as a browser keeps."""

from __future__ import annotations

import asyncio

import pytest

from inspector_app.adapters.cipher import FernetCipher
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from inspector_app.services.elsewhere import AT_ONCE, SignInElsewhere
from inspector_app.services.entering import Entrance
from tests.fixtures.database import KEYS, ORIGIN
from tests.fixtures.elsewhere import ADMINS, VISITOR, Abroad

_A_BROWSERS_MOST = 4096 - len("__Host-inspector_way")


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_a_provider_that_never_ends_is_given_up(abroad):
    """Each of its answers has an end of its own, and there may be a thousand."""
    house = abroad.house
    await abroad.sets(ADMINS)
    entrance = Entrance(house.door, house.time, FernetCipher(KEYS), abroad.book, house.sessions)
    abroad.elsewhere = SignInElsewhere(entrance, house.time, abroad.all, ORIGIN, patience=0.01)
    send = abroad.provider.send

    async def endless(call):
        return await (asyncio.Event().wait() if call.url.endswith("/token") else send(call))

    abroad.provider.send = endless
    with pytest.raises(SignInRefused, match="does not answer as it should"):
        await abroad.comes()
    assert (await abroad.last_words())[2].startswith("reach: All of its answers")


async def test_providers_of_a_tenant_that_hang_hold_up_no_others(abroad):
    """Nor do they take more connections than a few."""
    _, noor = await abroad.house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    await abroad.sets(ADMINS)
    abroad.provider.now = abroad.house.time()
    send, hanging = abroad.provider.send, []

    async def hangs(call):
        if call.url.endswith("/token") and len(hanging) < 2 * AT_ONCE and not abroad.free:
            hanging.append(call)
            await asyncio.Event().wait()
        return await send(call)

    abroad.free, abroad.provider.send = False, hangs
    waiting = [asyncio.create_task(abroad.comes(key="demo.own")) for _ in range(2 * AT_ONCE)]
    while len(hanging) < AT_ONCE:
        await asyncio.sleep(0.01)
    abroad.free = True
    assert (await abroad.comes_as()).name == "alice"
    assert len(hanging) == AT_ONCE
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


@pytest.mark.parametrize("length", [10, 1000, 3900])
async def test_a_long_way_back_does_not_keep_anybody_from_signing_in(abroad, length):
    """A browser drops a cookie of more than 4096 characters, and says nothing."""
    await abroad.sets(ADMINS)
    wanted = "/t/demo/run?workflow_id=" + "a" * (length - 24)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp", next_page=wanted)
    assert len(begun.ticket) <= _A_BROWSERS_MOST
    entered = await abroad.comes(next_page=wanted)
    assert entered.next_page == ("" if length > 3000 else wanted)
