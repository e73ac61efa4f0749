"""Rules made, tried and taken back, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.fixtures.backstage import address_of

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def test_an_admin_tries_a_rule_keeps_it_and_takes_it_back(visitor, backstage):
    ref, _ = backstage.starts()
    admin = visitor().signs_in("noor", at="/t/demo/admin/redaction")
    expect(admin.get_by_text("Nothing is hidden")).to_be_visible()
    admin.get_by_role("button", name="Hide something").click()
    asked = admin.get_by_role("dialog")
    asked.get_by_label("Name").fill("the topic")
    asked.get_by_label("Hides by").select_option("pattern")
    asked.get_by_label("What").fill("(heat")
    expect(asked.get_by_role("alert")).to_contain_text("RE2 does not take this pattern")
    asked.get_by_label("What").fill("heat +pumps")
    asked.get_by_label("Try it on").fill('{"topic": "heat pumps", "n": 1}')
    shown = asked.get_by_label("As they see it")
    expect(shown).to_contain_text("[hidden: this rule]")
    expect(shown).not_to_contain_text("pumps")
    asked.get_by_role("button", name="Hide it").click()
    row = admin.get_by_role("row").filter(has_text="the topic")
    expect(row).to_contain_text("heat +pumps")
    expect(row).to_contain_text("Observers")

    observer = visitor().signs_in("ivo", at=address_of(ref))
    expect(observer.get_by_text("[hidden: the topic]").first).to_be_visible()
    expect(observer.get_by_text("heat pumps")).to_have_count(0)
    developer = visitor().signs_in("ana", at=address_of(ref))
    expect(developer.get_by_text("heat pumps").first).to_be_visible()

    admin.get_by_role("button", name="Remove the topic").click()
    asked.get_by_role("button", name="Remove rule").click()
    expect(asked.get_by_role("alert")).to_contain_text("A reason")
    asked.get_by_label("Reason").fill("no secret any more")
    asked.get_by_role("button", name="Remove rule").click()
    expect(admin.get_by_text("Nothing is hidden")).to_be_visible()
    observer.reload()
    expect(observer.get_by_text("heat pumps").first).to_be_visible()


def test_who_is_no_admin_is_told_so(visitor):
    page = visitor().signs_in("ana", at="/t/demo/admin/redaction")
    expect(page.get_by_text("Redaction is for admins")).to_be_visible()
    expect(page.get_by_role("link", name="Redaction")).to_have_count(0)
