"""A provider's form as its admin meets it: what is wrong, waited for, or read only."""

from __future__ import annotations

import socket

import pytest
from playwright.sync_api import expect

from inspector_app.domain.group_roles import GroupMapping, GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.providers import ProviderOrder
from inspector_app.services.audit import operator
from tests.fixtures.browser import Visitor

pytestmark = pytest.mark.e2e
WHO = operator("tester")
LONG = "The data centre of all universities, for their guests and alumni"
MAPPING = GroupMapping((GroupRule("staff", "demo", Role.OBSERVER),))
PAGE = "/t/demo/admin/providers?provider=corp"


def order(issuer="https://login.example.invalid", **more):
    settings = OidcSettings(issuer=issuer, client_id="inspector")
    return ProviderOrder("corp", LONG, settings, MAPPING, tenant="demo", **more)


@pytest.fixture
def corp(app):
    """A provider of the tenant demo, with a name as long as one may be."""
    assert len(LONG) == 64
    app.does(lambda services: services.providers.put(WHO, order(), version=None, reason="test"))
    yield

    async def remove(services):
        found = await services.providers.one(WHO, "corp", tenant="demo")
        await services.providers.remove(
            WHO, "corp", version=found.version, reason="test", tenant="demo"
        )

    app.does(remove)


def test_a_name_is_whole_on_the_sign_in_page_however_long_it_is(visitor, corp):
    page = visitor(viewport={"width": 390, "height": 844}).goes("/login/demo")
    way = page.get_by_role("link", name=LONG)
    expect(way).to_be_visible()
    assert way.evaluate("each => each.scrollWidth <= each.clientWidth")


def test_a_form_leads_to_what_is_wrong_and_to_what_was_done(visitor, corp):
    page = visitor(viewport={"width": 390, "height": 844}).signs_in("noor", at=PAGE)
    page.get_by_label("Issuer").fill("http://login.example.invalid")
    page.get_by_label("Reason").fill("it moved")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Issuer")).to_be_focused()
    expect(page.get_by_label("Issuer")).to_be_in_viewport()
    expect(page.get_by_label("Issuer")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("One field above is to be corrected.")).to_be_visible()
    page.get_by_label("Issuer").fill("https://login.example.invalid")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is changed.")).to_be_in_viewport()
    page.get_by_role("button", name="Add a rule").click()
    page.get_by_label("Reason").fill("more of them")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Add a rule")).to_be_focused()


def test_what_somebody_else_changed_is_said_beside_the_button_and_shown_when_asked_for(
    visitor, app, corp
):
    page = visitor(viewport={"width": 390, "height": 844}).signs_in("noor", at=PAGE)
    expect(page.get_by_label("Issuer")).to_have_value("https://login.example.invalid")
    moved = order("https://elsewhere.example.invalid")
    app.does(lambda services: services.providers.put(WHO, moved, version=1, reason="it moved"))
    page.get_by_label("Client ID").fill("another")
    page.get_by_label("Reason").fill("it has a new name")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Somebody else changed the provider")).to_be_in_viewport()
    expect(page.get_by_label("Client ID")).to_have_value("another")
    page.get_by_role("button", name="Show it as it is now").click()
    expect(page.get_by_label("Issuer")).to_have_value("https://elsewhere.example.invalid")
    expect(page.get_by_label("Client ID")).to_have_value("inspector")
    expect(page.get_by_text("Somebody else changed the provider")).to_have_count(0)


def test_a_question_gives_the_keyboard_back_to_where_it_was_asked(visitor, corp):
    page = visitor().signs_in("noor", at=PAGE)
    for word in ("Switch off …", "Remove …"):
        page.get_by_role("button", name=word).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").get_by_label("Reason")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_role("button", name=word)).to_be_focused()


def test_a_page_says_what_it_waits_for(chromium, serves, tmp_path, temporal_server):
    allowed = {"INSPECTOR_OUTBOUND_ALLOW": "127.0.0.0/8,::1/128"}
    (tmp_path / "app").mkdir()
    with (
        serves(tmp_path / "app", temporal_server.address, **allowed) as app,
        socket.create_server(("127.0.0.1", 0)) as silent,
    ):
        issuer = f"http://127.0.0.1:{silent.getsockname()[1]}"
        app.does(
            lambda services: services.providers.put(
                WHO, order(issuer), version=None, reason="test"
            )
        )
        noor = Visitor(chromium, app)
        page = noor.signs_in("noor", at=PAGE)
        page.get_by_role("button", name="Test", exact=True).click()
        expect(page.get_by_role("button", name="Testing …")).to_be_visible()
        taken, _ = silent.accept()
        taken.close()
        silent.close()
        expect(page.get_by_text("Does not work")).to_be_visible()
        expect(page.get_by_role("button", name="Test", exact=True)).to_be_visible()
        noor.leaves()


def test_what_the_operator_set_can_be_read_and_looks_like_it(
    chromium, serves, tmp_path, temporal_server
):
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "inspector.toml").write_text(
        '[[provider]]\nslug = "corp"\nname = "Corp"\nkind = "oidc"\ntenant = "demo"\n'
        'issuer = "https://login.example.invalid"\nclient_id = "inspector"\n'
        'client_secret = "secret"\n[[provider.rule]]\ngroup = "staff"\ntenant = "demo"\n'
        'role = "observer"\n'
    )
    with serves(tmp_path / "app", temporal_server.address) as app:
        noor = Visitor(chromium, app)
        page = noor.signs_in("noor", at=PAGE)
        expect(page.get_by_text("Set in the operator's file")).to_be_visible()
        expect(page.get_by_label("Issuer")).to_be_disabled()
        for word in ("Save", "Add a rule", "Remove this rule", "Remove …", "Switch off …"):
            expect(page.get_by_role("button", name=word)).to_have_count(0)
        ground = "each => getComputedStyle(each).backgroundColor"
        read, typed = page.get_by_label("Issuer"), page.get_by_label("Somebody's groups")
        assert read.evaluate(ground) != typed.evaluate(ground)
        noor.leaves()
