"""Sign-in providers as admins and the operator keep them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    ProofRequired,
    WrongCredentials,
)
from inspector_app.domain.group_roles import GroupMapping, GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.providers import ProviderOrder
from inspector_app.domain.signing_in import Claimed, Step
from tests.fixtures.elsewhere import ADMINS, LDAP, OIDC, SAML, STAFF, VISITOR, Abroad


@pytest.fixture
def desk(house) -> Abroad:
    return Abroad(house)


@pytest.fixture
async def noor(house):
    """An admin of demo."""
    return (await house.signs_in("noor"))[1]


async def test_an_admin_keeps_their_tenants_own_and_sees_no_others(desk, noor):
    await desk.sets(ADMINS)
    own = await desk.sets(STAFF, slug="own", by=noor)
    _, eve = await desk.house.signs_in("eve")
    assert own.key == "demo.own"
    assert [each.key for each in await desk.providers.all(noor)] == ["demo.own"]
    assert await desk.providers.all(eve) == []
    for slug in ("own", "corp"):
        with pytest.raises(NotFound):
            await desk.providers.one(eve, slug, tenant="demo")
    everything = await desk.providers.all(desk.house.operator)
    assert [each.key for each in everything] == ["corp", "demo.own"]


async def test_who_is_no_admin_neither_sees_nor_sets_them(desk, house, noor):
    _, ana = await house.signs_in("ana")
    for deed in (desk.providers.all(ana), desk.sets(STAFF, by=ana)):
        with pytest.raises(Denied):
            await deed
    house.time.pass_by(hours=1)
    with pytest.raises(ProofRequired):
        await desk.sets(STAFF, by=noor)


async def test_secrets_go_in_and_never_come_out(desk, house):
    provider = await desk.sets(ADMINS)
    assert provider.has == ("client_secret",)
    kept = house.behind().does("SELECT secrets, settings, mapping FROM providers")
    told = [entry.record.detail for entry in await house.entries(None)]
    assert "s3cret" not in repr((kept, provider, told))
    assert await desk.comes(), "it is still sent to the provider"


async def test_a_secret_is_given_again_where_it_would_go_elsewhere(desk):
    provider = await desk.sets(ADMINS)
    moved = replace(OIDC, issuer="https://mallory.example.test")
    with pytest.raises(Invalid, match="Give the secret again"):
        await desk.changes(provider, settings=moved)
    changed = await desk.changes(provider, settings=moved, secrets={"client_secret": "new"})
    assert changed.has == ("client_secret",)


async def test_of_two_who_change_one_the_second_is_told(desk):
    provider = await desk.sets(ADMINS)
    await desk.changes(provider, name="First")
    with pytest.raises(Conflict, match="meanwhile"):
        await desk.changes(provider, name="Second")
    with pytest.raises(Conflict, match="already"):
        await desk.sets(ADMINS)


async def test_a_tenants_provider_gives_no_role_in_another(desk, noor):
    with pytest.raises(Invalid, match="that tenant only"):
        await desk.sets(GroupRule("all", "other", Role.ADMIN), by=noor)


async def test_removing_one_ends_its_sessions_and_what_it_gave(desk, house):
    provider = await desk.sets(ADMINS)
    entered = await desk.comes()
    await desk.providers.remove(house.operator, "corp", version=provider.version, reason="over")
    assert not (await house.who(entered.token)).signed_in
    assert house.behind().does("SELECT * FROM memberships WHERE by_hand IS NULL") == []
    assert house.behind().does("SELECT * FROM identities") == []


async def test_switching_one_off_ends_its_sessions(desk, house):
    provider = await desk.sets(ADMINS)
    entered = await desk.comes()
    await desk.changes(provider, enabled=False)
    assert not (await house.who(entered.token)).signed_in


async def test_the_sign_in_page_offers_what_applies(desk, noor):
    await desk.sets(ADMINS)
    await desk.sets(ADMINS, slug="off", enabled=False)
    await desk.sets(STAFF, slug="own", by=noor)
    offered = await desk.offers.applying(VISITOR, "demo")
    assert [(each.name, each.path) for each in offered] == [
        ("Corp", "/auth/oidc/corp/login"),
        ("Own", "/auth/oidc/demo.own/login"),
    ]
    for slug in ("", "other", "nowhere"):
        assert [each.key for each in await desk.offers.applying(VISITOR, slug)] == ["corp"]


async def test_those_of_the_operators_file_are_read_only_and_work(desk, house):
    order = ProviderOrder(
        slug="corp",
        name="From the file",
        settings=OIDC,
        mapping=GroupMapping((ADMINS,)),
        secrets={"client_secret": "s3cret: with/odd+letters"},
    )
    desk.opens_book((order, replace(order, slug="later", tenant="not-yet")))
    (managed,) = await desk.providers.all(house.operator)
    assert (managed.managed, managed.name) == (True, "From the file")
    for deed in (
        desk.changes(managed, name="Other"),
        desk.providers.remove(house.operator, "corp", version=1, reason="x"),
    ):
        with pytest.raises(Conflict, match="operator's file"):
            await deed
    assert (await desk.comes_as()).role is Role.ADMIN


async def test_a_dry_run_says_who_somebody_would_be(desk, house, noor):
    await desk.sets(ADMINS, STAFF, slug="ldap", settings=LDAP, by=noor)
    desk.directory.people["lena"] = ("", Claimed("1", "lena", groups=("staff-nl", "app-admins")))
    found = await desk.trials.would_be(noor, "ldap", username="lena")
    assert found.groups == ("staff-nl", "app-admins")
    assert found.verdict.roles["demo"].role is Role.ADMIN
    by_groups = await desk.trials.would_be(noor, "ldap", groups=["staff-x"])
    assert by_groups.verdict.roles["demo"].role is Role.OBSERVER
    with pytest.raises(WrongCredentials):
        await desk.trials.would_be(noor, "ldap", username="nobody")
    assert house.behind().does("SELECT * FROM identities") == []


async def test_looking_at_one_says_at_which_step_it_fails(desk, noor):
    await desk.sets(ADMINS, slug="ldap", settings=LDAP, by=noor)
    assert await desk.fails_at(noor, "ldap") is None
    desk.directory.away = True
    assert (await desk.fails_at(noor, "ldap")).step is Step.REACH


async def test_a_saml_provider_gets_a_key_pair_of_ours(desk, noor):
    provider = await desk.sets(STAFF, slug="idp", settings=SAML, by=noor, secrets={})
    assert provider.has == ("sp_keys",)


async def test_one_that_cannot_be_read_does_not_take_the_others_along(desk, house):
    await desk.sets(ADMINS)
    await desk.sets(ADMINS, slug="broken")
    house.behind().does("UPDATE providers SET settings = '{}' WHERE slug = 'broken'")
    assert [each.key for each in await desk.offers.applying(VISITOR, "")] == ["corp"]
