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
    page.get_by_role("textbox", name="Code").fill("000000")
    page.get_by_role("button", name="Switch on").click()
    expect(page.get_by_role("alert")).to_contain_text("not the app's")
    page.get_by_role("textbox", name="Code").fill(code(shown))
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


def cookie(visitor):
    found = visitor.context.cookies()
    return next(each["value"] for each in found if each["name"].endswith("inspector_session"))


def asks(page, button, reason="because"):
    """Answer the question that a button opens."""
    page.get_by_role("complementary", name="The person").get_by_role("button", name=button).click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Reason").fill(reason)
    return asked


def test_a_new_role_counts_on_every_open_page_and_under_a_new_cookie(visitor, app):
    app.hire("kim", "demo", "observer")
    theirs = visitor()
    account = theirs.signs_in("kim", at="/t/demo/account")
    expect(account.locator(".kv")).to_contain_text("observer")
    following = theirs.context.new_page()  # a second tab, which looks again by itself
    following.goto(f"{app.url}/t/demo/overview")
    expect(following.get_by_role("heading", name="Overview")).to_be_visible()
    before = cookie(theirs)
    page = visitor().signs_in("noor", at="/t/demo/people")
    page.get_by_role("link", name="kim").click()
    page.get_by_role("button", name="Change role").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Role").select_option("developer")
    asked.get_by_label("Reason").fill("new job")
    asked.get_by_role("button", name="Change role").click()
    expect(page.get_by_text("kim has another role now")).to_be_visible()
    with account.expect_response("**/auth/renew?next=%2Ft%2Fdemo%2Foperations"):
        account.get_by_role("link", name="Operations").first.click()
    account.wait_for_url("**/t/demo/operations")
    assert cookie(theirs) != before
    expect(following.get_by_role("heading", name="Overview")).to_be_visible()
    following.goto(f"{app.url}/t/demo/account")
    expect(following.locator(".kv")).to_contain_text("developer")


def test_an_admin_ends_one_session_of_somebody_and_then_every_other(visitor, app):
    app.hire("sam", "demo", "observer")
    browsers = [visitor(user_agent=f"{each} Windows") for each in ("Firefox/140", "Chrome/140")]
    # A page that follows would find out by itself, before anybody clicks.
    pages = [each.signs_in("sam", at="/t/demo/account") for each in browsers]
    for theirs in pages:
        theirs.wait_for_url("**/t/demo/account")
    page = visitor().signs_in("noor", at="/t/demo/people")
    page.get_by_role("link", name="sam").click()
    sessions = page.get_by_role("complementary").get_by_role("listitem")
    expect(sessions).to_have_count(2)
    chrome = sessions.filter(has_text="Chrome on Windows")
    expect(chrome).to_contain_text("127.0.0.1")
    chrome.get_by_role("button", name="End").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Reason").fill("lost laptop")
    asked.get_by_role("button", name="End session").click()
    expect(page.get_by_text("sam is signed out of one browser")).to_be_visible()
    expect(sessions).to_have_count(1)
    firefox, chrome = pages
    chrome.get_by_role("link", name="Workflows").first.click()
    chrome.wait_for_url("**/login**")
    firefox.get_by_role("link", name="Operations").first.click()
    firefox.wait_for_url("**/t/demo/operations**")
    asks(page, "Sign out everywhere").get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_text("Signed in nowhere")).to_be_visible()
    firefox.get_by_role("link", name="Overview").first.click()
    firefox.wait_for_url("**/login**")


def test_a_reset_shows_a_password_once_and_a_disabled_account_is_enabled_again(visitor, app):
    app.hire("rita", "demo", "developer")
    page = visitor().signs_in("noor", at="/t/demo/people")
    page.get_by_role("link", name="rita").click()
    asked = asks(page, "Reset password", "forgot it")
    expect(asked).to_contain_text("personal tokens end")
    asked.get_by_role("button", name="Reset password").click()
    told = page.get_by_role("status").filter(has_text="One-time password of rita")
    expect(told).to_contain_text("It opens until")
    one_time = told.locator("code").inner_text()
    person = page.get_by_role("complementary", name="The person")
    expect(person).to_contain_text("Invited")
    page.get_by_role("button", name="I have passed it on").click()
    expect(page.get_by_text(one_time)).to_be_hidden()

    theirs = visitor().signs_in("rita", one_time)
    expect(theirs.get_by_role("heading", name="Choose your password")).to_be_visible()
    asks(page, "Disable").get_by_role("button", name="Disable").click()
    expect(page.get_by_text("rita is disabled")).to_be_visible()
    refused = visitor().signs_in("rita", one_time)
    expect(refused.get_by_role("alert")).to_contain_text("do not match")
    asks(page, "Enable").get_by_role("button", name="Enable").click()
    expect(page.get_by_text("rita may sign in again")).to_be_visible()

    app.in_database(
        "UPDATE people SET one_time_until = '2020-01-01 00:00:00.000000' WHERE username = 'rita'"
    )
    late = visitor().signs_in("rita", one_time)
    expect(late.get_by_role("alert")).to_contain_text("its time is over")
    page.reload()
    expect(person).to_contain_text("Password ended")


def test_a_session_list_says_browser_and_address_on_a_phone_too(visitor, app):
    app.hire("pia", "demo", "observer")
    visitor(user_agent="Firefox/140 Windows").signs_in("pia").wait_for_url("**/t/demo/overview")
    page = visitor(viewport={"width": 390, "height": 844}).signs_in("pia", at="/t/demo/account")
    sessions = page.get_by_role("row").filter(has_text=" on ")
    expect(sessions).to_have_count(2)
    for name in ("Firefox on Windows", "Chrome on Linux"):
        device = sessions.get_by_text(name)
        expect(device).to_be_visible()
        assert device.evaluate("each => each.scrollWidth <= each.closest('td').clientWidth")
        expect(sessions.filter(has_text=name)).to_contain_text("127.0.0.1")
    sessions.filter(has_text="Firefox").get_by_role("button", name="End").click()
    expect(page.get_by_text("The session ended.")).to_be_visible()
    expect(page.get_by_text("Firefox on Windows")).to_have_count(0)


def code(secret):
    return code_at(base64.b32decode(secret), int(time.time()) // STEP_SECONDS)


def test_names_stay_in_view_beside_the_person_who_is_open(visitor, app):
    page = visitor(viewport={"width": 1280, "height": 800}).signs_in("noor", at="/t/demo/people")
    page.get_by_role("link", name="ana", exact=True).click()
    expect(page.get_by_role("complementary", name="The person")).to_be_visible()
    name = page.get_by_role("cell", name="noor").first
    assert name.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert name.bounding_box()["width"] > 100
