"""A canary in every payload and secret of a whole run: its log and numbers are grepped."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.fixtures.backstage import address_of
from tests.fixtures.browser import Visitor
from tests.fixtures.samples import Approval
from tests.fixtures.socket import post, sign_in
from tests.fixtures.speaking import acts, speaks
from tests.fixtures.temporal import waits_for_sync

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]

CANARY = f"canary{uuid4().hex}"
SERVICE = ("--tenant", "demo", "--name", "robot", "--role", "developer")


def raw(app, method, path, body, **headers):
    connection = HTTPConnection("127.0.0.1", app.port, timeout=10)
    connection.request(method, path, body, headers)
    status = connection.getresponse().status
    connection.close()
    return status


def bears_tokens(app, cookie):
    """Use a token and its JWT well, wrongly and in an address; returns what nobody may read."""
    made = app.command("token", "create", *SERVICE).stdout.strip()
    bearer = {"Authorization": f"Bearer {made}"}
    jwt = speaks(app, "POST", "/api/v1/auth/token", cookie, **bearer).body["access_token"]
    for text in (made, jwt, made[:-1], f"{jwt}x"):
        path = f"/api/v1/me?token={text}"
        well = text in {made, jwt}
        assert raw(app, "GET", path, None, Authorization=f"Bearer {text}") == (
            200 if well else 401
        )
    return made.split("_")[3], jwt.split(".")[2]


def test_no_payload_and_no_secret_is_ever_logged_or_counted(
    chromium, tmp_path, temporal_server, backstage, serves
):
    ref, _ = backstage.does(
        backstage.site.start(
            Approval.run, f"brief {CANARY}", id=f"r-{uuid4().hex}", memo={"m": CANARY}
        )
    )
    with serves(tmp_path, temporal_server.address, INSPECTOR_METRICS_TOKEN=f"m{CANARY}") as app:
        visitor = Visitor(chromium, app)
        page = visitor.signs_in("ana", at=address_of(ref))
        expect(page.get_by_text(f"brief {CANARY}").first).to_be_visible()
        visitor.goes(address_of(ref, tab="history"))
        page.get_by_text("WorkflowExecutionStarted").first.click()
        expect(page.get_by_text(CANARY).first).to_be_visible()
        assert sign_in(app, "ana", CANARY) is None
        assert sign_in(app, CANARY, "x") is None
        cookie = sign_in(app, "ana")
        said = acts(app, cookie, "signal", ref, name="aprove", args=[CANARY], reason=CANARY)
        assert said.status == 422
        assert acts(app, cookie, "pause", ref, reason=f"why {CANARY}").status == 200
        assert acts(app, cookie, "resume", ref, reason=f"why {CANARY}").status == 200
        assert raw(app, "POST", "/api/v1/workflows/pause", f'{{"{CANARY}', Origin=app.url) in {
            400,
            422,
        }
        assert raw(app, "GET", f"/api/v1/{CANARY}?token={CANARY}", None) == 404
        query = f"WorkflowId = '{ref.workflow_id}'"
        where = urlencode({"ns": "default", "action": "signal", "query": query})

        def counted():
            found = speaks(app, "GET", f"/api/v1/operations/count?{where}", cookie).body
            return found if found["count"] else None

        found = waits_for_sync(counted, what="the run to be listed")
        order = {
            "action": "signal",
            "signal": "approve",
            "args": [True, CANARY],
            "reason": CANARY,
            "query": query,
            "confirmed": found["count"],
            "as_of": found["as_of"],
        }
        started = speaks(app, "POST", "/api/v1/operations?ns=default", cookie, body=order)
        place = f"/api/v1/operations/{started.body['id']}"
        waits_for_sync(
            lambda: speaks(app, "GET", place, cookie).body["state"] == "finished",
            what="the operation's end",
        )
        secrets = bears_tokens(app, cookie)
        post(app, "/auth/logout", f"csrf_token={CANARY}", cookie)
        visitor.context.close()
        connection = HTTPConnection("127.0.0.1", app.port, timeout=10)
        connection.request("GET", "/metrics", headers={"Authorization": f"Bearer m{CANARY}"})
        numbers = connection.getresponse().read().decode()
        connection.close()
        kept = str(app.in_database("SELECT * FROM audit_entries"))
        session = cookie.split("inspector_session=")[1].split(";")[0]
    logged = app.logged()
    for secret in (CANARY, session, "k" * 40, *secrets):
        assert secret not in logged
        assert secret not in numbers
    assert not [secret for secret in secrets if secret in kept]
    lines = [json.loads(line) for line in logged.splitlines() if line.startswith("{")]
    audited = [line for line in lines if line["event"] == "audited"]
    assert {"run:pause", "run:signal"} <= {line["permission"] for line in audited}
    acting = next(line for line in audited if line["permission"] == "run:pause")
    assert all(acting[name] for name in ("request_id", "tenant", "actor", "outcome"))
    requests = [line for line in lines if line["event"] == "request"]
    acted = next(line for line in requests if line["route"] == "/api/v1/workflows/pause")
    assert all(acted[name] for name in ("request_id", "tenant", "actor", "status"))
    handled = [line for line in lines if line["event"] == "event"]
    assert {"RunState.load"} <= {line["handler"] for line in handled}
    for name in (
        'inspector_door_total{outcome="done",permission="run:pause"}',
        'inspector_temporal_call_duration_seconds_count{method="describe_workflow_execution"',
        'inspector_operation_runs_total{action="signal",outcome="done"}',
        'inspector_event_duration_seconds_count{handler="RunState.load"',
    ):
        assert name in numbers, name
