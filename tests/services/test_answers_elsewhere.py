"""Which answers of a provider sign somebody in: of this browser's, of this provider's, of now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.errors import NotFound
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from tests.fixtures.elsewhere import ADMINS, OIDC, SAML, VISITOR, Abroad


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_an_answer_without_this_browsers_ticket_signs_nobody_in(abroad):
    await abroad.sets(ADMINS)
    mine = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    theirs = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(theirs.url)
    for ticket in (mine.ticket, "", "no ticket"):
        with pytest.raises(SignInRefused):
            await abroad.elsewhere.finish(
                VISITOR, ProviderKind.OIDC, "corp", ticket=ticket, answer=answer, user_agent=""
            )
    abroad.house.time.pass_by(minutes=11)
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "corp", ticket=theirs.ticket, answer=answer, user_agent=""
        )
    assert "began no sign-in here, or too long ago" in (await abroad.last_words())[2]


async def test_a_ticket_of_one_provider_opens_no_other(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second")
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(begun.url)
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "second", ticket=begun.ticket, answer=answer, user_agent=""
        )
    assert (await abroad.last_words())[2] == "answer: The answer is another provider's."


async def test_an_answer_to_settings_of_before_signs_nobody_in(abroad):
    provider = await abroad.sets(ADMINS)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(begun.url)
    other = replace(OIDC, issuer="https://login.example.test/other")
    await abroad.changes(provider, settings=other, secrets={"client_secret": "s"})
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "corp", ticket=begun.ticket, answer=answer, user_agent=""
        )
    assert (await abroad.last_words())[2].endswith("settings changed on the way.")


async def test_an_arrival_for_settings_of_before_signs_nobody_in(abroad):
    provider = await abroad.sets(ADMINS, slug="idp", settings=SAML)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    handle = await abroad.arrivals.arrive(VISITOR, "idp", "request-1 a", relay="state-1")
    other = replace(SAML, entity_id="https://other.example.test")
    await abroad.changes(provider, settings=other)
    with pytest.raises(SignInRefused):
        await abroad.arrivals.fetch(
            VISITOR, "idp", ticket=begun.ticket, handle=handle, user_agent=""
        )
    assert (await abroad.last_words())[2].endswith("settings changed on the way.")


async def test_a_provider_that_is_away_is_said_to_be_and_audited(abroad):
    await abroad.sets(ADMINS)
    abroad.provider.away = True
    with pytest.raises(SignInRefused, match="Corp does not answer"):
        await abroad.comes()
    assert (await abroad.last_words())[2].startswith("reach: ")


async def test_one_that_is_switched_off_or_of_another_kind_is_not_there(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="off", enabled=False)
    for kind, key in ((ProviderKind.OAUTH2, "corp"), (ProviderKind.OIDC, "off")):
        with pytest.raises(NotFound):
            await abroad.elsewhere.begin(VISITOR, kind, key)
