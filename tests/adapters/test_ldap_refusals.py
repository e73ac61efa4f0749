"""What a directory says to a bind, in words: Active Directory's codes, and password policies."""

from __future__ import annotations

import pytest

from inspector_app.adapters.identity.ldap_refusals import (
    Bound,
    Policy,
    Refusal,
    refusal_of,
    warning_of,
)


def from_ad(code: str) -> Bound:
    """As a domain controller says it."""
    said = (
        f"80090308: LdapErr: DSID-0C09042A, comment: AcceptSecurityContext error, data {code}, v3"
    )
    return Bound(49, said)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("52f", "restricted"),
        ("530", "at this time"),
        ("531", "from this machine"),
        ("532", "password has expired"),
        ("533", "disabled"),
        ("534", "in this way"),
        ("701", "account has expired"),
        ("773", "must be changed first"),
        ("775", "locked"),
    ],
)
def test_active_directory_says_why_by_a_code(code, says):
    refusal = refusal_of(from_ad(code))
    assert refusal is not None
    assert says in refusal.detail
    assert refusal.hint
    # Whoever reads these has given the right password; of the others nobody can tell.
    assert refusal.proven is (code in {"532", "773"})


@pytest.mark.parametrize("code", ["525", "52e", "1", "zz", "5320"])
def test_a_wrong_name_and_a_wrong_password_say_nothing(code):
    assert refusal_of(from_ad(code)) == Refusal()


def test_a_code_counts_only_where_active_directory_writes_it():
    assert refusal_of(Bound(49, "data 775, v3")) == Refusal()


@pytest.mark.parametrize("code", [0, 49, 53])
@pytest.mark.parametrize(
    ("policy", "says"),
    [
        (Policy.EXPIRED, "expired"),
        (Policy.LOCKED, "locked"),
        (Policy.MUST_CHANGE, "must be changed"),
    ],
)
def test_a_password_policy_counts_whatever_the_result_is(code, policy, says):
    refusal = refusal_of(Bound(code, "", policy))
    assert refusal is not None
    assert says in refusal.detail


def test_what_we_know_nothing_of_is_said_as_the_server_says_it():
    refusal = refusal_of(Bound(53, "Account inactivated.\r\n\x1b[31mContact " + "x" * 300))
    assert refusal is not None
    assert refusal.detail.startswith("The directory refuses (53: Account inactivated. [31mContact")
    assert len(refusal.detail) < 250
    assert refusal_of(Bound(19)) == Refusal("The directory refuses (19).", refusal.hint)


def test_who_is_let_in_is_let_in():
    assert refusal_of(Bound(0)) is None


@pytest.mark.parametrize(
    ("said", "warning"),
    [
        ({}, ""),
        ({"ends_in": 0}, "Your password expires today."),
        ({"ends_in": 86_399}, "Your password expires today."),
        ({"ends_in": 86_400}, "Your password expires in 1 day."),
        ({"ends_in": 864_000}, "Your password expires in 10 days."),
        ({"grace": 3}, "Your password has expired, and opens 3 more times."),
    ],
)
def test_what_a_password_policy_warns_of_is_a_sentence(said, warning):
    assert warning_of(Bound(0, **said)) == warning
