"""Pausing where the server has it switched off, and a paused run among others."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.fixtures.backstage import Backstage, address_of, dialog
from tests.fixtures.browser import Visitor

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def test_where_pausing_is_switched_off_the_dialog_says_who_sets_it_and_offers_a_signal(
    chromium, tmp_path, server_without_pause, serves
):
    backstage = Backstage(server_without_pause.address)
    ref, _ = backstage.starts()
    with serves(tmp_path, server_without_pause.address) as app:
        visitor = Visitor(chromium, app)
        page = visitor.signs_in("ana", at=address_of(ref))
        with dialog(page, "Pause") as shown:
            expect(shown.get_by_text("frontend.WorkflowPauseEnabled")).to_be_visible()
            shown.get_by_role("button", name=re.compile("Signal pause")).click()
        shown = page.get_by_role("dialog")
        expect(shown.get_by_label("Signal", exact=True)).to_have_value("pause")
        visitor.leaves()
    backstage.ends()


def test_a_paused_run_stands_in_the_list_as_paused(visitor, backstage):
    ref, _ = backstage.starts()
    page = visitor().signs_in("ana", at=address_of(ref))
    with dialog(page, "Pause") as shown:
        shown.get_by_label("Reason").fill("to be seen")
        shown.get_by_role("button", name="Pause run").click()
    expect(page.locator(".badge.pill")).to_have_text("Paused")
    page.goto(f"{page.url.split('/t/')[0]}/t/demo/workflows?query=WorkflowId='{ref.workflow_id}'")
    row = page.locator("[data-row]")
    for _ in range(20):  # the server's list follows a moment later
        if row.count():
            break
        page.get_by_role("button", name="Refresh").click()
        page.wait_for_load_state("networkidle")
    expect(row).to_contain_text("Paused")


def test_ten_wrong_passwords_are_refused_with_when_to_try_again(
    chromium, tmp_path, temporal_server, serves
):
    # An app of its own: the address is shut out, too, for a while.
    with serves(tmp_path, temporal_server.address) as app:
        visitor = Visitor(chromium, app)
        page = visitor.goes("/login")
        for _ in range(11):
            page.fill("#username", "ivo")
            page.fill("#password", "not this one")
            with page.expect_navigation(url=re.compile(r":\d+/login/?$")):  # by way of a 401
                page.press("#password", "Enter")
            expect(page.get_by_role("alert")).to_be_visible()
        expect(
            page.get_by_text(re.compile("Too many wrong tries. Wait .* minutes"))
        ).to_be_visible()
        visitor.leaves()
