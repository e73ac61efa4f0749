"""What Prometheus reads, and who may."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from prometheus_client.parser import text_string_to_metric_families

TOKEN = "a-token-for-prometheus"
PROXIED = {
    "public_url": "https://inspector.example",
    "secret_key": "k" * 40,
    "trusted_proxies": "127.0.0.0/8",
}


async def read(visitor):
    answer = await visitor.gets("/metrics")
    assert answer.status_code == 200
    return answer.text


def samples(text, name):
    return {
        tuple(sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == name
    }


async def test_requests_are_counted_by_the_path_as_it_is_declared(front):
    ivo = await front.signed_in("ivo")
    before = samples(await read(ivo), "inspector_http_requests_total")
    for n in range(3):
        await ivo.acts(f"/api/v1/temporal/signal/{n}", {"name": "a", "reason": "x"}, ns="main")
        await ivo.gets(f"/api/v1/nothing/{n}")
        await ivo.gets(f"/page/{n}")
    await ivo.http.request("BREW", "/api/v1/me")
    await ivo.gets("/api/v1/me")
    after = samples(await read(ivo), "inspector_http_requests_total")
    added = {key: after[key] - before.get(key, 0) for key in after}
    assert added["POST", "/api/v1/temporal/signal/{workflow_id:path}", "403"] == 3
    assert added["GET", "/api/{rest:path}", "404"] == 3
    assert added["GET", "page", "404"] == 3
    assert added["GET", "/api/v1/me", "200"] == 1
    assert not any("/page/" in path or "nothing" in path for _, path, _ in after)
    assert {method for method, _, _ in after} <= {"GET", "POST", "HEAD", "OPTIONS", "other"}


async def test_failed_sign_ins_and_wrong_tokens_are_counted(front):
    visitor = front.visitor()

    async def counted():
        found = samples(await read(visitor), "inspector_login_failures_total")
        return found.get(("local",), 0), found.get(("token",), 0)

    local, token = await counted()
    await visitor.signs_in("ana", "wrong")
    await visitor.gets("/api/v1/me", headers={"Authorization": "Bearer made-up"})
    assert await counted() == (local + 1, token + 1)


@pytest.mark.parametrize(
    "settings", [PROXIED, {"host": "0.0.0.0"}, {"metrics_token": TOKEN}], ids=str
)
async def test_who_is_not_on_this_machine_for_sure_needs_the_token(furnished, settings):
    async with furnished(**settings) as front:
        origin = settings.get("public_url", "http://127.0.0.1:8240")
        visitor = front.visitor(origin=origin)
        for given in ("", "Bearer ", "Bearer wrong", TOKEN, f"Basic {TOKEN}"):
            answer = await visitor.gets("/metrics", headers={"Authorization": given})
            assert answer.status_code == 401, given
            assert answer.headers["www-authenticate"] == "Bearer"
            assert "inspector_build_info" not in answer.text
        # Neither does a session open it.
        await visitor.signs_in("noor")
        assert (await visitor.gets("/metrics")).status_code == 401


async def test_the_token_opens_it_behind_a_proxy(furnished):
    async with furnished(**PROXIED, metrics_token=TOKEN) as front:
        visitor = front.visitor(origin=PROXIED["public_url"])
        answer = await visitor.gets("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert "inspector_build_info" in answer.text


@pytest.mark.skipif(not shutil.which("promtool"), reason="Debian's package prometheus has it")
async def test_promtool_finds_nothing_to_say(front):
    text = await read(await front.signed_in("ivo"))
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")
