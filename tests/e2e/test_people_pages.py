"""People and the second step, in a real browser."""

from __future__ import annotations

import base64
import time

import pytest
from playwright.sync_api import expect

from inspector_app.domain.second_step import STEP_SECONDS, code_at
from tests.fixtures.database import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def test_an_admin_lets_somebody_in_gives_another_role_and_takes_them_out(visitor, app):
    admin = visitor()
    page = admin.signs_in("noor", at="/t/demo/people")
    page.get_by_role("button", name="Add a person").click()
    asked = page.get_by_role("dialog")
    asked.get_by_role("button", name="Add").click()
    expect(asked.get_by_role("alert")).to_contain_text("A user name has")
    asked.get_by_label("User name").fill("lena")
    asked.get_by_role("button", name="Add").click()
    one_time = page.locator("code").inner_text()

    newcomer = visitor()
    theirs = newcomer.signs_in("lena", one_time)
    expect(theirs.get_by_role("heading", name="Choose your password")).to_be_visible()
    theirs.fill("#current", one_time)
    theirs.fill("#new", "passwordpassword")
    theirs.press("#new", "Enter")
    expect(theirs.get_by_role("alert")).to_contain_text("lists that attackers try")
    theirs.fill("#current", one_time)
    theirs.fill("#new", "a much better one 7")
    theirs.press("#new", "Enter")
    theirs.wait_for_url("**/t/demo/overview")

    page.get_by_role("link", name="lena").click()
    person = page.get_by_role("complementary", name="The person")
    expect(person.get_by_text("Chrome on Linux")).to_be_visible()
    expect(page.get_by_text(one_time)).to_be_hidden()
    person.get_by_role("button", name="Change role").click()
    asked.get_by_label("Role").select_option("developer")
    asked.get_by_role("button", name="Change role").click()
    expect(asked.get_by_role("alert")).to_contain_text("A reason")
    asked.get_by_label("Reason").fill("is on call now")
    asked.get_by_role("button", name="Change role").click()
    expect(page.get_by_text("lena has another role now")).to_be_visible()
    expect(person.locator(".kv")).to_contain_text("developer")
    theirs.get_by_role("link", name="Audit").click()
    theirs.wait_for_url("**/login**")

    page.get_by_role("button", name="Add a person").click()  # a second question on one page
    asked.get_by_label("User name").fill("lars")
    asked.get_by_role("button", name="Add").click()
    expect(page.get_by_text("One-time password of lars")).to_be_visible()

    person.get_by_role("button", name="Remove").click()
    asked.get_by_label("Reason").fill("left")
    asked.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("lena is removed")).to_be_visible()
    expect(page.get_by_role("link", name="lena")).to_be_hidden()


def test_a_second_step_is_set_up_with_an_app_and_asked_for(visitor, app):
    app.hire("tess", "demo", "admin")
    first = visitor()
    page = first.signs_in("tess", at="/t/demo/account")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    shown = page.locator("code").inner_text()
    page.locator("#code").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_contain_text("not the app's")
    page.locator("#code").fill(code(shown))
    page.get_by_role("button", name="Switch on").click()
    recovery = page.locator(".codes li").first
    expect(recovery).to_be_visible()
    spare = recovery.inner_text()

    theirs = visitor().signs_in("tess", at="/t/demo/audit")
    expect(theirs.get_by_role("heading", name="One more step")).to_be_visible()
    theirs.fill("#code", "999999")
    theirs.press("#code", "Enter")
    expect(theirs.get_by_role("alert")).to_contain_text("The code does not fit")
    theirs.fill("#code", spare)
    theirs.press("#code", "Enter")
    theirs.wait_for_url("**/t/demo/audit")


def test_after_a_while_the_admin_proves_who_they_are_and_comes_back(visitor, app):
    app.hire("slow", "demo", "admin")
    page = visitor().signs_in("slow", at="/t/demo/people")
    expect(page.get_by_role("link", name="slow")).to_be_visible()
    who = "person = (SELECT id FROM people WHERE username = 'slow')"
    app.in_database(f"UPDATE sessions SET proved_at = '2020-01-01 00:00:00.000000' WHERE {who}")
    page.get_by_role("link", name="ivo").click()
    page.get_by_role("button", name="Disable").click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("heading", name="Prove that it is you")).to_be_visible()
    asked.get_by_label("Your password").fill(PASSWORD)
    asked.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Disable").click()
    expect(asked.get_by_role("heading", name="Disable ivo?")).to_be_visible()


def code(secret):
    return code_at(base64.b32decode(secret), int(time.time()) // STEP_SECONDS)
