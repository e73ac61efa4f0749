"""A hundred open pages, and what a real Temporal server counts of the requests they cost it."""

from __future__ import annotations

import asyncio
import re
from contextlib import AsyncExitStack
from http.client import HTTPConnection
from time import perf_counter
from urllib.parse import quote

import pytest
from temporalio.client import Client

from inspector_app.ui import routes
from tests.fixtures.handlers import fields, handler
from tests.fixtures.nginx import free_port
from tests.fixtures.samples import Approval
from tests.fixtures.socket import Socket, sign_in
from tests.fixtures.temporal import Site, running

pytestmark = [
    pytest.mark.temporal,
    pytest.mark.only_on("sqlite", reason="what Temporal is asked does not go by the database"),
]

RUNS, ROUNDS = 5, 3
LIST = "/t/demo/workflows?query="
OWN = {"StartWorkflowExecution", "SignalWorkflowExecution"}
"""What the test asks the server itself, and the app does not."""
_ASKED = re.compile(r'^service_requests\{([^}]*)namespace="default"([^}]*)\} (\d+)$', re.MULTILINE)


def asked(port):
    """How many requests about `default` the server has counted by now, but for the test's own."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    total = 0
    for before, after, count in _ASKED.findall(text):
        labels = dict(re.findall(r'(\w+)="([^"]*)"', before + after))
        if labels["service_name"] == "frontend" and labels["operation"] not in OWN:
            total += int(count)
    return total


class Page:
    """An open page, by its socket, and what it was told last."""

    def __init__(self, socket, load):
        self.socket, self.load = socket, handler(load)
        self.told = {}

    async def opens(self):
        await self.socket.emit(self.socket.event(self.load))

    async def hears(self, holds):
        """Listen until what was told last is as wanted."""
        async with asyncio.timeout(120):
            while not holds(self.told):
                update = await self.socket.updates.get()
                self.told |= {name: value for (_, name), value in fields([update]).items()}


def pages_of(app, cookie, refs):
    """What people look at: some all the same, some each their own."""
    shown = [("/t/demo/overview", "overview_state.load")] * 20
    shown += [(LIST, "workflows_state.load")] * 40
    shown += [
        (LIST + quote(f"WorkflowType != 'T{number}'"), "workflows_state.load")
        for number in range(20)
    ]
    shown += [(routes.run("demo", refs[number % RUNS]), "_run_state.load") for number in range(20)]
    return [(Socket(app, cookie, page=page), load) for page, load in shown]


async def test_a_hundred_open_pages_cost_a_real_server_less_than_ten_requests_a_second(
    tmp_path, serves
):
    (tmp_path / "app").mkdir()
    port = free_port()
    with (
        running(tmp_path / "temporal", in_memory=True, metrics_port=port) as server,
        serves(tmp_path / "app", server.address) as app,
    ):
        site = Site(server.address, await Client.connect(server.address))
        started = [await site.start(Approval.run, "x") for _ in range(RUNS)]
        cookie = sign_in(app, "ivo")
        async with AsyncExitStack() as opened:
            pages = [
                Page(await opened.enter_async_context(socket), load)
                for socket, load in pages_of(app, cookie, [ref for ref, _ in started])
            ]
            overviews, lists, runs = pages[:20], pages[20:80], pages[80:]
            assert len(pages) == 100
            await asyncio.gather(*(page.opens() for page in pages))
            await asyncio.gather(
                *(page.hears(holding("ready", True)) for page in overviews),
                *(page.hears(lambda told: len(told.get("rows", ())) == RUNS) for page in lists),
                *(page.hears(grown_to(2)) for page in runs),
            )
            before, begun = asked(port), perf_counter()
            for number in range(1, ROUNDS + 1):
                for _, handle in started:
                    await handle.signal("note")
                await site.start(Approval.run, "x")
                await asyncio.gather(
                    *(page.hears(grown_to(2 + number)) for page in runs),
                    *(page.hears(holding("news", number)) for page in lists),
                    *(page.hears(counting(RUNS + number)) for page in overviews),
                )
            count, lasted = asked(port) - before, perf_counter() - begun
    assert 10 < count < 10 * lasted, f"{count} requests in {lasted:.1f} s"


def holding(name, value):
    return lambda told: told.get(name) == value


def grown_to(events):
    """The run's page says how many events there are."""
    return lambda told: (told.get("facts") or {}).get("events") == events


def counting(number):
    """The overview says how many runs there are."""
    return lambda told: [row["running"]["value"] for row in told["rows"]] == [str(number)]
