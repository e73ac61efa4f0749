"""SAML over HTTP: an answer comes from another site, and only its browser is let in by it."""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

import pytest
from lxml import etree
from xmlsec import constants

from tests.api.test_api_signing_in import HTML, notice_of
from tests.fixtures.lying_saml import SETTINGS, log_out_answered, message_in, sign

BASE = "/auth/saml/idp"
ELSEWHERE = {"Origin": "https://idp.example.test", "Sec-Fetch-Site": "cross-site", **HTML}


async def posts(front, response, relay=""):
    """Post to the ACS as a browser does from the provider's page: without our cookies."""
    form = {"SAMLResponse": response, "RelayState": relay}
    return await front.visitor().http.post(f"{BASE}/acs", data=form, headers=ELSEWHERE)


async def comes(front, visitor, **query):
    """Go to the provider and come back signed in."""
    left = await visitor.gets(f"{BASE}/login", **query)
    assert left.headers["location"].startswith(SETTINGS.sso_url)
    posted = await posts(front, *front.abroad.answers(left.headers["location"]))
    return await visitor.http.get(posted.headers["location"], headers=HTML)


async def test_an_answer_from_another_site_lets_its_browser_in_where_it_wanted_to(front):
    await front.abroad.meets()
    visitor = front.visitor()
    entered = await comes(front, visitor, next="/t/demo/people")
    assert (entered.status_code, entered.headers["location"]) == (303, "/t/demo/people")
    me = (await visitor.gets("/api/v1/me")).json()
    assert (me["username"], me["role"]) == ("alice", "admin")


async def test_the_acs_itself_signs_nobody_in(front):
    await front.abroad.meets()
    left = await front.visitor().gets(f"{BASE}/login")
    posted = await posts(front, *front.abroad.answers(left.headers["location"]))
    assert posted.status_code == 303
    assert urlsplit(posted.headers["location"]).path == f"{BASE}/finish"
    assert "inspector_session" not in str(posted.headers)


async def test_an_answer_lets_no_other_browser_in_and_none_twice(front):
    await front.abroad.meets()
    mine, other = front.visitor(), front.visitor()
    left = await mine.gets(f"{BASE}/login")
    await other.gets(f"{BASE}/login")
    response, relay = front.abroad.answers(left.headers["location"])
    place = (await posts(front, response, relay)).headers["location"]
    refused = await other.http.get(place, headers=HTML)
    assert refused.status_code == 401
    assert notice_of(other)["message"] == "Signing in with Idp did not work."
    assert (await other.gets("/api/v1/me")).status_code == 401
    assert (await posts(front, response, relay)).status_code == 401
    assert (await mine.http.get(place, headers=HTML)).status_code == 401


async def test_an_answer_with_another_relay_state_is_not_the_browsers(front):
    await front.abroad.meets()
    visitor = front.visitor()
    left = await visitor.gets(f"{BASE}/login")
    response, _ = front.abroad.answers(left.headers["location"])
    posted = await posts(front, response, "another")
    assert (await visitor.http.get(posted.headers["location"])).status_code == 401


async def test_only_what_the_provider_must_reach_takes_posts_from_its_site(front):
    await front.abroad.meets()
    for path in ("/finish", "/login", "/metadata", "/acs/more", "/acs%2f"):
        answer = await front.visitor().http.post(BASE + path, headers=ELSEWHERE)
        assert answer.status_code == 403, path
    assert (await front.visitor().gets(f"{BASE}/acs")).status_code == 405


@pytest.mark.parametrize("size", [700_000, 3_000_000])
async def test_a_response_without_end_is_refused(front, size):
    await front.abroad.meets()
    answer = await posts(front, base64.b64encode(b" " * size).decode())
    assert answer.status_code in {401, 413}


async def test_log_out_there_ends_the_session_here_whatever_browser_says_so(front):
    await front.abroad.meets()
    visitor = front.visitor()
    await comes(front, visitor)
    idp = front.abroad.idp
    idp.now = front.house.time()
    query = idp.logs_out(sls=f"{front.abroad.base}/sls")
    forged = query.replace("RelayState=there", "RelayState=here")
    refused = await front.visitor().http.get(f"{BASE}/sls?{forged}", headers=ELSEWHERE)
    assert refused.status_code == 401
    assert (await visitor.gets("/api/v1/me")).status_code == 200
    answered = await front.visitor().http.get(f"{BASE}/sls?{query}", headers=ELSEWHERE)
    assert answered.status_code == 303
    answer = message_in(answered.headers["location"], "SAMLResponse")
    assert answer.get("InResponseTo") == "_logout"
    assert (await visitor.gets("/api/v1/me")).status_code == 401


async def test_log_out_here_leads_on_to_the_provider_and_back(front):
    await front.abroad.meets()
    visitor = front.visitor()
    await comes(front, visitor)
    left = await visitor.fills("/auth/logout")
    assert SETTINGS.slo_url in left.text
    assert (await visitor.gets("/api/v1/me")).status_code == 401
    idp = front.abroad.idp
    idp.now = front.house.time()
    root = log_out_answered(idp, f"{front.abroad.base}/sls")

    async def comes_back():
        form = {"SAMLResponse": base64.b64encode(etree.tostring(root)).decode()}
        return await visitor.http.post(f"{BASE}/sls", data=form, headers=ELSEWHERE)

    assert (await comes_back()).status_code == 401
    sign(root, idp.keys, constants.TransformRsaSha256, constants.TransformSha256)
    back = await comes_back()
    assert (back.status_code, back.headers["location"]) == (303, "/login")


async def test_our_metadata_is_public_and_nobody_elses_is(front):
    await front.abroad.meets()
    found = await front.visitor().gets(f"{BASE}/metadata")
    assert found.headers["content-type"].startswith("application/samlmetadata+xml")
    assert etree.fromstring(found.content).get("entityID") == f"{front.abroad.base}/metadata"
    assert "PRIVATE" not in found.text
    assert (await front.visitor().gets("/auth/saml/none/metadata")).status_code == 404
