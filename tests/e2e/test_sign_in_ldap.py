"""Signing in with the password of a real directory, in a real browser."""

from __future__ import annotations

import json
from collections.abc import Generator

import pytest
from playwright.sync_api import expect

from inspector_app.domain.group_roles import GroupMapping, GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.providers import ProviderOrder
from inspector_app.services.audit import operator
from tests.fixtures.slapd import AD, BASE, GROUPS, PEOPLE, SERVICE_PASSWORD, needs_slapd

pytestmark = [pytest.mark.e2e, pytest.mark.temporal, needs_slapd]
RULES = (
    GroupRule("staff", "demo", Role.OBSERVER),
    GroupRule("admins", "demo", Role.ADMIN),
    GroupRule("warned", "demo", Role.OBSERVER),
)


@pytest.fixture
def corporate(app, slapd, request) -> Generator[str]:
    """The directory as a provider of the shared app, under a key of this test's."""
    key = f"dir-{abs(hash(request.node.nodeid)) % 10**9}"
    order = ProviderOrder(
        slug=key,
        name="Corporate directory",
        settings=slapd.settings(people_base=BASE),
        mapping=GroupMapping(RULES),
        secrets={"bind_password": SERVICE_PASSWORD},
    )

    async def put(services):
        return await services.providers.put(
            operator("tester"), order, version=None, reason="for tests"
        )

    async def remove(services):
        await services.providers.remove(
            operator("tester"), key, version=provider.version, reason="the test is over"
        )

    provider = app.does(put)
    yield key
    app.does(remove)


def comes(visitor, who, password=None, *, at="/login"):
    """Sign somebody in by the directory; returns their page."""
    page = visitor.goes(at)
    page.get_by_role("link", name="Corporate directory").click()
    expect(page.get_by_text("With your password of Corporate directory")).to_be_visible()
    page.fill("#username", who)
    page.fill("#password", password or f"{who}pw")
    page.press("#password", "Enter")
    return page


def role_of(page, app):
    page.goto(f"{app.url}/t/demo/account")
    return page.locator(".kv")


def test_a_group_in_a_group_gives_the_role_and_losing_it_takes_the_role(
    visitor, app, slapd, corporate
):
    page = comes(visitor(), "alice")
    page.wait_for_url("**/t/demo/overview")
    expect(role_of(page, app)).to_contain_text("admin")
    page = comes(visitor(), "bob")  # staff, by devs alone
    page.wait_for_url("**/t/demo/overview")
    expect(role_of(page, app)).to_contain_text("observer")
    devs, bob = f"cn=devs,{GROUPS}", f"uid=bob,{PEOPLE}"
    slapd.set(devs, member=f"cn=admins,{GROUPS}")
    try:
        page = comes(visitor(), "bob")
        page.wait_for_url("**/login**")
        expect(page.get_by_role("alert")).to_contain_text("you have no access here")
    finally:
        slapd.set(devs, member=[bob, f"cn=admins,{GROUPS}"])


def test_a_wrong_password_is_said_where_it_was_typed_and_the_right_one_goes_on(visitor, corporate):
    page = comes(visitor(), "alice", "wrong", at="/login?next=%2Ft%2Fdemo%2Fworkflows")
    expect(page.get_by_role("alert")).to_contain_text("Name and password do not match")
    expect(page.get_by_text("With your password of Corporate directory")).to_be_visible()
    expect(page.locator("#username")).to_have_value("alice")
    expect(page.locator("#password")).to_be_focused()
    page.fill("#password", "alicepw")
    page.press("#password", "Enter")
    page.wait_for_url("**/t/demo/workflows**")


def test_who_comes_by_a_directory_is_told_where_their_password_is(visitor, app, corporate):
    page = comes(visitor(), "alice", at="/login?next=%2Ft%2Fdemo%2Faccount")
    page.wait_for_url("**/t/demo/account")
    expect(page.get_by_text("You signed in with Corporate directory.")).to_be_visible()
    expect(page.get_by_label("Current password")).to_have_count(0)
    expect(page.get_by_text("Second step at sign-in")).to_have_count(0)
    noor = visitor().signs_in("noor", at="/t/demo/people")
    noor.get_by_role("link", name="alice").click()
    expect(noor.get_by_role("complementary", name="The person")).to_contain_text(
        "Corporate directory"
    )


def test_an_expired_password_is_said_to_be_one(visitor, corporate):
    page = comes(visitor(), "expired")
    expect(page.get_by_role("alert")).to_contain_text("The password has expired")
    expect(page.get_by_role("alert")).to_contain_text("Change it where the directory lets you")


def test_signing_out_ends_it_here(visitor, app, corporate):
    page = comes(visitor(), "alice")
    page.wait_for_url("**/t/demo/overview")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/login**")
    page.goto(f"{app.url}/t/demo/overview")
    page.wait_for_url("**/login**")
    expect(page.get_by_role("link", name="Corporate directory")).to_be_visible()


def test_a_password_that_expires_soon_is_said_once_to_who_is_in(visitor, app, slapd, corporate):
    warned = f"cn=warned,{GROUPS}"
    slapd.add(warned, objectClass="groupOfNames", cn="warned", member=[f"uid=ending,{AD}"])
    page = comes(visitor(), "ending")
    page.wait_for_url("**/t/demo/overview")
    slapd.delete(warned)
    warning = page.get_by_text("Your password expires in 2 days.")
    expect(warning).to_be_visible()
    expect(page.get_by_text("Change it where the directory lets you.")).to_be_visible()
    page.get_by_role("link", name="Workflows").first.click()
    page.wait_for_url("**/workflows**")
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    expect(warning).to_have_count(0)


def test_the_operator_walks_a_sign_in_at_a_terminal(app, corporate):
    def walks(password):
        words = ("provider", "test", corporate, "--username", "bob", "--password-stdin", "--json")
        done = app.command(*words, stdin=f"{password}\n", check=False)
        return done.returncode, json.loads(done.stdout)

    status, found = walks("bobpw")
    assert (status, found["works"], found["said"]["username"]) == (0, True, "bob")
    status, found = walks("not-bobs-password")
    failed = [each["step"] for each in found["steps"] if each["passed"] == "failed"]
    assert (status, failed) == (1, ["who"])
    alone = app.command("provider", "test", corporate).stdout
    assert "works        Bind as the service account" in alone
    assert "give --username" in alone
