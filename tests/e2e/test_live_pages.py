"""Pages that follow what happens, without moving what one reads; and the overview."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.fixtures.backstage import address_of
from tests.fixtures.samples import Approval, Failing

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def list_of(name):
    return f"/t/demo/workflows?query=WorkflowId+STARTS_WITH+'{name}'"


def test_one_lands_on_the_overview_whose_numbers_lead_to_the_lists_they_count(visitor, backstage):
    failed = [backstage.does(backstage.site.start(Failing.run)) for _ in range(2)]
    for _, handle in failed:
        with pytest.raises(Exception, match="failed"):
            backstage.does(handle.result())
    page = visitor().signs_in("ivo")
    page.wait_for_url(re.compile("/t/demo/overview"))
    tile = page.get_by_role("link", name=re.compile("Failure rate"))
    expect(tile).to_contain_text(re.compile(r"[1-9]\d* of \d+ closed"))
    bad = re.search(r"(\d+) of", tile.inner_text()).group(1)
    firing = page.get_by_role("link", name=re.compile("Firing alerts"))
    expect(firing).to_contain_text("there are no alert rules")
    firing.click()
    page.wait_for_url(re.compile("/t/demo/alerts"))
    expect(page.get_by_role("heading", name="No alert rules yet")).to_be_visible()
    page.get_by_role("link", name="Open overview").click()
    tile.click()
    page.wait_for_url(re.compile("CloseTime.*Failed.*TimedOut"))
    expect(page.locator(".counts a").first).to_contain_text(bad)


def test_an_overview_without_a_namespace_says_the_next_step(visitor):
    page = visitor().signs_in("eve")
    page.wait_for_url(re.compile("/t/other/overview"))
    expect(page.get_by_text("No namespace yet")).to_be_visible()
    expect(page.get_by_text("inspector namespace grant")).to_be_visible()


def test_new_runs_are_announced_and_shown_rows_change_where_they_stand(visitor, backstage):
    name = f"live-{uuid4().hex[:8]}"
    _, first = backstage.starts(f"{name}-a")
    backstage.starts(f"{name}-b")
    page = visitor().signs_in("ivo", at=list_of(name))
    rows = page.locator("[data-row]")
    expect(rows).to_have_count(2)
    shown = [re.search(r"-[ab]\b", each).group() for each in rows.all_inner_texts()]
    backstage.starts(f"{name}-c")
    announced = page.get_by_role("button", name="1 new run · Show")
    expect(announced).to_be_visible()
    backstage.does(first.signal(Approval.approve, args=[True, "ok"]))
    row = rows.nth(shown.index("-a"))
    expect(row).to_contain_text("Completed")
    expect(row).to_contain_text(f"{name}-a")
    expect(rows).to_have_count(2)
    announced.click()
    expect(rows).to_have_count(3)
    expect(announced).to_be_hidden()


def test_a_row_that_left_the_filter_still_says_what_became_of_it(visitor, backstage):
    name = f"left-{uuid4().hex[:8]}"
    _, handle = backstage.starts(name)
    page = visitor().signs_in("ivo", at=list_of(name) + "&status=Running")
    row = page.locator("[data-row]")
    expect(row).to_contain_text("Running")
    backstage.does(handle.signal(Approval.approve, args=[True, "ok"]))
    expect(row).to_contain_text("Completed")


def test_a_history_grows_at_its_end_and_what_one_reads_stays(visitor, backstage):
    ref, handle = backstage.starts()
    for number in range(30):
        backstage.does(handle.signal("note", f"number {number}"))
    page = visitor().signs_in("ivo", at=address_of(ref, tab="history"))
    expect(page.get_by_text("WorkflowExecutionStarted")).to_be_visible()
    page.locator(".events").evaluate("list => list.scrollBy(0, 100)")
    expect(page.get_by_text(re.compile("Events [34] to"))).to_be_visible()
    place = page.locator(".events").evaluate("list => list.scrollTop")
    for number in range(3):
        backstage.does(handle.signal("note", f"number {number}"))
    news = page.get_by_role("button", name=re.compile(r"\d+ new events"))
    expect(news).to_be_visible()
    assert page.locator(".events").evaluate("list => list.scrollTop") == place
    news.click()
    expect(news).to_be_hidden()
    expect(page.get_by_text("WorkflowExecutionStarted")).to_be_hidden()
    backstage.does(handle.signal(Approval.approve, args=[True, "ok"]))
    expect(page.get_by_text("WorkflowExecutionCompleted")).to_be_visible()


def test_live_off_leaves_the_page_alone_and_live_on_catches_up(visitor, backstage):
    ref, handle = backstage.starts()
    page = visitor().signs_in("ivo", at=address_of(ref))
    state = page.locator(".badge.pill")
    expect(state).to_have_text("Running")
    live = page.get_by_role("switch", name=re.compile("Live"))
    live.click()
    expect(live).to_have_attribute("aria-checked", "false")
    expect(live).to_contain_text("data from")
    backstage.does(handle.signal(Approval.approve, args=[True, "ok"]))
    backstage.does(handle.result())
    other = visitor().signs_in("ana", at=address_of(ref))
    expect(other.locator(".badge.pill")).to_have_text("Completed")
    expect(state).to_have_text("Running")
    live.click()
    expect(state).to_have_text("Completed")


def test_a_browser_that_was_offline_catches_up_by_itself(visitor, backstage):
    ref, handle = backstage.starts()
    ivo = visitor()
    page = ivo.signs_in("ivo", at=address_of(ref, tab="history"))
    expect(page.locator(".badge.pill")).to_have_text("Running")
    ivo.context.set_offline(True)
    expect(page.get_by_role("switch", name=re.compile("Live"))).to_contain_text("Not connected")
    backstage.does(handle.signal(Approval.approve, args=[True, "ok"]))
    backstage.does(handle.result())
    ivo.context.set_offline(False)
    expect(page.locator(".badge.pill")).to_have_text("Completed", timeout=20_000)
    expect(page.get_by_text("WorkflowExecutionCompleted")).to_be_visible()
    ivo.troubles = [each for each in ivo.troubles if "ERR_INTERNET_DISCONNECTED" not in each]


def test_a_page_that_follows_ends_with_its_session(visitor, backstage):
    ref, _ = backstage.starts()
    ivo = visitor()
    page = ivo.signs_in("ivo", at=address_of(ref))
    expect(page.locator(".badge.pill")).to_have_text("Running")
    other = visitor().signs_in("ivo", at="/t/demo/account")
    other.get_by_role("button", name="End all others").click()
    page.wait_for_url(re.compile("/login.*next="))
