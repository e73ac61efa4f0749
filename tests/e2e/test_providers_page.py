"""A sign-in provider set up, tried and taken back, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.e2e


def test_an_admin_sets_a_provider_up_tries_it_and_removes_it(visitor):
    page = visitor().signs_in("noor", at="/t/demo/admin/providers")
    expect(page.get_by_text("Everybody signs in with a password kept here")).to_be_visible()
    page.get_by_role("button", name="Add a provider").click()
    page.get_by_role("link", name="OpenID Connect").click()
    page.get_by_label("Name", exact=True).fill("Example Corp")
    page.get_by_label("Slug").fill("corp")
    page.get_by_label("Issuer").fill("http://login.example.invalid")
    page.get_by_label("Client ID").fill("inspector")
    page.get_by_label("Client secret").fill("s3cret-in-the-browser")
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Group", exact=True).fill("platform-*")
    page.get_by_label("Role", exact=True).select_option("developer")
    page.get_by_label("Reason").fill("the corporation signs in there")
    page.get_by_role("button", name="Add provider").click()
    expect(page.get_by_role("alert")).to_contain_text("Issuer is an https address")
    expect(page.get_by_label("Group", exact=True)).to_have_value("platform-*")
    page.get_by_label("Issuer").fill("https://login.example.invalid")
    page.get_by_role("button", name="Add provider").click()

    expect(page.get_by_text("/auth/oidc/demo.corp/callback")).to_be_visible()
    expect(page.get_by_label("Client secret")).to_have_attribute("placeholder", "Is set")
    assert "s3cret-in-the-browser" not in page.content()
    page.get_by_role("button", name="Test", exact=True).click()
    tried = page.get_by_role("region", name="Test")
    expect(tried).to_contain_text("Does not work")
    expect(tried).to_contain_text("login.example.invalid")
    page.get_by_label("Somebody's groups").fill("platform-core\nstaff")
    page.get_by_role("button", name="Who would it be?").click()
    expect(page.get_by_text("This person would be a developer")).to_be_visible()

    page.get_by_role("button", name="Remove …").click()
    asked = page.get_by_role("dialog")
    asked.get_by_role("button", name="Remove", exact=True).click()
    expect(asked.get_by_role("alert")).to_contain_text("A reason")
    asked.get_by_label("Reason").fill("tried")
    asked.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Everybody signs in with a password kept here")).to_be_visible()


def test_a_provider_is_not_for_who_is_no_admin(visitor):
    page = visitor().signs_in("ana", at="/t/demo/admin/providers")
    expect(page.get_by_text("Sign-in providers are for admins")).to_be_visible()
    expect(page.get_by_role("link", name="Sign-in")).to_have_count(0)
