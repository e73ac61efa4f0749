"""What people do, in a real browser against the real servers."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.backstage import address_of, dialog
from tests.fixtures.database import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


def test_a_developer_pauses_and_resumes_and_both_stand_in_the_audit_log(visitor, backstage):
    ref, _ = backstage.starts()
    ana = visitor()
    page = ana.signs_in("ana", at=address_of(ref))
    page.wait_for_url(re.compile("/t/demo/run"))
    expect(page.locator(".badge.pill")).to_have_text("Running")
    with dialog(page, "Pause") as shown:
        shown.get_by_label("Reason").fill("legal review")
        shown.get_by_role("button", name="Pause run").click()
    expect(page.locator(".badge.pill")).to_have_text("Paused")
    assert backstage.status_of(ref) is Status.PAUSED
    with dialog(page, "Resume") as shown:
        shown.get_by_label("Reason").fill("review is done")
        shown.get_by_role("button", name="Resume run").click()
    expect(page.locator(".badge.pill")).to_have_text("Running")
    assert backstage.status_of(ref) is Status.RUNNING
    ana.goes(address_of(ref, tab="audit"))
    for reason in ("legal review", "review is done"):
        expect(page.get_by_text(reason).first).to_be_visible()
    noor = visitor()
    page = noor.signs_in("noor", at="/t/demo/audit?text=legal+review")
    row = page.locator("[data-row]").first
    expect(row).to_contain_text("run:pause")
    expect(row).to_contain_text("Done")
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_text("The chain is whole.")).to_be_visible()


def test_an_observer_sees_who_may_and_cannot_press(visitor, backstage):
    ref, _ = backstage.starts()
    page = visitor().signs_in("ivo", at=address_of(ref))
    for name in ("Pause", "Signal", "Cancel"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", re.compile("developer"))


def test_a_signal_the_workflow_does_not_know_is_warned_about_before_it_is_sent(visitor, backstage):
    ref, handle = backstage.starts()
    page = visitor().signs_in("ana", at=address_of(ref))
    page.get_by_role("button", name="Signal", exact=True).click()
    shown = page.get_by_role("dialog")
    shown.get_by_label("Signal").fill("aprove")
    shown.get_by_label("Arguments, JSON").fill('[true, "go on"]')
    shown.get_by_label("Reason").fill("the brief is good")
    shown.get_by_role("button", name="Send signal").click()
    expect(shown.get_by_text("Did you mean")).to_be_visible()
    signals = [
        event
        for event in backstage.does(_history(handle))
        if event.HasField("workflow_execution_signaled_event_attributes")
    ]
    assert signals == []


async def _history(handle):
    return [event async for event in handle.fetch_history_events()]


def test_the_first_password_is_replaced_before_anything_else(visitor, app):
    name = f"new-{uuid4().hex[:8]}"
    words = ("--username", name, "--tenant", "demo", "--role", "observer", "--json")
    one_time = re.search(
        r'"one_time_password":"(\w+)"', app.command("user", "create", *words).stdout
    ).group(1)
    page = visitor().signs_in(name, one_time)
    page.wait_for_url(re.compile("/setup"))
    page.fill("#current", one_time)
    page.fill("#new", "short")
    page.press("#new", "Enter")
    expect(page.get_by_text("12 to 256")).to_be_visible()
    page.fill("#current", one_time)
    page.fill("#new", PASSWORD)
    page.press("#new", "Enter")
    page.wait_for_url(re.compile("/t/demo/overview"))


def test_a_wrong_password_keeps_the_name_and_says_why(visitor):
    page = visitor().signs_in("ana", "not it", at="/t/demo/audit")
    expect(page.get_by_text("Name and password do not match.")).to_be_visible()
    expect(page.locator("#username")).to_have_value("ana")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(re.compile("/t/demo/audit"))
    expect(page.get_by_text("The audit log is for admins")).to_be_visible()


def test_a_sign_in_leads_where_it_should_even_before_the_websocket_is_there(visitor):
    ana = visitor()
    ana.page.route_web_socket(re.compile("/_event"), lambda silent: None)
    ana.goes("/login?next=%2Ft%2Fdemo%2Faudit%3Ftext%3Dx")
    ana.page.fill("#username", "ana")
    ana.page.fill("#password", PASSWORD)
    ana.page.press("#password", "Enter")
    ana.page.wait_for_url(re.compile(r"/t/demo/audit\?text=x"))


def test_a_malformed_query_is_answered_where_it_was_typed(visitor):
    page = visitor().signs_in("ivo", at="/t/demo/workflows")
    page.fill("#query", "Nonsense =")
    page.press("#query", "Enter")
    expect(page.locator("#query-error")).to_contain_text("invalid")
    expect(page.locator("#query")).to_have_value("Nonsense =")
    page.go_back()
    expect(page.locator("#query")).to_have_value("")


@pytest.mark.parametrize("strange", ["a/b c%2F", "émoji 😀", "x" * 900])
def test_runs_with_strange_ids_are_found_opened_and_read(visitor, backstage, strange):
    ref, _ = backstage.starts(f"{uuid4().hex[:12]} {strange}")
    page = visitor().signs_in("ivo", at=address_of(ref, tab="history"))
    expect(page.locator(".run-h")).to_contain_text(ref.workflow_id[:60])
    expect(page.get_by_text("WorkflowExecutionStarted").first).to_be_visible()
    page.get_by_text("ActivityTaskScheduled").first.click()
    expect(page.get_by_text("ACTIVITY_TASK_SCHEDULED")).to_be_visible()
    assert "event=" in page.url


def test_an_unknown_namespace_and_run_say_what_to_do(visitor):
    ivo = visitor()
    page = ivo.signs_in("ivo", at="/t/demo/workflows?ns=nowhere")
    expect(page.get_by_text("There is no namespace 'nowhere' here.")).to_be_visible()
    ivo.goes("/t/demo/run?ns=default&workflow_id=nobody")
    expect(page.get_by_text(re.compile("not found")).first).to_be_visible()


def test_signing_out_ends_the_page_and_keys_lead_around(visitor):
    page = visitor().signs_in("ivo", at="/t/demo/workflows")
    expect(page.locator("#query")).to_be_visible()
    page.keyboard.press("g")
    page.keyboard.press("a")
    page.wait_for_url(re.compile("/t/demo/audit"))
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Keyboard shortcuts")).to_be_hidden()
    page.keyboard.press("Control+k")
    page.keyboard.type("account")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/t/demo/account"))
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/login"))


def test_a_session_ended_elsewhere_leads_back_after_sign_in(visitor):
    ivo, again = visitor(), visitor()
    page = ivo.signs_in("ivo", at="/t/demo/workflows")
    expect(page.locator("#query")).to_be_visible()
    other = again.signs_in("ivo", at="/t/demo/account")
    other.get_by_role("button", name="End all others").click()
    expect(other.get_by_text(re.compile("sessions? ended"))).to_be_visible()
    page.fill("#query", "WorkflowType = 'X'")
    page.press("#query", "Enter")
    page.wait_for_url(re.compile("/login.*next="))
    ivo.signs_in("ivo", at=page.url.removeprefix(ivo.app.url))
    page.wait_for_url(re.compile("/t/demo/workflows"))


@pytest.mark.only_on("sqlite", reason="how pages look does not go by the database")
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_fits_and_is_accessible(visitor, backstage, theme, width):
    from axe_playwright_python.sync_playwright import Axe

    ref, _ = backstage.starts()
    noor = visitor(viewport={"width": width, "height": 850}, color_scheme=theme)
    page = noor.goes("/login")
    expect(page.locator("#username")).to_be_visible()
    names = ("overview", "workflows", "operations", "alerts", "audit", "account", "admin/jobs")
    pages = ["", *(f"/t/demo/{name}" for name in names)]
    pages += [address_of(ref, tab=tab) for tab in ("summary", "history", "metadata", "audit")]
    for path in pages:
        if path == pages[1]:
            noor.signs_in("noor", at=path)
        elif path:
            noor.goes(path)
        expect(page.locator(".skeleton")).to_have_count(0)
        expect(page.locator("h1").first).to_be_visible()
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow <= 0, path
        assert not re.search(r"\b(undefined|NaN|null)\b", page.locator("body").inner_text()), path
        found = Axe().run(page).response["violations"]
        grave = [each for each in found if each["impact"] in {"serious", "critical"}]
        assert [(each["id"], each["nodes"][0]["html"]) for each in grave] == [], path
