"""Calls to the outside, against a real server: what is let out, and what may come back."""

from __future__ import annotations

import asyncio
import gzip
from contextlib import asynccontextmanager
from ipaddress import ip_network

import httpx
import pytest

from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound
from inspector_app.domain.errors import NotReached
from inspector_app.services.ports import Call
from tests.fixtures.receiver import authority, plainly, receiving

LOOPBACK = (ip_network("127.0.0.0/8"),)


class Names:
    """A name server whose answers are listed; the last one stays."""

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []

    async def __call__(self, host, port):
        self.asked.append(host)
        answers = self.answers.get(host.partition(".")[0])
        if answers is None:
            raise OSError("no such name")
        return answers.pop(0) if len(answers) > 1 else answers[0]


@asynccontextmanager
async def outbound(allowed=LOOPBACK, **options):
    made = HttpxOutbound(GuardedTransport(allowed, **options))
    try:
        yield made
    finally:
        await made.close()


async def refusal(out, call):
    with pytest.raises(NotReached) as caught:
        await out.send(call)
    return caught.value


async def test_a_call_reaches_an_address_that_the_operator_allows():
    async with outbound() as out, receiving() as there:
        there.behave = plainly(b'{"ok":true}', b"X-Answer: yes")
        answer = await out.send(
            Call(
                method="POST",
                url=f"http://127.0.0.1:{there.port}/hook?a=1",
                headers={"X-Given": "it", "Host": "elsewhere"},
                body=b"told",
            )
        )
        assert (answer.status, answer.body) == (200, b'{"ok":true}')
        assert answer.headers["x-answer"] == "yes"
        (head, body) = there.requests[0]
        assert head.startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
        assert body == b"told"
        lines = head.lower().split(b"\r\n")
        assert b"x-given: it" in lines
        assert [line for line in lines if line.startswith(b"host:")] == [
            b"host: 127.0.0.1:%d" % there.port
        ]
        assert b"accept-encoding: identity" in lines


async def test_without_the_operators_word_loopback_is_not_called():
    async with outbound(()) as out, receiving() as there:
        error = await refusal(out, Call(method="GET", url=f"https://127.0.0.1:{there.port}/"))
        assert error.permanent
        assert "not on the public internet" in error.detail
        assert "INSPECTOR_OUTBOUND_ALLOW" in error.hint
        assert there.requests == []


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "017700000001", "127.1", "0177.0.0.1", "0x7f.1"),
        *("127.0.0.1.", "①②⑦.⓪.⓪.①", "\uff11\uff12\uff17.0.0.1", "localhost."),
        "[::ffff:127.0.0.1%251]",
    ],
)
async def test_another_way_to_write_an_address_is_not_called_even_where_it_is_allowed(host):
    everything = Names(**{host.partition(".")[0]: [["127.0.0.1"]]})
    async with outbound(resolve=everything) as out, receiving() as there:
        error = await refusal(out, Call(method="GET", url=f"http://{host}:{there.port}/"))
        assert error.permanent
        assert there.requests == []
        assert everything.asked == []


@pytest.mark.parametrize("host", ["127。0。0。1", "[::ffff:7f00:1]", "[::FFFF:127.0.0.1]"])
async def test_what_is_read_as_an_address_is_looked_at_as_one(host):
    async with outbound(()) as out, receiving() as there:
        error = await refusal(out, Call(method="GET", url=f"https://{host}:{there.port}/"))
        assert "not on the public internet" in error.detail
        assert there.requests == []


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://127.0.0.1/", "file:///etc/passwd", "gopher://127.0.0.1/", "//127.0.0.1/", "x"),
        *("http://ana:secret@127.0.0.1:{port}/", "http://@", "http://", "http:///etc", ""),
        *("http://127.0.0.1:0/", "http://127.0.0.1:65536/", "http://127.0.0.1:-1/"),
        *("http://127.0.0.1:{port}\\@example.com/", "http://127.0.0.1:{port}/\r\nX: y"),
        *("http://127.0.0.1:{port}\t/", "http://example.com\x00.127.0.0.1/", "javascript:1"),
        *("unix:///var/run/docker.sock", "http+unix://x", "ws://127.0.0.1:{port}/", "h" * 100_000),
    ],
)
async def test_a_url_that_is_none_or_of_another_scheme_is_not_called(url):
    async with outbound(resolve=Names()) as out, receiving() as there:
        error = await refusal(out, Call(method="GET", url=url.format(port=there.port)))
        assert error.permanent
        assert "secret" not in error.detail
        assert there.requests == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-One": "a\r\nX-Two: b"},
        {"X-One": "a\nb"},
        {"X-One": "a\x00b"},
        {"X One": "a"},
        {"X-One\r\nX-Two": "a"},
        {"": "a"},
        {"X-One": "é"},
    ],
)
async def test_no_header_carries_another_one_in(headers):
    async with outbound() as out, receiving() as there:
        call = Call(method="GET", url=f"http://127.0.0.1:{there.port}/", headers=headers)
        assert (await refusal(out, call)).permanent
        assert there.requests == []


async def test_a_method_carries_no_second_request_in():
    async with outbound() as out, receiving() as there:
        call = Call(method="GET / HTTP/1.1\r\nX:", url=f"http://127.0.0.1:{there.port}/")
        assert (await refusal(out, call)).permanent
        assert there.requests == []


async def test_a_name_is_resolved_once_and_connected_to_where_it_was_looked_at():
    rebinding = Names(rebind=[["127.0.0.1"], ["10.0.0.1"]])
    async with outbound(resolve=rebinding) as out, receiving() as there:
        there.behave = plainly(b"one", b"connection: close")
        url = f"http://rebind.example:{there.port}/"
        answer = await out.send(Call(method="GET", url=url))
        assert answer.body == b"one"
        assert rebinding.asked == ["rebind.example"]
        assert b"Host: rebind.example:%d\r\n" % there.port in there.requests[0][0]
        # A new connection looks anew, and now the name leads inside.
        error = await refusal(out, Call(method="GET", url=url))
        assert "not on the public internet" in error.detail
        assert len(there.requests) == 1


@pytest.mark.parametrize(
    "addresses",
    [
        *(["8.8.8.8", "10.0.0.1"], ["10.0.0.1", "127.0.0.1"], ["127.0.0.1", "169.254.169.254"]),
        *(["2606:4700::1111", "fd00:ec2::254"], ["::ffff:169.254.169.254"], ["fe80::1%1"]),
        ["127.0.0.1", "64:ff9b::a9fe:a9fe"],
    ],
)
async def test_a_name_with_one_address_inside_is_not_called_at_any(addresses):
    mixed = Names(mixed=[addresses])
    async with outbound(resolve=mixed) as out, receiving() as there:
        error = await refusal(out, Call(method="GET", url=f"https://mixed.example:{there.port}/"))
        assert "not on the public internet" in error.detail
        assert there.requests == []


async def test_the_second_address_answers_where_the_first_one_does_not():
    names = Names(two=[["127.0.0.9", "127.0.0.1"]])
    async with outbound(resolve=names) as out, receiving() as there:
        answer = await out.send(Call(method="GET", url=f"http://two.example:{there.port}/"))
        assert answer.body == b"well"


@pytest.mark.parametrize("answer", [[], None])
async def test_a_name_that_is_not_there_may_be_there_later(answer):
    names = Names(**({} if answer is None else {"gone": [answer]}))
    async with outbound(resolve=names) as out:
        error = await refusal(out, Call(method="GET", url="https://gone.example/"))
        assert not error.permanent
        assert "does not resolve" in error.detail


async def test_the_systems_own_names_are_looked_up():
    async with outbound((*LOOPBACK, ip_network("::1"))) as out, receiving() as there:
        answer = await out.send(Call(method="GET", url=f"http://localhost:{there.port}/"))
        assert answer.status == 200
    async with outbound(()) as out:
        error = await refusal(out, Call(method="GET", url="https://localhost:4433/"))
        assert "not on the public internet" in error.detail


@pytest.mark.parametrize("status", [b"301 M", b"302 F", b"303 S", b"307 T", b"308 P", b"300 C"])
async def test_a_redirect_is_not_followed_and_says_so(status):
    async with outbound() as out, receiving() as there, receiving() as inside:
        target = b"location: http://169.254.169.254/latest/meta-data/"
        there.behave = plainly(b"", target, status=status)
        error = await refusal(out, Call(method="GET", url=f"http://127.0.0.1:{there.port}/"))
        assert error.permanent
        assert "redirect" in error.detail
        assert "169.254" not in error.detail + error.hint
        assert inside.requests == []


async def test_a_client_that_would_follow_cannot():
    async with receiving() as there, receiving() as other:
        there.behave = plainly(
            b"", b"location: http://127.0.0.1:%d/" % other.port, status=b"302 F"
        )
        transport = GuardedTransport(LOOPBACK)
        async with httpx.AsyncClient(transport=transport, follow_redirects=True) as client:
            with pytest.raises(NotReached, match="redirect"):
                await client.get(f"http://127.0.0.1:{there.port}/")
        assert other.requests == []


async def test_a_client_of_somebody_elses_making_is_guarded_too():
    async with receiving() as there:
        transport = GuardedTransport(LOOPBACK)
        async with httpx.AsyncClient(transport=transport, trust_env=False) as client:
            answer = await client.post(f"http://127.0.0.1:{there.port}/", json={"a": 1})
            assert answer.text == "well"
            with pytest.raises(NotReached, match="not on the public internet"):
                await client.get("http://10.0.0.1/")
            with pytest.raises(NotReached, match="user name or password"):
                await client.get(f"http://ana:b@127.0.0.1:{there.port}/")


async def test_a_cookie_that_one_target_sets_comes_back_to_none():
    async with outbound() as out, receiving() as there:
        there.behave = plainly(b"", b"set-cookie: a=b; Path=/")
        for _ in range(2):
            await out.send(Call(method="GET", url=f"http://127.0.0.1:{there.port}/"))
        assert not any(b"cookie" in head.lower() for head, _ in there.requests)


async def told_to(writer, head, *, piece=b"", forever=False):
    writer.write(head)
    while forever:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"x: y\r\n"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"a"),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
    ids=["silent", "headers", "stalled", "chunks", "drip", "continue"],
)
async def test_an_answer_that_never_ends_is_given_up_on(head, piece):
    async with outbound() as out, receiving() as there:
        there.behave = lambda writer: told_to(writer, head, piece=piece, forever=True)
        call = Call(method="GET", url=f"http://127.0.0.1:{there.port}/", seconds=0.5)
        error = await refusal(out, call)
        assert not error.permanent
        # The flood of headers is cut off for its size, where it is faster than the clock.
        assert "within 0.5 seconds" in error.detail or "not HTTP" in error.detail


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 1000000000",
        b"content-length: 99999999999999999999999999999999999",
        b"transfer-encoding: chunked",
        b"x: y",
    ],
)
async def test_an_answer_that_is_too_long_is_given_up_on(head):
    sent = b"10000\r\n" + b"a" * 65536 + b"\r\n"
    async with outbound() as out, receiving() as there:
        answer = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n"
        there.behave = lambda writer: told_to(writer, answer, piece=sent, forever=True)
        call = Call(method="GET", url=f"http://127.0.0.1:{there.port}/", most=100_000)
        error = await refusal(out, call)
        assert "longer than 100000 bytes" in error.detail or "not HTTP" in error.detail


async def test_an_answer_of_the_longest_length_is_taken():
    async with outbound() as out, receiving() as there:
        there.behave = plainly(b"a" * 100_000)
        call = Call(method="GET", url=f"http://127.0.0.1:{there.port}/", most=100_000)
        assert len((await out.send(call)).body) == 100_000


async def test_a_body_that_would_swell_is_not_unpacked():
    async with outbound() as out, receiving() as there:
        there.behave = plainly(gzip.compress(b"a" * 10**7), b"content-encoding: gzip")
        error = await refusal(out, Call(method="GET", url=f"http://127.0.0.1:{there.port}/"))
        assert "compressed" in error.detail


@pytest.mark.parametrize(
    "answer", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x00" * 100, b"HTTP/1.1 101 X\r\nupgrade: x\r\n\r\n"]
)
async def test_what_does_not_speak_http_is_said_to_be_so(answer):
    async def behave(writer):
        writer.write(answer)
        writer.close()

    async with outbound() as out, receiving() as there:
        there.behave = behave
        error = await refusal(out, Call(method="GET", url=f"http://127.0.0.1:{there.port}/"))
        assert "HTTP" in error.detail


async def test_nothing_that_listens_is_tried_again_later():
    async with receiving() as there:
        port = there.port
    async with outbound() as out:
        error = await refusal(out, Call(method="GET", url=f"http://127.0.0.1:{port}/"))
        assert not error.permanent
        assert "cannot be connected to" in error.detail


async def test_tls_asks_for_the_name_and_believes_its_certificate_alone(tmp_path):
    believing, being = authority(tmp_path, "hook.example")
    names = Names(hook=[["127.0.0.1"]], other=[["127.0.0.1"]])
    async with outbound(resolve=names, tls=believing) as out, receiving(tls=being) as there:
        answer = await out.send(Call(method="GET", url=f"https://hook.example:{there.port}/"))
        assert answer.body == b"well"
        assert there.names == ["hook.example"]
        assert b"Host: hook.example:%d\r\n" % there.port in there.requests[0][0]
        error = await refusal(out, Call(method="GET", url=f"https://other.example:{there.port}/"))
        assert "ertificate" in error.detail
        error = await refusal(out, Call(method="GET", url=f"https://127.0.0.1:{there.port}/"))
        assert "ertificate" in error.detail
        assert len(there.requests) == 1
    async with outbound(resolve=names) as out, receiving(tls=being) as there:
        error = await refusal(out, Call(method="GET", url=f"https://hook.example:{there.port}/"))
        assert "ertificate" in error.detail


async def test_a_proxy_in_the_environment_is_not_asked(monkeypatch):
    async with outbound() as out, receiving() as there, receiving() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        await out.send(Call(method="GET", url=f"http://127.0.0.1:{there.port}/"))
        assert proxy.requests == []
        assert len(there.requests) == 1


async def test_a_call_does_not_tell_its_address_or_its_secrets_to_a_log():
    call = Call(method="GET", url="https://a.example/T0/secret", headers={"A": "x"}, body=b"y")
    assert repr(call) == "Call(method='GET', seconds=15.0, most=1048576)"
