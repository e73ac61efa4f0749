"""Signing in elsewhere over HTTP: cookies, redirects, and what another site may cause."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qs, urlsplit

from inspector_app.domain.provider_settings import OAuth2Settings
from inspector_app.domain.signing_in import Claimed
from tests.api.test_api_signing_in import HTML, notice_of
from tests.fixtures.elsewhere import ADMINS, LDAP
from tests.fixtures.lying_oidc import ISSUER, answer

LOGIN, CALLBACK = "/auth/oidc/corp/login", "/auth/oidc/corp/callback"


async def comes_back(front, visitor, *, instead=None, **query):
    """Go to the provider and come back from it, as a browser does."""
    abroad = front.abroad
    abroad.provider.now = front.house.time()
    left = await visitor.gets(LOGIN, **query)
    assert left.status_code == 303
    back = abroad.provider.approve(left.headers["location"]) | (instead or {})
    return await visitor.gets(CALLBACK, headers=HTML, **back)


async def test_a_browser_goes_there_and_comes_back_signed_in_where_it_wanted_to(front):
    await front.abroad.sets(ADMINS)
    visitor = front.visitor()
    entered = await comes_back(front, visitor, next="/t/demo/people")
    assert (entered.status_code, entered.headers["location"]) == (303, "/t/demo/people")
    me = (await visitor.gets("/api/v1/me")).json()
    assert (me["username"], me["role"]) == ("alice", "admin")
    assert not visitor.cookie("inspector_way")


async def test_it_never_goes_on_to_another_site(front):
    await front.abroad.sets(ADMINS)
    entered = await comes_back(front, front.visitor(), next="https://mallory.example.test/")
    assert entered.headers["location"] == "/t/demo/overview"


async def test_an_answer_that_another_browser_asked_for_signs_nobody_in(front):
    await front.abroad.sets(ADMINS)
    attacker, victim = front.visitor(), front.visitor()
    left = await attacker.gets(LOGIN)
    back = front.abroad.provider.approve(left.headers["location"])
    await victim.gets(LOGIN)
    refused = await victim.gets(CALLBACK, headers=HTML, **back)
    assert refused.status_code == 401
    assert notice_of(victim)["message"] == "Signing in with Corp did not work."
    assert (await victim.gets("/api/v1/me")).status_code == 401


async def test_what_is_said_twice_is_not_said(front):
    await front.abroad.sets(ADMINS)
    visitor = front.visitor()
    left = await visitor.gets(LOGIN)
    back = front.abroad.provider.approve(left.headers["location"])
    twice = await visitor.http.get(CALLBACK, params=[*back.items(), ("state", back["state"])])
    assert twice.status_code == 401


async def test_a_browser_is_told_little_and_the_audit_log_all(front):
    await front.abroad.sets(ADMINS)
    front.abroad.provider.claims = {"aud": "somebody-else"}
    visitor = front.visitor()
    refused = await comes_back(front, visitor)
    assert "hold" not in refused.text + str(notice_of(visitor))
    assert "its aud does not hold" in (await front.abroad.last_words())[2]


async def test_a_provider_that_is_away_or_unknown_leads_back_to_the_sign_in_page(front):
    await front.abroad.sets(ADMINS)
    front.abroad.provider.away = True
    visitor = front.visitor()
    for path, status in ((LOGIN, 401), ("/auth/oidc/demo.none/login", 404)):
        refused = await visitor.gets(path, headers=HTML)
        assert refused.status_code == status
    assert 'url=/login/demo"' in refused.text
    assert (await visitor.gets(LOGIN)).json()["detail"] == "Corp does not answer as it should."


async def test_signing_out_leads_on_by_a_page_to_where_the_provider_ends_its_session(front):
    await front.abroad.sets(ADMINS)
    visitor = front.visitor()
    await comes_back(front, visitor)
    left = await visitor.fills("/auth/logout")
    assert left.status_code == 200, "a form may not be redirected to another site"
    url = html.unescape(re.search(r'content="0;url=([^"]+)"', left.text)[1])
    assert url.startswith(f"{ISSUER}/end?")
    assert parse_qs(urlsplit(url).query)["post_logout_redirect_uri"] == [
        "http://127.0.0.1:8240/login"
    ]
    assert (await visitor.gets("/api/v1/me")).status_code == 401


async def test_signing_out_while_the_provider_is_away_ends_ours_and_says_so(front):
    await front.abroad.sets(ADMINS)
    visitor = front.visitor()
    await comes_back(front, visitor)
    front.abroad.provider.away = True
    front.house.time.pass_by(hours=2)
    left = await visitor.fills("/auth/logout")
    assert left.headers["location"] == "/login"
    assert "you may still be" in notice_of(visitor)["message"]
    assert (await visitor.gets("/api/v1/me")).status_code == 401


async def test_the_providers_machine_ends_a_session_without_cookie_or_origin(front):
    await front.abroad.sets(ADMINS)
    visitor = front.visitor()
    await comes_back(front, visitor)
    form = {"logout_token": front.abroad.logout_token(sid="session-1")}
    machine, path = front.visitor(), "/auth/oidc/corp/backchannel-logout"
    ended = await machine.http.post(path, data=form)
    assert (ended.status_code, ended.headers["cache-control"]) == (200, "no-store")
    assert (await visitor.gets("/api/v1/me")).status_code == 401
    again = await machine.http.post(path, data=form)
    assert (again.status_code, again.json()) == (400, {"error": "invalid_request"})


async def test_no_other_post_comes_from_another_site(front):
    await front.abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    form = {"username": "lena", "password": "secret"}
    foreign = {"Origin": "https://idp.example.test", "Sec-Fetch-Site": "cross-site"}
    refused = await front.visitor().http.post("/auth/ldap/ldap/login", data=form, headers=foreign)
    assert refused.status_code == 403


async def test_a_directorys_password_is_a_form_of_ours(front):
    await front.abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    known = Claimed("uuid-1", "lena", groups=("app-admins",))
    front.abroad.directory.people["lena"] = ("secret", known)
    visitor = front.visitor()
    wrong = await visitor.fills(
        "/auth/ldap/ldap/login", headers=HTML, username="lena", password="guess"
    )
    assert wrong.status_code == 401
    assert 'url=/login?with=ldap"' in wrong.text
    right = await visitor.fills("/auth/ldap/ldap/login", username="lena", password="secret")
    assert right.headers["location"] == "/t/demo/overview"
    front.house.time.pass_by(hours=1)
    proved = await visitor.fills("/auth/local/prove", secret="secret", next="/t/demo/people")
    assert proved.headers["location"] == "/t/demo/people"


async def test_who_signed_in_elsewhere_proves_it_there_and_comes_back(front):
    await front.abroad.sets(ADMINS)
    visitor = front.visitor()
    await comes_back(front, visitor)
    front.house.time.pass_by(hours=1)
    order = {"username": "newcomer", "role": "observer"}
    assert (await visitor.acts("/api/v1/people", order)).status_code == 403
    before = visitor.cookie("inspector_session")
    there = await visitor.fills("/auth/local/prove", next="/t/demo/people")
    path = html.unescape(re.search(r'content="0;url=([^"]+)"', there.text)[1])
    assert path == f"{LOGIN}?prove=true&next=%2Ft%2Fdemo%2Fpeople"
    front.abroad.provider.claims = {"auth_time": int(front.house.time().timestamp())}
    proved = await comes_back(front, visitor, prove="true", next="/t/demo/people")
    assert proved.headers["location"] == "/t/demo/people"
    assert visitor.cookie("inspector_session") != before
    assert (await visitor.acts("/api/v1/people", order)).status_code == 200


async def test_oauth_2_signs_in_by_organisations_and_teams(front):
    host = "https://api.git.example.test"
    settings = OAuth2Settings(
        authorize_url="https://git.example.test/authorize",
        token_url=f"{host}/token",
        user_url=f"{host}/user",
        client_id="inspector",
        groups=(f"{host}/user/teams {{organization.login}}/{{slug}}",),
    )
    teams = type(ADMINS)("acme/platform", "demo", ADMINS.role)
    await front.abroad.sets(teams, slug="git", settings=settings)
    front.abroad.provider.answers = {
        "/token": answer({"access_token": "t"}),
        "/user": answer({"id": 7, "login": "Octo"}),
        "/user/teams": answer([{"slug": "platform", "organization": {"login": "acme"}}]),
    }
    visitor = front.visitor()
    left = await visitor.gets("/auth/oauth2/git/login")
    state = parse_qs(urlsplit(left.headers["location"]).query)["state"][0]
    entered = await visitor.gets("/auth/oauth2/git/callback", code="c", state=state)
    assert entered.headers["location"] == "/t/demo/overview"
    me = (await visitor.gets("/api/v1/me")).json()
    assert (me["username"], me["role"]) == ("octo", "admin")
