"""People over HTTP, as a program of an admin keeps them."""

from __future__ import annotations

import base64

from sqlalchemy import text

from inspector_app.domain.second_step import STEP_SECONDS, code_at
from tests.fixtures.database import PASSWORD
from tests.fixtures.tokens import personal

HTML = {"Accept": "text/html"}


async def person(visitor, name):
    items = (await visitor.gets("/api/v1/people")).json()["items"]
    return next(each for each in items if each["username"] == name)


async def test_people_come_in_pages(front):
    noor = await front.signed_in("noor")
    first = (await noor.gets("/api/v1/people", page_size=2)).json()
    rest = await noor.gets("/api/v1/people", page_size=2, page_token=first["next_page_token"])
    names = [each["username"] for each in first["items"] + rest.json()["items"]]
    assert (names, rest.json()["next_page_token"]) == (["ana", "ivo", "noor"], None)


async def test_a_one_time_password_is_answered_once_and_kept_nowhere(front):
    noor = await front.signed_in("noor")
    new, key = {"username": "mia", "role": "observer"}, {"Idempotency-Key": "k1"}
    first = (await noor.acts("/api/v1/people", new, headers=key)).json()
    again = (await noor.acts("/api/v1/people", new, headers=key)).json()
    assert again == {**first, "one_time_password": None}
    one_time = first["one_time_password"]
    with front.house.behind().engine.connect() as database:
        kept = database.execute(text("SELECT body FROM idempotency_keys")).scalars().all()
    assert ["mia" in body for body in kept] == [True]
    assert one_time not in kept[0]
    assert (await front.visitor().signs_in("mia", one_time)).headers["location"] == "/setup"


async def test_every_deed_answers_with_the_person_as_they_are_then(front):
    noor = await front.signed_in("noor")
    await front.signed_in("ana")
    ana = await person(noor, "ana")
    where = f"/api/v1/people/{ana['id']}"
    found = (await noor.gets(f"{where}/sessions")).json()["items"]
    assert [each["address"] for each in found] == ["127.0.0.1"]
    deeds = (
        (f"sessions/{found[0]['id']}/end", {}, {"live_sessions": 0}),
        ("role", {"role": "admin"}, {"role": "admin"}),
        ("disable", {}, {"disabled": True}),
        ("enable", {}, {"disabled": False}),
        ("sign-out", {}, {"live_sessions": 0}),
        ("reset", {}, {"must_change_password": True}),
    )
    for number, (deed, more, expected) in enumerate(deeds, 1):
        body = {"reason": "because", "version": number, **more}
        answer = await noor.acts(f"{where}/{deed}", body)
        assert answer.status_code == 200, deed
        assert answer.json().items() >= {**expected, "version": number + 1}.items()
    body = {"reason": "because", "version": number + 1}
    assert (await noor.acts(f"{where}/remove", body)).status_code == 204
    assert (await noor.gets(where)).status_code == 404
    actions = {each.action for each in await front.entries(reason="because")}
    assert len(actions) == 7


async def test_an_old_version_is_a_conflict(front):
    noor = await front.signed_in("noor")
    ana = await person(noor, "ana")
    body = {"reason": "because", "version": ana["version"], "role": "observer"}
    where = f"/api/v1/people/{ana['id']}/role"
    answers = [(await noor.acts(where, body)).status_code for _ in range(2)]
    assert answers == [200, 409]


async def test_the_second_step_is_a_form_of_its_own_and_leads_on(front):
    house = front.house
    _, ana = await house.signs_in("ana", address="127.0.0.1")
    secret = base64.b32decode((await house.second_steps.begin(ana)).secret)

    def code(steps=0):
        return code_at(secret, int(house.time().timestamp()) // STEP_SECONDS + steps)

    await house.second_steps.confirm(ana, code())
    visitor = front.visitor()
    asked = await visitor.signs_in("ana", next_page="/t/demo/audit")
    assert asked.headers["location"] == "/login?step=code&next=%2Ft%2Fdemo%2Faudit"
    assert not visitor.cookie("inspector_session")
    assert (await visitor.gets("/api/v1/me")).status_code == 401
    wrong = await visitor.fills("/auth/local/second-step", headers=HTML, code="000000")
    assert (wrong.status_code, "/login?step=code" in wrong.text) == (401, True)
    right = await visitor.fills("/auth/local/second-step", code=code(1), next="/t/demo/audit")
    assert (right.status_code, right.headers["location"]) == (303, "/t/demo/audit")
    assert (await visitor.gets("/api/v1/me")).json()["username"] == "ana"
    assert not visitor.cookie("inspector_ticket")
    stranger = front.visitor()
    assert (await stranger.fills("/auth/local/second-step", code=code(1))).status_code == 401


async def test_a_proof_renews_the_session_and_a_wrong_one_does_not(front):
    noor = await front.signed_in("noor")
    front.house.time.pass_by(minutes=20)
    ana = await person(noor, "ana")
    where, body = f"/api/v1/people/{ana['id']}/disable", {"reason": "because", "version": 1}
    refused = await noor.acts(where, body)
    assert refused.json()["type"] == "urn:inspector:problem:proof-required"
    before = noor.cookie("inspector_session")
    assert (await noor.fills("/auth/local/prove", secret="wrong")).status_code == 401
    assert noor.cookie("inspector_session") == before
    forged = await noor.fills("/auth/local/prove", secret=PASSWORD, csrf_token="x")
    assert forged.status_code == 403
    proved = await noor.fills("/auth/local/prove", secret=PASSWORD, next="/t/demo/people")
    assert proved.headers["location"] == "/t/demo/people"
    assert noor.cookie("inspector_session") != before
    assert (await noor.acts(where, body)).status_code == 200


async def test_what_outlives_a_session_or_changes_people_needs_a_fresh_proof_over_the_api(front):
    noor = await front.signed_in("noor")
    ana = await person(noor, "ana")
    token, _ = await personal(front.house, "ana")
    mine, _ = await personal(front.house, "noor")
    front.house.time.pass_by(minutes=15)
    body = {"reason": "because", "version": ana["version"], "role": "observer"}
    where, token_of = f"/api/v1/people/{ana['id']}", "/api/v1/tokens"
    deeds = {
        token_of: {"name": "ci", "role": "observer"},
        f"{token_of} ": {"name": "ci", "role": "observer", "kind": "service"},
        f"{token_of}/{token.id}/revoke": {},
        "/api/v1/people": {"username": "mia", "role": "observer"},
        f"{where}/role": body,
        **{
            f"{where}/{deed}": {key: body[key] for key in ("reason", "version")}
            for deed in ("remove", "disable", "enable", "reset", "sign-out")
        },
    }
    for path, content in deeds.items():
        answer = await noor.acts(path.strip(), content)
        assert answer.json().get("type") == "urn:inspector:problem:proof-required", path
    for path in ("/api/v1/people", token_of):
        assert (
            await noor.gets(path, **({"whose": "tenant"} if path == token_of else {}))
        ).is_success
    # To take one's own back is never made harder.
    assert (await noor.acts(f"{token_of}/{mine.id}/revoke", {})).status_code == 200
    assert (await noor.fills("/auth/local/prove", secret=PASSWORD)).status_code == 303
    for path, content in deeds.items():
        answer = await noor.acts(path.strip(), content)
        assert answer.status_code in {200, 204, 404, 409}, (path, answer.text)
