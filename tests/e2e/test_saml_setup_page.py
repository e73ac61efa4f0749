"""A SAML provider set up from its metadata, and our keys with it changed, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.fixtures.saml_metadata import published

pytestmark = pytest.mark.e2e


@pytest.fixture
def admin(visitor, app):
    """An admin on the form of a new SAML provider; what they make is removed."""
    page = visitor().signs_in("noor", at="/t/demo/admin/providers?new=saml")
    expect(page.get_by_role("button", name="Fill the form")).to_be_visible()
    yield page
    page.get_by_role("button", name="Remove …").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Reason").fill("tried")
    asked.get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("Everybody signs in with a password kept here")).to_be_visible()


def turns(page, step, reason="yearly"):
    """Take a step of changing our keys."""
    page.get_by_role("button", name=f"{step} …").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Reason").fill(reason)
    asked.get_by_role("button", name=step, exact=True).click()
    expect(asked).to_have_count(0)


def test_metadata_fills_the_form_and_keys_change_step_by_step(admin):
    page = admin
    page.get_by_label("Name", exact=True).fill("Corp SAML")
    page.get_by_label("Slug").fill("corp")
    page.get_by_label("Or the metadata itself").fill("<html>Sign in</html>")
    page.get_by_role("button", name="Fill the form").click()
    expect(page.get_by_role("alert")).to_contain_text("no SAML metadata")
    page.get_by_label("Or the metadata itself").fill("")
    page.get_by_label("Address of the metadata").fill("http://10.0.0.1/metadata")
    page.get_by_role("button", name="Fill the form").click()
    expect(page.get_by_role("alert")).to_contain_text("https address")
    page.get_by_label("Address of the metadata").fill("")
    page.get_by_label("Or the metadata itself").fill(published(0, 1))
    page.get_by_role("button", name="Fill the form").click()
    expect(page.get_by_text("nothing is kept until you save")).to_be_visible()
    expect(page.get_by_label("Entity ID")).to_have_value("https://idp.example.test/saml")
    expect(page.get_by_label("Log-out address")).to_have_value("https://idp.example.test/slo")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Corp SAML")
    page.get_by_label("Reason").fill("they sign in there")
    page.get_by_role("button", name="Add provider").click()

    keys = page.get_by_role("region", name="Our keys")
    expect(keys.get_by_role("listitem")).to_have_count(1)
    first = keys.get_by_role("code").first.text_content()
    page.get_by_label("Name", exact=True).fill("Corp SAML 2")
    page.get_by_role("button", name="Prepare a new pair …").click()
    page.get_by_role("dialog").get_by_role("button", name="Prepare a new pair").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("A reason")
    page.keyboard.press("Escape")
    turns(page, "Prepare a new pair")
    expect(keys.get_by_role("listitem")).to_have_count(2)
    expect(keys).to_contain_text("Have the provider read our metadata again")
    turns(page, "Use the new pair")
    expect(keys.get_by_role("listitem").nth(1)).to_contain_text(first)
    turns(page, "Drop the old pair")
    expect(keys.get_by_role("listitem")).to_have_count(1)
    expect(keys).not_to_contain_text(first)
    expect(page.get_by_label("Name", exact=True)).to_have_value("Corp SAML 2")
    page.get_by_label("Reason").fill("its new name")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“Corp SAML 2” is changed.")).to_be_visible()


def test_a_step_that_somebody_else_took_meanwhile_is_refused(admin, app):
    page = admin
    page.get_by_label("Name", exact=True).fill("Corp SAML")
    page.get_by_label("Slug").fill("corp")
    page.get_by_label("Or the metadata itself").fill(published(0))
    page.get_by_role("button", name="Fill the form").click()
    expect(page.get_by_text("nothing is kept until you save")).to_be_visible()
    page.get_by_label("Reason").fill("they sign in there")
    page.get_by_role("button", name="Add provider").click()
    expect(page.get_by_role("region", name="Our keys")).to_be_visible()
    other = page.context.new_page()
    other.goto(page.url)
    turns(other, "Prepare a new pair")
    page.get_by_role("button", name="Prepare a new pair …").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Reason").fill("yearly")
    asked.get_by_role("button", name="Prepare a new pair").click()
    expect(asked.get_by_role("alert")).to_contain_text("Somebody else changed the provider")
    page.reload()
    expect(page.get_by_role("button", name="Drop the new pair …")).to_be_visible()
