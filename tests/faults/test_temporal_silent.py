"""A Temporal server that is away when the app starts, comes, goes, and comes back."""

from __future__ import annotations

import re
import socket

import pytest
from playwright.sync_api import expect

from tests.fixtures.backstage import Backstage, address_of
from tests.fixtures.browser import Visitor
from tests.fixtures.temporal import running

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


@pytest.fixture
def address():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_screens_say_so_and_come_back_by_themselves(chromium, tmp_path, address, serves):
    port = int(address.split(":")[1])
    (tmp_path / "app").mkdir()
    with serves(tmp_path / "app", address) as app:
        assert (app.status_of("/healthz"), app.status_of("/readyz")) == (200, 503)
        visitor = Visitor(chromium, app)
        page = visitor.signs_in("ivo", at="/t/demo/workflows")
        silent = page.get_by_text(f"{address} does not answer.")
        expect(silent).to_be_visible()
        expect(page.get_by_text("Next try")).to_be_visible()
        with running(tmp_path / "temporal", port=port):
            expect(silent).to_be_hidden(timeout=30_000)
            expect(page.get_by_text(re.compile("No runs|no runs")).first).to_be_visible()
            assert app.status_of("/readyz") == 200
            backstage = Backstage(address)
            ref, _ = backstage.starts()
            visitor.goes(address_of(ref))
            expect(page.locator(".badge.pill")).to_have_text("Running")
            backstage.ends()
        visitor.goes("/t/demo/workflows")
        expect(silent).to_be_visible(timeout=30_000)
        assert app.status_of("/readyz") == 503
        visitor.goes(address_of(ref))
        expect(silent).to_be_visible(timeout=30_000)
        with running(tmp_path / "temporal", port=port):
            expect(page.locator(".badge.pill")).to_have_text("Running", timeout=60_000)
        visitor.leaves()


def test_open_pages_say_so_and_catch_up_when_the_server_is_killed_and_back(
    chromium, tmp_path, address, serves
):
    port = int(address.split(":")[1])
    (tmp_path / "app").mkdir()
    with serves(tmp_path / "app", address) as app:
        with running(tmp_path / "temporal", port=port):
            backstage = Backstage(address)
            ref, _ = backstage.starts()
            backstage.ends()
            on_run, on_list, on_overview = (Visitor(chromium, app) for _ in range(3))
            run = on_run.signs_in("ivo", at=address_of(ref))
            expect(run.locator(".badge.pill")).to_have_text("Running")
            listed = on_list.signs_in("ivo", at="/t/demo/workflows")
            expect(listed.locator("[data-row]")).to_contain_text("Running")
            numbers = on_overview.signs_in("ivo", at="/t/demo/overview")
            row = numbers.locator(".spaces [data-row]")
            expect(row).not_to_contain_text("does not answer")
        for page in (run, listed):
            expect(page.get_by_text(f"{address} does not answer.")).to_be_visible(timeout=30_000)
            expect(page.get_by_role("switch", name=re.compile("Live"))).to_contain_text(
                "Server silent"
            )
        expect(row).to_contain_text("does not answer", timeout=30_000)
        expect(run.locator(".badge.pill")).to_have_text("Running")
        with running(tmp_path / "temporal", port=port):
            backstage = Backstage(address)
            backstage.does(
                backstage.site.client.get_workflow_handle(ref.workflow_id).signal(
                    "approve", args=[True, "ok"]
                )
            )
            expect(run.locator(".badge.pill")).to_have_text("Completed", timeout=60_000)
            expect(listed.locator("[data-row]")).to_contain_text("Completed", timeout=60_000)
            expect(row).not_to_contain_text("does not answer", timeout=30_000)
            backstage.ends()
        for each in (on_run, on_list, on_overview):
            each.leaves()
