"""An admin looks after what Inspector does by itself."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def test_an_admin_sees_jobs_asks_for_one_and_finds_it_in_the_audit_log(visitor):
    noor = visitor()
    page = noor.signs_in("noor", at="/t/demo/workflows")
    page.get_by_role("link", name="Jobs").click()
    page.wait_for_url("**/t/demo/admin/jobs")
    row = page.locator("[data-row]").filter(has_text="Remove ended sessions")
    expect(row.locator(".badge")).to_have_text("Done", timeout=15_000)
    lease = row.locator(".holder .sub")
    before = lease.inner_text()
    row.get_by_role("button", name="Run now").click()
    shown = page.get_by_role("dialog")
    shown.get_by_role("button", name="Run now").click()
    expect(shown.get_by_text("A reason of 1 to 500 characters is needed")).to_be_visible()
    shown.get_by_label("Reason").fill("to see it work")
    shown.get_by_role("button", name="Run now").click()
    expect(shown).to_be_hidden()
    # A process has taken it, and the page followed that by itself.
    expect(lease).not_to_have_text(before, timeout=20_000)
    expect(row.locator(".badge")).to_have_text("Done")
    noor.goes("/t/demo/audit?text=to+see+it+work")
    expect(page.locator("[data-row]").first).to_contain_text("job.run")


def test_who_may_not_see_jobs_is_told_who_may_and_has_no_link(visitor):
    page = visitor().signs_in("ana", at="/t/demo/admin/jobs")
    expect(page.get_by_text("Jobs are for admins")).to_be_visible()
    expect(page.get_by_role("link", name="Jobs")).to_have_count(0)
