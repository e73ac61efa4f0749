from __future__ import annotations

import asyncio
from contextlib import aclosing
from uuid import uuid4

import pytest

from inspector_app.demo.server import DemoServer
from inspector_app.domain.errors import Invalid, NotFound, Refused, Unreachable
from inspector_app.domain.histories import EventKind, EventTone
from inspector_app.domain.ids import EventId, RunId, WorkflowId
from inspector_app.domain.veils import OPEN
from inspector_app.domain.workflows import RunRef, Status
from inspector_app.services.showing import show_event
from tests.fixtures.samples import Approval, Failing, Family, Long, Retrying, Stuck
from tests.fixtures.temporal import Site, waits_for

pytestmark = pytest.mark.temporal

WHO = {"identity": "inspector:ana"}


def request():
    return {**WHO, "request_id": uuid4().hex}


async def is_waiting(site, ref):
    run = await site.workflows.describe(site.namespace, ref)
    return not run.activities and run.task is None and run.summary.history_length > 5


async def test_a_paused_run_is_listed_and_described_as_paused(site):
    ref, _ = await site.start(Approval.run, "x")
    await waits_for(lambda: is_waiting(site, ref))
    await site.workflows.pause(site.namespace, ref, reason="legal review", **request())
    run = await site.workflows.describe(site.namespace, ref)
    assert run.status is Status.PAUSED
    assert (run.pause.by, run.pause.reason) == ("ana", "legal review")

    async def listed():
        query = f"WorkflowId = '{ref.workflow_id}' AND ExecutionStatus = 'Paused'"
        page = await site.workflows.page(site.namespace, query, page_size=5, page_token=None)
        return page.runs

    (found,) = await waits_for(listed)
    assert found.status is Status.PAUSED
    assert found.pause_reason == "legal review"
    await site.workflows.resume(site.namespace, ref, reason="go on", **request())
    assert (await site.workflows.describe(site.namespace, ref)).status is Status.RUNNING


@pytest.mark.parametrize(
    "workflow_id", ["a/b/c", "with spaces and %25", "émoji 😀 ü", "x" * 1000, "quote ' \" ;"]
)
async def test_any_workflow_id_is_found_acted_on_and_read(site, workflow_id):
    # The server takes at most 1,000 characters in all, so the unique part is cut into them.
    unique = (uuid4().hex + workflow_id)[:1000]
    ref, handle = await site.start(Approval.run, "x", id=unique)
    await site.workflows.signal(site.namespace, ref, "approve", [True, "ok"], **request())
    assert await handle.result() == {"approved": True}
    run = await site.workflows.describe(site.namespace, ref)
    assert (run.summary.workflow_id, run.status) == (unique, Status.COMPLETED)
    page = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    assert page.rows[-1].type == "WorkflowExecutionCompleted"


async def test_a_malformed_query_comes_back_in_the_servers_words(site):
    with pytest.raises(Invalid, match="invalid") as refused:
        await site.workflows.page(site.namespace, "Nonsense =", page_size=5, page_token=None)
    assert refused.value.field == "query"


@pytest.mark.parametrize("token", ["!!", "AAAA", "nope"])
async def test_a_foreign_page_token_is_named_as_such(site, token):
    with pytest.raises(Invalid) as refused:
        await site.workflows.page(site.namespace, "", page_size=5, page_token=token)
    assert refused.value.field == "page_token"


async def test_pages_follow_each_other_without_gap_or_repeat(site):
    kind = uuid4().hex
    ids = {
        (await site.start(Approval.run, "x", id=f"{kind}-{n}"))[0].workflow_id for n in range(7)
    }
    query = f"WorkflowId STARTS_WITH '{kind}'"

    async def all_are_visible():
        return (await site.workflows._count(site.namespace, query)).total == len(ids)

    await waits_for(all_are_visible)
    seen, token = [], None
    while True:
        page = await site.workflows.page(site.namespace, query, page_size=3, page_token=token)
        seen += [run.workflow_id for run in page.runs]
        if (token := page.next_page_token) is None:
            break
    assert sorted(seen) == sorted(ids)
    counts = await site.workflows.counts(site.namespace, query)
    assert counts.by_status[Status.RUNNING] == len(ids)


async def test_an_unknown_run_and_namespace_read_as_not_found(site):
    with pytest.raises(NotFound):
        await site.workflows.describe(
            site.namespace, RunRef("default", WorkflowId("nobody"), RunId(""))
        )
    nowhere = RunRef("default", WorkflowId("x"), RunId(str(uuid4())))
    with pytest.raises(NotFound):
        await site.workflows.describe(site.namespace, nowhere)


async def test_a_pending_activity_says_which_try_it_waits_for_and_why(site):
    ref, _ = await site.start(Retrying.run)

    async def has_failed_once():
        found = (await site.workflows.describe(site.namespace, ref)).activities
        return found and found[0].last_failure and found[0]

    activity = await waits_for(has_failed_once)
    assert activity.activity_type == "stumble"
    assert activity.last_failure == "RateLimit: the source limits the rate"
    assert activity.next_try_at is not None


async def test_input_result_and_failure_are_readable(site):
    done, handle = await site.start(Approval.run, "heat pumps")
    await site.workflows.signal(site.namespace, done, "approve", [True, ""], **request())
    await handle.result()
    data = await site.workflows.data(site.namespace, done)
    assert data.input == ("heat pumps",)
    assert data.result == ({"approved": True},)
    failed, _ = await site.start(Failing.run)

    async def failure():
        return (await site.workflows.data(site.namespace, failed)).failure

    assert "RateLimit: the source limits the rate" in await waits_for(failure)


async def test_a_workflow_says_which_signals_it_takes(site):
    ref, _ = await site.start(Approval.run, "x")
    handlers = await site.workflows.handlers(site.namespace, ref)
    assert handlers.known
    assert [(each.name, each.description) for each in handlers.signals] == [
        ("approve", "Says yes or no.")
    ]
    assert [each.name for each in handlers.queries] == ["progress"]


async def test_a_history_has_a_row_for_every_event_with_what_it_is_about(site):
    ref, handle = await site.start(Family.run, f"child-{uuid4().hex}")
    await handle.result()
    page = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    assert [row.id for row in page.rows] == list(range(1, page.total + 1))
    by_type = {row.type: row for row in page.rows}
    assert by_type["WorkflowExecutionStarted"].subject == "Family"
    assert by_type["TimerStarted"].note == "0.01 s"
    assert by_type["TimerFired"].subject == "timer 1"
    assert by_type["ChildWorkflowExecutionStarted"].subject == "Approval"
    assert by_type["ChildWorkflowExecutionCompleted"].kind is EventKind.CHILD
    assert by_type["WorkflowPropertiesModified"].subject == "stage"
    assert by_type["ExternalWorkflowExecutionSignaled"].subject == "approve"
    assert by_type["WorkflowExecutionCompleted"].tone is EventTone.COMPLETED


async def test_one_event_opens_in_full_with_its_payloads_readable_and_its_cause(site):
    ref, handle = await site.start(Approval.run, "heat pumps")
    await site.workflows.signal(site.namespace, ref, "approve", [True, ""], **request())
    await handle.result()
    page = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    completed = next(row for row in page.rows if row.type == "ActivityTaskCompleted")
    scheduled = next(row for row in page.rows if row.type == "ActivityTaskScheduled")
    event = await site.histories.event(site.namespace, ref, completed.id)
    assert '"hello heat pumps"' in show_event(OPEN, event).json
    assert ("Scheduled by", scheduled.id) in event.links
    with pytest.raises(NotFound):
        await site.histories.event(site.namespace, ref, EventId(page.total + 1))


async def test_a_long_history_is_the_same_in_pages_as_in_one_and_again_from_memory(site):
    ref, handle = await site.start(Long.run, 1000)
    assert await handle.result() == 1000
    raw = [event.event_id async for event in handle.fetch_history_events()]
    seen, start = [], 1
    while start:
        page = await site.histories.page(site.namespace, ref, start=EventId(start), size=300)
        seen += [row.id for row in page.rows]
        start = page.next_event
    assert seen == raw
    again = await site.histories.page(site.namespace, ref, start=EventId(1500), size=10)
    assert [row.id for row in again.rows] == list(range(1500, 1510))


async def test_an_open_runs_history_grows_as_the_run_goes_on(site):
    ref, handle = await site.start(Approval.run, "x")
    await waits_for(lambda: is_waiting(site, ref))
    before = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    await site.workflows.signal(site.namespace, ref, "approve", [False, ""], **request())
    await handle.result()
    after = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    assert after.rows[: len(before.rows)] == before.rows
    assert after.rows[-1].type == "WorkflowExecutionCompleted"
    assert [row.id for row in after.rows] == list(range(1, after.total + 1))


async def test_a_run_that_is_followed_tells_of_each_event_and_is_read_without_asking_again(
    site, monkeypatch
):
    ref, handle = await site.start(Approval.run, "x")
    await waits_for(lambda: is_waiting(site, ref))
    async with aclosing(site.histories.follow(site.namespace, ref)) as following:
        coming = asyncio.ensure_future(anext(following))
        here = (await site.histories.page(site.namespace, ref, start=EventId(1), size=500)).total
        await handle.signal(Approval.approve, args=[True, "ok"])
        assert await coming > here
        asked = []
        call = site.clusters.call

        async def counted(cluster, method):
            asked.append(method)
            return await call(cluster, method)

        monkeypatch.setattr(site.clusters, "call", counted)
        page = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
        assert "WorkflowExecutionSignaled" in [row.type for row in page.rows]
        assert asked == []
        async for _ in following:
            pass
    whole = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    assert whole.rows[-1].type == "WorkflowExecutionCompleted"
    assert [row.id for row in whole.rows] == list(range(1, whole.total + 1))


async def test_following_goes_on_where_others_left_off(site):
    ref, handle = await site.start(Approval.run, "x")
    await waits_for(lambda: is_waiting(site, ref))
    await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    await handle.signal(Approval.approve, args=[True, "ok"])
    await handle.result()
    async with aclosing(site.histories.follow(site.namespace, ref)) as following:
        assert [total async for total in following] == []
    page = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    assert [row.id for row in page.rows] == list(range(1, page.total + 1))


async def test_a_task_that_is_only_tried_again_is_not_taken_for_an_event(site):
    """The server shows workers a retried task that it never writes; its ids come again."""
    ref, handle = await site.start(Stuck.run)

    async def failing():
        run = await site.workflows.describe(site.namespace, ref)
        return run.task is not None and run.task.attempt > 1

    await waits_for(failing)
    page = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
    assert page.rows[-1].type == "WorkflowTaskFailed"
    await handle.signal("hey")

    async def grown():
        now = await site.histories.page(site.namespace, ref, start=EventId(1), size=500)
        return now.rows if now.total > page.total else None

    rows = await waits_for(grown)
    assert rows[: page.total] == page.rows
    assert rows[page.total].type == "WorkflowExecutionSignaled"
    await handle.terminate("enough")


async def test_pausing_twice_is_refused_in_the_servers_words(site):
    ref, _ = await site.start(Approval.run, "x")
    await waits_for(lambda: is_waiting(site, ref))
    await site.workflows.pause(site.namespace, ref, reason="once", **request())
    with pytest.raises(Refused, match="already paused"):
        await site.workflows.pause(site.namespace, ref, reason="twice", **request())


async def test_a_server_that_goes_away_is_said_with_its_address_and_comes_back(tmp_path):
    async with DemoServer(tmp_path) as server:
        site = Site(server.address, None)
        await site.workflows.counts(site.namespace, "")
    nobody = RunRef("default", WorkflowId("x"), RunId(""))
    with pytest.raises(Unreachable) as silent:
        await site.workflows.describe(site.namespace, nobody)
    assert silent.value.address == server.address
    assert silent.value.next_try > silent.value.since
    async with DemoServer(tmp_path, port=int(server.address.rpartition(":")[2])):

        async def answers():
            try:
                return await site.workflows._count(site.namespace, "")
            except Unreachable:
                return None

        assert (await waits_for(answers)).total == 0


async def test_the_capability_to_pause_is_found_out(site, plain_site):
    assert (await site.workflows.capabilities(site.namespace)).native_pause
    assert not (await plain_site.workflows.capabilities(plain_site.namespace)).native_pause
