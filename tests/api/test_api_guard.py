"""The outer guard where a browser cannot lead it: proxies, cookies of others, raw sockets."""

from __future__ import annotations

import pytest

from inspector_app.services import registry

BEHIND = {
    "public_url": "https://inspector.example",
    "secret_key": "k" * 40,
    "trusted_proxies": "10.0.0.0/8, ::1/128",
}
PUBLIC = BEHIND["public_url"]
PROXY = "10.0.0.7"


def through(client, **more):
    return {"X-Forwarded-Proto": "https", "X-Forwarded-For": client, **more}


async def pauses(visitor, **headers):
    return await visitor.http.post(
        "/api/v1/workflows/pause",
        params={"ns": "main", "workflow_id": "w"},
        json={"reason": "x"},
        headers={"Origin": visitor.origin, **headers},
    )


async def test_another_programs_cookie_does_not_switch_the_csrf_check_off(front):
    visitor = await front.signed_in("ana")
    session = visitor.cookie("inspector_session")
    for other in ('x={"a": 1}', "a b=1", '"q"=1', "=", "é=ü", "inspector_session_old=1"):
        jar = f"{other}; inspector_session={session}".encode()
        answer = await pauses(front.visitor(), Cookie=jar)
        assert answer.json()["title"] == "CSRF token missing or wrong", other


@pytest.mark.parametrize("scheme", ["Bearer", "bearer"])
async def test_a_bearer_request_never_acts_or_reads_with_the_cookie(front, scheme):
    visitor = await front.signed_in("ana")
    token = {"Authorization": f"{scheme} made-up"}
    assert (await visitor.gets("/api/v1/me", headers=token)).status_code == 401
    csrf = {"X-CSRF-Token": visitor.cookie("inspector_csrf")}
    for headers in (token, {**token, **csrf}):
        assert (await pauses(visitor, **headers)).status_code == 401
    # Without Origin it reaches the API, as a program's request must, and is nobody there.
    answer = await visitor.http.post(
        "/api/v1/workflows/pause?ns=main&workflow_id=w", json={"reason": "x"}, headers=token
    )
    assert answer.status_code == 401


async def test_a_bearer_token_does_not_let_a_foreign_page_sign_somebody_in(front):
    answer = await front.visitor().signs_in(
        "ana", Authorization="Bearer x", Origin="http://evil.example"
    )
    assert answer.status_code == 403


async def test_behind_a_proxy_with_https_cookies_are_secure_and_scripts_cannot_plant_them(
    furnished,
):
    async with furnished(**BEHIND) as front:
        visitor = front.visitor(origin=PUBLIC, address=PROXY)
        answer = await visitor.signs_in("ana", **through("203.0.113.9"))
        assert answer.status_code == 303
        cookies = answer.headers.get_list("set-cookie")
        for cookie in cookies:
            assert cookie.startswith("__Host-inspector_")
            assert "Secure" in cookie
            assert "Path=/" in cookie
            assert "Domain" not in cookie
        assert "max-age" in answer.headers["strict-transport-security"]
        assert "wss://inspector.example" in answer.headers["content-security-policy"]
        assert (await visitor.gets("/api/v1/me")).json()["username"] == "ana"
    (entry,) = await front.entries(action="session.open", address="203.0.113.9")
    assert entry.actor_name == "ana"


FORWARDED = [
    (["203.0.113.9"], "203.0.113.9"),
    (["198.51.100.1, 203.0.113.9"], "203.0.113.9"),
    (["203.0.113.9, 10.1.1.1"], "203.0.113.9"),
    # Some proxies add a line of their own: what the client wrote stands above it.
    (["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
    (["198.51.100.1", "203.0.113.9, 10.1.1.1"], "203.0.113.9"),
    (["203.0.113.9:41234"], "203.0.113.9"),
    (["[2001:db8::5]:41234"], "2001:db8::5"),
    (["2001:db8::5"], "2001:db8::5"),
    (["::ffff:203.0.113.9"], "203.0.113.9"),
    (["x" * 5000], PROXY),
    ([""], PROXY),
]


async def test_the_clients_address_is_what_the_trusted_proxy_saw(furnished):
    async with furnished(**BEHIND) as front:
        visitor = front.visitor(origin=PUBLIC, address=PROXY)
        for lines, told in FORWARDED:
            headers = [("Origin", PUBLIC), *(("X-Forwarded-For", line) for line in lines)]
            form = {"username": f"n{len(str(lines))}", "password": "wrong"}
            await visitor.http.post("/auth/local/login", data=form, headers=headers)
            assert (await front.house.entries(None))[-1].record.address == told, lines


async def test_a_proxy_nobody_trusts_is_not_believed(furnished):
    async with furnished(**BEHIND) as front:
        visitor = front.visitor(origin=PUBLIC, address="192.0.2.1")
        await visitor.signs_in("ana", "wrong", **through("203.0.113.9"))
        chain = await front.house.entries(None)
        stranger = front.visitor(origin="http://192.0.2.9", address="192.0.2.1")
        forwarded = {"X-Forwarded-Host": "inspector.example"}
        assert (await stranger.gets("/api/v1/me", headers=forwarded)).status_code == 421
        known = front.visitor(origin="http://192.0.2.9", address=PROXY)
        assert (await known.gets("/api/v1/me", headers=forwarded)).status_code == 401
    assert chain[-1].record.address == "192.0.2.1"


@pytest.mark.parametrize("host", ["localhost:8240", "[::1]:8240", "127.0.0.1:9", "localhost"])
async def test_loopbacks_other_names_lead_to_the_public_address(front, host):
    answer = await front.visitor().gets(
        "/t/demo/run?ns=a&workflow_id=b%2Fc%20%F0%9F%98%80", headers={"Host": host}
    )
    assert answer.status_code == 308
    assert answer.headers["location"] == (
        "http://127.0.0.1:8240/t/demo/run?ns=a&workflow_id=b%2Fc%20%F0%9F%98%80"
    )
    posted = await front.visitor().http.post("/auth/logout", headers={"Host": host})
    assert posted.status_code == 421


async def test_a_public_address_has_no_loopback_names(furnished):
    async with furnished(**BEHIND) as front:
        answer = await front.visitor(origin="http://localhost").gets("/login")
    assert answer.status_code == 421


async def test_a_length_that_is_too_large_or_none_is_refused_unread(front):
    visitor = await front.signed_in("ana")
    for length in ("1048577", "9" * 5000, "-1", "1e3"):
        given = {"Content-Length": length}
        answer = await visitor.acts("/api/v1/workflows/pause", {}, headers=given, ns="main")
        assert answer.status_code == 413, length


async def test_endless_headers_are_refused(front):
    answer = await front.visitor().gets("/healthz", headers={"X-Long": "x" * 33_000})
    assert answer.status_code == 431


async def test_a_request_id_from_outside_is_not_taken(front):
    given = {"X-Request-Id": "mine"}
    first = await front.visitor().gets("/healthz", headers=given)
    second = await front.visitor().gets("/healthz", headers=given)
    ids = {first.headers["x-request-id"], second.headers["x-request-id"]}
    assert len(ids) == 2
    assert "mine" not in ids


async def test_only_our_own_origin_may_ask_across(front):
    ours = await front.visitor().gets("/healthz", headers={"Origin": "http://evil.example"})
    assert "access-control-allow-origin" not in ours.headers


async def handshake(app, *headers, path="/_event/"):
    """Knock with a websocket; returns what the server said."""
    said = []
    scope = {
        "type": "websocket",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"EIO=4&transport=websocket",
        "headers": [(name.encode(), value.encode()) for name, value in headers],
        "client": ("127.0.0.1", 5),
        "scheme": "ws",
        "subprotocols": [],
    }

    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        said.append(message["type"])

    await app(scope, receive, send)
    return said


async def reflex(scope, receive, send):
    """Stand in for what is mounted under the API."""
    await receive()
    await send({"type": "websocket.accept"})


HOST, OWN = ("host", "127.0.0.1:8240"), ("origin", "http://127.0.0.1:8240")


CLOSED = [
    [HOST],
    [HOST, ("origin", "null")],
    [HOST, ("origin", "http://127.0.0.1:8241")],
    [HOST, ("origin", "https://127.0.0.1:8240")],
    [HOST, ("origin", "http://127.0.0.1:8240.evil.example")],
    [HOST, OWN, ("origin", "http://evil.example")],
    [("host", "evil.example"), OWN],
    [("host", "localhost:8240"), ("origin", "http://localhost:8240")],
    [HOST, HOST, OWN],
    [HOST, OWN, ("x", "x" * 33_000)],
]


async def test_a_socket_opens_for_our_own_page_only(furnished):
    async with furnished(extend=lambda api: api.mount("/_event", reflex)) as front:
        assert await handshake(front.app, HOST, OWN) == ["websocket.accept"]
        for headers in CLOSED:
            assert await handshake(front.app, *headers) == ["websocket.close"], headers


async def test_a_socket_elsewhere_finds_nobody(front):
    assert await handshake(front.app, HOST, OWN, path="/api/v1/me") == ["websocket.close"]


async def test_the_guard_needs_no_services_to_refuse(front):
    registry.install(None)
    answer = await front.visitor().gets("/healthz", headers={"Host": "evil.example"})
    assert answer.status_code == 421
