"""Signing in and out, passwords and sessions, as forms and as a program sends them."""

from __future__ import annotations

import base64
import json

from inspector_app.domain.identity import SESSION_IDLE
from inspector_app.domain.permissions import Role
from tests.fixtures.database import PASSWORD

HTML = {"Accept": "text/html,application/xhtml+xml"}
NEW = "a much better one 7"


def notice_of(visitor):
    value = visitor.cookie("inspector_notice")
    return json.loads(base64.urlsafe_b64decode(value + "=" * (-len(value) % 4)))


async def newcomer(front, name="mia"):
    """Somebody with a one-time password."""
    _, one_time = await front.house.accounts.create_person(
        front.house.operator, name, tenant_slug="demo", role=Role.DEVELOPER, password=None
    )
    visitor = front.visitor()
    answer = await visitor.signs_in(name, one_time)
    return visitor, one_time, answer


async def test_a_one_time_password_leads_to_choosing_ones_own_and_to_nothing_else(front):
    visitor, one_time, answer = await newcomer(front)
    assert answer.headers["location"] == "/setup"
    assert (await visitor.gets("/api/v1/me")).json()["must_change_password"] is True
    refused = await visitor.gets("/api/v1/namespaces")
    assert refused.status_code == 403
    assert refused.json()["type"] == "urn:inspector:problem:password-change-required"
    changed = await visitor.fills("/auth/local/password", current=one_time, new=NEW)
    assert (changed.status_code, changed.headers["location"]) == (303, "/t/demo/overview")
    assert (await visitor.gets("/api/v1/namespaces")).status_code == 200


async def test_changing_the_password_ends_every_session_and_gives_this_browser_a_new_one(front):
    here, there = await front.signed_in("ana"), await front.signed_in("ana")
    before = here.cookie("inspector_session")
    answer = await here.fills(
        "/auth/local/password", current=PASSWORD, new=NEW, next="/t/demo/account"
    )
    assert answer.headers["location"] == "/t/demo/account"
    assert here.cookie("inspector_session") != before
    assert notice_of(here)["tone"] == "completed"
    assert (await here.gets("/api/v1/me")).status_code == 200
    assert (await there.gets("/api/v1/me")).status_code == 401
    old = {"Cookie": f"inspector_session={before}"}
    assert (await front.visitor().gets("/api/v1/me", headers=old)).status_code == 401


async def test_a_password_that_is_no_good_brings_the_browser_back_to_the_form(front):
    visitor = await front.signed_in("ana")
    answer = await visitor.fills(
        "/auth/local/password", HTML, current=PASSWORD, new="short", next="/t/demo/account"
    )
    assert answer.status_code == 422
    assert 'content="0;url=/t/demo/account"' in answer.text
    assert "12 to 256" in notice_of(visitor)["message"]
    assert (await visitor.gets("/api/v1/me")).status_code == 200


async def test_a_failed_sign_in_comes_back_with_the_name_and_the_place_but_no_password(front):
    visitor = front.visitor()
    answer = await visitor.signs_in("ana", "not it", next_page='/t/demo/run?ns="><script>', **HTML)
    assert answer.status_code == 401
    assert "url=/login?next=%2Ft%2Fdemo%2Frun%3Fns%3D%22%3E%3Cscript%3E" in answer.text
    assert "<script>" not in answer.text
    notice = notice_of(visitor)
    assert notice["username"] == "ana"
    assert "not it" not in json.dumps(notice)
    assert visitor.cookie("inspector_session") == ""
    cookie = next(c for c in answer.headers.get_list("set-cookie") if "notice" in c)
    assert "HttpOnly" in cookie


async def test_after_ten_wrong_passwords_one_is_told_how_long_to_wait(front):
    visitor = front.visitor()
    statuses = [(await visitor.signs_in("ana", f"wrong {n}")).status_code for n in range(11)]
    assert statuses == [401] * 10 + [429]
    right = await visitor.signs_in("ana", **HTML)
    assert right.status_code == 429
    assert 0 < int(right.headers["retry-after"]) <= 901
    assert "Wait" in notice_of(visitor)["message"]
    program = await visitor.signs_in("ana")
    assert program.json()["type"] == "urn:inspector:problem:too-many"
    assert 0 < int(program.headers["retry-after"]) <= 901


async def test_signing_in_anew_ends_the_session_this_browser_had(front):
    visitor = await front.signed_in("ana")
    earlier = {"Cookie": f"inspector_session={visitor.cookie('inspector_session')}"}
    assert (await visitor.signs_in("ivo")).status_code == 303
    assert (await visitor.gets("/api/v1/me")).json()["username"] == "ivo"
    assert (await front.visitor().gets("/api/v1/me", headers=earlier)).status_code == 401
    (closed,) = await front.entries(action="session.close")
    assert closed.actor_name == "ana"


async def test_a_failed_sign_in_leaves_the_session_one_has(front):
    visitor = await front.signed_in("ana")
    assert (await visitor.signs_in("ivo", "wrong")).status_code == 401
    assert (await visitor.gets("/api/v1/me")).json()["username"] == "ana"


async def test_signing_out_ends_the_session_everywhere_and_needs_the_token_of_the_page(front):
    visitor = await front.signed_in("ana")
    session = {"Cookie": f"inspector_session={visitor.cookie('inspector_session')}"}
    forged = await visitor.fills("/auth/logout", csrf_token="0" * 64)
    assert forged.status_code == 403
    assert (await visitor.gets("/api/v1/me")).status_code == 200
    answer = await visitor.fills("/auth/logout")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert visitor.cookie("inspector_session") == ""
    assert (await front.visitor().gets("/api/v1/me", headers=session)).status_code == 401
    # Again, with nothing to end: still the way to the sign-in page.
    assert (await visitor.fills("/auth/logout")).status_code == 303


async def test_the_csrf_token_may_stand_in_the_header_too(front):
    visitor = await front.signed_in("ana")
    header = {"X-CSRF-Token": visitor.cookie("inspector_csrf")}
    answer = await visitor.fills("/auth/logout", header, csrf_token="")
    assert answer.status_code == 303


async def test_one_ends_ones_own_sessions_and_nobody_elses(front):
    here, there = await front.signed_in("ana"), await front.signed_in("ana")
    ivo = await front.signed_in("ivo")
    token, actor = await front.house.signs_in("ivo")
    (theirs, *_) = await front.house.sessions.mine(actor)
    for other in (str(theirs.id), "nonsense", ""):
        answer = await here.fills("/auth/sessions/revoke", session_id=other)
        assert answer.status_code == 404
    answer = await here.fills("/auth/sessions/revoke", others="true")
    assert answer.headers["location"] == "/t/demo/account"
    assert "1 other session ended" in notice_of(here)["message"]
    assert (await there.gets("/api/v1/me")).status_code == 401
    for untouched in (here, ivo):
        assert (await untouched.gets("/api/v1/me")).status_code == 200
    assert token


async def test_reading_does_not_keep_a_session_alive_but_acting_does(front):
    idle, busy = await front.signed_in("ana"), await front.signed_in("ivo")
    for _ in range(3):
        front.house.time.pass_by(seconds=SESSION_IDLE.total_seconds() / 2.5)
        await idle.gets("/api/v1/me")
        await busy.acts("/api/v1/workflows/pause", {"reason": "x"}, ns="main", workflow_id="w")
    assert (await idle.gets("/api/v1/me")).status_code == 401
    assert (await busy.gets("/api/v1/me")).status_code == 200


async def test_without_a_session_the_account_forms_ask_to_sign_in(front):
    visitor = front.visitor()
    for path, form in (
        ("/auth/local/password", {"current": PASSWORD, "new": NEW}),
        ("/auth/sessions/revoke", {"others": "true"}),
    ):
        assert (await visitor.fills(path, **form)).status_code == 401
        page = await visitor.fills(path, HTML, **form)
        assert (page.status_code, "url=/login" in page.text) == (401, True)
