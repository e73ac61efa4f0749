"""Sessions over HTTP: renewed after a change of role, seen and ended by their person."""

from __future__ import annotations

HTML = {"Accept": "text/html"}


async def demoted(front, name="ana"):
    """Let an admin give somebody another role; returns the admin."""
    noor = await front.signed_in("noor")
    items = (await noor.gets("/api/v1/people")).json()["items"]
    found = next(each for each in items if each["username"] == name)
    body = {"reason": "new job", "version": found["version"], "role": "observer"}
    assert (await noor.acts(f"/api/v1/people/{found['id']}/role", body)).status_code == 200
    return noor


def holding(front, cookie):
    """A browser with a session's cookie of before."""
    visitor = front.visitor()
    visitor.http.cookies.set("inspector_session", cookie)
    return visitor


async def test_a_new_role_gives_the_browser_another_cookie_and_the_old_one_is_dead(front):
    ana = await front.signed_in("ana")
    before = ana.cookie("inspector_session")
    await demoted(front)
    refused = await ana.gets("/api/v1/me")
    assert (refused.status_code, refused.json()["type"]) == (
        401,
        "urn:inspector:problem:renewal-required",
    )
    assert ana.cookie("inspector_session") == before
    gone_on = await ana.gets("/auth/renew", next="/t/demo/audit?entry=3")
    assert (gone_on.status_code, gone_on.headers["location"]) == (303, "/t/demo/audit?entry=3")
    assert ana.cookie("inspector_session") != before
    assert (await ana.gets("/api/v1/me")).json()["role"] == "observer"
    assert (await ana.acts("/api/v1/me/sessions/end-others", {})).status_code == 200
    thief = holding(front, before)
    assert (await thief.gets("/api/v1/me")).status_code == 401
    turned_away = await thief.gets("/auth/renew", next="/t/demo/audit")
    assert turned_away.headers["location"] == "/login?next=%2Ft%2Fdemo%2Faudit"
    assert thief.cookie("inspector_session") == before
    assert (await ana.gets("/api/v1/me")).status_code == 200


async def test_nothing_is_renewed_that_is_not_due_and_nowhere_else_is_gone_to(front):
    ana = await front.signed_in("ana")
    before = ana.cookie("inspector_session")
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", ""):
        answer = await ana.gets("/auth/renew", next=wanted)
        assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert ana.cookie("inspector_session") == before
    assert (await front.visitor().gets("/auth/renew")).headers["location"] == "/login"


async def test_who_signs_out_before_the_renewal_leaves_no_session_behind(front):
    ana = await front.signed_in("ana")
    before = ana.cookie("inspector_session")
    await demoted(front)
    assert (await ana.fills("/auth/logout")).headers["location"] == "/login"
    thief = holding(front, before)
    await thief.gets("/auth/renew")
    assert thief.cookie("inspector_session") == before
    assert (await thief.gets("/api/v1/me")).status_code == 401


async def test_a_program_lists_and_ends_ones_own_sessions(front):
    here = await front.signed_in("ana", address="10.3.0.1")
    there = await front.signed_in("ana", address="10.3.0.2")
    third = await front.signed_in("ana", address="10.3.0.3")
    found = (await here.gets("/api/v1/me/sessions")).json()["items"]
    by_address = {each["address"]: each for each in found}
    assert [by_address[f"10.3.0.{n}"]["current"] for n in (1, 2, 3)] == [True, False, False]
    ended = await here.acts(f"/api/v1/me/sessions/{by_address['10.3.0.2']['id']}/end", {})
    assert {each["address"] for each in ended.json()["items"]} == {"10.3.0.1", "10.3.0.3"}
    assert (await there.gets("/api/v1/me")).status_code == 401
    left = (await here.acts("/api/v1/me/sessions/end-others", {})).json()["items"]
    assert [each["address"] for each in left] == ["10.3.0.1"]
    assert (await third.gets("/api/v1/me")).status_code == 401


async def test_nobody_ends_a_session_of_somebody_else_as_ones_own(front):
    ana, ivo = await front.signed_in("ana"), await front.signed_in("ivo")
    (theirs,) = (await ivo.gets("/api/v1/me/sessions")).json()["items"]
    refused = await ana.acts(f"/api/v1/me/sessions/{theirs['id']}/end", {})
    nowhere = await ana.acts("/api/v1/me/sessions/00000000-0000-7000-8000-000000000000/end", {})
    assert (refused.status_code, nowhere.status_code) == (404, 404)
    assert refused.json()["detail"] == nowhere.json()["detail"]
    assert (await ivo.gets("/api/v1/me")).status_code == 200
    unguarded = await ana.http.post("/api/v1/me/sessions/end-others")
    assert unguarded.status_code == 403


async def test_a_one_time_password_that_is_over_says_so_to_who_knows_it(front):
    noor = await front.signed_in("noor")
    new = {"username": "mia", "role": "observer"}
    told = (await noor.acts("/api/v1/people", new)).json()
    assert told["one_time_until"] == "2026-11-24T12:00:00.000Z"
    front.house.time.pass_by(hours=24)
    late = front.visitor()
    answer = await late.signs_in("mia", told["one_time_password"])
    assert (answer.status_code, answer.json()["title"]) == (401, "The one-time password has ended")
    assert "Ask whoever gave it to you" in answer.json()["hint"]
    failed = (await front.house.entries(None))[-1].record
    assert (failed.actor_name, failed.detail) == ("mia", "the one-time password has ended")
    guess = await late.signs_in("mia", "not the one time one")
    assert guess.json()["title"] == "Sign-in failed"
    assert not late.cookie("inspector_session")
