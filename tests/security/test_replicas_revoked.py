"""What is taken away through one process is gone at the next event in the other."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from types import SimpleNamespace
from urllib.parse import unquote

import pytest

from tests.fixtures.app import App, served
from tests.fixtures.handlers import SHELL, beyond_defaults, handler
from tests.fixtures.socket import Socket, redirects, renewed, sign_in, sign_out, text_of
from tests.fixtures.speaking import speaks

pytestmark = [
    pytest.mark.temporal,
    pytest.mark.only_on("postgres", reason="replicas share a server's database"),
]

LIST, AUDIT = (handler(f"{each}_state.load") for each in ("workflows", "audit"))


@pytest.fixture
def pair(tmp_path, temporal_server, database_kind, postgres, redis):
    """Two processes over one database and one Redis, each at an address of its own."""
    assert database_kind == "postgres"
    shared = {
        "INSPECTOR_DATABASE_URL": postgres.makes(),
        "INSPECTOR_REDIS_URL": redis.url,
    }
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    with served(tmp_path / "here", temporal_server.address, **shared) as here:
        there = App(tmp_path / "there", temporal_server.address, **shared)
        try:
            yield SimpleNamespace(here=here, there=there.start())
        finally:
            there.stop()


def acts(app, cookie, name, deed, **more):
    """Do something to a person, as an admin does over the API."""
    items = speaks(app, "GET", "/api/v1/people?page_size=1000", cookie).body["items"]
    found = next(each for each in items if each["username"] == name)
    body = {"reason": "they left", "version": found["version"], **more}
    return speaks(app, "POST", f"/api/v1/people/{found['id']}/{deed}", cookie, body=body)


def bears(app, text):
    """Ask who one is with a token or a JWT."""
    connection = HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request("GET", "/api/v1/me", headers={"Authorization": f"Bearer {text}"})
    status = connection.getresponse().status
    connection.close()
    return status


def signs_out(pair, cookie, noor, name):
    sign_out(pair.here, cookie)


def is_disabled(pair, cookie, noor, name):
    assert acts(pair.here, noor, name, "disable").status == 200


def is_removed(pair, cookie, noor, name):
    assert acts(pair.here, noor, name, "remove").status == 204


def is_signed_out(pair, cookie, noor, name):
    assert acts(pair.here, noor, name, "sign-out").status == 200


def is_reset(pair, cookie, noor, name):
    assert acts(pair.here, noor, name, "reset").status == 200


SHUT_OUT = [signs_out, is_disabled, is_removed, is_signed_out, is_reset]


async def test_what_one_process_takes_away_is_gone_in_the_other_at_the_next_event(pair):
    noor = sign_in(pair.here, "noor")
    for deed in SHUT_OUT:
        name = deed.__name__.replace("_", "-")
        pair.here.hire(name, "demo", "admin")
        cookie = sign_in(pair.here, name)  # one session for every process
        async with (
            Socket(pair.there, cookie) as list_page,
            Socket(pair.there, cookie, page="/t/demo/audit") as audit_page,
        ):
            assert f"'{name}'" in text_of(await list_page.call(LIST))
            assert f"'{name}'" in text_of(await audit_page.call(AUDIT))
            deed(pair, cookie, noor, name)
            for socket, event in ((list_page, LIST), (audit_page, AUDIT)):
                told = await socket.call(event)
                assert redirects(told), name
                assert beyond_defaults(told) == {}, name
        assert speaks(pair.there, "GET", "/api/v1/me", cookie).status == 401, name


async def test_a_role_that_is_lowered_where_the_session_goes_on_counts_in_the_other(pair):
    pair.here.hire("twice", "demo", "admin")
    more = ("--username", "twice", "--tenant", "other", "--role", "observer")
    pair.here.command("user", "create", *more)
    cookie = sign_in(pair.here, "twice")  # of two tenants, so that neither ends the session
    async with Socket(pair.there, cookie, page="/t/demo/audit") as socket:
        assert "'twice'" in text_of(await socket.call(AUDIT))
        noor = sign_in(pair.here, "noor")
        assert acts(pair.here, noor, "twice", "role", role="observer").status == 200
        told = await socket.call(AUDIT)
        assert "/login?next=/t/demo/audit" in unquote(text_of(redirects(told)))
        assert beyond_defaults(told) == {}
    fresh = renewed(pair.there, cookie)
    assert renewed(pair.here, cookie) == ""
    async with Socket(pair.there, fresh, page="/t/demo/audit") as socket:
        told = await socket.call(AUDIT)
        assert "may not do this" in text_of(told)
        assert set(beyond_defaults(told)) <= SHELL


def test_a_token_that_is_revoked_in_one_process_and_its_jwt_open_nothing_in_the_other(pair):
    noor = sign_in(pair.here, "noor")
    words = ("token", "create", "--tenant", "demo", "--name", "robot", "--role", "developer")
    text = pair.here.command(*words).stdout.strip()
    connection = HTTPConnection("127.0.0.1", pair.there.port, timeout=10)
    bearer = {"Authorization": f"Bearer {text}"}
    connection.request("POST", "/api/v1/auth/token", headers=bearer)
    jwt = json.loads(connection.getresponse().read())["access_token"]
    connection.close()
    assert (bears(pair.there, text), bears(pair.there, jwt)) == (200, 200)
    tokens = speaks(pair.here, "GET", "/api/v1/tokens?whose=tenant", noor).body["items"]
    ident = next(each["id"] for each in tokens if each["name"] == "robot")
    assert speaks(pair.here, "POST", f"/api/v1/tokens/{ident}/revoke", noor).status == 200
    assert (bears(pair.there, text), bears(pair.there, jwt)) == (401, 401)
