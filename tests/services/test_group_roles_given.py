"""Which roles come and go with the groups a provider names, beside what was given by hand."""

from __future__ import annotations

import pytest

from inspector_app.domain.identity import ActorKind
from inspector_app.domain.permissions import Role
from inspector_app.domain.signing_in import SignInRefused
from inspector_app.services.people import Change
from tests.fixtures.elsewhere import ADMINS, STAFF, Abroad


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_somebody_new_comes_in_with_the_role_of_their_group(abroad):
    await abroad.sets(ADMINS)
    alice = await abroad.comes_as()
    assert (alice.name, alice.role, alice.provider) == ("alice", Role.ADMIN, "corp")
    who, _, told = await abroad.last_words(alice.tenant)
    assert (who, told) == ("alice", "admin of demo by 'app-admins'; a new person")


async def test_a_group_taken_away_takes_the_role_at_the_next_sign_in(abroad):
    await abroad.sets(ADMINS, STAFF)
    first = await abroad.comes(groups=["app-admins", "staff-nl"])
    alice = await abroad.comes_as(groups=["staff-nl"])
    assert alice.role is Role.OBSERVER
    assert (await abroad.house.who(first.token)).must_renew, "the open session goes on as admin"


async def test_who_is_in_no_group_any_more_is_out_everywhere(abroad):
    await abroad.sets(ADMINS)
    first = await abroad.comes()
    with pytest.raises(SignInRefused, match="no access here"):
        await abroad.comes(groups=["others"])
    assert not (await abroad.house.who(first.token)).signed_in
    who, outcome, why = await abroad.last_words()
    assert (who, outcome) == ("alice", "failed")
    assert why.startswith("roles: None of their groups")


async def test_a_role_given_by_hand_stays_and_the_highest_counts(abroad):
    house = abroad.house
    await abroad.sets(STAFF)
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    assert (found.role, found.by_hand) == (Role.OBSERVER, None)
    assert [(each.role, each.group) for each in found.mapped] == [(Role.OBSERVER, "staff-nl")]
    change = Change(alice.person, found.version, "promoted")
    await house.people.change_role(noor, change, Role.DEVELOPER)
    assert (await abroad.comes_as(groups=["staff-nl"])).role is Role.DEVELOPER
    assert (await abroad.comes_as(groups=["others"])).role is Role.DEVELOPER
    found = await house.people.one(noor, alice.person)
    assert (found.by_hand, found.mapped) == (Role.DEVELOPER, ())


async def test_a_strict_provider_leaves_nothing_that_was_given_by_hand(abroad):
    house = abroad.house
    provider = await abroad.sets(STAFF)
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.ADMIN)
    await abroad.changes(provider, mapping=type(provider.mapping)((STAFF,), strict=True))
    assert (await abroad.comes_as(groups=["staff-nl"])).role is Role.OBSERVER
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["others"])


async def test_a_strict_providers_lower_role_counts_in_sessions_that_are_open(abroad):
    house = abroad.house
    await abroad.sets(ADMINS, STAFF, strict=True)
    first = await abroad.comes(groups=["app-admins"])
    await abroad.comes(groups=["staff-nl"])
    assert (await house.who(first.token)).must_renew


async def test_who_a_strict_provider_keeps_out_keeps_what_was_given_by_hand(abroad):
    house = abroad.house
    await abroad.sets(STAFF, strict=True)
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.DEVELOPER)
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["others"])
    found = await house.people.one(noor, alice.person)
    assert (found.by_hand, found.mapped) == (Role.DEVELOPER, ())


async def test_without_the_required_group_nobody_comes_in(abroad):
    await abroad.sets(STAFF, required="inspector-users")
    with pytest.raises(SignInRefused, match="no access"):
        await abroad.comes(groups=["staff-nl"])
    assert "required group 'inspector-users'" in (await abroad.last_words())[2]
    assert await abroad.comes(groups=["staff-nl", "inspector-users"])


async def test_who_loses_the_required_group_is_out_whatever_was_given_by_hand(abroad):
    house = abroad.house
    await abroad.sets(STAFF, required="inspector-users")
    first = await abroad.comes(groups=["staff-nl", "inspector-users"])
    alice = await house.who(first.token)
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.ADMIN)
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["staff-nl"])
    assert (await house.who(first.token)).kind is ActorKind.ANONYMOUS
    found = await house.people.one(noor, alice.person)
    assert (found.by_hand, found.mapped) == (Role.ADMIN, ())
