"""What arrives from another site belongs to one provider, one request and one browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from tests.fixtures.elsewhere import ADMINS, PEM, SAML, STAFF, VISITOR, Abroad

UNASKED = replace(SAML, unasked=True)


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def fetches(abroad, key, handle, ticket=""):
    return await abroad.arrivals.fetch(VISITOR, key, ticket=ticket, handle=handle, user_agent="")


async def test_what_begins_there_comes_in_where_that_is_allowed(abroad):
    await abroad.sets(ADMINS, slug="idp", settings=UNASKED)
    handle = await abroad.arrivals.arrive(VISITOR, "idp", " a", relay="")
    entered = await fetches(abroad, "idp", handle)
    assert (await abroad.house.who(entered.token)).role is Role.ADMIN
    with pytest.raises(SignInRefused):
        await fetches(abroad, "idp", handle)


async def test_what_one_provider_vouches_for_is_not_fetched_as_anothers(abroad):
    """Else a tenant's own provider signed in whomever it likes at the installation's."""
    await abroad.sets(ADMINS, slug="idp", settings=UNASKED)
    await abroad.sets(STAFF, slug="second", settings=UNASKED)
    handle = await abroad.arrivals.arrive(VISITOR, "second", " a", relay="")
    with pytest.raises(SignInRefused):
        await fetches(abroad, "idp", handle)
    assert "Nothing arrived" in (await abroad.last_words())[2]


@pytest.mark.parametrize(
    ("response", "relay"), [("request-2 a", "state-1"), ("request-1 a", "state-2")]
)
async def test_both_the_request_and_the_state_are_those_of_the_browser(abroad, response, relay):
    await abroad.sets(ADMINS, slug="idp", settings=SAML)
    begun, _ = [await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp") for _ in range(2)]
    handle = await abroad.arrivals.arrive(VISITOR, "idp", response, relay=relay)
    with pytest.raises(SignInRefused):
        await fetches(abroad, "idp", handle, begun.ticket)
    assert "not the answer to what was asked" in (await abroad.last_words())[2]


async def test_no_saml_answer_comes_by_the_way_of_a_code(abroad):
    await abroad.sets(ADMINS, slug="idp", settings=SAML)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    answer = {"code": "c", "state": "state-1"}
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.SAML, "idp", ticket=begun.ticket, answer=answer, user_agent=""
        )


async def test_a_ticket_of_a_clock_that_was_put_back_opens_nothing(abroad):
    await abroad.sets(ADMINS)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(begun.url)
    abroad.house.time.pass_by(minutes=-5)
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "corp", ticket=begun.ticket, answer=answer, user_agent=""
        )
    assert "began no sign-in here, or too long ago" in (await abroad.last_words())[2]


async def test_what_arrives_by_saml_signs_in_the_browser_that_asked_once(abroad):
    await abroad.sets(ADMINS, slug="idp", settings=SAML)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    stranger = await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    handle = await abroad.arrivals.arrive(VISITOR, "idp", "request-1 a", relay="state-1")
    with pytest.raises(SignInRefused):
        await abroad.arrivals.arrive(VISITOR, "idp", "request-1 a", relay="state-1")
    assert "assertion was used before" in (await abroad.last_words())[2]
    nina = await abroad.arrivals.fetch(
        VISITOR, "idp", ticket=begun.ticket, handle=handle, user_agent=""
    )
    assert (await abroad.house.who(nina.token)).role is Role.ADMIN
    again = await abroad.arrivals.arrive(VISITOR, "idp", "request-1 b", relay="state-1")
    for ticket, found in ((begun.ticket, handle), (stranger.ticket, again)):
        with pytest.raises(SignInRefused):
            await abroad.arrivals.fetch(VISITOR, "idp", ticket=ticket, handle=found, user_agent="")


async def test_what_nobody_asked_for_is_refused_unless_that_is_allowed(abroad):
    await abroad.sets(ADMINS, slug="idp", settings=SAML)
    with pytest.raises(SignInRefused):
        await abroad.arrivals.arrive(VISITOR, "idp", " a", relay="")
    assert "answers nothing that was asked" in (await abroad.last_words())[2]


@pytest.mark.parametrize("change", [{"certificates": PEM + PEM}, {"unasked": False}])
async def test_what_arrived_by_settings_of_before_signs_nobody_in(abroad, change):
    """A key was stolen, say, and its certificate taken out: what it signed may lie here."""
    provider = await abroad.sets(ADMINS, slug="idp", settings=UNASKED)
    handle = await abroad.arrivals.arrive(VISITOR, "idp", " a", relay="")
    await abroad.changes(provider, settings=replace(UNASKED, **change))
    with pytest.raises(SignInRefused):
        await fetches(abroad, "idp", handle)
    assert "settings changed on the way" in (await abroad.last_words())[2]
