"""The operator tests a provider from a terminal, with a real browser on the way."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.fixtures.openid import signs_in_there
from tests.fixtures.terminal import terminal

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def people(app):
    return sorted(name for (name,) in app.in_database("SELECT username FROM people"))


def test_the_operator_walks_a_sign_in_by_openid_connect(visitor, app, openid):
    before = people(app)
    with terminal(app, openid.key, "--sign-in", "--json") as (running, address):
        page = visitor().page
        page.goto(address)
        signs_in_there(page, "bob")
        expect(page.get_by_text("stands in the terminal")).to_be_visible()
        content, _ = running.communicate(timeout=60)
    found = json.loads(content)
    assert (running.returncode, found["works"]) == (0, True)
    assert {each["passed"] for each in found["steps"]} == {"done"}
    assert (found["said"]["username"], found["said"]["groups"]) == ("bob", ["app-devs"])
    (role,) = found["would_be"]["gets"]
    assert (role["tenant"], role["role"], role["group"]) == ("demo", "developer", "app-devs")

    openid.puts("bob")
    with terminal(app, openid.key, "--sign-in") as (running, address):
        page.goto(address)
        page.get_by_role("button", name="Continue").or_(
            page.get_by_text("in the terminal")
        ).click()
        expect(page.get_by_text("stands in the terminal")).to_be_visible()
        words, _ = running.communicate(timeout=60)
    assert running.returncode == 1
    assert "FAILED       Give roles by the mapping" in words
    assert "They would not get in. Not known here." in words
    assert people(app) == before
    page.goto(app.url + "/login")
    expect(page.get_by_role("link", name="Corporate login")).to_be_visible()
