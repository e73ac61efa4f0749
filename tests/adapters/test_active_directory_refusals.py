"""Whom a real Active Directory domain, Samba's, lets in no more, and who is told why."""

from __future__ import annotations

import pytest

from inspector_app.adapters.identity.ldap import LdapDirectory
from inspector_app.domain.errors import WrongCredentials
from inspector_app.domain.signing_in import SignInFault
from tests.fixtures.samba import DAY, DISABLED, DOMAIN, NORMAL, PASSWORD, needs_samba
from tests.fixtures.slapd import LOOPBACK

pytestmark = [pytest.mark.torture, needs_samba]


@pytest.fixture
def signs_in(domain):
    made = LdapDirectory(LOOPBACK, resolve=domain.resolves)

    async def attempt(username, password=PASSWORD):
        return await made.sign_in(domain.settings(), PASSWORD, username, password)

    yield attempt
    made.close()


@pytest.mark.parametrize(
    ("name", "state", "why"),
    [
        ("off", {"userAccountControl": NORMAL | DISABLED}, "The account is disabled."),
        ("ended", {"accountExpires": DAY}, "The account has expired."),
        ("hours", {"logonHours": bytes(21)}, "The account may not sign in at this time."),
        (
            "station",
            {"userWorkstations": "ELSEWHERE"},
            "The account may not sign in from this machine.",
        ),
    ],
)
async def test_an_account_that_may_not_is_the_audit_logs_to_know(
    domain, signs_in, name, state, why
):
    domain.set(domain.person(name), **state)
    with pytest.raises(WrongCredentials) as caught:
        await signs_in(name)
    assert (caught.value.detail, caught.value.why) == ("Name and password do not match.", why)
    with pytest.raises(WrongCredentials) as caught:
        await signs_in(name, "wrong")
    assert not caught.value.why


async def test_a_locked_account_is_the_audit_logs_to_know(domain, signs_in):
    domain.person("locked")
    domain.set(DOMAIN, lockoutThreshold=3)
    for _ in range(3):
        with pytest.raises(WrongCredentials):
            await signs_in("locked", "wrong")
    with pytest.raises(WrongCredentials) as caught:
        await signs_in("locked")
    domain.set(DOMAIN, lockoutThreshold=0)
    assert caught.value.why == "The account is locked after too many wrong passwords."


async def test_who_must_change_the_password_is_told_and_no_guesser_is(domain, signs_in):
    domain.set(domain.person("fresh"), pwdLastSet=0)
    with pytest.raises(SignInFault) as caught:
        await signs_in("fresh")
    assert caught.value.told
    assert caught.value.detail == "The password must be changed first."
    with pytest.raises(WrongCredentials) as wrong:
        await signs_in("fresh", "wrong")
    assert not wrong.value.why


async def test_an_expired_password_is_told_and_no_guesser_is(domain, signs_in):
    domain.ages_password(domain.person("old"))
    with pytest.raises(SignInFault) as caught:
        await signs_in("old")
    with pytest.raises(WrongCredentials) as wrong:
        await signs_in("old", "wrong")
    assert caught.value.told
    assert caught.value.detail == "The password has expired."
    assert not wrong.value.why
