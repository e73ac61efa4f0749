"""What no browser sends: nobody is told more, and nobody else notices."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.fixtures.handlers import (
    EVERY,
    HYDRATE,
    arguments,
    beyond_defaults,
    fields,
    handler,
    shared_out,
)
from tests.fixtures.socket import (
    MARK,
    NAMESPACE,
    PATIENCE,
    Socket,
    side_by_side,
    sign_in,
    text_of,
)

pytestmark = pytest.mark.temporal

LIST = handler("workflows_state.load")
SEARCH = handler("workflows_state.search")
AT = {"pathname": "/t/demo/workflows", "query": {}, "asPath": "/t/demo/workflows"}
INSIDE = ("Traceback", "site-packages", "Error(", "File \\")


class Odd:
    """JSON as Python's own encoder would not write it."""

    @staticmethod
    def dumps(content, **options):
        text = json.dumps(content, separators=(",", ":"))
        text = text.replace('"@deep"', '{"a":' * 50_000 + "1" + "}" * 50_000)
        return text.replace('"@nan"', "NaN").replace('"@large"', "1" + "0" * 5_000)

    loads = staticmethod(json.loads)


def event(name=LIST, payload=None, router=None, **more):
    return {"name": name, "payload": payload or {}, "router_data": router or AT, **more}


WHOLE = {
    "a text": "x",
    "a text of JSON": '{"name": "x"}',
    "a number": 5,
    "nothing": None,
    "a list": [event()],
    "an empty object": {},
    "an unknown name": event("nobody.knows.this"),
    "a number for a name": event(5),
    "a list for a name": event([LIST]),
    "a frontend's own event": event("_redirect", {"path": "//evil.example"}),
    "a list of arguments": event(payload=[1]),
    "a text of arguments": event(payload="x"),
    "self": event(payload={"self": 1}),
    "too many arguments": event(payload={str(n): n for n in range(1000)}),
    "no address": {"name": LIST},
    "a list for the address": event(router=[1]),
    "numbers in the address": event(router={"pathname": 5, "query": 5, "asPath": 5}),
    "a broken address": event(router={**AT, "asPath": "http://[evil/"}),
    "NUL": event(router={**AT, "asPath": "/t/demo/workflows?ns=\0&query=\0"}),
    "headers of its own": event(
        router={**AT, "headers": {"cookie": "x"}, "ip": "6.6.6.6", "token": "t", "sid": "s"}
    ),
    "a deep form": event(SEARCH, {"form": "@deep"}),
    "no number": event(SEARCH, {"form": {"query": "@nan"}}),
    "a large number": event(SEARCH, {"form": {"query": "@large"}}),
    "a large text": event(SEARCH, {"form": {"query": "x" * 900_000}}),
    "a large name": event("x" * 900_000),
}


@pytest.mark.parametrize("person", [None, "ivo"])
@pytest.mark.parametrize("content", WHOLE.values(), ids=WHOLE)
async def test_a_malformed_event_tells_nothing_and_the_socket_goes_on(app, content, person):
    async with Socket(app, person and sign_in(app, person)) as socket:
        socket.client.packet_class.json = Odd
        await socket.emit(content)
        told = await socket.marked()
        assert not any(word in text_of(told) for word in INSIDE)
        assert "//evil.example" not in text_of(told)
        if person is None:
            assert beyond_defaults(told) == {}
        else:
            assert "'ivo'" in text_of(await socket.call(HYDRATE))


VALUES = [None, 5, -1, True, "x", "\0", [], ["x"], {}, {"a": {"b": []}}, "x" * 100_000]


async def test_arguments_of_every_wrong_kind_tell_nothing_and_break_nobody(app, waiting):
    cookie = sign_in(app, "noor")

    async def tries(names):
        async with Socket(app, cookie, page=waiting.page()) as socket:
            await socket.until("Approval", await socket.call(handler("_run_state.load")))
            for name in names:
                given = arguments(name) or {"unknown": 1}
                for value in VALUES if name != MARK else ():
                    await socket.emit(socket.event(name, **dict.fromkeys(given, value)))
                told = await socket.marked()
                assert not any(word in text_of(told) for word in INSIDE), name
            assert "'noor'" in text_of(await socket.call(HYDRATE))

    async with Socket(app, sign_in(app, "ivo")) as other:
        await side_by_side(map(tries, shared_out(EVERY)))
        assert "'ivo'" in text_of(await other.call(HYDRATE))
    assert await waiting.is_untouched()


async def test_a_message_over_the_limit_ends_its_own_socket_only(app):
    async with Socket(app, sign_in(app, "ivo")) as other:
        async with Socket(app, sign_in(app, "ivo")) as socket:
            await socket.emit(event(SEARCH, {"form": {"query": "x" * 1_100_000}}))
            await asyncio.wait_for(socket.client.wait(), PATIENCE)
            assert not socket.client.connected
        assert "'ivo'" in text_of(await other.call(HYDRATE))


async def test_half_a_letter_which_no_answer_can_carry_silences_its_own_socket_only(app):
    async with Socket(app, sign_in(app, "ivo")) as other, Socket(app) as socket:
        socket.client.packet_class.json = Odd
        await socket.emit(event(router={**AT, "asPath": "/t/\ud800/workflows?ns=\udfff"}))
        assert "'ivo'" in text_of(await other.call(HYDRATE))


@pytest.mark.parametrize("channel", ["client_error", "ping", "connect", "nothing"])
async def test_other_channels_of_the_socket_do_nothing(app, channel):
    async with Socket(app) as socket:
        for content in ({"error_type": "x", "message": "y"}, None, "x", [LIST]):
            await socket.client.emit(channel, content, namespace=NAMESPACE)
        told = await socket.call(HYDRATE)
    assert beyond_defaults(told, allowed=set()) == {}
    assert fields(told)


async def test_a_socket_that_says_it_has_gone_is_forgotten_and_others_go_on(app):
    async with Socket(app, sign_in(app, "ivo")) as other, Socket(app) as socket:
        await socket.client.emit("disconnect", "x", namespace=NAMESPACE)
        await socket.emit(socket.event(HYDRATE))
        assert "'ivo'" in text_of(await other.call(HYDRATE))
        assert socket.updates.empty()
