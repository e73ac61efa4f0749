"""In whose audit log a sign-in elsewhere stands, and as whose, whether it worked or not."""

from __future__ import annotations

import pytest

from inspector_app.domain.group_roles import GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from tests.fixtures.elsewhere import ADMINS, STAFF, VISITOR, Abroad


@pytest.fixture
async def abroad(house) -> Abroad:
    made = Abroad(house)
    _, made.noor = await house.signs_in("noor")
    return made


async def last(abroad, chain):
    return (await abroad.house.entries(chain))[-1].record


async def test_a_fault_at_a_tenants_own_provider_stands_in_that_tenants_log(abroad):
    demo = abroad.noor.tenant
    await abroad.sets(ADMINS, slug="own", by=abroad.noor)
    with pytest.raises(SignInRefused):
        await abroad.comes(key="demo.own", groups=["others"])
    record = await last(abroad, demo)
    assert (record.action, record.outcome, record.actor_name) == (
        "session.open",
        "failed",
        "alice",
    )
    assert record.provider == "demo.own"


async def test_who_has_several_tenants_stands_in_the_installations_log_or_their_providers(abroad):
    house, demo = abroad.house, abroad.noor.tenant
    await abroad.sets(STAFF, GroupRule("app-admins", "other", Role.ADMIN))
    await abroad.comes(groups=["staff-nl", "app-admins"])
    record = await last(abroad, None)
    assert (record.action, record.actor_name, record.provider) == ("session.open", "alice", "corp")
    await abroad.sets(ADMINS, slug="own", by=abroad.noor)
    bob = await abroad.comes_as(key="demo.own", tenant="demo", sub="bob", preferred_username="bob")
    await house.accounts.create_person(
        house.operator, "bob", tenant_slug="other", role=Role.ADMIN, password=None
    )
    again = await abroad.comes_as(key="demo.own", tenant="demo", sub="bob")
    assert again.person == bob.person
    opened = [each.record for each in await house.entries(demo)][-2:]
    assert [(each.action, each.actor_name) for each in opened] == [("session.open", "bob")] * 2


async def test_a_session_says_from_where_and_with_what_it_was_opened(abroad):
    await abroad.sets(ADMINS)
    alice = await abroad.comes_as()
    async with abroad.house.database.begin(write=False) as work:
        (session,) = await work.sessions.of(alice.person)
    assert (session.address, session.user_agent) == (VISITOR.address, "Firefox")


async def test_who_is_refused_leaves_no_account_behind(abroad):
    await abroad.sets(ADMINS)
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["others"])
    async with abroad.house.database.begin(write=False) as work:
        assert await work.people.by_username("alice") is None


async def test_a_fault_is_nobodys_as_long_as_nobody_is_known(abroad):
    await abroad.sets(ADMINS)
    alice = await abroad.comes_as()
    begun = await abroad.elsewhere.begin(alice, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(begun.url)
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            alice, ProviderKind.OIDC, "corp", ticket="", answer=answer, user_agent=""
        )
    record = await last(abroad, None)
    assert (record.actor_name, record.actor_kind, record.provider) == (
        "anonymous",
        "anonymous",
        "corp",
    )
