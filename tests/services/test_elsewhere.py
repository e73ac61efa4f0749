"""Who signs in elsewhere is somebody here: the same, somebody new, or nobody's account."""

from __future__ import annotations

import pytest

from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.group_roles import GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.signing_in import SignInRefused
from inspector_app.services.people import Change
from tests.fixtures.elsewhere import ADMINS, STAFF, Abroad


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_another_email_or_name_is_the_same_person(abroad):
    await abroad.sets(ADMINS)
    before = await abroad.comes_as(email="a@example.test")
    after = await abroad.comes_as(email="b@example.test", preferred_username="alice-b")
    assert (before.person, before.name) == (after.person, after.name)


async def test_the_same_subject_of_another_issuer_is_somebody_else(abroad):
    provider = await abroad.sets(ADMINS)
    before = await abroad.comes_as()
    behind = abroad.house.behind()
    behind.does("UPDATE identities SET realm = 'https://elsewhere.example.test'")
    after = await abroad.comes_as()
    assert before.person != after.person
    assert provider.key == after.provider


async def test_a_name_that_is_taken_gets_a_number_and_not_the_account(abroad):
    house = abroad.house
    await abroad.sets(ADMINS)
    ana = await abroad.comes_as(sub="x-1", preferred_username="Ana", email="ana@example.test")
    _, local = await house.signs_in("ana")
    assert ana.name == "ana-2"
    assert ana.person != local.person


async def test_a_tenants_own_provider_opens_that_tenant_alone(abroad):
    house = abroad.house
    _, noor = await house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    entered = await abroad.comes(key="demo.own")
    await house.accounts.create_person(
        house.operator, "alice", tenant_slug="other", role=Role.ADMIN, password=None
    )
    assert (await house.who(entered.token, tenant="demo")).role is Role.ADMIN
    assert (await house.who(entered.token, tenant="other")).role is None
    again = await abroad.comes_as(key="demo.own", tenant="demo")
    assert [each.tenant.slug for each in await house.tenancy.memberships(again)] == ["demo"]


async def test_who_has_a_password_of_one_tenants_admin_loses_it_with_a_place_in_the_next(abroad):
    house = abroad.house
    await abroad.sets(STAFF, GroupRule("app-admins", "other", Role.ADMIN))
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    _, once = await house.people.reset(noor, Change(alice.person, found.version, "lost"))
    both = await abroad.comes_as(groups=["staff-nl", "app-admins"], tenant="other")
    assert both.role is Role.ADMIN
    with pytest.raises(WrongCredentials):
        await house.local.sign_in("alice", once, address="10.0.0.3", user_agent="", request_id="")


async def test_a_disabled_person_stays_out(abroad):
    await abroad.sets(ADMINS)
    await abroad.comes()
    await abroad.house.accounts.disable(abroad.house.operator, "alice")
    with pytest.raises(SignInRefused):
        await abroad.comes()
    assert (await abroad.last_words())[2] == "who: Their account here is disabled."
