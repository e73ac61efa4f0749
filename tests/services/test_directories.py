"""Signing in by a real directory: who gets which role, and what the audit log says of the rest."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.adapters.identity.ldap import LdapDirectory
from inspector_app.domain.errors import TooMany, WrongCredentials
from inspector_app.domain.group_roles import GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.signing_in import SignInRefused, Step
from inspector_app.services.ports.signing_in import AllWays
from tests.fixtures.elsewhere import VISITOR, Abroad
from tests.fixtures.slapd import AD, GROUPS, LOOPBACK, PEOPLE, SERVICE_PASSWORD, needs_slapd

pytestmark = needs_slapd
STAFF = GroupRule("staff", "demo", Role.OBSERVER)
ADMINS = GroupRule("admins", "demo", Role.ADMIN)


@pytest.fixture
def abroad(house):
    made, directory = Abroad(house), LdapDirectory(LOOPBACK)
    ways = replace(made.all.tenants, directory=directory)
    made.all = AllWays(ways, ways)
    made.opens_book(())
    yield made
    directory.close()


async def signs_in(abroad, username, password=None):
    entered = await abroad.directories.with_password(
        VISITOR, "corp", username, password or f"{username}pw", user_agent="Firefox"
    )
    return await abroad.house.who(entered.token)


async def sets(abroad, slapd, *rules, **settings):
    secrets = {"bind_password": SERVICE_PASSWORD}
    return await abroad.sets(*rules, settings=slapd.settings(**settings), secrets=secrets)


async def test_a_group_in_a_group_gives_its_role(abroad, slapd):
    await sets(abroad, slapd, STAFF, ADMINS)
    bob, alice = [await signs_in(abroad, each) for each in ("bob", "alice")]
    assert (bob.name, bob.role, bob.provider) == ("bob", Role.OBSERVER, "corp")
    assert (alice.name, alice.role) == ("alice", Role.ADMIN)


async def test_who_leaves_a_group_has_its_role_no_longer(abroad, slapd):
    await sets(abroad, slapd, GroupRule("devs", "demo", Role.DEVELOPER), STAFF)
    devs, bob = f"cn=devs,{GROUPS}", f"uid=bob,{PEOPLE}"
    assert (await signs_in(abroad, "bob")).role is Role.DEVELOPER
    slapd.set(devs, member=f"cn=admins,{GROUPS}")
    try:
        with pytest.raises(SignInRefused, match="no access here"):
            await signs_in(abroad, "bob")
    finally:
        slapd.set(devs, member=[bob, f"cn=admins,{GROUPS}"])
    assert (await signs_in(abroad, "bob")).role is Role.DEVELOPER


async def test_what_a_name_would_be_is_asked_without_a_password(abroad, slapd):
    await sets(abroad, slapd, STAFF)
    found = await abroad.trials.would_be(abroad.house.operator, "corp", username="eve")
    assert set(found.groups) == {"staff", "loopA", "loopB"}
    assert found.verdict.roles["demo"].role is Role.OBSERVER


async def test_a_test_of_the_settings_says_which_step_failed(abroad, slapd):
    await sets(abroad, slapd, STAFF, people_base="ou=no,dc=example,dc=test")
    assert (await abroad.fails_at(abroad.house.operator, "corp")).step is Step.PLACES


async def test_ten_ways_to_write_a_name_have_its_tries_together(abroad, slapd):
    await sets(abroad, slapd, STAFF)
    ways = ["eve", "EVE", " eve", "eve ", "Eve", "\uff45ve", "eV\uff25", "e\uff36e", "eVe", "EvE"]
    for each in ways:
        with pytest.raises(WrongCredentials):
            await signs_in(abroad, each, "wrong")
    with pytest.raises(TooMany):
        await signs_in(abroad, "eve", "wrong")


async def test_a_locked_account_reads_like_a_wrong_password_but_not_in_the_audit_log(
    abroad, slapd
):
    await sets(abroad, slapd, STAFF)
    slapd.add(
        f"uid=lockme,{PEOPLE}",
        objectClass="inetOrgPerson",
        uid="lockme",
        cn="x",
        sn="x",
        userPassword="lockmepw",
    )
    try:
        for _ in range(6):
            with pytest.raises(WrongCredentials) as caught:
                await signs_in(abroad, "lockme", "wrong")
        assert caught.value.detail == "Name and password do not match."
    finally:
        slapd.delete(f"uid=lockme,{PEOPLE}")
    assert await abroad.last_words() == (
        "lockme",
        "failed",
        "The account is locked after too many wrong passwords.",
    )


async def test_who_has_an_expired_password_is_told_so(abroad, slapd):
    await sets(abroad, slapd, STAFF, people_base=AD)
    with pytest.raises(SignInRefused) as caught:
        await signs_in(abroad, "expired")
    assert caught.value.detail == "Corp: The password has expired."
    assert "Change it where the directory lets you" in caught.value.hint
    assert await abroad.last_words() == ("expired", "failed", "who: The password has expired.")


async def test_a_directory_that_is_away_is_not_a_wrong_password(abroad, slapd):
    await sets(abroad, slapd, STAFF, servers=("ldaps://127.0.0.1:1",))
    with pytest.raises(SignInRefused, match="does not answer as it should"):
        await signs_in(abroad, "alice")
    _, outcome, why = await abroad.last_words()
    assert (outcome, why.partition(":")[0]) == ("failed", "reach")
    assert "alicepw" not in why
