"""What an operation touches, and what a server's answer means for one run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspector_app.domain.errors import Conflict, Invalid, NotFound, Refused, Unreachable
from inspector_app.domain.ids import OperationId, RunId, WorkflowId
from inspector_app.domain.leases import Lease
from inspector_app.domain.operations import (
    FASTEST,
    MOST_TARGETS,
    Aim,
    ItemOutcome,
    Matches,
    OperationState,
    Progress,
    batch_size,
    check_pace,
    declined,
    digest_of,
    frozen,
    narrowed,
    parse_operation_id,
    permission_of,
    rest_after,
    spared,
)
from inspector_app.domain.permissions import Permission
from inspector_app.domain.workflows import Action, Pause, Status
from tests.fixtures.operations import described, operation

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def aims(number):
    return [Aim(WorkflowId(f"w{each}"), RunId(f"r{each}")) for each in range(number)]


def test_a_query_is_narrowed_to_what_the_action_can_touch_and_to_what_was_there_when_counted():
    assert narrowed("WorkflowType = 'A' OR WorkflowType = 'B'", Action.PAUSE, NOW) == (
        "(WorkflowType = 'A' OR WorkflowType = 'B') AND ExecutionStatus IN ('Running')"
        " AND StartTime <= '2026-11-24T12:00:00.000Z'"
    )
    assert narrowed(" ", Action.RESUME, NOW).startswith("ExecutionStatus IN ('Paused') AND")
    assert "('Running', 'Paused')" in narrowed("", Action.TERMINATE, NOW)


def test_the_set_is_frozen_in_order_and_each_run_once():
    assert frozen([*aims(3), *aims(2)], at_most=3) == tuple(aims(3))


def test_more_runs_than_were_confirmed_are_not_touched():
    with pytest.raises(Conflict, match="3 runs now, more than the 2"):
        frozen(aims(3), at_most=2)


def test_nothing_and_too_much_are_refused():
    with pytest.raises(Invalid, match="No run matches"):
        frozen([], at_most=10)
    with pytest.raises(Invalid, match="At most 10,000 runs"):
        frozen(aims(MOST_TARGETS + 1), at_most=MOST_TARGETS + 1)
    assert Matches(MOST_TARGETS + 1, NOW).too_many
    assert not Matches(MOST_TARGETS, NOW).too_many


@given(st.lists(st.tuples(st.text(), st.text()), max_size=8), st.integers(0, 7))
def test_a_digest_names_its_set_and_no_other(pairs, place):
    found = [Aim(WorkflowId(a), RunId(b)) for a, b in pairs if "\0" not in a + b]
    other = [*found[:place], Aim(WorkflowId("one"), RunId("more")), *found[place:]]
    assert digest_of(found) == digest_of(list(found))
    assert digest_of(found) != digest_of(other)


@pytest.mark.parametrize("pace", [0, -1, FASTEST + 1])
def test_a_pace_has_limits(pace):
    with pytest.raises(Invalid):
        check_pace(pace)


def test_a_pace_is_kept_batch_by_batch():
    at_ten = replace(operation(), pace=check_pace(10))
    assert batch_size(10) == 5
    assert batch_size(1) == 1
    assert batch_size(FASTEST) == 50
    assert rest_after(at_ten, 5, 0.2) == pytest.approx(0.3)
    assert rest_after(at_ten, 5, 2.0) == 0


@pytest.mark.parametrize(
    ("action", "status", "said"),
    [
        (Action.PAUSE, Status.RUNNING, ""),
        (Action.PAUSE, Status.PAUSED, "it is paused"),
        (Action.RESUME, Status.RUNNING, "it is running"),
        (Action.CANCEL, Status.PAUSED, ""),
        (Action.SIGNAL, Status.COMPLETED, "it is closed (Completed)"),
    ],
)
def test_a_run_whose_state_does_not_admit_it_is_left_alone(action, status, said):
    assert spared(action, described(status)) == said


def test_a_pause_that_came_undone_can_be_resumed():
    run = replace(described(Status.RUNNING), pause=Pause("ana", NOW, "look"))
    assert spared(Action.RESUME, run) == ""


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (NotFound("workflow execution already completed"), ItemOutcome.SKIPPED),
        (Refused("workflow is already paused."), ItemOutcome.SKIPPED),
        (Refused("workflow is not paused."), ItemOutcome.SKIPPED),
        (Refused("not allowed"), ItemOutcome.FAILED),
        (Invalid("bad"), ItemOutcome.FAILED),
    ],
)
def test_a_refusal_settles_the_run_it_is_about(error, outcome):
    assert declined(error) == (outcome, error.detail)


def test_a_silent_or_busy_server_settles_nothing():
    silent = Unreachable("away", address="a:1", since=NOW, next_try=NOW)
    busy = Refused("rate", hint="The server limits how often it may be asked; wait a bit.")
    assert declined(silent) is None
    assert declined(busy) is None


def test_progress_is_told_in_words():
    progress = Progress({ItemOutcome.DONE: 1200, ItemOutcome.SKIPPED: 2, ItemOutcome.STARTED: 1})
    assert progress.sentence() == "1,200 done, 2 skipped, 0 failed, 1 left alone"
    assert (progress.settled, progress.total) == (1202, 1203)
    assert Progress({ItemOutcome.DONE: 1}).sentence() == "1 done, 0 skipped, 0 failed"


def test_states_that_somebody_works_on_are_live():
    live = {state for state in OperationState if state.is_live}
    assert live == {OperationState.RUNNING, OperationState.STOPPING}


def test_each_action_on_many_needs_what_it_needs_on_one():
    assert permission_of(Action.TERMINATE) is Permission.RUN_TERMINATE
    assert operation().deed.permission is Permission.RUN_PAUSE


def test_a_lease_is_over_at_its_end():
    lease = Lease("here", 1, NOW)
    assert lease.is_over(NOW)
    assert not lease.is_over(NOW - timedelta(microseconds=1))


def test_an_id_that_is_none_reads_like_an_operation_that_is_not_there():
    with pytest.raises(NotFound):
        parse_operation_id("nonsense")
    assert parse_operation_id(str(UUID(int=1))) == OperationId(UUID(int=1))
