"""Sign-in providers over HTTP: set, tried, switched and taken back, on both databases."""

from __future__ import annotations

import pytest

from inspector_app.domain.signing_in import Claimed
from tests.fixtures.elsewhere import LDAP
from tests.fixtures.lying_oidc import CLIENT, ISSUER

BASE = "/api/v1/providers"
SECRET = "s3cret: with/odd+letters"
CORP = {
    "slug": "corp",
    "name": "Example Corp",
    "kind": "oidc",
    "settings": {"issuer": ISSUER, "client_id": CLIENT, "scopes": ["openid", "email"]},
    "secrets": {"client_secret": SECRET},
    "rules": [{"group": "app-*", "role": "developer"}],
    "reason": "the corporation signs in there",
}
AD = CORP | {
    "slug": "ldap",
    "kind": "ldap",
    "settings": {
        "servers": ["ldaps://127.0.0.1:1"],
        "bind_dn": LDAP.bind_dn,
        "people_base": LDAP.people_base,
    },
    "secrets": {"bind_password": SECRET},
    "rules": [{"group": "staff", "role": "observer"}, {"group": "app-*", "role": "admin"}],
}


@pytest.fixture
async def admin(front):
    return await front.signed_in("noor")


async def test_a_provider_is_set_read_changed_and_removed(front, admin):
    made = await admin.acts(BASE, CORP)
    assert made.status_code == 200, made.text
    corp = made.json()
    assert corp["secrets_set"] == ["client_secret"]
    assert corp["registered"][0]["url"].endswith("/auth/oidc/demo.corp/callback")
    assert corp["settings"]["username_claim"] == "preferred_username", "with what was not said"

    changed = CORP | {"name": "Corp", "version": 1, "secrets": {}, "strict": True}
    del changed["slug"]
    answer = await admin.acts(f"{BASE}/corp/change", changed)
    assert (answer.json()["name"], answer.json()["strict"]) == ("Corp", True)
    assert answer.json()["secrets_set"] == ["client_secret"], "what is not given stays"
    assert (await admin.acts(f"{BASE}/corp/change", changed)).status_code == 409

    act = {"version": 2, "reason": "over"}
    off = await admin.acts(f"{BASE}/corp/disable", act)
    assert off.json()["enabled"] is False
    on = await admin.acts(f"{BASE}/corp/enable", act | {"version": 3})
    assert (on.json()["enabled"], on.json()["name"]) == (True, "Corp")
    gone = await admin.acts(f"{BASE}/corp/remove", act | {"version": 4})
    assert gone.status_code == 200
    assert (await admin.gets(BASE)).json() == {"items": [], "next_page_token": None}
    actions = [each.action for each in await front.entries(actor_name="noor")]
    assert actions.count("provider.change") == 3
    assert {"provider.add", "provider.remove"} <= set(actions)


async def test_no_answer_and_no_record_ever_holds_a_secret(front, admin):
    key = {"Idempotency-Key": "once"}
    first = await admin.acts(BASE, CORP, headers=key)
    again = await admin.acts(BASE, CORP, headers=key)
    assert first.text == again.text, "the same request under one key is done once"
    told = [first.text, (await admin.gets(BASE)).text, (await admin.gets(f"{BASE}/corp")).text]
    told.append((await admin.acts(f"{BASE}/corp/change", CORP)).text)  # a field too many
    told.append(repr(await front.entries()))
    told.append(repr(front.house.behind().does("SELECT * FROM idempotency_keys")))
    assert not [text for text in told if "s3cret" in text]


@pytest.mark.parametrize(
    ("instead", "field"),
    [
        ({"settings": {"issuer": ISSUER}}, "client_id"),
        ({"settings": CORP["settings"] | {"isuer": "x"}}, "isuer"),
        ({"settings": CORP["settings"] | {"issuer": "http://corp.example"}}, "issuer"),
        ({"secrets": {"password": "x"}}, "password"),
        ({"slug": "local"}, "slug"),
        ({"kind": "ldap"}, "client_id"),
    ],
)
async def test_what_cannot_be_is_refused_at_its_field(admin, instead, field):
    answer = await admin.acts(BASE, CORP | instead)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await admin.gets(BASE)).json()["items"] == []


async def test_a_try_says_which_steps_work_and_which_one_fails(front, admin):
    await admin.acts(BASE, CORP)
    front.abroad.provider.now = front.house.time()
    found = (await admin.acts(f"{BASE}/corp/test", {})).json()
    assert found["works"]
    assert {"reach", "discover", "keys"} == {
        each["step"] for each in found["steps"] if each["passed"] == "done"
    }
    assert {each["passed"] for each in found["steps"]} == {"done", "by sign-in"}

    await admin.acts(BASE, AD)
    front.abroad.directory.away = True
    found = (await admin.acts(f"{BASE}/ldap/test", {})).json()
    assert not found["works"]
    first, *others = found["steps"]
    assert (first["step"], first["passed"]) == ("reach", "failed")
    assert "ldaps://127.0.0.1:1" in first["detail"]
    assert {each["passed"] for each in others} == {"not come to"}


async def test_a_dry_run_says_who_somebody_would_be(front, admin):
    await admin.acts(BASE, AD)
    lena = Claimed("1", "lena", groups=("staff", "app-core"))
    front.abroad.directory.people["lena"] = ("", lena)
    found = (await admin.acts(f"{BASE}/ldap/would-be", {"username": "lena"})).json()
    assert found["groups"] == ["staff", "app-core"]
    assert found["roles"] == [
        {"tenant": "demo", "role": "admin", "group": "app-core", "rule": "app-*"}
    ]
    found = (await admin.acts(f"{BASE}/ldap/would-be", {"groups": ["others"]})).json()
    assert (found["roles"], found["refusal"]) == ([], "")
    assert (await admin.gets(f"{BASE}/ldap")).json()["people"] == 0, "nobody came"


async def test_who_came_by_it_is_counted(front, admin):
    await admin.acts(BASE, CORP)
    await front.abroad.comes(key="demo.corp", groups=["app-core"], sub="alice")
    await front.abroad.comes(key="demo.corp", groups=["app-core"], sub="alice")
    (corp,) = (await admin.gets(BASE)).json()["items"]
    assert corp["people"] == 1
    assert corp["last_sign_in_at"] == (await admin.gets(f"{BASE}/corp")).json()["last_sign_in_at"]
    assert corp["last_sign_in_at"]
