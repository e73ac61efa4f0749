"""Each sample does what the demo shows it for, on a real server."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowFailureError, WorkflowUpdateFailedError

from inspector_app.demo.samples.approval import PurchaseApproval, PurchaseInput
from inspector_app.demo.samples.long_run import ArchiveIndexer, IndexInput
from inspector_app.demo.samples.pipeline import Pipeline, PipelineInput, Trouble
from inspector_app.demo.samples.research import ResearchAgent, ResearchInput
from inspector_app.demo.samples.support import SupportAgent, SupportInput
from inspector_app.domain.ids import RunId, WorkflowId
from inspector_app.domain.workflows import RunRef, Status
from tests.fixtures.temporal import waits_for

pytestmark = pytest.mark.temporal


def says(handle, query, answer):
    async def asked():
        return await handle.query(query) == answer

    return asked


def ref_of(handle):
    return RunRef("default", WorkflowId(handle.id), RunId(handle.first_execution_run_id))


def priced(events):
    """Model and token counts, as they stand in a history."""
    for event in events:
        for payload in event.activity_task_completed_event_attributes.result.payloads:
            content = json.loads(payload.data)
            content = content.get("response", content) if isinstance(content, dict) else {}
            if "model_name" in content:
                yield content["model_name"], content["usage"]


def kinds(events):
    return [EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in events]


async def test_the_researcher_reads_in_children_on_several_models_and_waits_for_approval(demo):
    handle = await demo.starts(ResearchAgent.run, ResearchInput("heat pumps"))
    await waits_for(says(handle, ResearchAgent.progress, "waiting for approval"))
    await handle.signal("approve", args=[True, "go on"])
    result = await handle.result()
    assert (result.approved, result.note) == (True, "go on")
    assert result.brief.startswith("Brief on heat pumps.")
    parent = await demo.events(handle.id)
    children = [await demo.events(f"{handle.id}/question-{number}") for number in (1, 2)]
    found = [each for events in (parent, *children) for each in priced(events)]
    assert {name for name, _ in found} == {
        "gpt-4.1-mini",
        "gemini-2.5-flash",
        "claude-sonnet-4-5",
    }
    assert all(usage["input_tokens"] > 400 and usage["output_tokens"] > 40 for _, usage in found)
    happened = kinds(parent)
    last_asked = max(
        at
        for at, kind in enumerate(happened)
        if kind == "START_CHILD_WORKFLOW_EXECUTION_INITIATED"
    )
    assert last_asked < happened.index("CHILD_WORKFLOW_EXECUTION_COMPLETED")
    # Both tools of one answer are scheduled by one workflow task.
    reading = kinds(children[0])
    assert any(
        reading[at : at + 2] == ["ACTIVITY_TASK_SCHEDULED"] * 2 for at in range(len(reading))
    )


async def test_a_brief_that_needs_no_approval_is_done_by_itself(demo):
    handle = await demo.starts(ResearchAgent.run, ResearchInput("paper", needs_approval=False))
    assert (await handle.result()).approved


async def test_a_topic_without_sources_fails_the_researcher_after_its_tries(demo):
    handle = await demo.starts(ResearchAgent.run, ResearchInput("the outage of a supplier"))
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    tries = [
        event.activity_task_started_event_attributes.attempt
        for event in await demo.events(f"{handle.id}/question-2")
    ]
    assert max(tries) == 3
    assert "WORKFLOW_EXECUTION_COMPLETED" in kinds(await demo.events(f"{handle.id}/question-1"))


async def test_the_support_agent_drafts_and_sends_only_what_a_person_may_send(demo):
    handle = await demo.starts(SupportAgent.run, SupportInput("globex", "Where is my parcel?"))

    async def refused(update, argument):
        with pytest.raises(WorkflowUpdateFailedError) as failed:
            await handle.execute_update(update, argument)
        return str(failed.value.cause)

    assert "at most 2000 characters; this has 2001" in await refused("reply", "x" * 2001)
    assert "'nobody' is not in the team" in await refused("assign", "nobody")

    async def drafted():
        return await handle.query(SupportAgent.draft)

    draft = await waits_for(drafted)
    assert await handle.execute_update(SupportAgent.assign, "lena") == ""
    assert await handle.execute_update(SupportAgent.reply, "") == 2
    assert await handle.query(SupportAgent.assigned_to) == "lena"
    assert "There is no draft to send yet" in await refused("reply", " ")
    await handle.signal(SupportAgent.customer_says, "And when?")
    assert await handle.query(SupportAgent.transcript) == [
        "globex: Where is my parcel?",
        f"lena: {draft}",
        "globex: And when?",
    ]
    await waits_for(drafted)
    await handle.signal(SupportAgent.close, "lena")
    result = await handle.result()
    assert (result.messages, result.closed_by) == (3, "lena")


async def test_every_handler_of_every_waiting_sample_is_described_to_inspector(demo):
    started = [
        await demo.starts(ResearchAgent.run, ResearchInput("paper")),
        await demo.starts(SupportAgent.run, SupportInput("globex", "Hello?")),
        await demo.starts(PurchaseApproval.run, PurchaseInput("a desk", "1 EUR", "lena", "sofia")),
    ]
    for handle in started:
        found = await demo.workflows.handlers(demo.namespace, ref_of(handle))
        handlers = (*found.signals, *found.queries, *found.updates)
        assert len(handlers) >= 2
        assert all(each.description for each in handlers if not each.name.startswith("__"))
        await handle.terminate()
    names = {each.name for each in found.signals}
    assert names == {"decide"}


async def test_a_pipeline_whose_source_limits_the_rate_gets_through_at_the_third_try(demo):
    handle = await demo.starts(Pipeline.run, PipelineInput("orders", 4, Trouble.RATE_LIMIT))
    result = await handle.result()
    assert (result.records, result.into) == (4, "warehouse.orders")
    started = [
        event.activity_task_started_event_attributes
        for event in await demo.events(handle.id)
        if event.HasField("activity_task_started_event_attributes")
    ]
    assert [each.attempt for each in started] == [3, 1, 1]
    assert "429" in started[0].last_failure.message


async def test_a_pipeline_with_a_bad_record_fails_and_names_it(demo):
    handle = await demo.starts(Pipeline.run, PipelineInput("ledger", 4, Trouble.BAD_RECORD))
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert "Record 3 of ledger has no currency." in str(failed.value.cause.cause)


async def test_a_slow_pipeline_says_how_far_it_is_and_runs_out_of_time(demo):
    handle = await demo.starts(
        Pipeline.run,
        PipelineInput("stock", 40, Trouble.SLOW),
        execution_timeout=timedelta(seconds=4),
    )

    async def said():
        return any(each.last_heartbeat_at for each in (await demo.run(handle)).activities)

    async def ended():
        return (await demo.run(handle)).status is Status.TIMED_OUT

    await waits_for(said)
    await waits_for(ended)


async def test_a_pipeline_without_its_warehouse_tries_on_with_the_reason_in_sight(demo):
    handle = await demo.starts(Pipeline.run, PipelineInput("tickets", 1, Trouble.OUTAGE))

    async def trying():
        return [each for each in (await demo.run(handle)).activities if each.attempt >= 2]

    (pending,) = await waits_for(trying)
    assert "The warehouse does not answer." in pending.last_failure
    await handle.terminate()


async def test_an_approval_reminds_then_turns_to_somebody_else_and_says_for_whom_it_waits(demo):
    handle = await demo.starts(
        PurchaseApproval.run,
        PurchaseInput("a desk", "90 EUR", decides="lena", then="sofia", remind_after=0.05),
    )
    await waits_for(says(handle, PurchaseApproval.waits_for, "sofia"))

    async def told():
        run = await demo.run(handle)
        return dict(run.search_attributes).get("WaitsFor") == "sofia" and dict(run.memo)

    assert (await waits_for(told))["waits for"] == '"sofia"'
    await handle.signal(PurchaseApproval.decide, args=[True, "go on"])
    decision = await handle.result()
    assert decision.approved
    assert decision.reminders >= 3


async def test_the_long_run_grows_as_long_as_asked_and_goes_on_slowly(demo):
    handle = await demo.starts(ArchiveIndexer.run, IndexInput(events=400, pause=0.01))

    async def grown():
        events = await demo.events(handle.id)
        lasting = events[-1].timer_started_event_attributes.start_to_fire_timeout
        return lasting.seconds == 3600 and events

    events = await waits_for(grown)
    assert len(events) >= 400
    assert {"MARKER_RECORDED", "ACTIVITY_TASK_COMPLETED"} <= set(kinds(events))
    assert await handle.query(ArchiveIndexer.pages) >= 60
    await handle.terminate()
