"""Signing in by SAML in a real browser, at a real SimpleSAMLphp on another site."""

from __future__ import annotations

import http.client
import json
from urllib.parse import parse_qsl

import pytest
from lxml import etree
from playwright.sync_api import expect

from inspector_app.domain.group_roles import GroupMapping, GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.providers import ProviderOrder
from inspector_app.services.audit import operator
from tests.fixtures.lying_saml import NAMES, pair
from tests.fixtures.simplesaml import IS_THERE, simple_saml
from tests.fixtures.terminal import terminal

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.temporal,
    pytest.mark.skipif(not IS_THERE, reason="Debian's package simplesamlphp has it"),
]
MAPPING = GroupMapping(
    (GroupRule("app-admins", "demo", Role.ADMIN), GroupRule("app-devs", "demo", Role.DEVELOPER))
)


def reads(app, path):
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse().read()
    connection.close()
    return answer


@pytest.fixture
def idp(app):
    """A provider that knows us by our metadata, as we know it by its own."""
    with simple_saml(pair(), f"127.0.0.1:{app.port}") as running:
        order = ProviderOrder("corp", "Corp SAML", running.settings, MAPPING)
        who = operator("tester")
        app.does(lambda services: services.providers.put(who, order, version=None, reason="test"))
        described = etree.fromstring(reads(app, "/auth/saml/corp/metadata"))
        certificate = described.findtext(".//ds:X509Certificate", namespaces=NAMES)
        base = f"{app.url}/auth/saml/corp"
        running.knows(f"{base}/metadata", f"{base}/acs", f"{base}/sls", certificate)
        yield running
        app.does(lambda services: services.providers.remove(who, "corp", version=1, reason="test"))


def signs_in(page, name, password):
    page.get_by_role("link", name="Corp SAML").click()
    page.wait_for_url("http://localhost:*/**")
    page.fill("#username", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url("**/t/demo/overview")


def role_of(page, app):
    return page.request.get(f"{app.url}/api/v1/me").json()["role"]


def test_who_signs_in_there_has_the_role_of_their_groups_and_loses_it_with_them(visitor, app, idp):
    first = visitor()
    page = first.goes("/login")
    signs_in(page, "alice", "alicepw")
    assert role_of(page, app) == "admin"
    idp.people["alice"] = ("alicepw", ["app-devs"])
    idp.writes()
    again = visitor().goes("/login")
    signs_in(again, "alice", "alicepw")
    assert role_of(again, app) == "developer"


def test_a_log_out_here_ends_the_session_there(visitor, app, idp):
    page = visitor().goes("/login")
    signs_in(page, "bob", "bobpw")
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{app.url}/login**")
    page.get_by_role("link", name="Corp SAML").click()
    expect(page.locator("#password")).to_be_visible()
    assert page.url.startswith(idp.url)


def test_a_log_out_there_ends_the_open_page_here(visitor, app, idp):
    somebody = visitor()
    page = somebody.goes("/login")
    signs_in(page, "bob", "bobpw")
    there = somebody.context.new_page()
    there.goto(f"{idp.url}/saml2/idp/SingleLogoutService.php?ReturnTo={idp.url}/logout.php")
    expect(there.get_by_text("logged out", exact=False).first).to_be_visible()
    page.wait_for_url(f"{app.url}/login**")


def test_an_answer_of_another_browser_signs_nobody_in(visitor, app, idp):
    """Login CSRF: somebody's own answer, posted by a page that another person is lured to."""
    mallory, victim = visitor(), visitor()
    page = mallory.goes("/login")
    posted = {}

    def holds(route):
        posted["body"] = route.request.post_data
        route.abort()

    page.route("**/auth/saml/corp/acs", holds)
    page.get_by_role("link", name="Corp SAML").click()
    page.fill("#username", "bob")
    page.fill("#password", "bobpw")
    page.press("#password", "Enter")
    page.wait_for_event("requestfailed")
    mallory.troubles.clear()
    lure = victim.context.new_page()
    lure.route(
        f"{idp.url}/lure",
        lambda route: route.fulfill(content_type="text/html", body=_form(app, posted["body"])),
    )
    lure.goto(f"{idp.url}/lure")
    lure.get_by_role("button").click()
    expect(lure.get_by_text("did not work", exact=False)).to_be_visible()
    assert lure.request.get(f"{app.url}/api/v1/me").status == 401


def _form(app, body):
    fields = "".join(f"<input name='{k}' value='{v}'>" for k, v in parse_qsl(body))
    action = f"{app.url}/auth/saml/corp/acs"
    return f"<form method=post action='{action}'>{fields}<button>Win</button></form>"


def test_the_operator_walks_a_sign_in_from_a_terminal(visitor, app, idp):
    with terminal(app, "corp", "--sign-in", "--json") as (running, address):
        page = visitor().page
        page.goto(address)
        page.fill("#username", "alice")
        page.fill("#password", "alicepw")
        page.press("#password", "Enter")
        expect(page.get_by_text("stands in the terminal")).to_be_visible()
        content, _ = running.communicate(timeout=60)
    found = json.loads(content)
    assert (running.returncode, found["works"], found["said"]["username"]) == (0, True, "alice")
    assert [each["role"] for each in found["would_be"]["gets"]] == ["admin"]
