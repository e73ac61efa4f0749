"""A proof given elsewhere renews the very session that asked for it, and no other."""

from __future__ import annotations

import pytest

from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from inspector_app.services.people import Change
from tests.fixtures.elsewhere import ADMINS, STAFF, VISITOR, Abroad


@pytest.fixture
async def abroad(house) -> Abroad:
    made = Abroad(house)
    await made.sets(ADMINS, STAFF)
    return made


async def goes_to_prove(abroad, token):
    """Begin a proof in a session; returns the ticket and the provider's answer."""
    visitor = await abroad.house.who(token)
    abroad.provider.now = abroad.house.time()
    begun = await abroad.elsewhere.begin(visitor, ProviderKind.OIDC, "corp", proving=True)
    moment = int(abroad.house.time().timestamp())
    abroad.provider.claims = {"groups": ["staff-nl"], "auth_time": moment}
    return begun.ticket, abroad.provider.approve(begun.url)


async def comes_back(abroad, visitor, ticket, answer):
    return await abroad.elsewhere.finish(
        visitor, ProviderKind.OIDC, "corp", ticket=ticket, answer=answer, user_agent=""
    )


async def test_a_proof_is_given_at_the_provider_and_renews_the_token(abroad):
    house = abroad.house
    first = await abroad.comes()
    house.time.pass_by(hours=1)
    alice = await house.who(first.token)
    assert alice.must_prove(house.time())
    moment = int(house.time().timestamp())
    proved = await abroad.comes(visitor=alice, proving=True, auth_time=moment)
    assert not (await house.who(proved.token)).must_prove(house.time())
    assert (await house.who(proved.token)).session == alice.session
    assert not (await house.who(first.token)).signed_in
    with pytest.raises(SignInRefused):
        await abroad.comes(
            visitor=await house.who(proved.token), proving=True, sub="bob", auth_time=moment
        )


async def test_a_proof_of_one_session_renews_no_other_of_the_same_person(abroad):
    house = abroad.house
    first = await abroad.comes(groups=["staff-nl"])
    second = await abroad.comes(groups=["staff-nl"])
    house.time.pass_by(hours=1)
    ticket, answer = await goes_to_prove(abroad, first.token)
    with pytest.raises(SignInRefused):
        await comes_back(abroad, await house.who(second.token), ticket, answer)
    assert "Somebody else signed in" in (await abroad.last_words())[2]
    assert (await house.who(second.token)).must_prove(house.time())
    ticket, answer = await goes_to_prove(abroad, first.token)
    with pytest.raises(SignInRefused):
        await comes_back(abroad, VISITOR, ticket, answer)


async def test_an_old_proof_is_none(abroad):
    house = abroad.house
    entered = await abroad.comes(groups=["staff-nl"])
    house.time.pass_by(hours=1)
    ticket, answer = await goes_to_prove(abroad, entered.token)
    abroad.provider.claims["auth_time"] -= 3600
    with pytest.raises(SignInRefused):
        await comes_back(abroad, await house.who(entered.token), ticket, answer)
    assert (await abroad.last_words())[2].startswith("strength: ")
    assert (await house.who(entered.token)).must_prove(house.time())


async def test_a_role_that_changes_meanwhile_does_not_stand_in_a_proofs_way(abroad):
    house = abroad.house
    entered = await abroad.comes(groups=["staff-nl"])
    alice = await house.who(entered.token)
    house.time.pass_by(hours=1)
    ticket, answer = await goes_to_prove(abroad, entered.token)
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.DEVELOPER)
    visitor = await house.who(entered.token)
    assert visitor.must_renew
    proved = await comes_back(abroad, visitor, ticket, answer)
    again = await house.who(proved.token)
    assert (again.role, again.must_renew, again.session) == (Role.DEVELOPER, False, alice.session)
    assert not again.must_prove(house.time())


async def test_who_is_not_signed_in_has_nothing_to_prove_and_signs_in(abroad):
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp", proving=True)
    abroad.provider.now = abroad.house.time()
    moment = int(abroad.house.time().timestamp())
    abroad.provider.claims = {"groups": ["staff-nl"], "auth_time": moment}
    answer = abroad.provider.approve(begun.url)
    entered = await comes_back(abroad, VISITOR, begun.ticket, answer)
    assert not entered.proved
    assert (await abroad.house.who(entered.token)).role is STAFF.role


async def test_what_another_provider_says_is_no_proof_for_a_session(abroad):
    """A tenant's admins decide what their own provider says."""
    house = abroad.house
    _, noor = await house.signs_in("noor")
    await abroad.sets(STAFF, slug="own", by=noor, link_by_email=True)
    first = await abroad.comes(groups=["staff-nl"])
    linked = await abroad.comes(key="demo.own", groups=["staff-nl"])
    first = await abroad.comes(groups=["staff-nl"])
    assert linked.person.id == first.person.id
    house.time.pass_by(hours=1)
    visitor = await house.who(first.token)
    moment = int(house.time().timestamp())
    with pytest.raises(SignInRefused):
        await abroad.comes(
            key="demo.own", visitor=visitor, proving=True, auth_time=moment, groups=["staff-nl"]
        )
    assert "opened by another provider" in (await abroad.last_words(noor.tenant))[2]
    assert (await house.who(first.token)).must_prove(house.time())
