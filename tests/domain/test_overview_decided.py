"""What is decided about an overview's numbers without asking anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from inspector_app.domain.overview import (
    STEPS,
    Closed,
    NamespaceNow,
    Needy,
    Overview,
    Step,
    closed_of,
    closed_since,
    closed_within,
    steps_until,
)
from inspector_app.domain.workflows import RunSummary, Status

NOW = datetime(2026, 11, 23, 14, 32, 8, 999, tzinfo=UTC)
STEP = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


def place(slug, **numbers):
    return NamespaceNow(slug, "eu-1", NOW, **numbers)


def test_what_failed_or_timed_out_ended_badly_and_what_people_stopped_did_not():
    by_status = {Status.COMPLETED: 90, Status.FAILED: 6, Status.TIMED_OUT: 3, Status.TERMINATED: 1}
    closed = closed_of(by_status)
    assert closed == Closed(completed=90, failed=6, timed_out=3, other=1)
    assert (closed.total, closed.bad, closed.share) == (100, 9, 0.09)


def test_a_rate_of_nothing_is_no_rate():
    assert Closed().share is None


def test_steps_begin_at_whole_five_minutes_so_that_all_ask_for_the_same():
    steps = steps_until(NOW)
    assert steps[0] == STEP
    assert steps == steps_until(NOW + timedelta(minutes=2))
    assert len(steps) == STEPS
    assert steps[-1] == STEP - timedelta(minutes=5 * (STEPS - 1))


def test_queries_say_the_very_span_that_is_counted():
    assert closed_since(NOW) == "CloseTime >= '2026-11-23T14:32:08Z'"
    assert closed_within(STEP) == (
        "CloseTime >= '2026-11-23T14:30:00Z' AND CloseTime < '2026-11-23T14:35:00Z'"
    )
    assert place("a").since == NOW - timedelta(hours=1)


def test_namespaces_are_added_up_without_those_whose_server_is_silent():
    older = Step(STEP - timedelta(minutes=5), Closed(completed=1))
    found = Overview(
        (
            place("a", running=2, closed=Closed(1, 1), steps=(Step(STEP, Closed(2)), older)),
            place("b", running=3, closed=Closed(4), steps=(Step(STEP, Closed(0, 3)),)),
            place("c", trouble="it does not answer"),
        )
    )
    assert [each.slug for each in found.heard] == ["a", "b"]
    assert found.total(lambda each: each.running) == 5
    assert found.closed == Closed(5, 1)
    assert found.steps == (older, Step(STEP, Closed(2, 3)))
    assert found.counted_at == NOW
    assert Overview(()).counted_at is None


def test_a_number_leads_to_a_list_only_where_one_namespace_makes_all_of_it():
    stuck = [place("a", stuck=1), place("b", stuck=0), place("c", trouble="silent")]

    def lead(*places):
        found = Overview(places).only_place(lambda each: each.stuck)
        return found.slug if found else None

    assert lead(*stuck) == "a"
    assert lead(*stuck, place("d", stuck=2)) is None
    assert lead(place("only")) == "only"
    assert lead(place("a"), place("b")) is None


def test_what_waits_longest_comes_first():
    def run(name, minutes):
        begun = NOW - timedelta(minutes=minutes)
        return RunSummary(name, name, "Agent", Status.PAUSED, "q", begun, None, 0)

    found = Overview(
        (
            place("a", needy=(Needy("a", run("young", 1)), Needy("a", run("old", 60)))),
            place("b", needy=(Needy("b", run("middle", 9)),)),
        )
    )
    assert [each.run.workflow_id for each in found.needy] == ["old", "middle", "young"]
