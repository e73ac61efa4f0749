"""A test of a provider over HTTP: the same routes, the same cookies before and after."""

from __future__ import annotations

import pytest

from inspector_app.domain.permissions import Role
from tests.api.test_api_saml import ELSEWHERE
from tests.api.test_api_signing_in import HTML, notice_of
from tests.fixtures.elsewhere import ADMINS

LOGIN, CALLBACK = "/auth/oidc/demo.own/login", "/auth/oidc/demo.own/callback"
SAML = "/auth/saml/demo.idp"
PAGE = "/t/demo/admin/providers?provider=own&tested="
FETCH = {**HTML, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
async def desk(front):
    """An admin of demo in a browser, and a provider of theirs that is not switched on yet."""
    _, noor = await front.house.signs_in("noor")
    await front.abroad.sets(ADMINS, slug="own", by=noor, enabled=False)
    return await front.signed_in("noor")


async def goes(front, visitor):
    """Begin a test; returns what the provider sends back."""
    front.abroad.provider.now = front.house.time()
    left = await visitor.gets(LOGIN, headers=FETCH, test="true")
    assert left.status_code == 303, left.text
    return front.abroad.provider.approve(left.headers["location"])


async def read(front, visitor, path, slug="own"):
    """Read a result as the page does."""
    admin = await front.house.sessions.resolve(
        visitor.cookie("inspector_session"),
        tenant_slug="demo",
        address="",
        request_id="",
        active=False,
    )
    return await front.abroad.tests.result(admin, slug, path.rpartition("=")[2])


async def test_it_leads_there_and_back_to_the_page_and_leaves_the_session_alone(front, desk):
    before = desk.cookie("inspector_session"), desk.cookie("inspector_csrf")
    back = await goes(front, desk)
    ended = await desk.gets(CALLBACK, headers=HTML, **back)
    assert (ended.status_code, ended.headers["location"][: len(PAGE)]) == (303, PAGE)
    assert "inspector_session" not in str(ended.headers)
    assert (desk.cookie("inspector_session"), desk.cookie("inspector_csrf")) == before
    assert not desk.cookie("inspector_way")
    assert (await desk.gets("/api/v1/me")).json()["username"] == "noor"
    tested = await read(front, desk, ended.headers["location"])
    assert (tested.failed, tested.would.username) == (None, "alice")
    people = front.house.behind().does("SELECT username FROM people WHERE username = 'alice'")
    assert people == []


async def test_a_step_that_fails_leads_to_the_page_too(front, desk):
    back = await goes(front, desk) | {"state": "another"}
    ended = await desk.gets(CALLBACK, headers=HTML, **back)
    tested = await read(front, desk, ended.headers["location"])
    assert "not to what this browser asked" in tested.failed.detail


async def test_a_visitor_and_a_developer_test_nothing(front, desk):
    for visitor, status in ((front.visitor(), 401), (await front.signed_in("ana"), 403)):
        refused = await visitor.gets(LOGIN, headers=FETCH, test="true")
        assert refused.status_code == status
        assert not visitor.cookie("inspector_way")


async def test_a_link_on_another_site_begins_no_test(front, desk):
    foreign = {**HTML, "Sec-Fetch-Site": "cross-site"}
    refused = await desk.gets(LOGIN, headers=foreign, test="true")
    assert (refused.status_code, desk.cookie("inspector_way")) == (403, "")


async def test_an_admin_of_several_tenants_tests_in_the_providers(front, desk):
    house = front.house
    await house.accounts.create_person(
        house.operator, "noor", tenant_slug="other", role=Role.OBSERVER, password=None
    )
    ended = await desk.gets(CALLBACK, headers=HTML, **await goes(front, desk))
    assert (await read(front, desk, ended.headers["location"])).failed is None


async def test_who_signed_out_on_the_way_is_told_the_general_sentence_only(front, desk):
    back = await goes(front, desk) | {"state": "another"}
    way = desk.cookie("inspector_way")
    await desk.fills("/auth/logout")
    desk.http.cookies.set("inspector_way", way, domain="127.0.0.1", path="/")
    refused = await desk.gets(CALLBACK, headers=HTML, **back)
    assert refused.status_code == 401
    assert "asked" not in refused.text + str(notice_of(desk))
    assert (await desk.gets("/api/v1/me")).status_code == 401


async def test_another_admins_browser_gets_no_result_of_a_test_it_did_not_begin(front, desk):
    back = await goes(front, desk)
    way = desk.cookie("inspector_way")
    other = await front.signed_in("noor")
    other.http.cookies.set("inspector_way", way, domain="127.0.0.1", path="/")
    refused = await other.gets(CALLBACK, headers=HTML, **back)
    assert refused.status_code == 401
    assert notice_of(other)["message"] == "Signing in with Own did not work."


async def test_an_answer_without_a_ticket_of_a_test_opens_no_switched_off_provider(front, desk):
    back = await goes(front, desk)
    stranger = front.visitor()
    assert (await stranger.gets(CALLBACK, headers=HTML, **back)).status_code == 404


@pytest.mark.parametrize("lie", ["", "https://other.example.test"])
async def test_saml_is_tested_over_the_acs_that_brings_no_cookie(front, lie):
    abroad, house = front.abroad, front.house
    await abroad.meets(tenant="demo", enabled=False)
    await abroad.reads_metadata("demo.idp")
    noor = await front.signed_in("noor")
    left = await noor.gets(f"{SAML}/login", headers=FETCH, test="true")
    abroad.idp.says |= {"audience": lie} if lie else {}
    response, relay = abroad.answers(left.headers["location"])
    form = {"SAMLResponse": response, "RelayState": relay}
    posted = await front.visitor().http.post(f"{SAML}/acs", data=form, headers=ELSEWHERE)
    assert posted.status_code == 303, posted.text
    ended = await noor.http.get(posted.headers["location"], headers=HTML)
    tested = await read(front, noor, ended.headers["location"], "idp")
    assert (tested.failed is None) is not bool(lie)
    assert not lie or lie in tested.failed.detail
    again = await front.visitor().http.post(f"{SAML}/acs", data=form, headers=ELSEWHERE)
    assert again.status_code == 404, "it is switched off, but for one answer to one test"
    assert house.behind().does("SELECT username FROM people WHERE username = 'alice'") == []


async def test_tests_count_against_the_rate_of_sign_ins(furnished):
    async with furnished(rates="sign-in=2/minute") as front:
        _, noor = await front.house.signs_in("noor")
        await front.abroad.sets(ADMINS, slug="own", by=noor)
        visitor = await front.signed_in("noor")
        await goes(front, visitor)
        assert (await visitor.gets(LOGIN, headers=FETCH, test="true")).status_code == 429


async def begins(front):
    """The operator at a terminal; returns what waits for a browser, and its address."""
    await front.abroad.sets(ADMINS)
    front.abroad.provider.now = front.house.time()
    awaited = await front.abroad.operator_tests.begin(front.house.operator, "corp")
    return awaited, awaited.url.rpartition("=")[2]


async def test_the_operators_address_leads_any_browser_there_and_back_to_the_terminal(front):
    awaited, handle = await begins(front)
    ana = await front.signed_in("ana")
    before = ana.cookie("inspector_session")
    pasted = {**HTML, "Sec-Fetch-Site": "cross-site"}
    left = await ana.gets("/auth/oidc/corp/login", headers=pasted, test=handle)
    back = front.abroad.provider.approve(left.headers["location"])
    ended = await ana.gets("/auth/oidc/corp/callback", headers=HTML, **back)
    assert (ended.status_code, "stands in the terminal" in ended.text) == (200, True)
    assert not ana.cookie("inspector_way")
    assert ana.cookie("inspector_session") == before
    tested = await front.abroad.operator_tests.outcome(front.house.operator, awaited)
    assert (tested.failed, tested.would.username) == (None, "alice")


async def test_the_operators_address_is_good_once_and_guesses_lead_nowhere(front):
    _, handle = await begins(front)
    visitor = front.visitor()
    assert (await visitor.gets("/auth/oidc/corp/login", test=handle)).status_code == 303
    for wrong, status in ((handle, 404), ("x" * 43, 404), ("yes", 422), ("x" * 5000, 422)):
        refused = await front.visitor().gets("/auth/oidc/corp/login", test=wrong)
        assert refused.status_code == status, wrong
