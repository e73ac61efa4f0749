"""From an event on the server to the screen: one Chromium, then two hundred sockets."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from time import time

from playwright.sync_api import Page, sync_playwright
from temporalio.client import WorkflowHandle

from benchmarks.browser import signed_in
from inspector_app.ui import routes
from tests.fixtures.app import App
from tests.fixtures.aside import Aside
from tests.fixtures.browser import _ARGUMENTS, CHROMIUM
from tests.fixtures.handlers import handler
from tests.fixtures.samples import Approval
from tests.fixtures.socket import Socket, sign_in
from tests.fixtures.temporal import Site

Measured = tuple[str, float, float | None, str, float]
SIGNALS, APART = 30, 0.4
SOCKETS, RUNS = 200, 10

_NOTE_ROWS = """() => {
  window.noted = {};
  new MutationObserver(() => {
    for (const row of document.querySelectorAll(".ev .what b"))
      if (row.textContent.startsWith("note-")) window.noted[row.textContent] ??= Date.now();
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


def measure_live(app: App, site: Site, aside: Aside) -> list[Measured]:
    """An event's way to a browser beside the raw long poll's, and to many sockets at once."""
    return [_browser(app, site, aside), *asyncio.run(_sockets(app, aside, site))]


def _browser(app: App, site: Site, aside: Aside) -> Measured:
    ref, handle = aside.does(site.start(Approval.run, "x"))
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        page = signed_in(chromium, app)
        page.goto(app.url + routes.run("demo", ref, tab="history"))
        page.locator(".ev .what b").first.wait_for()
        page.evaluate(_NOTE_ROWS)
        sent, heard = aside.does(_signal_and_listen(handle), 120)
        seen = _noted(page)
        chromium.close()
    on_top = [(seen[name] / 1000 - heard[name]) * 1000 for name in sent]
    raw = _p95([(heard[name] - sent[name]) * 1000 for name in sent])
    return (
        f"event to screen, beyond the raw poll's {raw:.0f} ms, p95",
        _p95(on_top),
        None,
        "ms",
        250,
    )


def _noted(page: Page) -> dict[str, float]:
    page.locator(f".ev .what b:text-is('note-{SIGNALS - 1}')").wait_for()
    return page.evaluate("() => window.noted")


async def _signal_and_listen(
    handle: WorkflowHandle,
) -> tuple[dict[str, float], dict[str, float]]:
    """Return when each signal was sent, and when a bare long poll told of it."""
    sent: dict[str, float] = {}
    heard: dict[str, float] = {}

    async def listen() -> None:
        async for event in handle.fetch_history_events(wait_new_event=True):
            name = event.workflow_execution_signaled_event_attributes.signal_name
            if name:
                heard[name] = time()
            if len(heard) == SIGNALS:
                return

    listening = asyncio.create_task(listen())
    for number in range(SIGNALS):
        await asyncio.sleep(APART)
        sent[f"note-{number}"] = time()
        await handle.signal(f"note-{number}")
    await listening
    return sent, heard


async def _sockets(app: App, aside: Aside, site: Site) -> list[Measured]:
    """SOCKETS pages on RUNS runs; each hears of each event of its run."""

    async def there(work: Callable[[], Awaitable[object]]) -> object:
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), aside.loop))

    made = [await there(lambda: site.start(Approval.run, "x")) for _ in range(RUNS)]
    cookie, load = sign_in(app, "ivo"), handler("_run_state.load")
    taken: list[float] = []
    sent: dict[tuple[int, int], float] = {}
    async with AsyncExitStack() as opened:
        clients = []
        for number in range(SOCKETS):
            page = routes.run("demo", made[number % RUNS][0])
            client = await opened.enter_async_context(Socket(app, cookie, page=page))
            await client.emit(client.event(load))
            clients.append(client)
        begun = [await _events(client) for client in clients]

        async def listens(number: int) -> int:
            """Count the events of one's run until all that were sent are there."""
            run, seen = number % RUNS, begun[number]
            while seen < begun[number] + SIGNALS // 3:
                now = await _events(clients[number])
                for each in range(seen, now):
                    at = sent.get((run, each - begun[number]))
                    if at is not None:
                        taken.append(time() - at)
                seen = max(seen, now)
            return seen

        listening = asyncio.gather(*map(listens, range(SOCKETS)))
        for number in range(SIGNALS // 3):
            for run, (_, handle) in enumerate(made):
                await asyncio.sleep(APART / 4)
                sent[run, number] = time()
                await there(lambda handle=handle: handle.signal("note"))
        await asyncio.wait_for(listening, 60)
    return [
        (f"event to {SOCKETS} sockets on live pages, p95", _p95(taken) * 1000, None, "ms", 300)
    ]


async def _events(client: Socket) -> int:
    """Wait until the page hears how many events its run has."""
    while True:
        update = await client.updates.get()
        for delta in (update.get("delta") or {}).values():
            if events := delta.get("facts_rx_state_", {}).get("events"):
                return events


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]
