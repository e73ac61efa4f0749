"""Bulk work whose process, server or database is killed in the middle, more than once.

What is asked at the end is Temporal's own history: each run was touched, and once only.
"""

from __future__ import annotations

import asyncio
from random import Random
from urllib.parse import urlencode
from uuid import uuid4

import psutil
import pytest

from tests.fixtures.backstage import Backstage
from tests.fixtures.operations import PAUSED, times_seen
from tests.fixtures.samples import Approval
from tests.fixtures.socket import sign_in
from tests.fixtures.speaking import speaks
from tests.fixtures.temporal import running, waits_for_sync

pytestmark = [pytest.mark.temporal]

LONG = 240.0
"""Seconds: a lease of the dead stands for fifteen before somebody else takes over."""


class Work:
    """One bulk pause of `number` runs through the app at `app`, `pace` a second."""

    def __init__(self, app, backstage, number, *, pace=100):
        self.app, self.backstage, self.number = app, backstage, number
        mark = f"many-{uuid4().hex[:8]}"
        self.query = f"WorkflowId STARTS_WITH '{mark}'"
        self.handles = backstage.does(self._start(mark), LONG)
        site = backstage.site
        waits_for_sync(
            lambda: (
                backstage.does(site.workflows.counts(site.namespace, self.query)).total == number
            ),
            what="the runs to be listed",
            seconds=60,
        )
        self.cookie = sign_in(app, "ana")
        counted = self.asks("GET", "/count", action="pause", query=self.query)
        order = {
            "action": "pause",
            "confirmed": counted["count"],
            "as_of": counted["as_of"],
            "query": self.query,
            "reason": "all of them",
            "pace": pace,
        }
        self.id = self.asks("POST", "", body=order)["id"]

    async def _start(self, mark):
        gate = asyncio.Semaphore(40)

        async def one(number):
            async with gate:
                return (await self.backstage.site.start(Approval.run, "x", id=f"{mark}-{number}"))[
                    1
                ]

        return await asyncio.gather(*(one(number) for number in range(self.number)))

    def asks(self, method, path, *, body=None, **params):
        place = f"/api/v1/operations{path}?{urlencode({'ns': 'default', **params})}"
        said = speaks(self.app, method, place, self.cookie, body=body)
        assert said.status == 200, said.body
        return said.body

    def now(self):
        return self.asks("GET", f"/{self.id}")

    def reaches(self, done):
        """Wait until so many runs are done."""

        def so_far():
            place = f"/api/v1/operations/{self.id}"
            said = speaks(self.app, "GET", place, self.cookie)
            if said.status == 503:  # its database is away, or just back
                return None
            return said.body if said.body["progress"]["done"] >= done else None

        return waits_for_sync(so_far, what=f"{done} runs done", seconds=LONG)

    def ends_with_each_touched_once(self):
        ended = self.reaches(self.number)
        waits_for_sync(lambda: self.now()["state"] == "finished", what="its end")
        assert ended["progress"]["failed"] == 0
        assert self.backstage.does(times_seen(self.handles, PAUSED), LONG) == [1] * self.number


def killed_twice(serves, folder, address, number, seed):
    """Kill the app at two places that `seed` chooses, and let another one end the work."""
    chance = Random(seed)
    places = sorted(chance.sample(range(1, number * 3 // 4), 2))
    backstage = Backstage(address)
    with serves(folder, address) as app:
        work = Work(app, backstage, number)
        for place in places:
            work.reaches(place)
            app.kill()
            app.start()
        work.ends_with_each_touched_once()
        chained = app.in_database(
            "SELECT action FROM audit_entries WHERE target_kind = 'operation' ORDER BY seq"
        )
        assert chained == [("operation.pause",), ("operation.finished",)]
        assert app.command("audit", "verify").returncode == 0
    backstage.ends()


def test_a_bulk_pause_survives_two_kills_of_the_app(tmp_path, temporal_server, serves):
    killed_twice(serves, tmp_path, temporal_server.address, 150, seed=7)


@pytest.mark.torture
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bulk_pause_of_2000_runs_survives_two_kills_of_the_app(
    tmp_path, temporal_server, serves, seed
):
    killed_twice(serves, tmp_path, temporal_server.address, 2000, seed=seed)


def test_a_bulk_pause_survives_a_kill_of_temporal(tmp_path, serves):
    with running(tmp_path / "temporal") as server:
        backstage, port = Backstage(server.address), int(server.address.split(":")[1])
        (tmp_path / "app").mkdir()
        with serves(tmp_path / "app", server.address) as app:
            work = Work(app, backstage, 80, pace=20)
            work.reaches(10)
            kill_listener(port)
            waits_for_sync(lambda: "does not answer" in work.now()["note"], what="the note")
            with running(tmp_path / "temporal", port=port):
                work.ends_with_each_touched_once()
                backstage.ends()


@pytest.mark.only_on("postgres", reason="SQLite has no server that could be killed")
def test_a_bulk_pause_survives_a_kill_of_postgresql(
    tmp_path, temporal_server, mortal_postgres, backstage, serves
):
    url = mortal_postgres.url("postgres")
    with serves(tmp_path, temporal_server.address, INSPECTOR_DATABASE_URL=url) as app:
        work = Work(app, backstage, 80, pace=20)
        work.reaches(10)
        mortal_postgres.kill()
        waits_for_sync(lambda: app.status_of("/readyz") == 503, what="the app to notice")
        mortal_postgres.start()
        work.ends_with_each_touched_once()


def test_a_bulk_pause_does_not_mind_a_kill_of_redis(
    tmp_path, temporal_server, redis, backstage, serves
):
    with serves(tmp_path, temporal_server.address, INSPECTOR_REDIS_URL=redis.url) as app:
        work = Work(app, backstage, 60, pace=20)
        work.reaches(10)
        redis.kill()
        work.ends_with_each_touched_once()


def kill_listener(port):
    """Kill the process that listens on `port`."""
    (pid,) = {
        each.pid
        for each in psutil.net_connections("tcp")
        if each.status == psutil.CONN_LISTEN and each.laddr.port == port
    }
    process = psutil.Process(pid)
    process.kill()
    process.wait(10)
