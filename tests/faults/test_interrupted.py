"""The app is killed after it wrote down what it would do, before the answer came."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.backstage import address_of
from tests.fixtures.between import wire
from tests.fixtures.browser import Visitor
from tests.fixtures.socket import sign_in
from tests.fixtures.speaking import acts

INTENT = "SELECT 1 FROM audit_entries WHERE outcome = 'intent' AND reason = 'pull the plug'"

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def test_an_action_whose_answer_nobody_heard_is_told_as_unknown(
    chromium, tmp_path, temporal_server, backstage, serves
):
    ref, _ = backstage.starts()
    (tmp_path / "app").mkdir()
    with (
        wire(temporal_server.address) as between,
        serves(tmp_path / "app", between.address) as app,
        ThreadPoolExecutor() as aside,
    ):
        cookie = sign_in(app, "ana")
        between.hold_once(lambda: app.in_database(INTENT))
        asking = aside.submit(acts, app, cookie, "pause", ref, reason="pull the plug")
        assert between.asked.wait(30)
        backstage.until_status(ref, Status.PAUSED)
        app.kill()
        assert isinstance(asking.exception(30), OSError)
        between.let_go()
        app.start()
        visitor = Visitor(chromium, app)
        page = visitor.signs_in("noor", at="/t/demo/audit?text=pull+the+plug")
        row = page.locator("[data-row]").filter(has_text=re.compile("Outcome unknown"))
        expect(row).to_contain_text("run:pause")
        visitor.goes(address_of(ref))
        expect(page.locator(".badge.pill")).to_have_text("Paused")
        visitor.leaves()
