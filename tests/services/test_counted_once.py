"""What counts once counts once for as long as it would be believed, tidied up or not."""

from __future__ import annotations

import pytest

from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from tests.fixtures.elsewhere import ADMINS, SAML, VISITOR, Abroad


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def tidies(house):
    """Remove what is over, as the job does every ten minutes."""
    async with house.database.begin(write=True) as work:
        return await work.taken_once.forget(house.time(), limit=100)


async def test_a_logout_token_counts_once_until_it_is_too_old_and_is_forgotten_then(abroad):
    house = abroad.house
    await abroad.sets(ADMINS)
    token = abroad.logout_token(sid="s-1", exp=int(house.time().timestamp()) + 3600)
    await abroad.leaving.by_token(VISITOR, "corp", token)

    async def again(*, minutes):
        house.time.pass_by(minutes=minutes)
        abroad.provider.now = house.time()
        gone = await tidies(house)
        with pytest.raises(SignInRefused):
            await abroad.leaving.by_token(VISITOR, "corp", token)
        return gone, (await abroad.last_words())[2]

    assert await again(minutes=9) == (0, "answer: The message was used before.")
    assert await again(minutes=8) == (1, "who: The logout token is not of now.")


async def test_an_assertion_counts_once_until_it_is_over_and_what_nobody_fetched_goes(abroad):
    house = abroad.house
    await abroad.sets(ADMINS, slug="idp", settings=SAML)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    handle = await abroad.arrivals.arrive(VISITOR, "idp", "request-1 a", relay="state-1")
    house.time.pass_by(minutes=4)
    assert await tidies(house) == 0
    with pytest.raises(SignInRefused):
        await abroad.arrivals.arrive(VISITOR, "idp", "request-1 a", relay="state-1")
    house.time.pass_by(minutes=2)
    assert await tidies(house) == 1
    house.time.pass_by(minutes=5)
    with pytest.raises(SignInRefused):
        await abroad.arrivals.fetch(
            VISITOR, "idp", ticket=begun.ticket, handle=handle, user_agent=""
        )
    assert "Nothing arrived" in (await abroad.last_words())[2]
    assert await tidies(house) == 1
