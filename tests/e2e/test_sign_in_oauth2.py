"""Signing in by OAuth 2 without OpenID Connect, at a real server, in a real browser."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from playwright.sync_api import expect

from tests.fixtures.openid import signs_in_there

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def leaves(visitor, *, at="/login"):
    """Go to the server; returns the page there."""
    page = visitor.goes(at)
    page.get_by_role("link", name="Plain login").click()
    return page


def comes(visitor, who, *, at="/login"):
    """Sign somebody in by the server; returns their page."""
    page = leaves(visitor, at=at)
    signs_in_there(page, who)
    return page


def role_of(page, app):
    page.goto(f"{app.url}/t/demo/account")
    return page.locator(".kv")


def test_a_team_gives_the_role_and_takes_it_at_the_next_sign_in(visitor, app, oauth2):
    page = comes(visitor(), "alice", at="/login?next=%2Ft%2Fdemo%2Fpeople")
    page.wait_for_url("**/t/demo/people")
    expect(role_of(page, app)).to_contain_text("admin")
    oauth2.puts("alice", "app-devs")
    page = comes(visitor(), "alice")
    page.wait_for_url("**/t/demo/overview")
    expect(role_of(page, app)).to_contain_text("developer")
    oauth2.puts("alice")
    page = comes(visitor(), "alice")
    page.wait_for_url("**/login**")
    expect(page.get_by_role("alert")).to_contain_text("you have no access here")


def test_signing_out_ends_it_here_where_the_server_knows_no_log_out(visitor, app, oauth2):
    somebody = visitor()
    page = comes(somebody, "bob")
    page.wait_for_url("**/t/demo/overview")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{app.url}/login**")
    assert somebody.context.request.get(f"{app.url}/api/v1/me").status == 401


def test_who_does_not_agree_there_is_not_signed_in(visitor, app, oauth2):
    page = leaves(visitor())
    page.wait_for_url("http://localhost:*/interaction/**")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url(f"{app.url}/login**")
    expect(page.get_by_role("alert")).to_contain_text("Signing in with Plain login did not work")


def answer_to(page, who):
    """Agree there, and hold the answer back: the address that the browser would go to next."""
    page.wait_for_url("http://localhost:*/interaction/**")
    page.fill("[name=login]", who)
    page.fill("[name=password]", "any")
    page.click("[type=submit]")
    expect(page.get_by_role("button", name="Continue")).to_be_visible()
    there = page.context.request
    left = there.post(page.url, form={"prompt": "consent"}, max_redirects=0)
    while "/callback" not in left.headers["location"]:
        left = there.get(urljoin(left.url, left.headers["location"]), max_redirects=0)
    return left.headers["location"]


def test_a_server_that_goes_down_before_it_was_asked_who_it_is_is_said_to(visitor, app, oauth2):
    page = leaves(visitor())
    back = answer_to(page, "alice")
    oauth2.process.kill()
    oauth2.process.wait(10)
    page.goto(back)
    page.wait_for_url(f"{app.url}/login**")
    expect(page.get_by_role("alert")).to_contain_text("Plain login does not answer")


def test_an_answer_of_another_browser_signs_nobody_in_by_oauth_2(visitor, app, oauth2):
    """Login CSRF: somebody's own answer, as a link that another person is lured to."""
    mallory, victim = leaves(visitor()), leaves(visitor())
    back = answer_to(mallory, "bob")
    victim.wait_for_url("http://localhost:*/interaction/**")
    victim.goto(back)
    victim.wait_for_url(f"{app.url}/login**")
    expect(victim.get_by_role("alert")).to_contain_text("did not work")
    assert victim.context.request.get(f"{app.url}/api/v1/me").status == 401
    mallory.goto(back)
    mallory.wait_for_url("**/t/demo/overview")  # it was a good one, in the browser that asked
