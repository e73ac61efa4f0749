"""Signing in by a real OpenID provider, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.openid import signs_in_there
from tests.fixtures.temporal import waits_for_sync

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def comes(visitor, who, *, at="/login"):
    """Sign somebody in by the provider; returns their page."""
    page = visitor.goes(at)
    page.get_by_role("link", name="Corporate login").click()
    signs_in_there(page, who)
    return page


def role_of(page, app):
    page.goto(f"{app.url}/t/demo/account")
    return page.locator(".kv")


def test_a_group_gives_the_role_and_takes_it_at_the_next_sign_in(visitor, app, openid):
    page = comes(visitor(), "alice", at="/login?next=%2Ft%2Fdemo%2Fpeople")
    page.wait_for_url("**/t/demo/people")
    expect(role_of(page, app)).to_contain_text("admin")
    openid.puts("alice", "app-devs")
    page = comes(visitor(), "alice")
    page.wait_for_url("**/t/demo/overview")
    expect(role_of(page, app)).to_contain_text("developer")
    openid.puts("alice")
    page = comes(visitor(), "alice")
    page.wait_for_url("**/login**")
    expect(page.get_by_role("alert")).to_contain_text("you have no access here")


def test_signing_out_there_ends_the_page_that_is_open_here(visitor, app, openid):
    there = visitor()
    page = comes(there, "bob")
    page.wait_for_url("**/t/demo/overview")
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    other = there.context.new_page()
    other.goto(f"{openid.issuer}/session/end")
    other.get_by_role("button", name="Yes, sign me out").click()
    expect(page).to_have_url(re.compile("/login"), timeout=30_000)
    assert any("backchannel.success" in line for line in openid.log())


def test_signing_out_here_signs_out_there(visitor, app, openid):
    page = comes(visitor(), "bob")
    page.wait_for_url("**/t/demo/overview")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("http://localhost:*/session/end**")
    page.get_by_role("button", name="Yes, sign me out").click()
    page.wait_for_url(f"{app.url}/login**")
    page.get_by_role("link", name="Corporate login").click()
    expect(page.locator("[name=login]")).to_be_visible()  # it asks again who it is


def test_it_goes_on_when_the_provider_signs_with_another_key(visitor, app, openid):
    comes(visitor(), "alice").wait_for_url("**/t/demo/overview")
    openid.rotates()
    page = comes(visitor(), "alice")

    def is_in():
        # Keys are read again every few seconds at most: until then a new one is unknown.
        page.wait_for_url(re.compile(r"/login|/t/demo/overview"))
        if "/login" in page.url:
            with page.expect_response(re.compile("/callback")):
                page.get_by_role("link", name="Corporate login").click()
            return False
        return "/t/demo/overview" in page.url

    waits_for_sync(is_in, what="the new key")


def test_a_provider_that_is_down_is_said_to_be_and_others_still_sign_in(visitor, app, openid):
    openid.process.kill()
    openid.process.wait(10)
    stranger = visitor()
    page = stranger.goes("/login")
    page.get_by_role("link", name="Corporate login").click()
    expect(page.get_by_role("alert")).to_contain_text("Corporate login does not answer")
    stranger.signs_in("ana").wait_for_url("**/t/demo/overview")
