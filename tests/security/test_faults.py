"""What an attacker or bad luck brings to accounts, each refused where it is tried."""

from __future__ import annotations

import pytest

from tests.fixtures.handlers import HYDRATE, arguments, beyond_defaults, handler
from tests.fixtures.socket import Socket, redirects, sign_in, sign_out, text_of
from tests.fixtures.speaking import acts, speaks

pytestmark = pytest.mark.temporal

LIST, PEOPLE, RUN = (handler(f"{each}_state.load") for each in ("workflows", "people", "_run"))
PAUSE = handler("act_state.pause")
ASK, ANSWER = (handler(f"people_state.{each}") for each in ("ask_about", "answer"))
LONG_AGO = "2020-01-01 00:00:00.000000"


def person(app, cookie, name, tenant="demo"):
    path = "/api/v1/people?page_size=1000"
    items = speaks(app, "GET", path, cookie, tenant=tenant).body["items"]
    return next(each for each in items if each["username"] == name)


async def test_a_cookie_stolen_before_log_out_opens_nothing_after_it(app, waiting):
    cookie = sign_in(app, "ana")
    sign_out(app, cookie)
    assert speaks(app, "GET", "/api/v1/me", cookie).status == 401
    assert acts(app, cookie, "pause", waiting.ref, reason="stolen").status == 401
    async with Socket(app, cookie, page=waiting.page(), boot=HYDRATE) as thief:
        told = await thief.marked() + await thief.call(RUN)
        told += await thief.call(PAUSE, **arguments(PAUSE))
    assert redirects(told)
    assert beyond_defaults(told) == {}
    assert await waiting.is_untouched()


@pytest.mark.parametrize("what", ["last_seen_at", "created_at"])
async def test_a_socket_kept_open_past_idling_or_its_sessions_age_is_refused(app, waiting, what):
    name = f"late-{what.partition('_')[0]}"
    app.hire(name, "demo", "developer")
    who = f"person = (SELECT id FROM people WHERE username = '{name}')"
    async with Socket(app, sign_in(app, name), page=waiting.page()) as socket:
        await socket.until("Approval", await socket.call(RUN))
        app.in_database(f"UPDATE sessions SET {what} = '{LONG_AGO}' WHERE {who}")
        told = await socket.call(PAUSE, **arguments(PAUSE))
        assert redirects(told)
        assert beyond_defaults(told) == {}
    assert await waiting.is_untouched()


async def test_a_page_that_follows_a_run_in_silence_ends_when_its_session_expires(app, waiting):
    app.hire("silent", "demo", "observer")
    who = "person = (SELECT id FROM people WHERE username = 'silent')"
    async with Socket(app, sign_in(app, "silent"), page=waiting.page()) as socket:
        await socket.until("Approval", await socket.call(RUN))
        app.in_database(f"UPDATE sessions SET last_seen_at = '{LONG_AGO}' WHERE {who}")
        await waiting.handle.terminate("so that there is something new to tell")
        told = await socket.until("redirect")
    assert "Terminated" not in text_of(told)


async def test_of_two_admins_who_edit_one_person_on_screen_the_second_is_told(app):
    app.hire("vera", "demo", "admin")
    app.hire("edited", "demo", "observer")
    page = f"/t/demo/people?person={person(app, sign_in(app, 'noor'), 'edited')['id']}"
    async with (
        Socket(app, sign_in(app, "noor"), page=page) as first,
        Socket(app, sign_in(app, "vera"), page=page) as second,
    ):
        for socket in (first, second):
            await socket.call(PEOPLE)
            await socket.call(ASK, question="role", session="")
        form = {"role": "developer", "reason": "new job"}
        assert "has another role now" in text_of(await first.call(ANSWER, form=form))
        told = text_of(await second.call(ANSWER, form={**form, "role": "admin"}))
        assert "Somebody else changed edited meanwhile" in told
    assert person(app, sign_in(app, "noor"), "edited")["role"] == "developer"


@pytest.mark.parametrize("deed", ["remove", "disable", "role"])
async def test_the_last_admin_cannot_take_themselves_away_on_screen_or_over_the_api(app, deed):
    tenant = f"lone-{deed}"
    app.command("tenant", "create", tenant)
    app.hire(f"last-{deed}", tenant, "admin")
    cookie = sign_in(app, f"last-{deed}")
    found = person(app, cookie, f"last-{deed}", tenant)
    body = {"reason": "enough", "version": found["version"]}
    body |= {"role": "observer"} if deed == "role" else {}
    path = f"/api/v1/people/{found['id']}/{deed}"
    assert speaks(app, "POST", path, cookie, body=body, tenant=tenant).status == 409
    page = f"/t/{tenant}/people?person={found['id']}"
    async with Socket(app, cookie, page=page) as socket:
        await socket.call(PEOPLE)
        await socket.call(ASK, question=deed, session="")
        told = await socket.call(ANSWER, form={"role": "observer", "reason": "enough"})
        assert "last admin" in text_of(told)
    assert speaks(app, "GET", "/api/v1/me", cookie, tenant=tenant).body["role"] == "admin"
