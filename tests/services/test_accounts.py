from __future__ import annotations

import pytest

from inspector_app.domain.errors import (
    Conflict,
    Denied,
    Invalid,
    NotFound,
    TooMany,
    WrongCredentials,
)
from inspector_app.domain.permissions import Permission, Role
from tests.fixtures.database import PASSWORD


async def sign_in(house, username, password, address="10.0.0.9"):
    return await house.local.sign_in(
        username, password, address=address, user_agent="", request_id="r"
    )


async def test_a_person_signs_in_and_has_their_role(house):
    _, ana = await house.signs_in("ana")
    assert (ana.name, ana.role, ana.tenant_slug) == ("ana", Role.DEVELOPER, "demo")


async def test_a_wrong_password_and_an_unknown_name_read_the_same(house):
    texts = []
    for name in ("ana", "nobody"):
        with pytest.raises(WrongCredentials) as wrong:
            await sign_in(house, name, "not the password")
        texts.append(wrong.value.detail)
    assert texts[0] == texts[1]


async def guess(house, name, address, times):
    for _ in range(times):
        with pytest.raises(WrongCredentials):
            await sign_in(house, name, "wrong", address=address)


async def test_ten_wrong_passwords_make_the_account_wait_at_that_address_alone(house):
    await guess(house, "ana", "10.9.9.9", 10)
    with pytest.raises(TooMany) as wait:
        await sign_in(house, "ana", PASSWORD, address="10.9.9.9")
    assert 0 < wait.value.retry_after <= 15 * 60
    assert await sign_in(house, "ivo", PASSWORD, address="10.9.9.9")
    assert await sign_in(house, "ana", PASSWORD, address="10.8.8.8")


async def test_wrong_passwords_from_one_address_do_not_lock_out_everybody_else(house):
    for name in ("nobody", "nemo", "niemand"):
        await guess(house, name, "10.9.9.9", 10)
    with pytest.raises(TooMany):
        await sign_in(house, "ana", PASSWORD, address="10.9.9.9")
    assert await sign_in(house, "ana", PASSWORD, address="10.8.8.8")


async def test_what_one_customer_is_given_of_ipv6_counts_as_one_address(house):
    for last in range(10):
        await guess(house, "ana", f"2a00:1450:4001:81b::{last}", 1)
    with pytest.raises(TooMany):
        await sign_in(house, "ana", PASSWORD, address="2a00:1450:4001:81b:ffff::1")
    assert await sign_in(house, "ana", PASSWORD, address="2a00:1450:4001:81c::1")


async def test_an_account_that_many_guess_at_leaves_each_few_guesses_and_nobody_none(house):
    for last in range(10):
        await guess(house, "ana", f"10.9.9.{last}", 10)
    await guess(house, "ana", "10.8.8.8", 3)
    with pytest.raises(TooMany):
        await sign_in(house, "ana", PASSWORD, address="10.8.8.8")
    await guess(house, "ana", "10.7.7.7", 2)
    assert await sign_in(house, "ana", PASSWORD, address="10.7.7.7")


async def test_a_failed_sign_in_is_audited_without_its_password(house):
    with pytest.raises(WrongCredentials):
        await sign_in(house, "ana", "s3cret-typed-wrong")
    entries = await house.entries(None)
    assert entries[-1].record.action == "session.open"
    assert "s3cret" not in repr(entries[-1])


async def test_changing_the_password_ends_every_other_session(house):
    elsewhere, _ = await house.signs_in("ana")
    _, ana = await house.signs_in("ana")
    token = await house.local.change_password(ana, PASSWORD, "another good one 7", user_agent="")
    assert (await house.who(token)).signed_in
    assert not (await house.who(elsewhere)).signed_in
    with pytest.raises(WrongCredentials):
        await sign_in(house, "ana", PASSWORD)


@pytest.mark.parametrize(
    ("new", "why"),
    [("short", "12 to 256"), ("aaaaaaaaaaaaaa", "five different")],
)
async def test_a_weak_password_is_refused_with_the_reason(house, new, why):
    _, ana = await house.signs_in("ana")
    with pytest.raises(Invalid, match=why):
        await house.local.change_password(ana, PASSWORD, new, user_agent="")
    with pytest.raises(Invalid, match="current one"):
        await house.local.change_password(ana, PASSWORD, PASSWORD, user_agent="")


async def test_a_wrong_current_password_changes_nothing(house):
    _, ana = await house.signs_in("ana")
    with pytest.raises(WrongCredentials):
        await house.local.change_password(ana, "wrong", "another good one 7", user_agent="")
    assert await sign_in(house, "ana", PASSWORD)


async def test_a_disabled_person_is_out_at_their_next_event(house):
    token, _ = await house.signs_in("ana")
    assert await house.accounts.disable(house.operator, "ana") == 1
    assert not (await house.who(token)).signed_in
    with pytest.raises(WrongCredentials):
        await sign_in(house, "ana", PASSWORD)


async def test_a_reset_gives_a_one_time_password_that_must_be_changed(house):
    old, _ = await house.signs_in("ana")
    one_time = await house.accounts.reset(house.operator, "ana")
    assert not (await house.who(old)).signed_in
    token, person = await sign_in(house, "ana", one_time)
    assert person.must_change_password
    ana = await house.who(token)
    fresh = await house.local.change_password(ana, one_time, "another good one 7", user_agent="")
    assert not (await house.who(fresh)).must_change_password


async def test_only_the_operator_makes_people(house):
    _, noor = await house.signs_in("noor")
    with pytest.raises(Denied):
        await house.accounts.create_person(
            noor, "mallory", tenant_slug="demo", role=Role.ADMIN, password=PASSWORD
        )


async def test_a_person_can_have_roles_in_two_tenants_and_the_address_chooses(house):
    await house.accounts.create_person(
        house.operator, "ana", tenant_slug="other", role=Role.OBSERVER, password=None
    )
    token, _ = await house.signs_in("ana")
    assert (await house.who(token, tenant="demo")).role is Role.DEVELOPER
    assert (await house.who(token, tenant="other")).role is Role.OBSERVER
    assert (await house.who(token)).role is None
    stranger = await house.who(token, tenant="nowhere")
    assert (stranger.tenant, stranger.may(Permission.RUN_READ)) == (None, False)


async def test_names_that_are_taken_or_unknown_are_said(house):
    make = house.accounts.create_person
    with pytest.raises(Conflict):
        await make(house.operator, "ana", tenant_slug="demo", role=Role.ADMIN, password=PASSWORD)
    with pytest.raises(NotFound):
        await make(house.operator, "x", tenant_slug="nope", role=Role.ADMIN, password=PASSWORD)
    with pytest.raises(NotFound):
        await house.accounts.reset(house.operator, "nobody")
    with pytest.raises(Invalid):
        await make(
            house.operator, "no spaces!", tenant_slug="demo", role=Role.ADMIN, password=None
        )


async def test_the_first_administrator_is_made_once(house):
    assert await house.accounts.first_administrator(house.operator, "root", "demo") is None
