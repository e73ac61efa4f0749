"""A provider tested by signing in, by a real OpenID provider and a real SimpleSAMLphp."""

from __future__ import annotations

import http.client
from dataclasses import replace

import pytest
from lxml import etree
from playwright.sync_api import expect

from inspector_app.domain.group_roles import GroupMapping, GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.providers import ProviderOrder
from inspector_app.services.audit import operator
from tests.fixtures.browser import Visitor
from tests.fixtures.lying_saml import NAMES, pair
from tests.fixtures.openid import OpenIdProvider, signs_in_there
from tests.fixtures.simplesaml import IS_THERE, simple_saml
from tests.fixtures.slapd import BASE, SERVICE_PASSWORD, needs_slapd

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]
WHO = operator("tester")
MAPPING = GroupMapping(
    (GroupRule("app-admins", "demo", Role.ADMIN), GroupRule("app-devs", "demo", Role.DEVELOPER))
)
PAGE = "/t/demo/admin/providers?provider=corp"


def panel_of(page):
    return page.get_by_role("region", name="Test", exact=True)


def sets(app, order, version=None):
    """Let the operator set a provider of the tenant demo up, switched off."""
    order = replace(order, tenant="demo", enabled=False)
    return app.does(
        lambda services: services.providers.put(WHO, order, version=version, reason="test")
    )


def people(app):
    return sorted(name for (name,) in app.in_database("SELECT username FROM people"))


def session(visitor):
    """The session's cookies, by name."""
    found = visitor.context.cookies(visitor.app.url)
    return {each["name"]: each["value"] for each in found if "way" not in each["name"]}


@pytest.fixture
def reaching(serves, tmp_path, temporal_server):
    """An app whose tenants' providers may stand on this machine."""
    (tmp_path / "app").mkdir()
    allowed = {"INSPECTOR_OUTBOUND_ALLOW": "127.0.0.0/8,::1/128"}
    with serves(tmp_path / "app", temporal_server.address, **allowed) as app:
        yield app


def test_an_admin_tests_an_openid_provider_before_switching_it_on(chromium, reaching):
    app = reaching
    provider = OpenIdProvider(app, "demo.corp").start()
    settings = OidcSettings(
        issuer=provider.issuer,
        client_id="inspector",
        scopes=("openid", "profile", "email", "groups"),
    )
    secrets = {"client_secret": "inspector-secret-0123456789"}
    sets(app, ProviderOrder("corp", "Corp", settings, MAPPING, secrets=secrets))
    noor = Visitor(chromium, app)
    try:
        page = noor.signs_in("noor", at=PAGE)
        tested = panel_of(page)
        before = session(noor)
        tested.get_by_role("link", name="Sign in to test").click()
        signs_in_there(page, "bob")
        page.wait_for_url("**/t/demo/admin/providers?**tested=**")
        expect(tested).to_contain_text("Signing in works")
        expect(tested).to_contain_text("bob@example.test, verified")
        expect(tested).to_contain_text("This person would be a developer")
        expect(tested).to_contain_text("New here, as bob.")
        page.reload()
        expect(tested).to_contain_text("This person would be a developer")
        assert session(noor) == before
        assert "bob" not in people(app)
        expect(page.get_by_role("button", name="Your menu")).to_be_visible()

        provider.puts("bob")
        page.goto(app.url + PAGE)
        tested.get_by_role("link", name="Sign in to test").click()
        page.get_by_role("button", name="Continue").or_(tested.get_by_text("not work")).click()
        expect(tested).to_contain_text("Signing in does not work")
        expect(tested).to_contain_text("None of their groups gives them a role")
        expect(tested).to_contain_text("This person would not get in")
        page.set_viewport_size({"width": 390, "height": 844})
        page.goto(app.url + PAGE)
        tested.get_by_role("link", name="Sign in to test").click()
        expect(tested.get_by_text("This person would not get in")).to_be_in_viewport()
        other = Visitor(chromium, app)
        theirs = other.signs_in("noor", at=page.url.removeprefix(app.url))
        expect(panel_of(theirs)).to_contain_text("The result of this test is not there any more")
        other.leaves()
    finally:
        provider.stop()
    noor.leaves()


@needs_slapd
@pytest.mark.only_on("sqlite", reason="what a directory says has nothing to do with ours")
def test_a_directory_is_tested_by_a_password_that_the_page_forgets(chromium, reaching, slapd):
    app = reaching
    rules = GroupMapping((GroupRule("staff", "demo", Role.OBSERVER),))
    settings, secrets = slapd.settings(people_base=BASE), {"bind_password": SERVICE_PASSWORD}
    sets(app, ProviderOrder("corp", "Corp", settings, rules, secrets=secrets))
    noor = Visitor(chromium, app)
    page = noor.signs_in("noor", at=PAGE)
    tested = panel_of(page)
    expect(tested.get_by_role("link", name="Sign in to test")).to_have_count(0)
    for password, said in (
        ("not-bobs-password", "Name and password do not match."),
        ("bobpw", "This person would be an observer"),
    ):
        tested.get_by_label("User name").fill("bob")
        tested.get_by_label("Password").fill(password)
        tested.get_by_role("button", name="Sign in to test").click()
        expect(tested).to_contain_text(said)
        expect(tested.get_by_label("Password")).to_have_value("")
    assert "bob" not in people(app)
    assert "not-bobs-password" not in app.logged()
    noor.leaves()


@pytest.fixture
def idp(app):
    """A SAML provider of the tenant demo that is switched off, and that knows us."""
    with simple_saml(pair(), f"127.0.0.1:{app.port}") as running:
        order = ProviderOrder("corp", "Corp", running.settings, MAPPING)
        running.kept = sets(app, order)
        running.order = order
        connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.request("GET", "/auth/saml/demo.corp/metadata")
        described = etree.fromstring(connection.getresponse().read())
        connection.close()
        base = f"{app.url}/auth/saml/demo.corp"
        certificate = described.findtext(".//ds:X509Certificate", namespaces=NAMES)
        running.knows(f"{base}/metadata", f"{base}/acs", f"{base}/sls", certificate)
        yield running
        version = running.kept.version
        app.does(
            lambda services: services.providers.remove(
                WHO, "corp", version=version, reason="test", tenant="demo"
            )
        )


@pytest.mark.skipif(not IS_THERE, reason="Debian's package simplesamlphp has it")
def test_an_admin_tests_saml_and_is_told_what_does_not_hold(visitor, app, idp):
    noor = visitor()
    page = noor.signs_in("noor", at=PAGE)
    tested = panel_of(page)
    before = session(noor), people(app)
    tested.get_by_role("link", name="Sign in to test").click()
    page.wait_for_url("http://localhost:*/**")
    page.fill("#username", "alice")
    page.fill("#password", "alicepw")
    page.press("#password", "Enter")
    expect(tested).to_contain_text("Signing in works")
    expect(tested).to_contain_text("app-admins, app-devs")
    expect(tested).to_contain_text("This person would be an admin")

    settings = replace(idp.order.settings, certificates=pair(2).certificate)
    idp.kept = sets(app, replace(idp.order, settings=settings), idp.kept.version)
    page.goto(app.url + PAGE)
    tested.get_by_role("link", name="Sign in to test").click()
    expect(tested).to_contain_text("Signing in does not work")
    expect(tested).to_contain_text("signed by none of the provider's keys")
    assert (session(noor), people(app)) == before
