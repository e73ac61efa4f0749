"""What one may ask: how often, how much, how deep and how slowly, with a clear answer."""

from __future__ import annotations

import asyncio

import orjson
import pytest

from inspector_app.api import bodies

PAUSE = "/api/v1/workflows/pause"
DEEP = b'{"reason":' + b"[" * 200 + b"]" * 200 + b"}"


async def test_who_asks_too_often_is_told_how_long_to_wait_and_others_go_on(furnished):
    async with furnished(rates="read=5/minute, heavy=2/minute") as front:
        ana, ivo = await front.signed_in("ana"), await front.signed_in("ivo")
        statuses = [(await ana.gets("/api/v1/me")).status_code for _ in range(8)]
        assert statuses == [200] * 5 + [429] * 3
        answer = await ana.gets("/api/v1/me")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert answer.json()["type"] == "urn:inspector:problem:too-many"
        assert "5/minute" in answer.json()["detail"]
        assert (await ivo.gets("/api/v1/me")).status_code == 200
        (refused,) = await front.entries(action="limit.reach")
        assert (refused.actor_name, refused.outcome) == ("ana", "denied")


async def test_what_costs_more_has_a_rate_of_its_own(furnished):
    async with furnished(rates="heavy=2/minute") as front:
        noor = await front.signed_in("noor")
        asked = [(await noor.gets("/api/v1/audit/verify")).status_code for _ in range(3)]
        assert asked == [200, 200, 429]
        assert (await noor.gets("/api/v1/me")).status_code == 200


async def test_acting_has_a_rate_of_its_own(furnished):
    async with furnished(rates="act=2/minute") as front:
        ivo = await front.signed_in("ivo")
        asked = [
            (await ivo.acts(PAUSE, {"reason": "x"}, ns="main", workflow_id="w")).status_code
            for _ in range(3)
        ]
        assert asked == [403, 403, 429]
        assert (await ivo.gets("/api/v1/me")).status_code == 200


async def test_an_address_that_nobody_signed_in_from_has_its_rate_too(furnished):
    async with furnished(rates="read=3/minute") as front:
        asked = [(await front.visitor().gets("/api/v1/me")).status_code for _ in range(5)]
        assert asked == [401] * 3 + [429] * 2
        elsewhere = front.visitor(address="10.0.0.9")
        assert (await elsewhere.gets("/api/v1/me")).status_code == 401


async def test_signing_in_has_a_rate_whatever_the_name(furnished):
    async with furnished(rates="sign-in=3/minute") as front:
        visitor = front.visitor()
        asked = [(await visitor.signs_in(f"n{n}", "wrong")).status_code for n in range(5)]
        assert asked == [401] * 3 + [429] * 2
        assert (await visitor.signs_in("ana")).headers["retry-after"]
        assert (await front.visitor(address="10.0.0.9").signs_in("ana")).status_code == 303


async def test_a_rate_that_is_off_is_none(furnished):
    async with furnished(rates="read=off") as front:
        ana = await front.signed_in("ana")
        asked = {(await ana.gets("/api/v1/me")).status_code for _ in range(50)}
        assert asked == {200}


async def test_json_that_is_too_deep_is_refused_with_a_sentence(front):
    ana = await front.signed_in("ana")
    csrf = ana.cookie("inspector_csrf")
    given = {"Origin": ana.origin, "X-CSRF-Token": csrf, "Content-Type": "application/json"}
    answer = await ana.http.post(PAUSE, content=DEEP, headers=given)
    assert answer.status_code == 400
    assert "more than 64 levels deep" in answer.json()["title"]


def depth_of(*pieces):
    depth = bodies._Depth()
    return [depth.of(piece) for piece in pieces][-1]


@pytest.mark.parametrize(
    ("content", "depth"),
    [
        ({"a": [{"b": []}]}, 4),
        ({"a": "[[[[{{{{"}, 1),
        ({"a": '\\"[[['}, 1),
        ({"\\": ["\\\\", '"[']}, 2),
        ("[[", 0),
        ([], 1),
    ],
)
def test_depth_is_counted_outside_of_texts_however_the_pieces_are_cut(content, depth):
    written = orjson.dumps(content)
    assert depth_of(written) == depth
    assert depth_of(*(bytes([byte]) for byte in written)) == depth
    for at in range(len(written)):
        assert depth_of(written[:at], written[at:]) == depth


async def ask(app, *, receive, path=PAUSE, method="POST", headers=(), query=b""):
    """Ask past every client library; returns the status and the body's text."""
    sent = []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1:8240"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8240),
        "scheme": "http",
    }

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    return sent[0]["status"], b"".join(each.get("body", b"") for each in sent[1:]).decode()


async def nothing_more():
    return {"type": "http.request", "body": b"", "more_body": False}


async def test_a_body_that_drips_in_is_given_up_on(front, monkeypatch):
    monkeypatch.setattr(bodies, "MOST_SECONDS", 0.2)
    pieces = 0

    async def drip():
        nonlocal pieces
        pieces += 1
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b" ", "more_body": True}

    bearer = [(b"authorization", b"Bearer x"), (b"content-type", b"application/json")]
    status, text = await ask(front.visitor().http._transport.app, receive=drip, headers=bearer)
    assert status == 408
    assert "within 0.2 seconds" in text
    assert pieces < 20


async def test_an_endless_address_and_endless_header_lines_are_refused(front):
    app = front.visitor().http._transport.app
    status, text = await ask(
        app, receive=nothing_more, method="GET", path="/healthz", query=b"a" * 17_000
    )
    assert (status, "16384 bytes" in text) == (414, True)
    lines = [(b"x-%d" % number, b"y") for number in range(101)]
    status, text = await ask(
        app, receive=nothing_more, method="GET", path="/healthz", headers=lines
    )
    assert (status, "100 header lines" in text) == (431, True)
