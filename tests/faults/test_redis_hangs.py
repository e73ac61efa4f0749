"""A Redis that takes connections and answers nothing, and comes to, or is another one."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.backstage import address_of, dialog
from tests.fixtures.between import wire
from tests.fixtures.browser import Visitor
from tests.fixtures.socket import sign_in
from tests.fixtures.speaking import acts, speaks
from tests.fixtures.temporal import waits_for_sync

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


@pytest.mark.parametrize("ends", ["it goes on", "its connections are dead"])
def test_a_redis_that_hangs_is_said_and_pages_go_on_when_it_answers(
    chromium, tmp_path, temporal_server, redis, backstage, serves, ends
):
    ref, _ = backstage.starts()
    (tmp_path / "app").mkdir()
    with wire(redis.url.split("/")[2]) as between:
        url = f"redis://{between.address}/0"
        with serves(tmp_path / "app", temporal_server.address, INSPECTOR_REDIS_URL=url) as app:
            visitor = Visitor(chromium, app)
            page = visitor.signs_in("ana", at=address_of(ref))
            expect(page.locator(".badge.pill")).to_have_text("Running")
            between.hold_once(lambda: True)
            said = page.get_by_text("Redis does not answer")
            expect(said).to_be_visible(timeout=30_000)
            assert app.status_of("/readyz") == 503
            # Signing in needs none of it, nor does the API: the work itself goes on.
            cookie = sign_in(app, "ana")
            assert speaks(app, "GET", "/api/v1/me", cookie).status == 200
            assert acts(app, cookie, "pause", ref, reason="Redis hangs").status == 200
            assert backstage.status_of(ref) is Status.PAUSED
            if ends == "it goes on":
                between.let_go()
            else:
                between.forget()
            expect(said).to_be_hidden(timeout=60_000)
            expect(page.locator(".badge.pill")).to_have_text("Paused", timeout=60_000)
            with dialog(page, "Resume") as shown:
                shown.get_by_label("Reason").fill("it answers")
                shown.get_by_role("button", name="Resume run").click()
            expect(page.locator(".badge.pill")).to_have_text("Running", timeout=30_000)
            waits_for_sync(lambda: app.status_of("/readyz") == 200, what="readiness")
            visitor.leaves()
