"""What is read over HTTP, from a real Temporal server where runs are concerned."""

from __future__ import annotations

from uuid import uuid4

import pytest

from inspector_app.domain.permissions import Role
from tests.fixtures.samples import Approval, Stuck
from tests.fixtures.temporal import waits_for

WORKFLOWS = "/api/v1/workflows"


def named(ref, **more):
    return {"ns": "main", "workflow_id": ref.workflow_id, "run_id": ref.run_id, **more}


async def test_one_learns_who_one_is_and_what_one_may(front):
    me = (await (await front.signed_in("ivo")).gets("/api/v1/me")).json()
    assert (me["username"], me["tenant"], me["role"]) == ("ivo", "demo", "observer")
    assert me["permissions"] == ["alert:read", "namespace:read", "operation:read", "run:read"]
    assert me["tenants"] == [{"slug": "demo", "name": "Demo", "role": "observer"}]
    assert not any("csrf" in name for name in me)


async def test_a_person_in_several_tenants_names_one(front):
    await front.house.accounts.create_person(
        front.house.operator, "ivo", tenant_slug="other", role=Role.ADMIN, password=None
    )
    visitor = await front.signed_in("ivo")
    undecided = await visitor.gets("/api/v1/namespaces")
    assert undecided.status_code == 403
    for tenant, slugs in (("demo", ["default", "main"]), ("other", ["theirs"])):
        header = {"X-Inspector-Tenant": tenant}
        answer = await visitor.gets("/api/v1/namespaces", headers=header)
        assert sorted(each["slug"] for each in answer.json()["items"]) == slugs
    foreign = {"X-Inspector-Tenant": "nowhere"}
    assert (await visitor.gets("/api/v1/namespaces", headers=foreign)).status_code == 403


async def test_another_tenants_namespace_reads_as_one_that_is_not_there(front):
    eve = await front.signed_in("eve")
    answers = [(await eve.gets(WORKFLOWS, ns=ns)).json() for ns in ("main", "nowhere")]
    for answer, ns in zip(answers, ("main", "nowhere"), strict=True):
        assert answer.pop("request_id")
        assert answer.pop("detail") == f"There is no namespace '{ns}' here."
    assert answers[0] == answers[1]
    assert answers[0]["status"] == 404


async def test_a_silent_server_is_named_with_its_address_and_the_next_try(front):
    ivo = await front.signed_in("ivo")
    answer = await ivo.gets(WORKFLOWS, ns="main")
    assert answer.status_code == 503
    assert answer.json()["address"] == "127.0.0.1:1"
    assert answer.json()["next_try"].endswith("Z")
    assert int(answer.headers["retry-after"]) >= 1


async def test_readiness_names_what_is_silent_and_no_address(front):
    answer = await front.visitor().gets("/readyz")
    assert answer.status_code == 503
    assert "cluster local" in answer.json()["detail"]
    assert "127.0.0.1" not in answer.text
    assert (await front.visitor().gets("/healthz")).json() == {"status": "alive"}


async def test_readiness_names_a_database_that_is_away(front):
    await front.house.database.close()
    front.house.behind().takes_away()
    answer = await front.visitor().gets("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "Without an answer: database."
    assert (await front.visitor().gets("/healthz")).status_code == 200


async def test_an_admin_reads_the_log_page_by_page_and_an_observer_does_not(front):
    ivo, noor = await front.signed_in("ivo"), await front.signed_in("noor")
    assert (await ivo.gets("/api/v1/audit")).status_code == 403
    assert (await ivo.gets("/api/v1/audit/verify")).status_code == 403
    seen, token = [], None
    while True:
        page = {"page_token": token} if token else {}
        answer = (await noor.gets("/api/v1/audit", page_size=2, **page)).json()
        seen += [entry["seq"] for entry in answer["items"]]
        token = answer["next_page_token"]
        if token is None:
            break
    assert seen[-1] == 1
    assert sorted(seen, reverse=True) == seen
    denied = (await noor.gets("/api/v1/audit", outcome="denied", actor="ivo")).json()["items"]
    assert {entry["permission"] for entry in denied} == {"audit:read", "audit:verify"}
    verdict = (await noor.gets("/api/v1/audit/verify")).json()
    assert (verdict["whole"], verdict["first_break"]) == (True, None)


@pytest.mark.parametrize("path", ["/api/v1/audit", f"{WORKFLOWS}/history"])
@pytest.mark.parametrize("token", ["x", "-1", "0", "1.5", "9" * 40, "9" * 5000, "٣", "\0"])
async def test_a_page_token_that_no_list_gave_is_named_as_such(keen, path, token):
    answer = await keen.gets(path, ns="main", workflow_id="w", page_token=token)
    assert answer.status_code == 422
    assert answer.json()["field"] == "page_token"


@pytest.fixture
async def keen(front):
    return await front.signed_in("noor")


@pytest.mark.temporal
async def test_runs_are_listed_counted_and_paged(office, site):
    kind = uuid4().hex
    for n in range(3):
        await site.start(Approval.run, "x", id=f"{kind}/{n} 😀")
    query = f"WorkflowId STARTS_WITH '{kind}'"
    ivo = await office.signed_in("ivo")

    async def counted():
        counts = (await ivo.gets(f"{WORKFLOWS}/counts", ns="main", query=query)).json()
        return counts if counts["total"] == 3 else None

    counts = await waits_for(counted)
    assert counts["by_status"] == {"Running": 3}
    seen, token = [], None
    for _ in range(2):
        page = {"page_token": token} if token else {}
        answer = await ivo.gets(WORKFLOWS, ns="main", query=query, page_size=2, **page)
        assert set(answer.json()) == {"items", "next_page_token"}
        seen += [run["workflow_id"] for run in answer.json()["items"]]
        token = answer.json()["next_page_token"]
    assert token is None
    assert sorted(seen) == [f"{kind}/{n} 😀" for n in range(3)]


@pytest.mark.temporal
async def test_a_run_and_its_history_are_read_as_objects_and_as_rows(office, site):
    ref, handle = await site.start(Approval.run, "x", id=f"a/b c%20/{uuid4().hex}/😀")
    await handle.signal("approve", args=[True, "yes"])
    await handle.result()
    ivo = await office.signed_in("ivo")
    run = (await ivo.gets(f"{WORKFLOWS}/run", **named(ref))).json()
    assert run["run"]["workflow_id"] == ref.workflow_id
    assert run["run"]["status"] == "Completed"
    assert run["run"]["started_at"].endswith("Z")
    assert not any(offer["possible"] for offer in run["offers"].values())

    items, token = [], None
    while not items or token:
        page = {"page_token": token} if token else {}
        answer = (await ivo.gets(f"{WORKFLOWS}/history", **named(ref, page_size=4, **page))).json()
        items += answer["items"]
        token = answer["next_page_token"]
    assert [item["event_id"] for item in items] == list(range(1, answer["total"] + 1))
    assert items[-1]["type"] == "WorkflowExecutionCompleted"

    rows = (await ivo.gets(f"{WORKFLOWS}/history/rows", **named(ref, page_size=4))).json()
    assert (rows["total"], rows["next_event"]) == (len(items), 5)
    for row, item in zip(rows["rows"], items, strict=False):
        number, at, *rest = row
        assert number == item["event_id"]
        assert at % 1000 == int(item["at"][-4:-1])
        assert rest == [item[name] for name in ("type", "kind", "tone", "subject", "note")]

    event = (await ivo.gets(f"{WORKFLOWS}/history/event", **named(ref, event_id=1))).json()
    assert event["event"] == items[0]
    assert '"topic"' in event["json_text"] or '"x"' in event["json_text"]
    for beyond in (len(items) + 1, 2**40, 10**30):
        answer = await ivo.gets(f"{WORKFLOWS}/history/event", **named(ref, event_id=beyond))
        assert answer.status_code in {404, 422}, beyond
        rows = await ivo.gets(f"{WORKFLOWS}/history/rows", **named(ref, from_event=beyond))
        assert rows.status_code in {200, 404, 422}, beyond


@pytest.mark.temporal
async def test_a_payload_that_is_no_proper_text_is_shown_all_the_same(office, site):
    ref, handle = await site.start(Approval.run, "half \ud800, none \0, number \x85")
    await handle.signal("approve", args=[True, "\udfff"])
    await handle.result()
    ivo = await office.signed_in("ivo")
    for path in ("run", "history", "history/rows"):
        answer = await ivo.gets(f"{WORKFLOWS}/{path}", **named(ref))
        assert answer.status_code == 200, path
    for number in range(1, answer.json()["total"] + 1):
        answer = await ivo.gets(f"{WORKFLOWS}/history/event", **named(ref, event_id=number))
        assert answer.status_code == 200, number


@pytest.mark.temporal
async def test_a_task_that_keeps_failing_says_why_and_one_that_does_not_says_nothing(office, site):
    ivo = await office.signed_in("ivo")
    ref, handle = await site.start(Stuck.run)

    async def read():
        answer = await ivo.gets(f"{WORKFLOWS}/run/refusal", **named(ref))
        return answer.json()["refusal"]

    found = await waits_for(read)
    assert found["summary"].endswith(
        "in its task: ValueError: a fault in the workflow's own code."
    )
    assert (found["nondeterminism"], found["event_id"]) == (False, None)
    event = {**named(ref), "event_id": found["failed_at"]}
    shown = await ivo.gets(f"{WORKFLOWS}/history/event", **event)
    assert shown.json()["event"]["type"] == "WorkflowTaskFailed"
    await handle.terminate("enough")
    well, _ = await site.start(Approval.run, "x")
    answer = await ivo.gets(f"{WORKFLOWS}/run/refusal", **named(well))
    assert answer.json() == {"refusal": None}


@pytest.mark.temporal
async def test_what_names_nothing_or_does_not_parse_is_explained(office, site):
    ivo = await office.signed_in("ivo")
    answer = await ivo.gets(f"{WORKFLOWS}/run", ns="main", workflow_id="not/there 😀")
    assert answer.status_code == 404
    answer = await ivo.gets(f"{WORKFLOWS}/run", ns="main", workflow_id="w", run_id="no run")
    assert answer.status_code == 422
    answer = await ivo.gets(WORKFLOWS, ns="main", query="Nonsense =")
    assert (answer.status_code, answer.json()["field"]) == (422, "query")
    answer = await ivo.gets(WORKFLOWS, ns="main", page_token="é😀")
    assert (answer.status_code, answer.json()["field"]) == (422, "page_token")
    for fields in ({}, {"workflow_id": ""}, {"workflow_id": "x" * 1001}):
        answer = await ivo.gets(f"{WORKFLOWS}/run", ns="main", **fields)
        assert (answer.status_code, answer.json()["field"]) == (422, "workflow_id")
    assert (await office.visitor().gets("/readyz")).json() == {"status": "ready"}


@pytest.mark.temporal
async def test_long_answers_come_compressed(office, site):
    ref, handle = await site.start(Approval.run, "x")
    await handle.signal("approve", args=[True, "yes"])
    await handle.result()
    ivo = await office.signed_in("ivo")
    answer = await ivo.gets(f"{WORKFLOWS}/history", **named(ref))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["total"] > 5


async def test_the_overview_counts_what_the_list_counts(office, site):
    await site.start(Approval.run, "x")
    ivo = await office.signed_in("ivo")

    async def counted():
        answer = (await ivo.gets("/api/v1/overview")).json()
        (main,) = (each for each in answer["namespaces"] if each["slug"] == "main")
        return main if main["running"] else None

    main = await waits_for(counted)
    listed = (await ivo.gets(f"{WORKFLOWS}/counts", ns="main")).json()
    assert main["running"] <= listed["by_status"]["Running"]
    assert (main["trouble"], main["at"][-1]) == ("", "Z")


async def test_an_overview_whose_server_is_silent_says_so_where_the_numbers_would_be(front):
    answer = await (await front.signed_in("ivo")).gets("/api/v1/overview")
    assert answer.status_code == 200
    assert all("does not answer" in each["trouble"] for each in answer.json()["namespaces"])
    assert answer.json()["last_hour"]["failure_share"] is None


async def test_an_overview_shows_nothing_of_other_tenants(front):
    eve = await front.signed_in("eve")
    answer = (await eve.gets("/api/v1/overview")).json()
    assert [each["slug"] for each in answer["namespaces"]] == ["theirs"]
    assert (await front.visitor().gets("/api/v1/overview")).status_code == 401
