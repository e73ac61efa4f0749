"""The desk of runs, over a real Temporal server."""

from __future__ import annotations

import pytest

from inspector_app.domain.errors import Conflict, Denied, Invalid, NotFound
from inspector_app.domain.ids import EventId
from inspector_app.domain.permissions import Role
from inspector_app.domain.redaction import RuleKind, RuleOrder
from inspector_app.domain.workflows import Action, Status
from inspector_app.services.workflows import WorkflowDesk
from tests.fixtures.samples import Approval
from tests.fixtures.temporal import waits_for

pytestmark = pytest.mark.temporal


@pytest.fixture
async def desk(house, site):
    await house.reaches(site.namespace.cluster.address, "runs")
    return WorkflowDesk(house.door, site.workflows, site.histories, house.redaction)


@pytest.fixture
async def waiting(site):
    """A run that waits for its signal, addressed as people of demo address it."""
    ref, handle = await site.start(Approval.run, "x")
    return type(ref)("runs", ref.workflow_id, ref.run_id), handle


async def outcomes(house, actor):
    entries = await house.entries(actor.tenant)
    return [
        (each.record.permission.value, each.record.outcome.value)
        for each in entries
        if each.record.permission.value.startswith("run:")
    ]


async def test_each_act_answers_with_the_servers_state_and_is_written_down(house, desk, waiting):
    ref, handle = waiting
    _, ana = await house.signs_in("ana")
    assert (await desk.pause(ana, ref, "look")).run.status is Status.PAUSED
    with pytest.raises(Conflict):
        await desk.pause(ana, ref, "again")
    assert (await desk.resume(ana, ref, "go")).run.pause is None
    assert (await desk.pause(ana, ref, "once more")).run.status is Status.PAUSED
    asked = await desk.cancel(ana, ref, "enough")
    assert "when the run is resumed" in asked.notice
    assert (await desk.terminate(ana, ref, "stop")).run.status is Status.TERMINATED
    assert await outcomes(house, ana) == [
        (f"run:{name}", outcome)
        for name in ("pause", "resume", "pause", "cancel", "terminate")
        for outcome in ("intent", "done")
    ]
    assert (await handle.describe()).status.name == "TERMINATED"


async def test_a_signal_is_checked_before_it_is_sent(house, desk, waiting):
    ref, handle = waiting
    _, ana = await house.signs_in("ana")
    with pytest.raises(Invalid, match="no signal named aprove") as refused:
        await desk.signal(ana, ref, "aprove", [True], "typo", force=False)
    assert "approve" in refused.value.hint
    with pytest.raises(Invalid):
        await desk.signal(ana, ref, " ", [], "none", force=False)
    assert await outcomes(house, ana) == []
    done = await desk.signal(ana, ref, "approve", [True, "fine"], "yes", force=False)
    assert done.warnings == ()
    assert await handle.result() == {"approved": True}


async def test_a_list_is_not_asked_for_what_is_hidden(house, desk):
    _, ivo = await house.signs_in("ivo")
    _, noor = await house.signs_in("noor")
    query = "Card = '4'"
    await house.redaction.add(noor, RuleOrder("cards", RuleKind.PATH, "$.Card", Role.OBSERVER))
    with pytest.raises(Invalid, match="cannot search by Card"):
        await desk.page(ivo, "runs", query, page_size=5, page_token=None)
    with pytest.raises(Invalid, match="cannot search by Card"):
        await desk.counts(ivo, "runs", query)


async def test_reading_has_limits_and_places(house, desk, waiting):
    ref, _ = waiting
    _, ivo = await house.signs_in("ivo")
    for size in (0, 1001):
        with pytest.raises(Invalid) as refused:
            await desk.page(ivo, "runs", "", page_size=size, page_token=None)
        assert refused.value.field == "page_size"
        with pytest.raises(Invalid):
            await desk.history(ivo, ref, start=EventId(1), size=size)
    with pytest.raises(NotFound):
        await desk.page(ivo, "theirs", "", page_size=10, page_token=None)

    async def listed():
        query = f"WorkflowId = '{ref.workflow_id}'"
        return (await desk.page(ivo, "runs", query, page_size=10, page_token=None)).runs

    (found,) = await waits_for(listed)
    assert found.workflow_id == ref.workflow_id
    view = await desk.run(ivo, ref)
    assert view.offers[Action.PAUSE].possible
    assert not view.offers[Action.RESUME].possible


async def test_who_may_only_look_does_nothing_and_is_written_down(house, desk, waiting):
    ref, handle = waiting
    _, ivo = await house.signs_in("ivo")
    for act in (desk.pause, desk.resume, desk.cancel, desk.terminate):
        with pytest.raises(Denied):
            await act(ivo, ref, "let me")
    with pytest.raises(Denied):
        await desk.signal(ivo, ref, "approve", [True, ""], "let me", force=True)
    assert {outcome for _, outcome in await outcomes(house, ivo)} == {"denied"}
    assert (await handle.describe()).status.name == "RUNNING"


async def test_each_act_asks_for_a_reason(house, desk, waiting):
    ref, _ = waiting
    _, ana = await house.signs_in("ana")
    for reason in ("", "   ", "x" * 501):
        with pytest.raises(Invalid) as refused:
            await desk.terminate(ana, ref, reason)
        assert refused.value.field == "reason"
