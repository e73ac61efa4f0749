from __future__ import annotations

from dataclasses import replace

import pytest
from run_in_memory import a_run

from inspector_app.domain.errors import Invalid, Refused
from inspector_app.domain.workflows import Done, Handlers
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.state import RunState

SIGNAL = {"name": "approve", "args": '{"yes": true}', "reason": "It reads well."}


@pytest.fixture
async def open_page(page):
    await page.open()
    return page


async def test_a_dialog_opens_and_does_nothing_yet(open_page):
    await ActState.ask.fn(open_page.act, "pause")

    assert open_page.act.action == "pause"
    assert open_page.desk.sent == []


async def test_an_action_nobody_offers_opens_nothing(open_page):
    await ActState.ask.fn(open_page.act, "erase")

    assert open_page.act.action == ""


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
async def test_without_a_fitting_reason_nothing_is_done(open_page, reason):
    await ActState.ask.fn(open_page.act, "pause")
    await ActState.pause.fn(open_page.act, {"reason": reason})

    assert open_page.act.reason_error
    assert open_page.act.action == "pause"
    assert open_page.desk.sent == []


async def test_the_reason_is_checked_while_it_is_written(open_page):
    await ActState.typed_reason.fn(open_page.act, " ")
    assert open_page.act.reason_error
    await ActState.typed_reason.fn(open_page.act, "Because.")
    assert open_page.act.reason_error == ""


async def test_after_a_pause_the_dialog_closes_and_the_server_is_quoted(open_page):
    await ActState.ask.fn(open_page.act, "pause")
    after = await ActState.pause.fn(open_page.act, {"reason": "Look first."})
    await RunState.follow.fn(open_page.run)

    assert after == RunState.follow
    assert open_page.act.action == ""
    assert open_page.run.notice.text == "The server reports Paused."
    assert open_page.run.facts.is_paused
    assert open_page.desk.sent == [("pause", "Look first.")]


async def test_a_pause_that_came_undone_is_said_once_with_a_button(open_page):
    open_page.desk.undo_pauses = True
    await ActState.pause.fn(open_page.act, {"reason": "Look first."})
    await RunState.follow.fn(open_page.run)

    assert open_page.run.notice is None
    assert open_page.run.facts.pause_undone
    assert open_page.run.offers.pause.enabled


async def test_what_the_server_refuses_keeps_the_dialog_open(open_page):
    open_page.desk.fault = Refused("It has just closed.", hint="Look again.")
    await ActState.ask.fn(open_page.act, "pause")
    await ActState.pause.fn(open_page.act, {"reason": "Look first."})

    assert open_page.act.action == "pause"
    assert open_page.act.problem.text == "It has just closed."
    assert not open_page.act.busy


async def test_a_dialog_does_not_close_under_its_deed(open_page):
    await ActState.ask.fn(open_page.act, "pause")
    open_page.act.busy = True
    await ActState.shut.fn(open_page.act, False)
    assert open_page.act.action == "pause"

    open_page.act.busy = False
    await ActState.shut.fn(open_page.act, False)
    assert open_page.act.action == ""


async def test_a_deed_under_way_is_not_done_twice(open_page):
    open_page.act.busy = True
    await ActState.pause.fn(open_page.act, {"reason": "Again."})

    assert open_page.desk.sent == []


async def test_nothing_is_written_into_a_state_that_became_somebody_elses(open_page):
    async def pause(actor, ref, reason):
        open_page.run._owner = ("another", "acme", "developer")
        return await type(open_page.desk).pause(open_page.desk, actor, ref, reason)

    open_page.desk.pause = pause
    await ActState.pause.fn(open_page.act, {"reason": "Look first."})

    assert open_page.run.notice is None


async def test_a_declared_signal_is_sent_with_its_arguments(open_page):
    await ActState.signal.fn(open_page.act, SIGNAL)

    assert open_page.desk.sent == [("signal", "approve", [{"yes": True}], "It reads well.", False)]


@pytest.mark.parametrize(
    ("text", "arguments"), [("", []), ("[1, 2]", [1, 2]), ('"go"', ["go"]), ("null", [None])]
)
async def test_arguments_are_one_value_or_an_array_of_them(open_page, text, arguments):
    open_page.desk.handlers_now = Handlers(known=False)
    await ActState.signal.fn(open_page.act, SIGNAL | {"args": text})

    assert open_page.desk.sent[0][2] == arguments


async def test_what_is_not_json_is_said_at_the_field_and_not_sent(open_page):
    await ActState.typed_args.fn(open_page.act, "{yes}")
    assert "line 1, column 2" in open_page.act.args_error

    await ActState.signal.fn(open_page.act, SIGNAL | {"args": "{yes}"})
    assert open_page.desk.sent == []


async def test_an_unknown_signal_is_warned_of_with_the_nearest_name(open_page):
    await ActState.ask.fn(open_page.act, "signal")
    await ActState.signal.fn(open_page.act, SIGNAL | {"name": "aprove"})

    assert open_page.desk.sent == []
    assert open_page.act.warned.suggestion == "approve"
    await ActState.take_suggestion.fn(open_page.act)
    assert open_page.act.signal_name == "approve"
    assert open_page.act.warned.message == ""


async def test_wrong_arguments_are_warned_of(open_page):
    await ActState.signal.fn(open_page.act, SIGNAL | {"args": "[1, 2]"})

    assert open_page.desk.sent == []
    assert "takes 1 argument" in open_page.act.warned.message


async def test_sent_again_unchanged_it_goes(open_page):
    for _ in range(2):
        await ActState.signal.fn(open_page.act, SIGNAL | {"name": "stop"})

    assert [sent[-1] for sent in open_page.desk.sent] == [True]


async def test_sent_again_with_other_arguments_it_is_warned_of_again(open_page):
    await ActState.signal.fn(open_page.act, SIGNAL | {"name": "stop"})
    await ActState.signal.fn(open_page.act, SIGNAL | {"name": "stop", "args": "[1]"})

    assert open_page.desk.sent == []


async def test_where_pausing_is_off_the_signal_convention_is_one_click_away(open_page):
    await ActState.ask.fn(open_page.act, "pause")
    await ActState.ask_signal.fn(open_page.act, "pause")

    assert open_page.act.action == "signal"
    assert open_page.act.signal_name == "pause"


async def test_a_signal_without_a_name_is_asked_for_one(open_page):
    await ActState.signal.fn(open_page.act, SIGNAL | {"name": " "})

    assert open_page.act.name_error
    assert open_page.desk.sent == []


async def test_after_an_act_the_audit_is_read_again(open_page):
    open_page.desk.run_now = replace(a_run())
    await ActState.signal.fn(open_page.act, SIGNAL)

    assert open_page.run._trail_stale

    await RunState.follow.fn(open_page.run)
    assert not open_page.run._trail_stale


@pytest.mark.parametrize("deed", ["resume", "cancel", "terminate"])
async def test_every_deed_needs_its_reason_and_says_what_the_server_reports(open_page, deed):
    handler = getattr(ActState, deed)
    await handler.fn(open_page.act, {})
    assert open_page.desk.sent == []

    await handler.fn(open_page.act, {"reason": "It loops."})
    assert open_page.desk.sent == [(deed, "It loops.")]
    assert open_page.run.notice.text == "The server reports Running."


@pytest.mark.parametrize("field", ["reason", "name", "args"])
async def test_what_the_desk_finds_invalid_is_said_at_its_field(open_page, field):
    open_page.desk.fault = Invalid("That does not fit.", field=field)
    await ActState.signal.fn(open_page.act, SIGNAL)

    assert getattr(open_page.act, f"{field}_error") == "That does not fit."
    assert open_page.desk.sent == []


async def test_a_notice_of_the_server_is_passed_on(open_page):
    async def resume(actor, ref, reason):
        return Done(open_page.desk.run_now, "The server was asked twice.")

    open_page.desk.resume = resume
    await ActState.resume.fn(open_page.act, {"reason": "Go on."})

    assert open_page.run.notice.text == "The server was asked twice."


async def test_a_fault_nobody_foresaw_frees_the_dialog_and_is_logged(open_page):
    async def pause(actor, ref, reason):
        raise ZeroDivisionError

    open_page.desk.pause = pause
    await ActState.ask.fn(open_page.act, "pause")
    with pytest.raises(ZeroDivisionError):
        await ActState.pause.fn(open_page.act, {"reason": "Look first."})

    assert not open_page.act.busy
    assert open_page.act.problem.text == "Inspector itself failed."


async def test_a_paused_run_that_answers_nobody_is_judged_by_what_it_declared_before(open_page):
    await RunState.ask_handlers.fn(open_page.run)
    open_page.desk.handlers_now = Handlers(known=False, reason="the run is paused")
    await ActState.signal.fn(open_page.act, SIGNAL | {"name": "aprove"})

    assert open_page.desk.sent == []
    assert open_page.act.warned.suggestion == "approve"


async def test_typing_that_is_reported_late_does_not_take_the_warning_away(open_page):
    await ActState.signal.fn(open_page.act, SIGNAL | {"name": "aprove"})
    await ActState.typed_name.fn(open_page.act, "aprove")
    await ActState.typed_args.fn(open_page.act, SIGNAL["args"])
    assert open_page.act.warned.message

    await ActState.typed_name.fn(open_page.act, "aprov")
    assert open_page.act.warned.message == ""
