"""docs/sign-in/ldap.md's worked example, walked on a real Active Directory domain: Samba's."""

from __future__ import annotations

import asyncio
import json
import uuid

import pytest

from inspector_app.adapters.identity.ldap import LdapDirectory
from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.samba import (
    DISABLED,
    DOMAIN,
    GROUPS,
    HOST,
    NEVER_EXPIRES,
    NORMAL,
    PASSWORD,
    REALM,
    SERVICE,
    SERVICES,
    STAFF,
    UNIVERSAL,
    needs_samba,
)
from tests.fixtures.slapd import LOOPBACK, MANY, Certificates

pytestmark = [pytest.mark.torture, needs_samba]
BY_PRINCIPAL = "(&(objectClass=user)(userPrincipalName={username}))"


@pytest.fixture
def directory(domain):
    made = LdapDirectory(LOOPBACK, resolve=domain.resolves)
    yield made
    made.close()


@pytest.fixture
def signs_in(domain, directory):
    async def attempt(username, password=PASSWORD, **settings):
        return await directory.sign_in(domain.settings(**settings), PASSWORD, username, password)

    return attempt


async def test_the_example_to_the_letter_lets_somebody_in(domain, directory, signs_in):
    domain.group("first", domain.person("alice"))
    await directory.look(domain.settings(), PASSWORD)
    found = await signs_in("alice")
    assert str(uuid.UUID(found.subject)) == found.subject
    assert (found.username, found.email, found.groups) == (
        "alice",
        "alice@example.test",
        ("first",),
    )
    assert await directory.find(domain.settings(), PASSWORD, "alice") == found
    assert await signs_in("ALICE") == found
    assert await signs_in(f"alice@{REALM}", people_filter=BY_PRINCIPAL) == found


async def test_a_name_with_its_domain_before_it_finds_nobody(domain, signs_in):
    domain.person("ann")
    with pytest.raises(WrongCredentials) as caught:
        await signs_in("CORP\\ann")
    assert not caught.value.why


@pytest.mark.parametrize(
    ("name", "cn"),
    [
        ("comma", "Doe\\, Jane"),
        ("jane(ops)", "Jane (Ops)"),
        ("jürgen", "Jürgen Müßig"),
        ("hash", "\\#hash"),
        ("quote", 'Conan O\'Brien \\"Coco\\"'),
        ("back", "a\\\\b"),
        ("slash", "a/b"),
        ("star", "st*r"),
    ],
)
async def test_names_of_odd_characters_are_names(domain, signs_in, name, cn):
    group = domain.group(f"odd {cn}", domain.person(name, cn=cn), sAMAccountName=f"odd {name}")
    domain.group(f"odder {cn}", group, sAMAccountName=f"odder {name}")
    plain = cn.replace("\\\\", "|").replace("\\", "").replace("|", "\\")
    found = await signs_in(name.upper())
    assert (found.username, found.groups) == (name, (f"odd {plain}", f"odder {plain}"))


async def test_groups_in_groups_count_and_those_that_contain_each_other_end(domain, signs_in):
    devs = domain.group("devs", domain.person("bob"))
    staff = domain.group("staff", devs, groupType=UNIVERSAL)
    one = domain.group("loop one", staff)
    two = domain.group("loop two", one)
    domain.set(one, member=[staff, two])
    domain.group("elsewhere", one, below=SERVICES)
    assert (await signs_in("bob")).groups == ("devs", "staff", "loop one", "loop two")
    assert (await signs_in("bob", nesting=1)).groups == ("devs", "staff")
    by_dn = await signs_in("bob", nesting=0, group_name_attribute="distinguishedName")
    assert by_dn.groups == (f"CN=devs,{GROUPS}",)


async def test_the_primary_group_is_nobodys_group(domain, signs_in):
    prime = domain.group("prime", eve := domain.person("eve"))
    assert (await signs_in("eve")).groups == ("prime",)
    domain.set(eve, primaryGroupID=domain.read(prime, "primaryGroupToken"))
    assert (await signs_in("eve", groups_base=DOMAIN)).groups == ("Domain Users", "Users")
    assert (await signs_in("eve")).groups == ()


async def test_a_person_renamed_or_moved_is_the_same_until_they_leave_the_base(domain, signs_in):
    before = domain.person("before")
    first = await signs_in("before")
    domain.group("movers", before)
    after = domain.move(before, "CN=After\\, Jane", STAFF)
    domain.set(after, sAMAccountName="after", mail="after@example.test")
    berlin = domain.add(f"OU=Berlin,{STAFF}", objectClass="organizationalUnit")
    after = domain.move(after, "CN=After\\, Jane", berlin)
    found = await signs_in("after")
    assert (found.subject, found.email) == (first.subject, "after@example.test")
    assert found.groups == ("movers",)
    domain.move(after, "CN=After", SERVICES)
    with pytest.raises(WrongCredentials):
        await signs_in("after")


@pytest.mark.parametrize("servers", ["ldap://{}", "ldaps://{}:3269", "ldap://{}:3268"])
async def test_start_tls_and_the_global_catalog_say_the_same(domain, signs_in, servers):
    name = f"way{servers[-3:].strip('/{}')}{len(servers)}"
    domain.group(f"of {name}", domain.person(name))
    here = {"servers": (servers.format(HOST),), "start_tls": servers.startswith("ldap:")}
    found = await signs_in(name, **here, people_base=DOMAIN, groups_base=DOMAIN)
    assert found == await signs_in(name)


async def test_the_references_of_a_whole_domain_are_left_where_they_are(
    domain, directory, signs_in
):
    domain.group("whole", domain.person("wanda"))
    everywhere = {"people_base": DOMAIN, "groups_base": DOMAIN}
    await directory.look(domain.settings(**everywhere), PASSWORD)
    assert (await signs_in("wanda", **everywhere)).groups == ("whole",)


async def test_who_vouches_for_it_is_verified(domain, directory):
    for changed, why in (
        ({"certificates": Certificates("Another").pem}, "unable to get local issuer certificate"),
        ({"servers": ("ldaps://dc2.corp.example.test",)}, "Hostname mismatch"),
    ):
        with pytest.raises(SignInFault, match=why) as caught:
            await directory.look(domain.settings(**changed), PASSWORD)
        assert caught.value.step is Step.REACH


@pytest.mark.parametrize("account", [SERVICE, f"svc-inspector@{REALM}", "CORP\\svc-inspector"])
async def test_the_service_account_may_be_called_in_three_ways(domain, directory, account):
    domain.person(f"seen{len(account)}")
    await directory.look(domain.settings(bind_dn=account), PASSWORD)


async def test_a_service_account_that_may_read_nothing_says_so(domain, directory, signs_in):
    hidden = domain.add(f"OU=Hidden,{DOMAIN}", objectClass="organizationalUnit")
    domain.person("hidden", below=hidden)
    domain.denies_reading(hidden)
    with pytest.raises(SignInFault) as caught:
        await directory.look(domain.settings(people_base=hidden), PASSWORD)
    assert caught.value.step is Step.PLACES
    assert "May the service account read them?" in caught.value.hint
    with pytest.raises(WrongCredentials):
        await signs_in("hidden", people_base=hidden)


async def test_a_group_of_1500_people_is_no_obstacle_and_they_are_read_in_pages(domain, signs_in):
    from inspector_app.adapters.identity.ldap_calls import Calls
    from inspector_app.adapters.identity.ldap_wire import Wires, server_of

    many = domain.add(f"OU=Many,{STAFF}", objectClass="organizationalUnit")
    off = {"objectClass": "user", "userAccountControl": NORMAL | DISABLED | 0x20}
    people = {f"CN=u{each},{many}": {**off, "sAMAccountName": f"u{each}"} for each in range(MANY)}
    domain.add_all(people)
    domain.group("everybody", *people, domain.person("zoe"))
    assert (await signs_in("zoe")).groups == ("everybody",)

    settings = domain.settings()
    server = server_of(settings.servers[0], settings)
    async with Wires(LOOPBACK, domain.resolves, 5).open(server, settings.certificates) as wire:

        def everybody():
            calls = Calls(wire, 60)
            calls.bind(SERVICE, PASSWORD, Step.BIND)
            return calls.search(many, "(objectClass=user)", ("cn",), Step.WHO)

        found = await asyncio.to_thread(everybody)
    assert len({each.value("cn") for each in found}) == len(found) == MANY


@pytest.mark.only_on("sqlite", reason="the directory is what is walked, not the database")
def test_the_operator_walks_the_whole_way_from_a_terminal(domain, inspector, tmp_path):
    domain.group("operators", domain.group("inner", domain.person("olga")), groupType=UNIVERSAL)
    domain.person("odd", userAccountControl=NORMAL | DISABLED | NEVER_EXPIRES)
    settings = domain.settings(servers=(f"ldaps://{domain.address}",))
    written = {
        "slug": "corp",
        "name": "Example Corp",
        "kind": "ldap",
        "bind_password": PASSWORD,
        **{
            name: getattr(settings, name)
            for name in (
                *("servers", "certificates", "bind_dn", "people_base", "people_filter"),
                *("groups_base", "id_attribute", "username_attribute"),
            )
        },
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in written.items()]
    rule = ['group = "operators"', 'tenant = "acme"', 'role = "developer"']
    (tmp_path / "inspector.toml").write_text(
        "\n".join(["[[provider]]", *lines, "[[provider.rule]]", *rule])
    )
    assert inspector("tenant", "create", "acme").returncode == 0
    whole_way = ("provider", "test", "corp", "--password-stdin", "--username")

    done = inspector(*whole_way, "olga", said=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stdout
    assert "groups inner, operators" in done.stdout
    assert "developer of acme, for the group operators" in done.stdout

    for name, password in (("olga", "wrong"), ("odd", PASSWORD), ("CORP\\olga", PASSWORD)):
        done = inspector(*whole_way, name, said=f"{password}\n")
        assert done.returncode == 1, name
        assert PASSWORD not in done.stdout + done.stderr
