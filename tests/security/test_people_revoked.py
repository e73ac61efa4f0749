"""What an admin takes away is gone at the next event of every open page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest

from tests.fixtures.database import PASSWORD
from tests.fixtures.handlers import SAID, SHELL, beyond_defaults, handler
from tests.fixtures.socket import Socket, post, redirects, renewed, sign_in, text_of
from tests.fixtures.speaking import speaks

pytestmark = pytest.mark.temporal

LIST, AUDIT, PEOPLE, LOGIN = (
    handler(f"{each}_state.load") for each in ("workflows", "audit", "people", "login")
)
FOLLOW = handler("overview_state.follow")
ASK, ANSWER, ADD = (handler(f"people_state.{each}") for each in ("ask_about", "answer", "add"))


def person(app, cookie, name, tenant="demo"):
    items = speaks(app, "GET", "/api/v1/people?page_size=1000", cookie, tenant=tenant).body[
        "items"
    ]
    return next(each for each in items if each["username"] == name)


def act(app, cookie, name, deed, **more):
    found = person(app, cookie, name)
    body = {"reason": "they left", "version": found["version"], **more}
    return speaks(app, "POST", f"/api/v1/people/{found['id']}/{deed}", cookie, body=body)


@pytest.mark.parametrize("deed", ["disable", "remove", "reset", "sign-out"])
async def test_every_open_page_of_who_is_shut_out_ends_at_its_next_event(app, deed):
    name = f"out-{deed}"
    app.hire(name, "demo", "admin")
    noor = sign_in(app, "noor")
    async with (
        Socket(app, sign_in(app, name)) as one,
        Socket(app, sign_in(app, name), page="/t/demo/audit") as two,
    ):
        assert f"'{name}'" in text_of(await one.call(LIST))
        assert f"'{name}'" in text_of(await two.call(AUDIT))
        assert act(app, noor, name, deed).status in {200, 204}
        for socket, event in ((one, LIST), (two, AUDIT)):
            told = await socket.call(event)
            assert redirects(told)
            assert beyond_defaults(told) == {}


async def test_a_role_taken_in_one_tenant_counts_on_an_open_page_and_leaves_the_other(app):
    app.hire("twice", "demo", "admin")
    app.command("user", "create", "--username", "twice", "--tenant", "other", "--role", "admin")
    noor = sign_in(app, "noor")
    cookie = sign_in(app, "twice")
    async with Socket(app, cookie, page="/t/demo/people") as socket:
        assert "'noor'" in text_of(await socket.call(PEOPLE))
        assert act(app, noor, "twice", "role", role="observer").status == 200
        told = await socket.call(PEOPLE)
        assert "/login?next=/t/demo/people" in unquote(text_of(redirects(told)))
        assert beyond_defaults(told) == {}
        told = await socket.call(LOGIN, page="/login?next=/t/demo/people")
        assert "/auth/renew?next=/t/demo/people" in unquote(text_of(told))
    fresh = renewed(app, cookie)
    assert renewed(app, cookie) == ""
    async with Socket(app, fresh, page="/t/demo/people") as socket:
        told = await socket.call(PEOPLE)
        assert "may not do this" in text_of(told)
        assert set(beyond_defaults(told)) <= SHELL
        assert "'eve'" in text_of(await socket.call(PEOPLE, page="/t/other/people"))
        refused = act(app, noor, "twice", "disable")
        assert (refused.status, "operator keeps" in refused.body["detail"]) == (409, True)


async def test_an_admin_changes_people_over_the_socket_and_is_refused_what_may_not_be(app):
    app.hire("raw", "demo", "observer")
    noor = sign_in(app, "noor")
    found = person(app, noor, "raw")
    async with Socket(app, noor, page=f"/t/demo/people?person={found['id']}") as socket:
        assert "'raw'" in text_of(await socket.call(PEOPLE))
        await socket.call(ASK, question="role", session="")
        for form in ({}, {"role": "owner"}, {"role": "developer"}, {"role": "", "reason": "x"}):
            told = text_of(await socket.call(ANSWER, form=form))
            assert "has another role" not in told
        told = await socket.call(ANSWER, form={"role": "developer", "reason": "new job"})
        assert "raw has another role now" in text_of(told)
        assert person(app, noor, "raw")["role"] == "developer"
        await socket.call(ASK, question="everything", session="x")
        told = await socket.call(ANSWER, form={"reason": "because"})
        assert "Choose what is to be done" in text_of(told)


async def test_a_session_left_open_changes_nobody_before_a_proof(app):
    app.hire("late", "demo", "admin")
    app.hire("victim", "demo", "observer")
    cookie = sign_in(app, "late")
    who = "person = (SELECT id FROM people WHERE username = 'late')"
    app.in_database(f"UPDATE sessions SET proved_at = '2020-01-01 00:00:00.000000' WHERE {who}")
    assert act(app, cookie, "victim", "disable").body["type"].endswith("proof-required")
    found = person(app, cookie, "victim")
    async with Socket(app, cookie, page=f"/t/demo/people?person={found['id']}") as socket:
        await socket.call(PEOPLE)
        assert "'must_prove_rx_state_': True" in text_of(
            await socket.call(ASK, question="disable", session="")
        )
        told = await socket.call(ANSWER, form={"reason": "because"})
        assert "Prove that it is you" in text_of(told)
    csrf = cookie.split("inspector_csrf=")[1].split(";")[0]
    form = f"csrf_token={csrf}&secret={PASSWORD.replace(' ', '+')}&next=/t/demo/people"
    status, fresh = post(app, "/auth/local/prove", form, cookie)
    assert status == 303
    assert act(app, fresh, "victim", "disable").status == 200
    assert speaks(app, "GET", "/api/v1/me", cookie).status == 401


async def test_another_tenants_person_is_not_there_over_the_socket(app):
    theirs = person(app, sign_in(app, "eve"), "eve", tenant="other")["id"]
    told = []
    for ident in (theirs, theirs[:-4] + "0000", "x"):
        async with Socket(app, sign_in(app, "noor"), page=f"/t/demo/people?person={ident}") as it:
            await it.call(PEOPLE)
            await it.call(ASK, question="disable", session="")
            said = await it.call(ANSWER, form={"reason": "because"})
            told.append(beyond_defaults(said, allowed={"rows"} | SAID - {"notice"}))
    assert told[0] == told[1] == told[2]
    assert sign_in(app, "eve")


async def test_what_a_page_follows_by_itself_is_no_use_of_the_session_and_a_click_is(app):
    app.hire("idle", "demo", "observer")
    cookie = sign_in(app, "idle")
    who = "person = (SELECT id FROM people WHERE username = 'idle')"
    early = datetime.now(UTC) - timedelta(hours=2)
    app.in_database(f"UPDATE sessions SET last_seen_at = '{early:%F %T}.000000' WHERE {who}")

    def last_seen():
        ((at,),) = app.in_database(f"SELECT last_seen_at FROM sessions WHERE {who}")
        return str(at)[:19]

    async with Socket(app, cookie, page="/t/demo/overview") as socket:
        await socket.call(FOLLOW)
        await socket.until("counted_at")
        assert speaks(app, "GET", "/api/v1/me", cookie).status == 200
        assert last_seen() == f"{early:%F %T}"
        await socket.call(LIST, page="/t/demo/workflows")
        assert last_seen() > f"{early:%F %T}"
