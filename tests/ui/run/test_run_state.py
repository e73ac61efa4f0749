from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

from run_in_memory import NOW, a_run, person

from inspector_app.domain.errors import NotFound, Unreachable
from inspector_app.domain.ids import EventId
from inspector_app.domain.permissions import Role
from inspector_app.domain.refusals import Refusal, TaskFailure
from inspector_app.domain.workflows import PendingTask, RunData, Status
from inspector_app.ui.run.state import RunState

AWAY = Unreachable(
    "It refused.", address="eu-1:7233", since=NOW, next_try=NOW + timedelta(seconds=9)
)


def event(number: int):
    row = SimpleNamespace(
        id=number, type="TimerFired", tone="neutral", at=NOW, subject="", note=""
    )
    return SimpleNamespace(row=row, json="{}", links=())


async def test_the_address_says_which_run_tab_and_event_are_shown(page):
    page.desk.event_now = event(25_043)
    await page.open(tab="history", event="25043")

    assert page.run.ready
    assert page.run.tab == "history"
    assert page.run.opened.number == "25,043"
    assert page.run.rows_src.startswith("/api/v1/workflows/history/rows?ns=prod-agents")


async def test_a_tab_that_does_not_exist_is_the_first_one(page):
    await page.open(tab="nonsense", event="-3")

    assert page.run.tab == "summary"
    assert page.run.event == 0


async def test_without_a_run_id_the_newest_run_is_shown_and_stays(page):
    await page.open(run_id="")

    assert page.run.facts.run_id == a_run().summary.run_id
    assert all("run_id=" in tab.href for tab in page.run.tabs)


async def test_an_unknown_run_says_so_and_is_not_asked_for_again(page):
    page.desk.fault = NotFound("There is no such run.", hint="Look in the list.")
    page.run.live = True
    await page.open()

    assert page.run.missing is not None
    assert page.run.missing.hint == "Look in the list."
    assert page.desk.looks == 1


async def test_a_history_that_ends_earlier_says_so_beside_the_list(page):
    page.desk.event_now = NotFound("This history ends at event 164.")
    await page.open(tab="history", event="900")

    assert page.run.event_missing == "This history ends at event 164."
    assert page.run.ready


async def test_a_server_that_went_away_leaves_the_page_as_it_was_and_comes_back(page, monkeypatch):
    await page.open()
    page.desk.fault = AWAY
    seen = []

    async def rest():
        seen.append(page.run.outage)
        page.desk.fault = None

    page.following.rest = rest
    await RunState.follow.fn(page.run)

    assert seen[0].address == "eu-1:7233"
    assert page.run.outage is None
    assert page.run.facts.workflow_type == "ResearchAgent"


async def test_an_open_run_is_followed_until_it_closes_and_then_shows_its_result(
    page, monkeypatch
):
    async def rest():
        page.desk.run_now = a_run(status=Status.COMPLETED, closed_at=NOW)
        page.desk.data_now = RunData("{}", '"done"', "", closing_event=170)

    page.following.rest = rest
    page.run.live = True
    await page.open()

    assert page.desk.looks == 2
    assert page.run.facts.status == "Completed"
    assert page.run.outcome.text == '"done"'


async def test_following_ends_when_the_reader_went_to_another_page(page, monkeypatch):
    async def rest():
        page.go("/t/acme/workflows")

    page.following.rest = rest
    page.run.live = True
    await page.open()

    assert page.desk.looks == 2
    assert page.run.ready


async def test_a_newer_loop_ends_an_older_one(page, monkeypatch):
    async def rest():
        page.run._turn = ("newer", "")

    page.following.rest = rest
    page.run.live = True
    await page.open()

    assert page.run._turn == ("newer", "")


async def test_what_was_read_for_somebody_is_not_shown_once_their_session_ended(page):
    page.go()
    await RunState.load.fn(page.run)
    page.sessions.now = person(None)

    assert await RunState.follow.fn(page.run) == RunState.load
    assert not page.run.ready


async def test_what_was_read_is_not_shown_when_the_role_changed_meanwhile(page):
    page.go()
    await RunState.load.fn(page.run)
    page.sessions.now = person(Role.OBSERVER)
    await RunState.follow.fn(page.run)

    assert not page.run.ready


async def test_nothing_is_shown_to_a_socket_that_is_gone(page, monkeypatch):
    page.go()
    await RunState.load.fn(page.run)
    monkeypatch.setattr(RunState, "_connected", lambda state: False)

    assert await RunState.follow.fn(page.run) is None
    assert not page.run.ready


async def test_switching_live_off_leaves_what_is_there(page):
    page.run.live = True
    page.go()
    before = page.run._turn
    assert await RunState.switch_live.fn(page.run) is None
    assert not page.run.live
    assert await RunState.switch_live.fn(page.run) == RunState.follow
    assert page.run._turn != before


async def test_another_run_starts_from_an_empty_page(page):
    await page.open()
    page.go(workflow_id="other")
    await RunState.load.fn(page.run)

    assert not page.run.ready
    assert page.run.facts.workflow_id == ""


async def test_handlers_are_asked_for_when_the_metadata_are_looked_at(page):
    page.go(tab="metadata")
    events = await RunState.load.fn(page.run)
    await RunState.ask_handlers.fn(page.run)

    assert RunState.ask_handlers in events
    assert page.run.handlers_known
    assert [each.name for each in page.run.signals] == ["approve"]


async def test_a_worker_that_is_away_is_said_where_handlers_would_stand(page):
    page.desk.fault = AWAY
    page.go()
    await RunState.load.fn(page.run)
    await RunState.ask_handlers.fn(page.run)

    assert not page.run.handlers_known
    assert page.run.handlers_note == "Which ones it takes could not be asked: It refused."


async def test_an_address_without_a_workflow_id_says_so(page):
    await page.open(workflow_id="")

    assert page.run.missing.text == "This address names no workflow."
    assert page.desk.looks == 0


async def test_rows_are_never_read_of_a_run_that_is_not_known_yet(page):
    page.go(run_id="")
    await RunState.load.fn(page.run)
    assert page.run.rows_src == ""

    await RunState.follow.fn(page.run)
    assert "run_id=" in page.run.rows_src


STUCK = Refusal(
    TaskFailure(EventId(14), "NonDeterministicError", "[TMPRL1100] …"),
    "At event 11 the history has activity 'charge', and the worker's code asks for a timer there.",
    ("Roll the workers back.",),
    nondeterminism=True,
    event_id=EventId(11),
    certain=True,
)


async def test_a_stuck_run_says_where_and_why_and_links_to_the_event(page):
    page.desk.refusal_now = STUCK
    page.desk.run_now = a_run(task=PendingTask(3, NOW, NOW))
    await page.open()

    assert page.run.stuck.word == "Non-deterministic"
    assert page.run.stuck.summary == STUCK.summary
    assert page.run.stuck.event == 11
    assert "event=11" in page.run.stuck.href
    assert "event=14" in page.run.stuck.failed_href
    assert page.run.stuck.remedies == ("Roll the workers back.",)


async def test_a_later_try_of_the_same_task_is_not_read_again(page):
    page.desk.refusal_now = STUCK
    for attempt in (2, 3, 4):
        page.desk.run_now = a_run(task=PendingTask(attempt, NOW, NOW))
        await RunState.follow.fn(page.run) if page.run.ready else await page.open()
    assert page.desk.refusals_read == 1


async def test_a_run_that_goes_on_is_stuck_no_more(page):
    page.desk.refusal_now = STUCK
    page.desk.run_now = a_run(task=PendingTask(2, NOW, NOW))
    await page.open()
    page.desk.refusal_now = None
    page.desk.run_now = a_run(task=PendingTask(1, NOW, NOW), history_length=170)
    await RunState.follow.fn(page.run)

    assert page.run.stuck.summary == ""
    assert page.desk.refusals_read == 1
