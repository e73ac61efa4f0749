"""Acting on real runs over HTTP: the state afterwards, refusals, and acting once."""

from __future__ import annotations

from urllib.parse import quote
from uuid import uuid4

import pytest

from inspector_app.domain.audit import Outcome
from tests.fixtures.samples import Approval
from tests.fixtures.temporal import waits_for

pytestmark = pytest.mark.temporal

WORKFLOWS = "/api/v1/workflows"
WHY = {"reason": "legal review"}


def named(ref):
    return {"ns": "main", "workflow_id": ref.workflow_id, "run_id": ref.run_id}


async def waiting(site):
    """A run that waits for a person."""
    ref, handle = await site.start(Approval.run, "x", id=f"a/b {uuid4().hex} 😀")

    async def is_waiting():
        run = await site.workflows.describe(site.namespace, ref)
        return run.task is None and run.summary.history_length > 5

    await waits_for(is_waiting)
    return ref, handle


async def test_an_action_answers_the_state_as_the_server_reports_it(office, site):
    ref, handle = await waiting(site)
    ana = await office.signed_in("ana")
    paused = await ana.acts(f"{WORKFLOWS}/pause", WHY, **named(ref))
    assert paused.status_code == 200
    run = paused.json()["run"]
    assert (run["status"], run["pause"]["reason"]) == ("Paused", "legal review")
    assert run["pause"]["by"].endswith("ana")
    again = await ana.acts(f"{WORKFLOWS}/pause", WHY, **named(ref))
    assert (again.status_code, again.json()["detail"]) == (409, "It is paused already.")
    resumed = await ana.acts(f"{WORKFLOWS}/resume", WHY, **named(ref))
    assert resumed.json()["run"]["status"] == "Running"
    sent = await ana.acts(
        f"{WORKFLOWS}/signal", {"name": "approve", "args": [True, "yes"], **WHY}, **named(ref)
    )
    assert sent.status_code == 200
    assert await handle.result() == {"approved": True}
    closed = await ana.acts(f"{WORKFLOWS}/cancel", WHY, **named(ref))
    assert closed.status_code == 409
    done = await office.entries(outcome=Outcome.DONE, actor_name="ana", reason="legal review")
    assert [r.permission.value for r in done] == ["run:pause", "run:resume", "run:signal"]
    assert {r.target.id for r in done} == {ref.workflow_id}


async def test_a_signal_by_path_finds_ids_with_slashes_spaces_and_emoji(office, site):
    ref, handle = await waiting(site)
    ana = await office.signed_in("ana")
    path = quote(ref.workflow_id, safe="")
    body = {"name": "approve", "args": [False, "no"], **WHY}
    answer = await ana.acts(f"/api/v1/temporal/signal/{path}", body, ns="main", run_id=ref.run_id)
    assert answer.status_code == 200
    assert answer.json()["run"]["workflow_id"] == ref.workflow_id
    assert await handle.result() == {"approved": False}


async def test_a_signal_that_would_break_the_run_is_not_sent_unless_one_means_it(office, site):
    ref, handle = await waiting(site)
    ana = await office.signed_in("ana")

    async def signal(**body):
        return await ana.acts(f"{WORKFLOWS}/signal", {**WHY, **body}, **named(ref))

    unknown = await signal(name="aprove", args=[True, "x"])
    assert (unknown.status_code, unknown.json()["field"]) == (422, "name")
    assert "approve" in unknown.json()["hint"]
    assert not await site_signals(handle)
    forced = await signal(name="anything", payload={"a": [1, None, "é"]}, force=True)
    assert forced.status_code == 200
    assert forced.json()["warnings"]
    assert await site_signals(handle) == ["anything"]


async def site_signals(handle):
    history = await handle.fetch_history()
    return [
        e.workflow_execution_signaled_event_attributes.signal_name
        for e in history.events
        if e.HasField("workflow_execution_signaled_event_attributes")
    ]


BAD = [
    (b'{"name": "approve", "args": [true, "x"]}', 422, "reason"),
    (b'{"name": "approve", "args": [true, "x"], "reason": "  "}', 422, "reason"),
    (b'{"name": "approve", "reason": "x", "extra": 1}', 422, "extra"),
    (b'{"name": "approve", "reason": "x", "args": [1, 2], "payload": 1}', 422, "body"),
    (b'{"name": "approve", "reason": "x", "args": "no list"}', 422, "args"),
    (b'{"name": "approve", "reason": "\\ud800", "args": [true, "x"]}', 422, "reason"),
    (b'{"name": "approve", "reason": "x", "args": [true, "\\ud800"]}', 422, "args"),
    (b'{"name": "approve", "reason": "x", "args": [true, NaN]}', 422, "args"),
    (b'{"name": "approve", "reason": "x", "args": [true, 1e999]}', 422, "args"),
    (b'{"name": " ", "reason": "x", "args": []}', 422, "name"),
    (b'{"name": "approve",', 400, "body"),
    (b"[]", 422, "body"),
    (b"", 422, "body"),
]


async def test_a_body_that_does_not_fit_names_the_field_and_sends_nothing(office, site):
    ref, handle = await waiting(site)
    ana = await office.signed_in("ana")
    own = {
        "Origin": ana.origin,
        "X-CSRF-Token": ana.cookie("inspector_csrf"),
        "Content-Type": "application/json",
    }
    for body, status, field in BAD:
        answer = await ana.http.post(
            f"{WORKFLOWS}/signal", params=named(ref), content=body, headers=own
        )
        problem = answer.json()
        assert (answer.status_code, problem.get("field")) == (status, field), (body, problem)
    for body in (b"\xff", b"[" * 100_000):
        answer = await ana.http.post(
            f"{WORKFLOWS}/signal", params=named(ref), content=body, headers=own
        )
        assert answer.status_code == 400
    assert not await site_signals(handle)


async def test_an_observer_cannot_act_and_every_try_is_written_down(office, site):
    ref, handle = await waiting(site)
    ivo = await office.signed_in("ivo")
    for action in ("pause", "resume", "cancel", "terminate"):
        answer = await ivo.acts(f"{WORKFLOWS}/{action}", WHY, **named(ref))
        assert (answer.status_code, answer.json()["needs"]) == (403, "developer")
    body = {"name": "approve", "args": [True, "x"], **WHY}
    for path in (
        f"{WORKFLOWS}/signal",
        f"/api/v1/temporal/signal/{quote(ref.workflow_id, safe='')}",
    ):
        assert (await ivo.acts(path, body, **named(ref))).status_code == 403
    denied = await office.entries(outcome=Outcome.DENIED, actor_name="ivo")
    assert {r.permission.value.partition(":")[2] for r in denied} == {
        "pause",
        "resume",
        "cancel",
        "terminate",
        "signal",
    }
    description = await handle.describe()
    assert description.status.name == "RUNNING"


async def test_the_same_key_acts_once_and_answers_the_same_again(office, site):
    ref, handle = await waiting(site)
    ana = await office.signed_in("ana")
    key = {"Idempotency-Key": uuid4().hex}
    body = {"name": "note", "payload": 1, "force": True, **WHY}
    first = await ana.acts(f"{WORKFLOWS}/signal", body, key, **named(ref))
    second = await ana.acts(f"{WORKFLOWS}/signal", body, key, **named(ref))
    assert first.status_code == 200
    assert second.json() == first.json()
    assert await site_signals(handle) == ["note"]
    other = await ana.acts(f"{WORKFLOWS}/signal", {**body, "payload": 2}, key, **named(ref))
    assert (other.status_code, other.json()["field"]) == (422, "Idempotency-Key")
    elsewhere = await ana.acts(f"{WORKFLOWS}/cancel", WHY, key, **named(ref))
    assert elsewhere.status_code == 422
    # Another person's key is another key.
    noor = await office.signed_in("noor")
    assert (await noor.acts(f"{WORKFLOWS}/signal", body, key, **named(ref))).status_code == 200
    assert await site_signals(handle) == ["note", "note"]


async def test_a_failed_action_may_be_repeated_under_its_key(office, site):
    ref, _ = await waiting(site)
    ana = await office.signed_in("ana")
    key = {"Idempotency-Key": uuid4().hex}
    refused = await ana.acts(f"{WORKFLOWS}/resume", WHY, key, **named(ref))
    assert refused.status_code == 409
    await ana.acts(f"{WORKFLOWS}/pause", WHY, **named(ref))
    assert (await ana.acts(f"{WORKFLOWS}/resume", WHY, key, **named(ref))).status_code == 200


async def test_cancelling_and_terminating_say_what_they_did(office, site):
    ref, _ = await waiting(site)
    ana = await office.signed_in("ana")
    asked = await ana.acts(f"{WORKFLOWS}/cancel", WHY, **named(ref))
    assert asked.status_code == 200
    ref, handle = await waiting(site)
    ended = await ana.acts(f"{WORKFLOWS}/terminate", WHY, **named(ref))
    assert ended.json()["run"]["status"] == "Terminated"
    assert (await handle.describe()).status.name == "TERMINATED"


async def test_with_the_database_locked_one_can_read_and_nothing_is_done(office, site):
    ref, handle = await waiting(site)
    ana = await office.signed_in("ana")
    with office.house.behind().holds():
        refused = await ana.acts(f"{WORKFLOWS}/terminate", WHY, **named(ref))
        read = await ana.gets(f"{WORKFLOWS}/run", **named(ref))
    assert refused.status_code == 503
    assert refused.json()["type"] == "urn:inspector:problem:storage-unavailable"
    assert read.json()["run"]["status"] == "Running"
    assert (await handle.describe()).status.name == "RUNNING"


async def test_where_the_server_has_pausing_off_its_switch_is_named(furnished, plain_site):
    ref, _ = await waiting(plain_site)
    async with furnished(plain_site.namespace.cluster.address) as office:
        ana = await office.signed_in("ana")
        answer = await ana.acts(f"{WORKFLOWS}/pause", WHY, **named(ref))
    assert (answer.status_code, answer.json()["flag"]) == (409, "frontend.WorkflowPauseEnabled")
    assert "signals pause and resume" in answer.json()["hint"]
