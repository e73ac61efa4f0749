"""The way to a directory's servers: who is believed, who is asked next, and what never ends."""

from __future__ import annotations

import asyncio
import re
import sys
import threading
from pathlib import Path

import pytest

from inspector_app.adapters.identity.ldap import (
    AT_ONCE,
    AT_ONE,
    OF_TENANT,
    LdapDirectory,
    Patience,
)
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_ldap import extended, hangs_up, lying, says, says_nothing
from tests.fixtures.slapd import (
    AD,
    BASE,
    LOOPBACK,
    PEOPLE,
    SERVICE,
    SERVICE_PASSWORD,
    Certificates,
    needs_slapd,
    served_slapd,
)

pytestmark = needs_slapd


@pytest.fixture
def directory():
    made = LdapDirectory(LOOPBACK)
    yield made
    made.close()


@pytest.fixture
def hasty():
    """One that waits for nobody's answer: only for servers that give none."""
    made = LdapDirectory(LOOPBACK, patience=Patience(connect=0.3, operation=0.3))
    yield made
    made.close()


async def alice(directory, settings):
    return await directory.sign_in(settings, SERVICE_PASSWORD, "alice", "alicepw")


async def fault_of(directory, settings) -> SignInFault:
    with pytest.raises(SignInFault) as caught:
        await alice(directory, settings)
    assert "alicepw" not in f"{caught.value.detail}{caught.value.hint}"
    assert SERVICE_PASSWORD not in f"{caught.value.detail}{caught.value.hint}"
    return caught.value


@pytest.mark.parametrize("start_tls", [False, True])
@pytest.mark.parametrize(
    ("certificates", "whose"), [("another's", "of this provider"), ("", "system's")]
)
async def test_a_certificate_of_an_unknown_authority_is_not_believed(
    slapd, directory, certificates, whose, start_tls, monkeypatch
):
    # What would have libldap believe anybody, were it asked.
    monkeypatch.setenv("LDAPTLS_REQCERT", "never")
    pem = Certificates("Somebody else").pem if certificates else ""
    server = slapd.plain if start_tls else slapd.secure
    settings = slapd.settings(servers=(server,), certificates=pem, start_tls=start_tls)
    fault = await fault_of(directory, settings)
    assert fault.step is Step.REACH
    assert f"{server}: Its certificate is not believed: " in fault.detail
    assert whose in fault.hint
    assert not fault.passing


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        ({"days": -1}, "certificate has expired"),
        ({"host": "ldap.example.test"}, "not valid for '127.0.0.1'"),
        ({"host": "localhost"}, "not valid for '127.0.0.1'"),
    ],
)
async def test_a_certificate_that_expired_or_is_anothers_is_not_believed(
    tmp_path, directory, certificate, why
):
    authority = Certificates("Inspector's tests")
    authority.write(tmp_path, **certificate)
    async with lying(says_nothing, secured_by=tmp_path) as liar:
        with pytest.raises(SignInFault, match=why):
            await alice(directory, settings_for(liar, certificates=authority.pem))


async def test_a_name_is_looked_up_once_and_its_certificate_is_by_name(tmp_path):
    authority, asked = Certificates("Inspector's tests"), []

    async def resolve(host, port):
        asked.append((host, port))
        return ["127.0.0.1"]

    with served_slapd(tmp_path, authority, host="ldap.example.test") as slapd:
        directory = LdapDirectory(LOOPBACK, resolve=resolve)
        for server, start_tls in ((slapd.secure, False), (slapd.plain, True)):
            named = server.replace("127.0.0.1", "ldap.example.test")
            settings = slapd.settings(servers=(named,), start_tls=start_tls)
            assert (await alice(directory, settings)).username == "alice"
        directory.close()
    assert [host for host, _ in asked] == ["ldap.example.test"] * 2


async def test_the_rights_of_the_worked_example_are_enough(tmp_path, directory):
    text = (Path(__file__).parents[2] / "docs/sign-in/ldap.md").read_text()
    found = re.search(r"^ +(to dn\.subtree.*\n +by .*\n +by \* break)$", text, re.MULTILINE)
    assert found is not None
    rights = found[1].replace("dc=com", "dc=test")
    rights = rights.replace(f"uid=inspector,ou=services,{BASE}", SERVICE)
    with served_slapd(tmp_path, rights=rights) as slapd:
        await directory.look(slapd.settings(), SERVICE_PASSWORD)
        assert (await alice(directory, slapd.settings())).groups == ("admins", "devs", "staff")


async def test_clear_text_is_refused_before_anything_is_sent(slapd, directory):
    async with lying(says_nothing) as liar:
        fault = await fault_of(directory, slapd.settings(servers=(liar.url,)))
        assert liar.came == 0
    assert "clear text" in fault.detail


async def test_an_address_that_nobody_allowed_is_not_connected_to(slapd):
    directory = LdapDirectory(())
    async with lying(says_nothing) as liar:
        settings = slapd.settings(servers=(liar.url,), start_tls=True)
        fault = await fault_of(directory, settings)
        assert liar.came == 0
    directory.close()
    assert "not on the public internet" in fault.detail
    assert "INSPECTOR_OUTBOUND_ALLOW" in fault.hint
    assert not fault.passing


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (extended(2), "refuses StartTLS (2)"),
        (extended(52, long_lengths=True), "refuses StartTLS (52)"),
        (extended(0)[:-7] + b"\x0a\x02\x00\x00\x04\x00\x04", "no answer to it"),
        (b"\x30\x05\x02\x01\x02\x78\x00", "no answer to it"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "not LDAP"),
        (b"220 mail.example.test ESMTP\r\n", "not LDAP"),
        (b"\x30\x84\x7f\xff\xff\xff", "not LDAP"),
        (b"\x30\x80", "not LDAP"),
        (extended(0) + b"\x30\x0c\x02\x01\x02\x61\x07\x0a\x01\x00\x04\x00\x04\x00", "speak TLS"),
    ],
)
async def test_start_tls_that_is_not_agreed_on_sends_no_password(slapd, directory, answer, why):
    async with lying(says(answer)) as liar:
        fault = await fault_of(directory, slapd.settings(servers=(liar.url,), start_tls=True))
        assert liar.came == 1
    assert fault.step is Step.REACH
    assert why in fault.detail


@pytest.mark.parametrize(
    "answer", [b"", b"\x30", extended(0)[:-1], extended(0, long_lengths=True)]
)
async def test_start_tls_that_is_never_agreed_on_ends(slapd, hasty, answer):
    async with lying(says(answer)) as liar:
        fault = await fault_of(hasty, slapd.settings(servers=(liar.url,), start_tls=True))
    assert "does not answer within 0.3 seconds" in fault.detail
    assert fault.passing


async def test_a_server_that_is_down_leaves_it_to_the_next(slapd, tmp_path):
    authority = slapd.certificates
    with served_slapd(tmp_path, authority) as first:
        directory = LdapDirectory(LOOPBACK)
        settings = slapd.settings(servers=(first.secure, slapd.secure))
        assert (await alice(directory, settings)).username == "alice"
        first.kill()
        assert (await alice(directory, settings)).username == "alice"
        slapd_too = slapd.settings(servers=(first.secure, first.plain), start_tls=True)
        fault = await fault_of(directory, slapd_too)
        assert first.secure in fault.detail
        assert first.plain in fault.detail
        assert fault.passing
        first.start()
        assert (await alice(directory, slapd_too)).username == "alice"
        directory.close()


async def test_a_server_that_did_not_answer_is_asked_last_for_a_while(slapd, tmp_path):
    now = 0.0
    directory = LdapDirectory(LOOPBACK, monotonic=lambda: now)
    async with lying(hangs_up) as liar:
        settings = slapd.settings(servers=(liar.url, slapd.secure), start_tls=True)
        for _ in range(3):
            await alice(directory, settings)
        assert liar.came == 1
        now = 31.0
        await alice(directory, settings)
        assert liar.came == 2
    directory.close()


LDAP = b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"  # a bind that succeeded


@pytest.mark.parametrize(
    "behave",
    [
        says_nothing,
        hangs_up,
        says(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>"),
        says(b"\x30\x84\x7f\xff\xff\xff"),
        says(b"\x30\x02\x02\x00"),
        says(LDAP[:-6]),
        says(LDAP),
        says(b"\x30\x0c\x02\x01\x07\x61\x07\x0a\x01\x00\x04\x00\x04\x00", again=True),
        says(b"\0" * 4096, again=True),
    ],
    ids=["silent", "gone", "html", "endless", "empty", "half", "one", "others", "zeros"],
)
async def test_a_server_that_does_not_speak_ldap_is_a_fault_and_holds_nothing_up(
    slapd, tmp_path, behave
):
    slapd.certificates.write(tmp_path)
    before = threading.active_count()
    directory = LdapDirectory(LOOPBACK, patience=Patience(operation=0.3))
    async with lying(behave, secured_by=tmp_path) as liar:
        settings = slapd.settings(servers=(liar.url,))
        faults = await asyncio.gather(*(fault_of(directory, settings) for _ in range(AT_ONCE)))
        assert {each.passing for each in faults} == {True}
        assert not any("took longer" in each.detail for each in faults)
        assert liar.came == AT_ONCE
        # Every thread is free again while the liar still holds its ends.
        directory._patience = Patience()
        found = await asyncio.gather(*(alice(directory, slapd.settings()) for _ in range(AT_ONCE)))
        assert [each.username for each in found] == ["alice"] * AT_ONCE
    directory.close()
    while threading.active_count() > before + AT_ONCE:
        await asyncio.sleep(0.01)


async def test_more_sign_ins_than_connections_wait_for_one(slapd, directory):
    found = await asyncio.gather(*(alice(directory, slapd.settings()) for _ in range(AT_ONCE * 5)))
    assert {each.username for each in found} == {"alice"}


async def test_a_directory_that_hangs_does_not_hold_up_another(slapd, directory, tmp_path):
    slapd.certificates.write(tmp_path)
    directory._patience = Patience(operation=600, whole=600)
    async with lying(says_nothing, secured_by=tmp_path) as liar:
        settings = slapd.settings(servers=(liar.url,))
        waiting = [asyncio.create_task(alice(directory, settings)) for _ in range(AT_ONCE)]
        while liar.came < AT_ONE:
            await asyncio.sleep(0.01)
        assert (await alice(directory, slapd.settings())).username == "alice"
        assert liar.came == AT_ONE
        assert not any(each.done() for each in waiting)
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    assert (await alice(directory, slapd.settings())).username == "alice"


async def test_many_directories_of_a_tenant_that_hang_hold_up_no_other_tenants(
    slapd, directory, tmp_path
):
    """A tenant's admin may set fifty, each on a port of its own, and have all of them hang."""
    slapd.certificates.write(tmp_path)
    directory._patience = Patience(operation=600, whole=600)
    async with (
        lying(says_nothing, secured_by=tmp_path) as one,
        lying(says_nothing, secured_by=tmp_path) as two,
        lying(says_nothing, secured_by=tmp_path) as three,
    ):
        liars = (one, two, three)
        waiting = [
            asyncio.create_task(
                directory.sign_in(
                    slapd.settings(servers=(liar.url,)), SERVICE_PASSWORD, "a", "b", whose="evil"
                )
            )
            for _ in range(AT_ONE)
            for liar in liars
        ]
        while sum(liar.came for liar in liars) < OF_TENANT:
            await asyncio.sleep(0.01)
        settings = slapd.settings()
        found = await directory.sign_in(
            settings, SERVICE_PASSWORD, "alice", "alicepw", whose="demo"
        )
        assert found.username == "alice"
        assert sum(liar.came for liar in liars) == OF_TENANT
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def test_the_whole_has_an_end_and_says_so(slapd, tmp_path):
    slapd.certificates.write(tmp_path)
    directory = LdapDirectory(LOOPBACK, patience=Patience(connect=60, operation=60, whole=0.3))
    async with lying(says_nothing, secured_by=tmp_path) as liar:
        fault = await fault_of(directory, slapd.settings(servers=(liar.url,)))
    directory.close()
    assert fault.detail == "The directory took longer than 0.3 seconds."
    assert fault.passing


async def test_a_reference_to_another_server_is_not_followed(slapd, directory, tmp_path):
    async with lying(says_nothing) as liar:
        kinds, below = ["referral", "extensibleObject"], f"ou=elsewhere,{PEOPLE}"
        slapd.add(below, objectClass=kinds, ou="elsewhere", ref=f"{liar.url}/{PEOPLE}")
        try:
            # Beside people: what is found here is found, and nothing there is looked for.
            assert (await alice(directory, slapd.settings())).username == "alice"
            fault = await fault_of(directory, slapd.settings(people_base=below))
        finally:
            slapd.changed(("delete_ext_s", below, [_as_it_is()]))
        assert liar.came == 0
    assert "no referral is followed" in fault.detail
    assert "global catalog" in fault.hint


def _as_it_is():
    from ldap.controls.simple import ManageDSAITControl

    return ManageDSAITControl(criticality=True)


async def test_certificates_that_are_none_say_so(slapd, directory):
    pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"
    fault = await fault_of(directory, slapd.settings(certificates=pem))
    assert "CA certificates cannot be read" in fault.detail


@pytest.mark.parametrize("server", ["ldaps://", "ldapi:///x", "ldaps://h:99999", "https://h", ""])
async def test_what_is_no_server_is_not_asked(slapd, directory, server):
    fault = await fault_of(directory, slapd.settings(servers=(server,)))
    assert "is no ldaps://host:port" in fault.detail


async def test_without_python_ldap_it_says_what_to_install(slapd, directory, monkeypatch):
    for name in list(sys.modules):
        if name.startswith("inspector_app.adapters.identity.ldap_"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ldap", None)
    fault = await fault_of(directory, slapd.settings())
    assert "python-ldap is missing" in fault.detail
    assert "pip install 'inspector-app[ldap]'" in fault.hint


def settings_for(liar, **more):
    from inspector_app.domain.provider_settings import LdapSettings

    return LdapSettings(servers=(liar.url,), bind_dn=f"uid=svc,{BASE}", people_base=AD, **more)
