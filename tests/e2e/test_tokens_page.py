"""Tokens made, copied once and ended, in a real browser."""

from __future__ import annotations

import http.client
import json
import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.database import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def asks(app, text, path="/api/v1/me"):
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request("GET", path, headers={"Authorization": f"Bearer {text}"})
    answer = connection.getresponse()
    content = json.loads(answer.read())
    connection.close()
    return answer.status, content


def makes(page, name, *, role="observer"):
    page.get_by_role("button", name="New token").click()
    asked = page.get_by_role("dialog")
    asked.get_by_role("button", name="Create token").click()
    expect(asked.get_by_role("alert")).to_contain_text("A name has 1 to 64")
    asked.get_by_label("Role, at most").select_option(role)
    asked.get_by_label("Name", exact=True).fill(name)
    asked.get_by_label("Expires after").select_option("7 days")
    return asked


def test_a_person_makes_a_token_uses_it_and_ends_it(visitor, app):
    page = visitor().signs_in("ana", at="/t/demo/account")
    asked = makes(page, "nightly", role="developer")
    asked.get_by_label("run:terminate").uncheck()
    asked.get_by_role("button", name="Create token").click()
    text = asked.locator("#fresh-token").inner_text()
    assert text.startswith("insp_pat_")
    status, me = asks(app, text)
    assert (status, me["username"], me["role"]) == (200, "ana", "developer")
    assert "run:pause" in me["permissions"]
    assert "run:terminate" not in me["permissions"]
    asked.get_by_role("button", name="Done").click()
    expect(page.get_by_text("nightly")).to_be_visible()
    page.reload()
    expect(page.get_by_text("nightly")).to_be_visible()
    assert text not in page.content()
    page.get_by_role("button", name="Revoke nightly").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke token").click()
    expect(page.get_by_text("No token yet")).to_be_visible()
    assert asks(app, text)[0] == 401


def test_an_admin_makes_a_service_token_and_others_may_not(visitor, app):
    page = visitor().signs_in("noor", at="/t/demo/admin/tokens")
    asked = makes(page, "deploy bot")
    asked.get_by_role("button", name="Create token").click()
    text = asked.locator("#fresh-token").inner_text()
    assert asks(app, text)[1]["username"] == "deploy bot"
    asked.get_by_role("button", name="Done").click()
    row = page.get_by_role("row").filter(has_text="deploy bot")
    expect(row.get_by_text("Service", exact=True)).to_be_visible()
    page.get_by_role("button", name="Revoke deploy bot").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke token").click()
    expect(page.get_by_role("button", name="Revoke deploy bot")).to_have_count(0)
    other = visitor().signs_in("ivo", at="/t/demo/admin/tokens")
    expect(other.get_by_text("are for admins")).to_be_visible()
    other.goto(f"{app.url}/t/demo/account")
    new = other.get_by_role("button", name="New token")
    expect(new).to_be_disabled()
    expect(new).to_have_attribute("title", re.compile("developer"))


def test_a_while_after_signing_in_a_token_is_made_after_a_proof(visitor, app):
    app.hire("tove", "demo", "admin")
    page = visitor().signs_in("tove", at="/t/demo/admin/tokens")
    expect(page.get_by_role("button", name="New token")).to_be_enabled()
    who = "person = (SELECT id FROM people WHERE username = 'tove')"
    app.in_database(f"UPDATE sessions SET proved_at = '2020-01-01 00:00:00.000000' WHERE {who}")
    page.get_by_role("button", name="New token").click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("heading", name="Prove that it is you")).to_be_visible()
    asked.get_by_label("Your password").fill(PASSWORD)
    asked.get_by_role("button", name="Go on").click()
    page.wait_for_url("**/t/demo/admin/tokens")
    asked = makes(page, "after all")
    asked.get_by_role("button", name="Create token").click()
    expect(asked.locator("#fresh-token")).to_contain_text("insp_svc_")
