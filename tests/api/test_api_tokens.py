"""Tokens as people make them, programs send them, and attackers try them."""

from __future__ import annotations

import pytest

from inspector_app.domain.permissions import Permission, Role
from tests.fixtures.tokens import EXCHANGE, asks, bearing, personal, service

NEW = {"name": "ci", "role": "developer"}


async def test_a_token_says_who_it_is_and_reads_its_tenant(front):
    _, text = await personal(front.house, scopes={Permission.RUN_READ, Permission.NAMESPACE_READ})
    me = (await asks(front, text)).json()
    assert (me["username"], me["tenant"], me["role"]) == ("ana", "demo", "developer")
    assert me["permissions"] == ["namespace:read", "run:read"]
    slugs = {
        each["slug"] for each in (await asks(front, text, "/api/v1/namespaces")).json()["items"]
    }
    assert slugs == {"default", "main"}
    _, robot = await service(front.house)
    assert (await asks(front, robot)).json()["username"] == "robot"


async def test_a_person_makes_a_token_sees_it_without_its_text_and_ends_it(front):
    visitor = await front.signed_in("ana")
    made = await visitor.acts("/api/v1/tokens", {**NEW, "expires_days": 7, "scopes": ["run:read"]})
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    token = made.json()
    assert (await asks(front, token["token"])).status_code == 200
    (listed,) = (await visitor.gets("/api/v1/tokens")).json()["items"]
    assert listed["last_used_at"]
    assert (listed["name"], listed["scopes"]) == ("ci", ["run:read"])
    assert "token" not in listed
    ended = await visitor.acts(f"/api/v1/tokens/{token['id']}/revoke", {})
    assert ended.json()["revoked_at"]
    assert (await visitor.gets("/api/v1/tokens")).json()["items"] == []
    assert (await asks(front, token["token"])).status_code == 401


async def test_service_tokens_are_an_admins_business(front):
    ana, noor = await front.signed_in("ana"), await front.signed_in("noor")
    wanted = {**NEW, "kind": "service"}
    refused = await ana.acts("/api/v1/tokens", wanted)
    assert (refused.status_code, refused.json()["needs"]) == (403, "admin")
    made = (await noor.acts("/api/v1/tokens", wanted)).json()
    assert (made["person"], made["created_by"]) == ("", "noor")
    everyones = await noor.gets("/api/v1/tokens", whose="tenant")
    assert [each["id"] for each in everyones.json()["items"]] == [made["id"]]
    assert (await ana.gets("/api/v1/tokens", whose="tenant")).status_code == 403


async def test_no_key_keeps_or_repeats_an_answer_that_holds_a_secret(front):
    visitor = await front.signed_in("ana")
    key = {"Idempotency-Key": "again"}
    refused = await visitor.acts("/api/v1/tokens", NEW, headers=key)
    assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")
    assert (await visitor.gets("/api/v1/tokens")).json()["items"] == []
    _, text = await personal(front.house)
    answer = await front.visitor().http.post(EXCHANGE, headers=bearing(text, **key))
    assert answer.status_code == 422
    token, _ = await personal(front.house)
    path = f"/api/v1/tokens/{token.id}/revoke"
    first, second = [await visitor.acts(path, {}, headers=key) for _ in range(2)]
    assert first.json() == second.json()


@pytest.mark.parametrize(
    "wanted",
    [
        {**NEW, "role": "admin"},
        {**NEW, "role": "owner"},
        {**NEW, "expires_days": 367},
        {**NEW, "scopes": ["run:everything"]},
        {**NEW, "scopes": ["token:own"]},
        {**NEW, "scopes": []},
        {**NEW, "name": "a\u202eb"},
        {**NEW, "secret": "mine"},
    ],
)
async def test_what_no_token_may_be_is_refused_with_its_field(front, wanted):
    answer = await (await front.signed_in("ana")).acts("/api/v1/tokens", wanted)
    assert (answer.status_code, bool(answer.json()["field"])) == (422, True)


async def test_a_wrong_token_is_told_so_counted_and_says_nothing_more(front):
    token, text = await personal(front.house)
    _, noor = await front.house.signs_in("noor")
    await front.house.tokens.revoke(noor, token.id)
    details = set()
    for wrong in (text, text[:-1], text + "x", "", "made-up", "a.b.c"):
        answer = await asks(front, wrong)
        assert answer.status_code == 401, wrong
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        details.add(answer.json()["detail"])
    assert len(details) == 1
    assert (await front.visitor().gets("/api/v1/me")).headers["www-authenticate"] == "Bearer"
    (entry,) = await front.entries(action="token.use")
    assert (entry.actor_name, entry.detail) == ("ana", "the token is revoked")


async def test_two_tokens_at_once_or_one_in_the_address_are_none(front):
    _, text = await personal(front.house)
    visitor = front.visitor()
    twice = await visitor.http.get("/api/v1/me", headers=[("Authorization", f"Bearer {text}")] * 2)
    assert twice.status_code == 401
    for name in ("token", "access_token", "authorization", "bearer"):
        assert (await visitor.gets("/api/v1/me", **{name: text})).status_code == 401
    visitor.http.cookies.set("inspector_session", text)
    assert (await visitor.gets("/api/v1/me")).status_code == 401


async def test_a_good_token_beside_a_better_cookie_acts_by_itself_alone(front):
    _, text = await personal(front.house, "ana", Role.OBSERVER)
    noor = await front.signed_in("noor")
    assert (await noor.gets("/api/v1/audit")).status_code == 200
    assert (await noor.gets("/api/v1/audit", headers=bearing(text))).status_code == 403
    assert (await noor.gets("/api/v1/me", headers=bearing(text))).json()["username"] == "ana"
    for path in ("/auth/sessions/revoke", "/auth/local/password"):
        form = {"others": "true", "current": "x" * 12, "new": "y" * 12}
        answer = await noor.fills(path, headers=bearing(text), **form)
        assert answer.status_code == 403, path
    assert (await noor.gets("/api/v1/me")).status_code == 200


async def test_an_endless_token_is_refused_unread(front):
    assert (await asks(front, "x" * 100_000)).status_code == 431
    assert (await asks(front, "x" * 20_000)).status_code == 401
    assert (await asks(front, f"{'e' * 9000}.{'e' * 9000}.e")).status_code == 401
