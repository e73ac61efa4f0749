"""A SAML provider's metadata and our keys with it, over HTTP."""

from __future__ import annotations

import pytest

from inspector_app.services.ports import Answer
from tests.fixtures.lying_saml import ISSUER
from tests.fixtures.saml_metadata import published

BASE = "/api/v1/providers"
CORP = {"slug": "corp", "name": "Corp", "kind": "saml", "reason": "they sign in there"}


@pytest.fixture
async def admin(front):
    return await front.signed_in("noor")


async def test_metadata_makes_a_provider_in_two_calls(front, admin):
    described = await admin.acts(f"{BASE}/describe", {"metadata": published(0, 1)})
    assert described.status_code == 200, described.text
    found = described.json()
    assert [len(each["sha256"].split(":")) for each in found["certificates"]] == [32, 32]
    assert found["left_out"] == 0
    assert (await admin.gets(BASE)).json()["items"] == [], "nothing is kept"
    made = await admin.acts(BASE, CORP | {"settings": found["settings"]})
    assert made.json()["settings"]["entity_id"] == ISSUER


async def test_metadata_is_fetched_and_what_is_wrong_with_it_is_said(front, admin):
    front.abroad.provider.answers["/saml/metadata"] = Answer(
        status=200, headers={}, body=published(0).encode()
    )
    found = await admin.acts(f"{BASE}/describe", {"url": f"{ISSUER}/metadata"})
    assert found.json()["settings"]["entity_id"] == ISSUER
    for asked, status, field in (
        ({"metadata": "<a/>"}, 422, "metadata"),
        ({"metadata": published(0) + " " * 600_000 + "<!-- -->"}, 422, "metadata"),
        ({"metadata": "x" * 3_000_000}, 413, None),
        ({"url": "http://idp.example.test/metadata"}, 422, "url"),
        ({}, 422, "metadata"),
    ):
        refused = await admin.acts(f"{BASE}/describe", asked)
        assert (refused.status_code, refused.json().get("field")) == (status, field)
    front.abroad.provider.away = True
    away = await admin.acts(f"{BASE}/describe", {"url": f"{ISSUER}/metadata"})
    assert away.status_code == 502


async def test_our_keys_are_read_and_changed_step_by_step(front, admin):
    described = (await admin.acts(f"{BASE}/describe", {"metadata": published(0)})).json()
    await admin.acts(BASE, CORP | {"settings": described["settings"]})
    first = (await admin.gets(f"{BASE}/corp/keys")).json()
    assert (first["version"], first["next_steps"]) == (1, ["prepare"])
    (used,) = first["items"]
    act = {"reason": "yearly", "version": 1, "step": "prepare"}
    refused = await admin.acts(f"{BASE}/corp/keys", act | {"step": "drop"})
    assert (refused.status_code, refused.json()["hint"]) == (409, "Possible is: prepare.")
    key = {"Idempotency-Key": "once"}
    prepared = await admin.acts(f"{BASE}/corp/keys", act, headers=key)
    again = await admin.acts(f"{BASE}/corp/keys", act, headers=key)
    assert prepared.text == again.text, "the same request under one key is done once"
    found = prepared.json()
    assert (found["version"], found["next_steps"][0]) == (2, "use")
    assert found["items"][0] == used
    assert [each["in_use"] for each in found["items"]] == [True, False]
    turned = (await admin.acts(f"{BASE}/corp/keys", act | {"step": "use", "version": 2})).json()
    assert turned["items"][1] == used | {"in_use": False}
    assert turned["next_steps"][0] == "drop", "also where all is done within a second"
    stale = await admin.acts(f"{BASE}/corp/keys", act | {"step": "drop", "version": 2})
    assert stale.status_code == 409
    dropped = (await admin.acts(f"{BASE}/corp/keys", act | {"step": "drop", "version": 3})).json()
    assert [each["sha256"] for each in dropped["items"]] == [turned["items"][0]["sha256"]]
    told = repr(await front.entries()) + repr(dropped)
    assert "PRIVATE" not in told
    changes = [each.detail for each in await front.entries(action="provider.change")]
    assert changes == ["keys: prepare", "keys: use", "keys: drop"]


async def test_a_provider_of_another_kind_has_no_keys(admin):
    oauth2 = {
        "authorize_url": "https://git.example.test/authorize",
        "token_url": "https://git.example.test/token",
        "user_url": "https://git.example.test/user",
        "client_id": "inspector",
    }
    made = await admin.acts(BASE, CORP | {"kind": "oauth2", "settings": oauth2})
    assert made.status_code == 200, made.text
    assert (await admin.gets(f"{BASE}/corp/keys")).status_code == 404
