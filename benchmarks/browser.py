"""What a person waits for, in one Chromium: our pages beside the official Web UI's."""

from __future__ import annotations

from time import perf_counter
from urllib.parse import quote

from playwright.sync_api import Browser, Page, sync_playwright

from inspector_app.domain.workflows import RunRef
from inspector_app.ui import routes
from tests.fixtures.app import App
from tests.fixtures.browser import _ARGUMENTS, CHROMIUM
from tests.fixtures.database import PASSWORD

Measured = tuple[str, float, float | None, str, float]


def measure_browser(app: App, ref: RunRef, events: int, ui: str) -> list[Measured]:
    """Time to first rows, heap and transfer; ours first, the official UI as the peer."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        mine, theirs = signed_in(browser, app), browser.new_context().new_page()
        history = app.url + routes.run("demo", ref, tab="history")
        theirs_at = (
            f"{ui}/namespaces/default/workflows/{quote(ref.workflow_id)}/{ref.run_id}/history"
        )
        our_time = _until(mine, history, "text=WorkflowExecutionStarted")
        their_time = _until(theirs, theirs_at, "text=Workflow Execution Completed")  # newest first
        our_heap, their_heap = _heap(mine), _heap(theirs)
        our_list = _until(mine, f"{app.url}/t/demo/workflows", "[data-row]")
        their_list = _until(theirs, f"{ui}/namespaces/default/workflows", "table tbody tr a")
        fresh = signed_in(browser, app, go=False)
        ours_sent, ours_asked = _transferred(fresh, f"{app.url}/t/demo/workflows", "[data-row]")
        first = browser.new_context().new_page()
        their_sent, their_asked = _transferred(
            first, f"{ui}/namespaces/default/workflows", "table tbody tr a"
        )
        browser.close()
    return [
        (f"first row of {events:,} events, browser", our_time, their_time, "s", 0.25),
        ("its JavaScript heap", our_heap, their_heap, "MB", 1 / 3),
        ("workflow list, first row, browser", our_list, their_list, "s", 0.5),
        ("JavaScript of the first page, transferred", ours_sent, their_sent, "kB", 1.0),
        (f"requests of the first page (theirs {their_asked})", ours_asked, None, "", 40),
    ]


def signed_in(browser: Browser, app: App, *, go: bool = True) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{app.url}/login")
    page.fill("#username", "ivo")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/overview")
    if not go:  # a browser that has nothing in its cache, but a session
        state = page.context.storage_state()
        page.context.close()
        page = browser.new_context(storage_state=state).new_page()
    return page


def _until(page: Page, url: str, selector: str) -> float:
    begun = perf_counter()
    page.goto(url, wait_until="commit")
    page.locator(selector).first.wait_for(timeout=120_000)
    return perf_counter() - begun


def _heap(page: Page) -> float:
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6


def _transferred(page: Page, url: str, selector: str) -> tuple[float, int]:
    """Kilobytes of script over the wire, and the number of requests."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    scripts: set[str] = set()
    size, asked = 0.0, 0

    def note(event: dict) -> None:
        nonlocal asked
        asked += 1
        if event["type"] == "Script":
            scripts.add(event["requestId"])

    def add(event: dict) -> None:
        nonlocal size
        if event["requestId"] in scripts:
            size += event["encodedDataLength"]

    session.on("Network.responseReceived", note)
    session.on("Network.loadingFinished", add)
    _until(page, url, selector)
    page.wait_for_load_state("networkidle")
    return size / 1000, asked
