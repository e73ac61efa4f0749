"""A state belongs to the session that filled it, and to nobody who knows its token."""

from __future__ import annotations

import json

import pytest

from tests.fixtures.database import PASSWORD
from tests.fixtures.handlers import HYDRATE, SAID, SHELL, arguments, beyond_defaults, handler
from tests.fixtures.socket import Socket, redirects, sign_in, sign_out, text_of

pytestmark = pytest.mark.temporal

LIST, AUDIT, RUN = (handler(f"{each}_state.load") for each in ("workflows", "audit", "_run"))
PAUSE = handler("act_state.pause")


async def read_by_ana(app, waiting):
    """Open the run's page as Ana does, with what she sees on it."""
    victim = await Socket(app, sign_in(app, "ana"), page=waiting.page()).__aenter__()
    await victim.until("Approval", await victim.call(HYDRATE) + await victim.call(RUN))
    return victim


async def thieves(app):
    return {"nobody": None, "forged": "inspector_session=" + "a" * 43, "eve": sign_in(app, "eve")}


async def test_with_anothers_token_one_gets_a_state_of_ones_own(app, waiting):
    victim = await read_by_ana(app, waiting)
    try:
        for who, cookie in (await thieves(app)).items():
            async with Socket(app, cookie, token=victim.token) as thief:
                told = await thief.call(HYDRATE) + await thief.call(PAUSE, **arguments(PAUSE))
                assert beyond_defaults(told, allowed=SAID | SHELL) == {}, who
                assert "ana" not in {v for v in beyond_defaults(told).values() if str(v) == v}, who
    finally:
        await victim.__aexit__()
    assert await waiting.is_untouched()


@pytest.mark.parametrize("who", ["nobody", "forged", "eve"])
async def test_a_token_left_behind_opens_nothing(app, waiting, who):
    victim = await read_by_ana(app, waiting)
    await victim.__aexit__()
    cookie = (await thieves(app))[who]
    async with Socket(app, cookie, token=victim.token, page="/", boot=HYDRATE) as thief:
        told = await thief.marked() + await thief.call(PAUSE, **arguments(PAUSE))
    assert beyond_defaults(told, allowed=SAID | SHELL) == {}
    assert waiting.ref.workflow_id not in text_of(told)
    assert "'ana'" not in text_of(told)
    assert await waiting.is_untouched()


async def test_after_log_out_an_open_socket_is_refused_and_emptied(app, waiting):
    cookie = sign_in(app, "ana")
    async with Socket(app, cookie, page=waiting.page()) as socket:
        await socket.until("Approval", await socket.call(RUN))
        sign_out(app, cookie)
        told = await socket.call(PAUSE, **arguments(PAUSE))
        assert redirects(told)
        assert beyond_defaults(told) == {}
        assert beyond_defaults(await socket.call(HYDRATE), allowed=set()) == {}
    assert await waiting.is_untouched()


async def test_a_page_that_follows_a_run_ends_with_its_session(app, waiting):
    cookie = sign_in(app, "ana")
    async with Socket(app, cookie, page=waiting.page()) as socket:
        await socket.until("Approval", await socket.call(RUN))
        sign_out(app, cookie)
        await waiting.handle.terminate("so that there is something new to tell")
        told = await socket.until("redirect")
    assert "Terminated" not in text_of(told)


async def test_a_disabled_person_is_refused_at_the_next_event(app):
    app.hire("gone", "demo", "admin")
    async with Socket(app, sign_in(app, "gone")) as socket:
        assert "'gone'" in text_of(await socket.call(AUDIT))
        app.command("user", "disable", "--username", "gone")
        told = await socket.call(AUDIT)
        assert redirects(told)
        assert beyond_defaults(told) == {}
    assert sign_in(app, "gone") is None


async def test_a_lower_role_or_none_counts_at_the_next_event(app, waiting):
    app.hire("falling", "demo", "admin")
    who = "person = (SELECT id FROM people WHERE username = 'falling')"
    async with Socket(app, sign_in(app, "falling"), page=waiting.page()) as socket:
        assert "'role_rx_state_': 'admin'" in text_of(await socket.call(AUDIT))
        await socket.until("Approval", await socket.call(RUN))
        app.in_database(f"UPDATE memberships SET role = 'observer' WHERE {who}")
        told = await socket.call(PAUSE, **arguments(PAUSE))
        assert "may not do this" in text_of(told)
        assert beyond_defaults(told)["role"] == "observer"
        app.in_database(f"DELETE FROM memberships WHERE {who}")
        told = await socket.call(RUN)
        assert "you do not belong to it" in text_of(told)
        assert set(beyond_defaults(told, allowed=SAID)) <= {"username", "csrf"}
    assert await waiting.is_untouched()


async def test_what_was_read_in_one_tenant_is_gone_in_another(app):
    app.hire("both", "demo", "admin")
    app.command("user", "create", "--username", "both", "--tenant", "other", "--role", "observer")
    async with Socket(app, sign_in(app, "both"), page="/t/demo/audit") as socket:
        assert "both" in text_of(await socket.call(AUDIT))
        told = await socket.call(AUDIT, page="/t/other/audit")
        assert "Your role, observer, may not do this" in text_of(told)
        now = beyond_defaults(await socket.call(HYDRATE, page="/t/other/audit"), allowed=SAID)
    assert set(now) <= SHELL
    assert (now["tenant"], now["role"]) == ("other", "observer")


async def test_a_one_time_password_opens_nothing_but_its_change(app, waiting):
    words = ("user", "create", "--username", "fresh", "--tenant", "demo", "--role", "admin")
    once = json.loads(app.command(*words, "--json").stdout)["one_time_password"]
    async with Socket(app, sign_in(app, "fresh", once), page=waiting.page()) as socket:
        for name in (LIST, RUN, AUDIT, PAUSE):
            told = await socket.call(name, **arguments(name))
            assert "/setup" in redirects(told)[0], name
            assert set(beyond_defaults(told)) <= SHELL - {"tenants", "namespaces", "tenant_name"}
    assert await waiting.is_untouched()


def parts(cookie):
    return dict(part.split("=", 1) for part in cookie.split("; "))


@pytest.mark.parametrize(
    "forge",
    [
        lambda own: f"inspector_session={own['inspector_session'][:-1]}",
        lambda own: f"inspector_session={own['inspector_session']}x",
        lambda own: f"inspector_session={own['inspector_session'].swapcase()}",
        lambda own: f"inspector_session={own['inspector_csrf']}",
        lambda own: f"inspector_csrf={own['inspector_session']}",
        lambda own: f"Inspector_Session={own['inspector_session']}",
        lambda own: f"__Host-inspector_session={own['inspector_session']}",
        lambda own: "inspector_session=",
        lambda own: "inspector_session=%00",
        lambda own: "inspector_session=\xe9\xff",
        lambda own: "inspector_session='; DROP TABLE sessions; --",
        lambda own: "a" * 20_000,
    ],
    ids=[
        "cut",
        "longer",
        "case",
        "csrf",
        "misnamed",
        "capitals",
        "prefixed",
        "empty",
        "nul",
        "latin",
        "quote",
        "endless",
    ],
)
async def test_a_forged_cookie_is_nobody(app, forge):
    async with Socket(app, forge(parts(sign_in(app, "ana")))) as socket:
        told = await socket.call(LIST) + await socket.call(HYDRATE)
    assert redirects(told)
    assert beyond_defaults(told, allowed=set()) == {}


@pytest.mark.parametrize("other", ['x={"a": 1}', "f[o]=1", "a@b=1", "only", "expires=1", "u=\xe9"])
async def test_another_apps_cookie_beside_it_changes_nothing(app, other):
    # Cookies know no ports: every other app on this host adds its own.
    async with Socket(app, f"{other}; {sign_in(app, 'ivo')}") as socket:
        assert "'ivo'" in text_of(await socket.call(LIST))


async def test_two_sessions_cannot_be_mixed(app):
    ivo, noor = parts(sign_in(app, "ivo")), parts(sign_in(app, "noor"))
    mixed = (
        f"inspector_session={ivo['inspector_session']}; inspector_csrf={noor['inspector_csrf']}"
    )
    async with Socket(app, mixed) as socket:
        assert "may not do this" in text_of(await socket.call(AUDIT))
    assert PASSWORD not in app.logged()
