from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest
from run_in_memory import ACME, NAMESPACE, NOW, REF, a_run, person

from inspector_app.domain.audit import Entry, Outcome, Record, Target
from inspector_app.domain.ids import EntryId, WorkflowId
from inspector_app.domain.permissions import Permission, Role
from inspector_app.domain.workflows import (
    Action,
    Capabilities,
    Pause,
    PendingActivity,
    PendingTask,
    RunData,
    Status,
    offers,
)
from inspector_app.ui.run import view
from inspector_app.ui.run.offered import buttons
from inspector_app.ui.run.page import run_page

NATIVE = Capabilities(native_pause=True)


def the_buttons(run, role, capabilities=NATIVE):
    return buttons(offers(run, capabilities), capabilities, person(role))


@pytest.mark.parametrize(
    ("count", "text"), [(812, "812 B"), (14_200, "14.2 kB"), (10_300_000, "10.3 MB")]
)
def test_sizes_carry_their_unit(count, text):
    assert view.size(count) == text


def test_an_observer_finds_every_button_disabled_and_the_role_that_may_in_its_title():
    offered = the_buttons(a_run(), Role.OBSERVER)

    for action in Action:
        button = getattr(offered, action.value)
        assert not button.enabled
        assert "developer" in button.title


def test_a_closed_run_says_why_nothing_can_be_done_with_it():
    button = the_buttons(a_run(status=Status.COMPLETED), Role.ADMIN).terminate

    assert not button.enabled
    assert "closed" in button.title


def test_pause_stays_open_where_the_server_has_it_off_so_that_its_dialog_can_explain():
    off = Capabilities(native_pause=False)

    assert the_buttons(a_run(), Role.DEVELOPER, off).pause.enabled
    assert not the_buttons(a_run(status=Status.FAILED), Role.DEVELOPER, off).pause.enabled


def test_a_pause_that_came_undone_is_no_pause_but_is_named():
    facts = view.facts(a_run(pause=Pause("ana", NOW, "look")), NATIVE, "acme")

    assert facts.pause_undone
    assert not facts.is_paused
    assert facts.paused_by == "ana"


def test_non_determinism_is_told_from_other_trouble():
    stuck = a_run(
        problems=(
            "category=WorkflowTaskFailed",
            "cause=WorkflowTaskFailedCauseNonDeterministicError",
        )
    )
    failing = a_run(task=PendingTask(4, NOW, None))

    assert view.facts(stuck, NATIVE, "acme").problem == "Non-deterministic"
    assert view.facts(failing, NATIVE, "acme").problem == "Workflow task failing"
    assert view.facts(a_run(), NATIVE, "acme").problem == ""


def test_the_result_is_a_failure_a_value_or_not_there_yet():
    assert view.outcome(RunData("1", "", "")).kind == ""
    assert view.outcome(RunData("1", "42", "", closing_event=9)).kind == "Result"
    assert view.outcome(RunData("1", "", "TimeoutError", closing_event=9)).kind == "Failure"


@pytest.mark.parametrize(
    ("changes", "stage"),
    [
        ({"started_at": NOW}, "running"),
        ({"attempt": 3, "next_try_at": NOW + timedelta(seconds=9)}, "retrying"),
        ({}, "waiting"),
        ({"paused": True, "attempt": 2}, "paused"),
    ],
)
def test_a_pending_activity_says_what_it_waits_for(changes, stage):
    pending = PendingActivity("7", "fetch", "", 1, 5, NOW, None, None, None, "", "", paused=False)
    row = view.activity(replace(pending, **changes))

    assert row.stage == stage
    assert (row.next_try is not None) == (stage == "retrying")
    assert row.tries.endswith("of 5")


def entry(seq: int, outcome: Outcome, intent: int | None = None) -> Entry:
    record = Record(
        NOW, "person", "9", "ana", "developer", "local", "8", "127.0.0.1",
        Permission.RUN_PAUSE, "run:pause", Target("run", "w"), "why", outcome, "", "r", intent,
    )  # fmt: skip
    return Entry(EntryId(ACME), ACME, seq, record, "", "")


def test_an_intent_is_folded_into_its_outcome_and_shown_while_it_has_none():
    rows = view.trail(
        [entry(5, Outcome.INTENT), entry(4, Outcome.DONE, intent=3), entry(3, Outcome.INTENT)]
    )

    assert [(row.seq, row.outcome) for row in rows] == [(5, "intent"), (4, "done")]
    assert rows[0].action == "Pause"


def test_the_copied_command_survives_a_shell_whatever_the_id_is():
    awkward = replace(REF, workflow_id=WorkflowId("a b/'c'; rm $HOME"))
    parts = shlex.split(view.command(awkward, NAMESPACE))

    assert parts[:3] == ["temporal", "workflow", "describe"]
    assert parts[parts.index("--workflow-id") + 1] == awkward.workflow_id
    assert parts[parts.index("--address") + 1] == "eu-1:7233"


def test_an_event_links_to_its_causes():
    row = SimpleNamespace(
        id=7, type="ActivityTaskFailed", tone="failed", at=NOW, subject="", note=""
    )
    opened = view.opened(
        SimpleNamespace(row=row, json="{}", links=(("Scheduled by", 5),)), REF, "acme"
    )

    assert opened.css == "st-failed"
    assert opened.links[0].label == "Scheduled by"
    assert opened.links[0].href.endswith("&tab=history&event=5")


def test_limits_and_lineage_name_what_was_set():
    run = a_run(
        execution_timeout=timedelta(hours=24),
        cron="@daily",
        first_run_id="the-first",
        root=replace(REF, workflow_id=WorkflowId("root")),
    )
    found = {pair.name: pair.value for pair in view.timeouts(run)}

    assert found["Execution"] == "86,400 s"
    assert found["Run"] == "none"
    assert found["Cron"] == "@daily"
    assert found["First run of the chain"] == "the-first"
    assert found["Root workflow"] == "root"


def test_the_page_is_built_from_its_parts():
    rendered = str(run_page())

    assert "EventList" in rendered
