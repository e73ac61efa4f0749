"""Signing in through a real OpenLDAP server: who gets in, with which groups, and who does not."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace

import pytest

from inspector_app.adapters.identity.ldap import LdapDirectory
from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from tests.fixtures.slapd import (
    AD,
    BASE,
    GROUPS,
    GUID,
    LOOPBACK,
    MANY,
    PEOPLE,
    SERVICE,
    SERVICE_PASSWORD,
    needs_slapd,
)

pytestmark = needs_slapd
USUAL_PEOPLE = MANY + 3


@pytest.fixture
def directory():
    made = LdapDirectory(LOOPBACK)
    yield made
    made.close()


@pytest.fixture
def somebody(slapd):
    """Adds people whom the test takes away again; their password is their name and pw."""
    added = []

    def add(uid, *, below=PEOPLE, rdn=None, kinds=("inetOrgPerson",), **more):
        dn = f"{rdn or f'uid={uid}'},{below}"
        usual = {"uid": uid, "cn": uid, "sn": uid, "userPassword": f"{uid}pw"}
        slapd.add(dn, objectClass=list(kinds), **{**usual, **more})
        added.append(dn)
        return dn

    yield add
    for dn in added:
        slapd.delete(dn)


@pytest.fixture
def group(slapd):
    """Adds groups that the test takes away again."""
    added = []

    def add(name, *, below=GROUPS, kind="groupOfNames", **members):
        dn = f"cn={name},{below}"
        slapd.add(dn, objectClass=kind, cn=name, **members)
        added.append(dn)
        return dn

    yield add
    for dn in added:
        slapd.delete(dn)


async def signs_in(directory, settings, username, password=None):
    password = f"{username}pw" if password is None else password
    return await directory.sign_in(settings, SERVICE_PASSWORD, username, password)


async def fault_of(directory, settings, username="alice", password=None) -> SignInFault:
    with pytest.raises(SignInFault) as caught:
        await signs_in(directory, settings, username, password)
    return caught.value


async def test_who_gives_their_password_is_who_the_directory_says(slapd, directory):
    found = await signs_in(directory, slapd.settings(), "alice")
    assert str(uuid.UUID(found.subject)) == found.subject
    assert replace(found, subject="") == Claimed(
        subject="",
        username="alice",
        email="alice@example.test",
        email_verified=False,
        groups=("admins", "devs", "staff"),
    )


async def test_start_tls_will_do_as_well(slapd, directory):
    settings = slapd.settings(servers=(slapd.plain,), start_tls=True)
    assert (await signs_in(directory, settings, "bob")).groups == ("devs", "staff")


async def test_somebody_is_found_without_their_password(slapd, directory):
    settings = slapd.settings()
    found = await directory.find(settings, SERVICE_PASSWORD, "alice")
    assert found == await signs_in(directory, settings, "alice")
    with pytest.raises(WrongCredentials, match="Nobody"):
        await directory.find(settings, SERVICE_PASSWORD, "nobody")
    with pytest.raises(WrongCredentials, match="Nobody"):
        await directory.find(settings, SERVICE_PASSWORD, "")


async def test_an_address_counts_as_verified_only_where_an_admin_says_so(slapd, directory):
    found = await signs_in(directory, slapd.settings(trust_email=True), "alice")
    assert (found.email, found.email_verified) == ("alice@example.test", True)


@pytest.mark.parametrize(
    ("username", "password"),
    [("alice", "bobpw"), ("alice", "alicepw "), ("nobody", "alicepw"), ("svc", SERVICE_PASSWORD)],
)
async def test_a_wrong_name_and_a_wrong_password_look_the_same(
    slapd, directory, username, password
):
    with pytest.raises(WrongCredentials) as caught:
        await signs_in(directory, slapd.settings(), username, password)
    assert caught.value.detail == "Name and password do not match."


async def test_two_people_of_one_name_are_neither(slapd, directory, somebody):
    for each in ("twin1", "twin2"):
        somebody(each, mail="twin@example.test", userPassword="same")
    settings = slapd.settings(people_filter="(mail={username})")
    with pytest.raises(WrongCredentials):
        await signs_in(directory, settings, "twin@example.test", "same")
    with pytest.raises(WrongCredentials, match="More than one"):
        await directory.find(settings, SERVICE_PASSWORD, "twin@example.test")


# What turns a filter, or a DN, into another one where a name is put into it as it comes.
INJECTED = [
    *("*", "**", "a*", "*e", "al*ce", "alic?", "%", "_lice"),
    *("alice)", "(alice", "alice)(", "alice)(uid=*", "*)(uid=*))(|(uid=*", "*)(|(uid=*"),
    *("alice)(&)", "alice)(&(1=0", "*)(objectClass=*", "alice)(|(objectClass=*)"),
    *("x)(|(uid=alice", "x)(|(uid=alice)(uid=alice)", "*)(userPassword=*", "*))%00"),
    *("alice\0", "alice\0)(uid=*", "\\61lice", "\\2a", "\\", "\\28", "a\\6cice", "alice\\"),
    *("alice\n", "alice\r\nuid: bob", "alice\t", "alice\x7f", "alice\u2028", "\ud800"),
    *("uid=alice", f"uid=alice,{PEOPLE}", "alice,ou=people", "alice+cn=*", "#616c696365"),
    *("alice<", "alice>", ">=a", "~=alice", ":=alice", "uid:=alice", ":dn:=alice", "&", "|", "!"),
    *("|(uid=alice)", "!(uid=x)", "(uid=alice)", "alice;binary", "a" * 257, "(" * 200, "*" * 200),
    *("{username}", "${jndi:ldap://127.0.0.1/a}", "alice/*", "' or '1'='1", "alice--"),
]  # fmt: skip


async def test_no_name_that_means_to_be_a_filter_gets_in(slapd, directory):
    accepted = []
    for password in ("alicepw", "x", "*", SERVICE_PASSWORD):
        for name in INJECTED:
            try:
                await signs_in(directory, slapd.settings(), name, password)
            except WrongCredentials:
                continue
            accepted.append((name, password))
    assert accepted == []


@pytest.mark.parametrize("name", ["o'Brien (ops)*", 'a"b\\c', "für+ö=ü", "x,y;z", "#1"])
async def test_a_name_of_odd_characters_is_a_name(slapd, directory, somebody, group, name):
    from ldap.dn import escape_dn_chars

    dn = somebody(name, rdn=f"uid={escape_dn_chars(name)}")
    group("odd", member=dn)
    found = await signs_in(directory, slapd.settings(), name)
    assert (found.username, found.groups) == (name, ("odd",))


@pytest.mark.parametrize("password", ["", "\0", "alicepw\0", "\0alicepw", "p" * 1025, "\ud800"])
async def test_a_password_that_a_server_may_find_empty_never_leaves(
    slapd, directory, password, monkeypatch
):
    monkeypatch.setattr(directory, "_wires", None)
    with pytest.raises(WrongCredentials):
        await signs_in(directory, slapd.settings(), "alice", password)


async def test_who_is_not_there_is_tried_all_the_same(slapd, directory, monkeypatch):
    """Or how long an answer takes would say whom the directory has."""
    from inspector_app.adapters.identity.ldap_calls import Calls

    bind, tried = Calls.bind, []
    monkeypatch.setattr(
        Calls, "bind", lambda self, dn, *more: (tried.append(dn), bind(self, dn, *more))[1]
    )
    for name in ("alice", "nobody"):
        with pytest.raises(WrongCredentials):
            await signs_in(directory, slapd.settings(), name, "wrong")
    assert tried[:3] == [SERVICE, f"uid=alice,{PEOPLE}", SERVICE]
    assert tried[3].endswith(PEOPLE)


@pytest.mark.parametrize(
    ("nesting", "groups"),
    [(0, ("admins",)), (1, ("admins", "devs")), (2, ("admins", "devs", "staff"))],
)
async def test_groups_in_groups_count_as_deep_as_is_set(slapd, directory, nesting, groups):
    found = await signs_in(directory, slapd.settings(nesting=nesting), "alice")
    assert found.groups == groups


async def test_groups_that_contain_each_other_end(slapd, directory):
    found = await signs_in(directory, slapd.settings(nesting=20), "eve")
    assert set(found.groups) == {"staff", "loopA", "loopB"}


async def test_without_a_base_no_groups_are_read(slapd, directory):
    assert (await signs_in(directory, slapd.settings(groups_base=""), "alice")).groups == ()


async def test_a_group_that_somebody_left_is_gone_at_the_next_sign_in(
    slapd, directory, somebody, group
):
    dn = somebody("mover")
    other = group("other", member=[dn, f"uid=eve,{PEOPLE}"])
    assert (await signs_in(directory, slapd.settings(), "mover")).groups == ("other",)
    slapd.set(other, member=f"uid=eve,{PEOPLE}")
    assert (await signs_in(directory, slapd.settings(), "mover")).groups == ()


async def test_a_group_elsewhere_does_not_count_though_an_entry_names_it(
    slapd, directory, somebody, group
):
    dn = somebody("outsider")
    group("domain admins", below=AD, member=dn)
    found = await signs_in(directory, slapd.settings(), "outsider")
    assert found.groups == ()
    everywhere = await signs_in(directory, slapd.settings(groups_base=BASE), "outsider")
    assert everywhere.groups == ("domain admins",)


async def test_what_an_entry_says_of_its_groups_counts_without_their_word(slapd, directory):
    settings = slapd.settings(member_attributes=("uniqueMember",), nesting=5)
    assert (await signs_in(directory, settings, "alice")).groups == ("admins", "devs", "staff")


async def test_groups_of_other_kinds_count_where_they_are_set(slapd, directory, somebody, group):
    dn = somebody("mixed")
    group("unique", kind="groupOfUniqueNames", uniqueMember=dn)
    group("posix", kind="posixGroup", gidNumber=7, memberUid=["alice", "mixed"])
    settings = slapd.settings(member_attributes=("member", "uniqueMember", "memberUid"))
    assert set((await signs_in(directory, settings, "mixed")).groups) == {"unique", "posix"}


async def test_more_groups_than_anybody_has_are_not_believed(slapd, directory, monkeypatch):
    monkeypatch.setattr("inspector_app.adapters.identity.ldap_people.MOST_GROUPS", 2)
    fault = await fault_of(directory, slapd.settings())
    assert (fault.step, fault.detail) == (Step.GROUPS, "'alice' is in more than 2 groups.")


def test_a_dn_is_the_same_however_it_is_written():
    from inspector_app.adapters.identity.ldap_calls import normalised

    assert normalised("CN=Dev\\2C Ops , OU=Groups,DC=Example") == normalised(
        "cn=dev\\, ops,ou=groups,dc=example"
    )
    assert normalised("cn=a,ou=groups") != normalised("cn=a,ou=others")
    assert normalised("no DN") == normalised("") == ()


async def test_groups_of_one_name_are_told_apart_by_their_dn(slapd, directory):
    settings = slapd.settings(group_name_attribute="entryDN", nesting=0)
    assert (await signs_in(directory, settings, "alice")).groups == (f"cn=admins,{GROUPS}",)


async def test_six_hundred_groups_are_read_though_the_server_gives_500_at_most(
    slapd, directory, somebody, group
):
    dn = somebody("joiner")
    names = [f"team{number}" for number in range(600)]
    for name in names:
        group(name, member=dn)
    found = await signs_in(directory, slapd.settings(), "joiner")
    assert set(found.groups) == set(names)


async def test_1500_people_are_read_page_by_page(slapd):
    from inspector_app.adapters.identity.ldap_calls import Calls
    from inspector_app.adapters.identity.ldap_wire import Wires, server_of
    from inspector_app.adapters.names import of_the_system

    settings = slapd.settings()
    wires = Wires(LOOPBACK, of_the_system, 5)
    async with wires.open(server_of(slapd.secure, settings), settings.certificates) as wire:

        def everybody():
            calls = Calls(wire, 5)
            calls.bind(SERVICE, SERVICE_PASSWORD, Step.BIND)
            return calls.search(PEOPLE, "(uid=*)", ("uid",), Step.WHO)

        found = await asyncio.to_thread(everybody)
    assert len({each.value("uid") for each in found}) == len(found) == USUAL_PEOPLE


async def test_somebody_stays_themselves_when_name_and_address_change(slapd, directory, somebody):
    dn = somebody("before", mail="before@example.test", cn="x")
    first = await signs_in(directory, slapd.settings(), "before")
    slapd.changed(("rename_s", dn, "uid=after"))
    slapd.set(f"uid=after,{PEOPLE}", mail="after@example.test")
    after = await signs_in(directory, slapd.settings(), "after", "beforepw")
    slapd.changed(("rename_s", f"uid=after,{PEOPLE}", "uid=before"))
    assert (after.subject, after.email) == (first.subject, "after@example.test")


def of_active_directory(slapd, **more):
    usual = {
        "people_base": AD,
        "people_filter": "(&(objectClass=user)(sAMAccountName={username}))",
        "id_attribute": "objectGUID",
        "username_attribute": "samaccountname",
    }
    return slapd.settings(**{**usual, **more})


async def test_active_directorys_id_is_written_as_windows_does(slapd, directory, somebody):
    kinds = ("inetOrgPerson", "user")
    somebody("Jane Doe", below=AD, kinds=kinds, sAMAccountName="jdoe", objectGUID=GUID)
    found = await signs_in(directory, of_active_directory(slapd), "JDOE", "Jane Doepw")
    assert (found.subject, found.username) == ("00112233-4455-6677-8899-aabbccddeeff", "jdoe")


@pytest.mark.parametrize(
    ("found", "name"),
    [
        ({"objectGUID": GUID[:15]}, "objectGUID"),
        ({"objectGUID": b""}, "objectGUID"),
        ({"objectGUID": GUID}, "entryUUIDs"),
        ({"objectGUID": GUID, "description": ["one", "two"]}, "description"),
        ({"objectGUID": GUID, "description": "d" * 256}, "description"),
    ],
)
async def test_nobody_gets_in_without_one_id(slapd, directory, somebody, found, name):
    kinds = ("inetOrgPerson", "user")
    somebody("noid", below=AD, kinds=kinds, sAMAccountName="noid", **found)
    fault = await fault_of(directory, of_active_directory(slapd, id_attribute=name), "noid")
    assert fault.step is Step.WHO
    assert f"no {name!r} that names it for good" in fault.detail


async def test_nobody_gets_in_without_a_name(slapd, directory):
    fault = await fault_of(directory, slapd.settings(username_attribute="displayName"))
    assert "no 'displayName'" in fault.detail


async def test_a_locked_account_is_the_audit_logs_to_know_and_nobody_elses(
    slapd, directory, somebody
):
    somebody("locked")
    for _ in range(5):
        with pytest.raises(WrongCredentials):
            await signs_in(directory, slapd.settings(), "locked", "wrong")
    with pytest.raises(WrongCredentials) as caught:
        await signs_in(directory, slapd.settings(), "locked")
    assert caught.value.detail == "Name and password do not match."
    assert caught.value.why == "The account is locked after too many wrong passwords."


async def test_a_password_that_must_change_opens_nothing(slapd, directory, somebody):
    somebody("fresh")
    slapd.set(f"uid=fresh,{PEOPLE}", pwdReset="TRUE")
    fault = await fault_of(directory, slapd.settings(), "fresh")
    assert (fault.step, fault.who, fault.told) == (Step.WHO, "fresh", True)
    assert fault.detail == "The password must be changed first."
    with pytest.raises(WrongCredentials):
        await signs_in(directory, slapd.settings(), "fresh", "wrong")


async def test_an_expired_password_opens_nothing(slapd, directory):
    fault = await fault_of(directory, slapd.settings(people_base=AD), "expired")
    assert (fault.step, fault.who, fault.told) == (Step.WHO, "expired", True)
    assert fault.detail == "The password has expired."
    assert "Change it" in fault.hint
    with pytest.raises(WrongCredentials):
        await signs_in(directory, slapd.settings(people_base=AD), "expired", "wrong")


async def test_who_is_in_is_warned_of_a_password_that_expires(slapd, directory):
    settings = slapd.settings(people_base=AD)
    assert (await signs_in(directory, settings, "ending")).warning == (
        "Your password expires in 2 days."
    )
    assert (await signs_in(directory, slapd.settings(), "alice")).warning == ""


async def test_an_expired_password_that_still_opens_says_how_often(slapd, directory):
    settings = slapd.settings(people_base=AD)
    told = [(await signs_in(directory, settings, "graced")).warning for _ in range(2)]
    assert told == [
        "Your password has expired, and opens once more.",
        "Your password has expired, and has opened for the last time.",
    ]
    fault = await fault_of(directory, settings, "graced")
    assert fault.detail == "The password has expired."


async def test_looking_finds_a_server_and_the_places(slapd, directory):
    await directory.look(slapd.settings(), SERVICE_PASSWORD)


@pytest.mark.parametrize(
    ("change", "secret", "step", "says"),
    [
        ({}, "wrong", Step.BIND, "Its name or password is wrong"),
        ({"bind_dn": f"uid=no,{BASE}"}, SERVICE_PASSWORD, Step.BIND, "name or password is wrong"),
        ({"bind_dn": "no DN"}, SERVICE_PASSWORD, Step.BIND, "refuses (34: invalid DN)"),
        ({}, "", Step.BIND, "no password here"),
        ({"people_base": f"ou=no,{BASE}"}, SERVICE_PASSWORD, Step.PLACES, "There is no 'ou=no"),
        ({"groups_base": f"ou=no,{BASE}"}, SERVICE_PASSWORD, Step.PLACES, "There is no 'ou=no"),
        ({"people_base": "no DN"}, SERVICE_PASSWORD, Step.PLACES, "Invalid DN syntax"),
        ({"groups_base": f"ou=hidden,{BASE}"}, SERVICE_PASSWORD, Step.PLACES, "does not see it"),
        ({"people_filter": "(x={username})"}, SERVICE_PASSWORD, Step.PLACES, "Nobody below"),
        ({"people_filter": "(uid={username}"}, SERVICE_PASSWORD, Step.PLACES, "not one"),
        ({"id_attribute": "objectGUID"}, SERVICE_PASSWORD, Step.PLACES, "no 'objectGUID'"),
        ({"username_attribute": "x"}, SERVICE_PASSWORD, Step.PLACES, "no 'x'"),
    ],
)
async def test_looking_says_which_setting_does_not_hold(
    slapd, directory, change, secret, step, says
):
    with pytest.raises(SignInFault) as caught:
        await directory.look(slapd.settings(**change), secret)
    assert caught.value.step is step
    assert says in caught.value.detail
    assert SERVICE_PASSWORD not in caught.value.detail
