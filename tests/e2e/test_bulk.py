"""Work on many runs at once, in a real browser."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.temporal import waits_for_sync

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


@pytest.fixture
def many(backstage):
    """Runs of one name, and the query that lists them."""
    mark = f"many-{uuid4().hex[:8]}"
    refs = [backstage.starts(f"{mark}-{number:02}")[0] for number in range(12)]
    query = f"WorkflowId STARTS_WITH '{mark}'"
    site = backstage.site

    def listed():
        return backstage.does(site.workflows.counts(site.namespace, query)).total == len(refs)

    waits_for_sync(listed, what="the runs to be listed")
    return refs, query


def list_of(query):
    return f"/t/demo/workflows?query={query.replace(' ', '%20')}"


def test_a_developer_pauses_all_that_match_and_sees_each_done(visitor, backstage, many):
    refs, query = many
    page = visitor().signs_in("ana", at=list_of(query))
    page.get_by_label("Choose every run of this page").click()
    bar = page.get_by_role("toolbar", name="Bulk actions")
    bar.get_by_role("button", name="Select all 12 that match").click()
    expect(bar.get_by_role("button", name="Resume 0…")).to_be_disabled()
    bar.get_by_role("button", name="Pause 12…").click()
    asked = page.get_by_role("dialog")
    expect(asked.get_by_role("heading", name="Pause 12 runs?")).to_be_visible()
    asked.get_by_role("button", name="Pause 12 runs").click()
    expect(asked.get_by_text("A reason of 1 to 500")).to_be_hidden()
    expect(asked.get_by_role("alert")).to_contain_text("Type 12 to confirm")
    asked.get_by_label("Type 12 to confirm").fill("12")
    asked.get_by_label("Reason").fill("legal review of all")
    asked.get_by_role("button", name="Pause 12 runs").click()
    page.wait_for_url(re.compile("/t/demo/operation"))
    expect(page.get_by_text("12 of 12")).to_be_visible()
    expect(page.locator(".badge.pill")).to_have_text("Finished")
    expect(page.locator("[data-row] .badge")).to_have_text(["Done"] * 12)
    assert {backstage.status_of(ref) for ref in refs} == {Status.PAUSED}


def test_chosen_runs_are_signalled_and_a_wrong_signal_is_warned_about(visitor, backstage, many):
    _, query = many
    page = visitor().signs_in("ana", at=list_of(query))
    for number in (0, 2):
        page.locator("tbody .check").nth(number).click()
    bar = page.get_by_role("toolbar", name="Bulk actions")
    bar.get_by_role("button", name="Signal 2…").click()
    asked = page.get_by_role("dialog")
    asked.get_by_label("Signal", exact=True).fill("aprove")
    asked.get_by_label("Arguments, JSON").fill("[true,")
    asked.get_by_label("Reason").fill("both are fine")
    asked.get_by_role("button", name="Signal 2 runs").click()
    expect(asked.get_by_text("This is not JSON")).to_be_visible()
    asked.get_by_label("Arguments, JSON").fill('[true, "go on"]')
    asked.get_by_role("button", name="Signal 2 runs").click()
    expect(asked.get_by_text("Did you mean approve?")).to_be_visible()
    expect(asked.get_by_label("Reason")).to_have_value("both are fine")
    asked.get_by_label("Signal", exact=True).fill("approve")
    asked.get_by_role("button", name="Signal 2 runs").click()
    page.wait_for_url(re.compile("/t/demo/operation"))
    expect(page.locator("[data-row] .badge")).to_have_text(["Done", "Done"])


def test_an_observer_chooses_and_cannot_press(visitor, many):
    _, query = many
    page = visitor().signs_in("ivo", at=list_of(query))
    page.locator("tbody .check").first.click()
    button = page.get_by_role("button", name="Terminate 1…")
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("developer"))
