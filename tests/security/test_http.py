"""The outer guard, over real HTTP."""

from __future__ import annotations

import base64
import hashlib
import re

import httpx
import pytest

from inspector_app.api.forms import safe_next
from tests.fixtures.database import PASSWORD
from tests.fixtures.socket import sign_in


@pytest.fixture
def web(app):
    with httpx.Client(base_url=app.url, trust_env=False) as client:
        yield client


def cookies_of(header):
    return dict(part.split("=", 1) for part in header.split("; "))


@pytest.fixture
def ana(app, web):
    web.cookies.update(cookies_of(sign_in(app, "ana")))
    return web


PATHS = ["/login", "/keys.js", "/fonts/inter.woff2", "/api/v1/me", "/nowhere", "/healthz"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(web, path):
    headers = web.get(path, follow_redirects=True).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-request-id"]
    assert headers["server"] == "inspector"


def test_scripts_are_ours_or_hashed_and_every_inline_one_is(web):
    page = web.get("/login", follow_redirects=True)
    policy = page.headers["content-security-policy"]
    scripts = next(rule for rule in policy.split("; ") if rule.startswith("script-src"))
    assert "unsafe" not in scripts
    inline = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", page.text, re.DOTALL)
    assert inline
    for script in inline:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in scripts


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "127.0.0.1.evil.example"])
def test_an_unknown_host_is_refused(web, host):
    if host == "127.0.0.1:1":
        answer = web.get("/login", headers={"Host": host}, follow_redirects=False)
        assert answer.headers["location"].startswith(str(web.base_url).rstrip("/"))
        return
    answer = web.get("/login", headers={"Host": host})
    assert answer.status_code == 421
    assert host not in answer.headers.get("location", "")


def test_localhost_leads_to_the_public_address_with_path_and_query(app, web):
    port = app.port
    answer = web.get("/t/demo/run?ns=a&workflow_id=b%2Fc", headers={"Host": f"localhost:{port}"})
    assert answer.status_code == 308
    assert answer.headers["location"] == f"{app.url}/t/demo/run?ns=a&workflow_id=b%2Fc"


def test_cookies_are_hidden_from_scripts_and_other_sites(app, web):
    form = {"username": "ana", "password": PASSWORD}
    answer = web.post("/auth/local/login", data=form, headers={"Origin": app.url})
    session, csrf = (
        next(c for c in answer.headers.get_list("set-cookie") if c.startswith(name))
        for name in ("inspector_session", "inspector_csrf")
    )
    assert "HttpOnly" in session
    assert "SameSite=lax" in session
    assert "HttpOnly" not in csrf


def act(client, app, **headers):
    return client.post(
        "/api/v1/workflows/pause",
        params={"ns": "default", "workflow_id": "nobody"},
        json={"reason": "x"},
        headers=headers,
    )


def test_an_action_needs_origin_and_csrf_token(app, ana):
    csrf = ana.cookies["inspector_csrf"]
    assert act(ana, app).status_code == 403
    assert act(ana, app, Origin=app.url).status_code == 403
    assert act(ana, app, Origin=app.url, **{"X-CSRF-Token": "wrong"}).status_code == 403
    evil = {"Origin": "http://evil.example", "X-CSRF-Token": csrf}
    assert act(ana, app, **evil).status_code == 403
    cross = {"Origin": app.url, "Sec-Fetch-Site": "cross-site", "X-CSRF-Token": csrf}
    assert act(ana, app, **cross).status_code == 403
    other = sign_in(app, "ana").split("inspector_csrf=")[1].split(";")[0]
    assert act(ana, app, Origin=app.url, **{"X-CSRF-Token": other}).status_code == 403
    # With both it goes through the guard, and the service says the run is not there.
    assert act(ana, app, Origin=app.url, **{"X-CSRF-Token": csrf}).status_code == 404


def test_signing_in_and_out_from_another_site_is_refused(app, ana):
    form = {"username": "ana", "password": PASSWORD}
    evil = {"Origin": "http://evil.example"}
    assert ana.post("/auth/local/login", data=form, headers=evil).status_code == 403
    assert ana.post("/auth/local/login", data=form).status_code == 403
    assert ana.post("/auth/logout", headers={"Origin": app.url}).status_code == 403
    assert ana.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil", "javascript:x", ""],
    # The whole corpus is in tests/api/test_api_next.py.
)
def test_after_sign_in_nobody_is_sent_to_another_site(app, web, wanted):
    assert safe_next(wanted) == ""
    form = {"username": "ana", "password": PASSWORD, "next": wanted}
    answer = web.post("/auth/local/login", data=form, headers={"Origin": app.url})
    assert answer.headers["location"] == "/t/demo/overview"


def test_after_sign_in_one_lands_where_one_wanted(app, web):
    wanted = "/t/demo/run?ns=default&workflow_id=a%2Fb"
    form = {"username": "ana", "password": PASSWORD, "next": wanted}
    answer = web.post("/auth/local/login", data=form, headers={"Origin": app.url})
    assert (answer.status_code, answer.headers["location"]) == (303, wanted)


def test_a_wrong_password_is_401_for_programs_and_for_browsers(app, web):
    form = {"username": "ivo", "password": "wrong"}
    program = web.post("/auth/local/login", data=form, headers={"Origin": app.url})
    assert program.status_code == 401
    assert program.headers["content-type"] == "application/problem+json"
    browser = web.post(
        "/auth/local/login", data=form, headers={"Origin": app.url, "Accept": "text/html"}
    )
    assert browser.status_code == 401
    assert "url=/login" in browser.text
    assert "wrong" not in browser.headers["set-cookie"]


def test_a_large_body_is_refused_declared_or_streamed(app, ana):
    headers = {"Origin": app.url, "X-CSRF-Token": ana.cookies["inspector_csrf"]}
    large = b"x" * (2**20 + 1)
    assert ana.post("/api/v1/workflows/pause", content=large, headers=headers).status_code == 413

    def pieces():
        for _ in range(20):
            yield b"x" * 2**17

    streamed = ana.post("/api/v1/workflows/pause", content=pieces(), headers=headers)
    assert streamed.status_code == 413


@pytest.mark.parametrize("path", ["/ping", "/_health", "/_upload", "/_all_routes", "/docs"])
def test_what_reflex_and_fastapi_add_is_closed(web, path):
    assert web.get(path).status_code == 404


def test_no_foreign_origin_is_ever_reflected(app, web):
    for path in ("/api/v1/me", "/login/", "/healthz"):
        answer = web.get(path, headers={"Origin": "http://evil.example"})
        assert "access-control-allow-origin" not in answer.headers


def test_an_api_that_is_not_there_answers_a_problem_not_a_page(web):
    answer = web.get("/api/v1/nothing")
    assert answer.status_code == 404
    assert answer.json()["type"] == "urn:inspector:problem:not-found"


def test_metrics_are_open_on_loopback_and_well_formed(web):
    answer = web.get("/metrics")
    assert answer.status_code == 200
    assert "inspector_build_info" in answer.text
    assert "inspector_http_requests_total{" in answer.text
