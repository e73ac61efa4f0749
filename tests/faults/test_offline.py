"""A browser that is offline for a minute, while the server goes on, and then is back."""

from __future__ import annotations

import re
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.backstage import address_of
from tests.fixtures.between import wire
from tests.fixtures.browser import Visitor
from tests.fixtures.temporal import waits_for_sync

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]

MINUTE = 60_000
"""In milliseconds of the page's own clock."""


@contextmanager
def offline(visitor, between):
    """No network for the browser: what is open is cut, and nothing can be opened."""
    visitor.context.set_offline(True)
    between.cut()
    yield
    visitor.context.set_offline(False)


def hurried(page, since):
    """Let the page's clock run, a second at a time: a try fails before the next is due."""
    while page.evaluate("Date.now()") - since < MINUTE:
        page.clock.run_for(1_000)


def patient(page, since):
    page.wait_for_timeout(MINUTE)
    assert page.evaluate("Date.now()") - since >= MINUTE


@pytest.mark.parametrize(
    "pass_a_minute", [hurried, pytest.param(patient, marks=pytest.mark.torture)]
)
def test_a_browser_back_from_a_minute_offline_shows_the_newest_and_keeps_what_was_typed(
    chromium, tmp_path, temporal_server, backstage, serves, pass_a_minute
):
    ref, handle = backstage.starts()
    (tmp_path / "app").mkdir()
    with wire("127.0.0.1:0") as between:
        public = f"http://{between.address}"
        with serves(tmp_path / "app", temporal_server.address, INSPECTOR_PUBLIC_URL=public) as app:
            between.target = ("127.0.0.1", app.port)
            visitor = Visitor(chromium, app)
            page = visitor.page
            if pass_a_minute is hurried:
                page.clock.install()
            visitor.signs_in("ana", at=address_of(ref, tab="history"))
            live = page.get_by_role("switch", name=re.compile("Live"), include_hidden=True)
            expect(page.locator(".badge.pill")).to_have_text("Running")
            page.get_by_role("button", name="Pause", exact=True).click()
            shown = page.get_by_role("dialog")
            reason = shown.get_by_label("Reason")
            reason.fill("half a sentence")
            tries = []
            page.on("websocket", lambda opened: tries.append(opened.url))
            since = page.evaluate("Date.now()")
            with offline(visitor, between):
                expect(live).to_contain_text("Not connected")
                backstage.does(handle.signal("note", "while nobody could hear"))
                reason.press("End")
                reason.press_sequentially(", and the other half")
                pass_a_minute(page, since)
                assert len(tries) > 5  # it waits five seconds at most between two
                expect(page.get_by_text("WorkflowExecutionSignaled")).to_be_hidden()
            expect(page.get_by_text("WorkflowExecutionSignaled")).to_be_visible(timeout=30_000)
            expect(live).not_to_contain_text("Not connected")
            expect(reason).to_have_value("half a sentence, and the other half")
            shown.get_by_role("button", name="Pause run").click()
            expect(page.locator(".badge.pill")).to_have_text("Paused", timeout=30_000)
            assert backstage.status_of(ref) is Status.PAUSED
            told = "SELECT 1 FROM audit_entries WHERE outcome = 'done' AND reason = :reason"
            both = "half a sentence, and the other half"
            waits_for_sync(lambda: app.behind().does(told, reason=both), what="the audit entry")
            visitor.context.close()
