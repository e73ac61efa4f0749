"""Whom a verified e-mail links, and above all whom it does not."""

from __future__ import annotations

import pytest

from inspector_app.domain.errors import WrongCredentials, WrongToken
from inspector_app.domain.group_roles import GroupRule
from inspector_app.domain.identity import ActorKind
from inspector_app.domain.permissions import Role
from inspector_app.domain.signing_in import SignInRefused
from inspector_app.domain.tokens import TokenKind, TokenOrder
from tests.fixtures.database import PASSWORD
from tests.fixtures.elsewhere import ADMINS, STAFF, Abroad
from tests.fixtures.tokens import comes
from tests.services.test_second_steps import enrolled

EMAIL = "alice@example.test"


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def local_of(house, email, tenant="demo"):
    person, _ = await house.accounts.create_person(
        house.operator, email, tenant_slug=tenant, role=Role.DEVELOPER, password=PASSWORD
    )
    return person


async def test_an_email_links_only_where_that_is_switched_on_and_it_is_verified(abroad):
    person = await local_of(abroad.house, EMAIL)
    provider = await abroad.sets(ADMINS)
    assert (await abroad.comes_as(sub="one", email=EMAIL)).person != person.id
    await abroad.changes(provider, link_by_email=True)
    unsure = await abroad.comes_as(sub="two", email=EMAIL, email_verified=False)
    assert unsure.person != person.id


async def test_an_email_links_to_who_has_it_verified_however_it_is_written(abroad):
    await abroad.sets(ADMINS)
    other = await abroad.sets(ADMINS, slug="second", link_by_email=True)
    said = await abroad.comes_as(sub="one", email=EMAIL, email_verified=False)
    sure = await abroad.comes_as(sub="two", email=" Alice@Example.TEST ")
    linked = await abroad.comes_as(key=other.key, sub="three", email=EMAIL)
    assert linked.person == sure.person
    assert linked.person != said.person


async def test_who_is_linked_comes_in_by_the_provider_alone_from_then_on(abroad):
    house = abroad.house
    await abroad.sets(ADMINS, link_by_email=True)
    person = await local_of(house, EMAIL)
    token, _ = await house.signs_in(EMAIL)
    alice = await abroad.comes_as()
    assert (alice.person, alice.role) == (person.id, Role.ADMIN)
    assert not (await house.who(token)).signed_in
    with pytest.raises(WrongCredentials):
        await house.signs_in(EMAIL)
    assert "linked to alice@example.test by e-mail" in (await abroad.last_words(alice.tenant))[2]


async def test_two_people_with_one_email_are_linked_to_neither(abroad):
    await abroad.sets(ADMINS)
    await abroad.comes(sub="one", email=EMAIL)
    await abroad.comes(sub="two", email=EMAIL)
    other = await abroad.sets(ADMINS, slug="second", link_by_email=True)
    with pytest.raises(SignInRefused):
        await abroad.comes(key=other.key, sub="three", email=EMAIL)
    assert "Several people" in (await abroad.last_words())[2]


async def test_a_tenants_own_provider_links_nobody_who_belongs_elsewhere(abroad):
    house = abroad.house
    _, noor = await house.signs_in("noor")
    theirs = await local_of(house, EMAIL, tenant="other")
    await abroad.sets(ADMINS, slug="own", by=noor, link_by_email=True)
    assert (await abroad.comes_as(key="demo.own", tenant="demo")).person != theirs.id


async def test_what_another_tenants_provider_vouches_for_links_nobody(abroad):
    """Else an admin of one tenant made an account for everybody who is yet to come."""
    _, noor = await abroad.house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    mallory = await abroad.comes_as(key="demo.own", tenant="demo", sub="m", email=EMAIL)
    await abroad.sets(STAFF, link_by_email=True)
    alice = await abroad.comes_as(email=EMAIL, groups=["staff-nl"])
    assert alice.person != mallory.person


async def test_who_has_no_email_is_linked_to_nobody_who_has_none(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second", link_by_email=True)
    nothing = {"email": "", "email_verified": True}
    abroad.provider.userinfo = {"sub": "one"}
    one = await abroad.comes_as(sub="one", **nothing)
    abroad.provider.userinfo = {"sub": "two"}
    two = await abroad.comes_as(key="second", sub="two", **nothing)
    assert one.person != two.person


async def test_who_is_linked_keeps_no_session_no_token_and_no_second_step_of_before(abroad):
    """Whoever made the account may have them all."""
    house = abroad.house
    await local_of(house, EMAIL)
    session, _, _ = await enrolled(house, EMAIL)
    before = await house.who(session)
    order = TokenOrder("ci", Role.DEVELOPER, 30, None)
    _, token = await house.tokens.create(before, TokenKind.PERSONAL, order)
    assert (await comes(house, token)).person == before.person
    await abroad.sets(ADMINS, link_by_email=True)
    assert (await abroad.comes_as(email=EMAIL)).person == before.person
    assert (await house.who(session)).kind is ActorKind.ANONYMOUS
    with pytest.raises(WrongToken):
        await comes(house, token)
    async with house.database.begin(write=False) as work:
        assert await work.second_factors.get(before.person) is None
        (only,) = await work.sessions.of(before.person)
    assert only.origin.provider == "corp"


async def test_a_place_in_a_second_tenant_ends_what_was_opened_in_the_first(abroad):
    await abroad.sets(STAFF, GroupRule("app-admins", "other", Role.ADMIN))
    first = await abroad.comes(groups=["staff-nl"])
    await abroad.comes(groups=["staff-nl", "app-admins"])
    assert (await abroad.house.who(first.token)).kind is ActorKind.ANONYMOUS


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("kate@example.test", "\u212aate@example.test"),
        ("sam@example.test", "sam@example.test\u3000"),
        ("zoe", "zoe"),
        ("zoe@", "zoe@"),
        ("zoe@a@example.test", "zoe@a@example.test"),
    ],
)
async def test_what_only_becomes_an_address_here_links_nobody(abroad, name, said):
    """A Kelvin sign in lower case is a `k`; and a name without a host is no address."""
    person, _ = await abroad.house.accounts.create_person(
        abroad.house.operator, name, tenant_slug="demo", role=Role.ADMIN, password=PASSWORD
    )
    await abroad.sets(ADMINS, link_by_email=True)
    mallory = await abroad.comes_as(sub="m", preferred_username="mallory", email=said)
    assert mallory.person != person.id


async def test_an_address_of_another_alphabet_waits_for_nobody(abroad):
    """Else who comes first by it is who everybody with the plain one is linked to."""
    await abroad.sets(ADMINS)
    mallory = await abroad.comes_as(sub="m", email="\u212aate@example.test")
    await abroad.sets(ADMINS, slug="second", link_by_email=True)
    kate = await abroad.comes_as(key="second", sub="k", email="kate@example.test")
    assert kate.person != mallory.person
