"""Two processes on one PostgreSQL and one Redis, behind nginx, and what dies under them."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from types import SimpleNamespace

import psycopg
import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.app import App
from tests.fixtures.backstage import address_of, dialog
from tests.fixtures.browser import Visitor
from tests.fixtures.nginx import NGINX, free_port, in_front
from tests.fixtures.socket import sign_in
from tests.fixtures.speaking import speaks
from tests.fixtures.temporal import waits_for_sync

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.temporal,
    pytest.mark.only_on("postgres", reason="replicas share a server's database, or lose it"),
    pytest.mark.skipif(not NGINX.exists(), reason="Debian's package nginx-light has it"),
]

_GONE = (
    "ERR_CONNECTION",
    "ERR_TOO_MANY_RETRIES",
    "WebSocket connection to",
    "status of 502",
    "status of 503",
)


@contextmanager
def replica(folder, temporal, **environment):
    app = App(folder, temporal, **environment)
    try:
        yield app.start()
    finally:
        app.stop()


@pytest.fixture
def pair(tmp_path, temporal_server, postgres, redis, serves):
    """Two replicas, `first` and `second`, at one https address."""
    port = free_port()
    shared = {
        "INSPECTOR_PUBLIC_URL": f"https://127.0.0.1:{port}",
        "INSPECTOR_TRUSTED_PROXIES": "127.0.0.1/32",
        "INSPECTOR_DATABASE_URL": postgres.makes(),
        "INSPECTOR_REDIS_URL": redis.url,
    }
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with (
        serves(tmp_path / "first", temporal_server.address, **shared) as first,
        replica(tmp_path / "second", temporal_server.address, **shared) as second,
        in_front(tmp_path / "nginx", port, first.port, second.port) as url,
    ):
        yield SimpleNamespace(first=first, second=second, url=url)


@pytest.fixture
def somebody(chromium, pair):
    """A browser that trusts the test's certificate."""
    visitor = Visitor(chromium, pair, ignore_https_errors=True)
    yield visitor
    # What a process takes with it when it is killed, the browser notes in its console.
    visitor.troubles = [t for t in visitor.troubles if not any(each in t for each in _GONE)]
    visitor.leaves()


def test_a_browser_goes_on_where_it_was_when_its_replica_is_killed(pair, somebody, backstage):
    ref, _ = backstage.starts()
    page = somebody.signs_in("ana", at=address_of(ref))
    expect(page.locator(".badge.pill")).to_have_text("Running")
    # Whichever of the two it is on, it is on the second then, and last on the first.
    pair.first.kill()
    expect(page.locator(".badge.pill")).to_have_text("Running")
    pair.first.start()
    page.get_by_role("button", name="Pause", exact=True).click()
    shown = page.get_by_role("dialog")
    shown.get_by_label("Reason").fill("before the replica died")
    with page.expect_websocket(timeout=30_000):
        pair.second.kill()
    expect(shown).to_be_visible()
    expect(shown.get_by_label("Reason")).to_have_value("before the replica died")
    shown.get_by_role("button", name="Pause run").click()
    expect(page.locator(".badge.pill")).to_have_text("Paused", timeout=30_000)
    assert backstage.status_of(ref) is Status.PAUSED
    told = pair.first.in_database(
        "SELECT outcome FROM audit_entries WHERE reason = 'before the replica died' ORDER BY seq"
    )
    assert told == [("intent",), ("done",)]
    # It follows the run from its new place.
    backstage.does(backstage.site.client.get_workflow_handle(ref.workflow_id).terminate())
    expect(page.locator(".badge.pill")).to_have_text("Terminated", timeout=30_000)


def job(app, name="tidy-replies"):
    found = app.in_database(
        "SELECT holder, epoch, ended_at IS NULL AND started_at IS NOT NULL, failure "
        f"FROM jobs WHERE name = '{name}'"
    )
    return SimpleNamespace(
        **dict(zip(("holder", "epoch", "open", "failure"), found[0], strict=True))
    )


def test_a_job_whose_holder_was_killed_is_taken_over_with_a_greater_epoch(pair):
    waits_for_sync(lambda: job(pair.first).epoch, what="the first run")
    waits_for_sync(lambda: not job(pair.first).open, what="its end")
    both = {str(app.process.pid): app for app in (pair.first, pair.second)}
    url = pair.first.environment["INSPECTOR_DATABASE_URL"].replace("+psycopg", "")
    cookie = sign_in(pair.second, "noor")
    with closing(psycopg.connect(url)) as other:
        other.execute("LOCK TABLE idempotency_keys IN ACCESS EXCLUSIVE MODE")
        path = "/api/v1/admin/jobs/tidy-replies/run"
        said = speaks(pair.second, "POST", path, cookie, body={"reason": "kill it"})
        assert said.status == 200
        waits_for_sync(lambda: job(pair.first).open, what="a process that has it")
        held = job(pair.first)
        killed = both.pop(held.holder.split(":")[1])
        killed.kill()
    (left,) = both.values()
    waits_for_sync(lambda: job(left).epoch > held.epoch, what="the other one", seconds=60)
    waits_for_sync(lambda: not job(left).open, what="its end")
    taken = job(left)
    assert (taken.holder.split(":")[1], taken.failure) == (str(left.process.pid), "")
    assert taken.epoch == held.epoch + 1


def test_a_redis_that_is_away_is_said_and_pages_go_on_by_themselves(
    pair, somebody, redis, backstage
):
    ref, _ = backstage.starts()
    page = somebody.signs_in("ana", at=address_of(ref))
    expect(page.locator(".badge.pill")).to_have_text("Running")
    redis.kill()
    said = page.get_by_text("Redis does not answer")
    expect(said).to_be_visible(timeout=30_000)
    for app in (pair.first, pair.second):
        answer = speaks(app, "GET", "/readyz", "inspector_csrf=x")
        assert (answer.status, "redis" in answer.body["detail"]) == (503, True)
    doctor = pair.first.command("doctor", check=False)
    assert doctor.returncode == 1
    assert re.search("WRONG I06 *redis: does not answer", doctor.stdout)
    # Signing in needs none of it, and the API neither.
    cookie = sign_in(pair.first, "noor")
    assert speaks(pair.first, "GET", "/api/v1/me", cookie).status == 200
    backstage.does(backstage.site.client.get_workflow_handle(ref.workflow_id).terminate())
    redis.start()
    expect(said).to_be_hidden(timeout=30_000)
    expect(page.locator(".badge.pill")).to_have_text("Terminated", timeout=30_000)
    assert speaks(pair.first, "GET", "/readyz", "inspector_csrf=x").status == 200


def test_a_postgres_that_is_killed_is_said_and_pages_go_on_by_themselves(
    chromium, tmp_path, temporal_server, mortal_postgres, backstage, serves
):
    ref, _ = backstage.starts()
    (tmp_path / "app").mkdir()
    url = mortal_postgres.makes()
    with serves(tmp_path / "app", temporal_server.address, INSPECTOR_DATABASE_URL=url) as app:
        visitor = Visitor(chromium, app)
        page = visitor.signs_in("ana", at=address_of(ref))
        expect(page.locator(".badge.pill")).to_have_text("Running")
        noor = Visitor(chromium, app)
        jobs = noor.signs_in("noor", at="/t/demo/admin/jobs")
        expect(jobs.get_by_text("Remove ended sessions")).to_be_visible()
        mortal_postgres.kill()
        title = "Inspector's database is not available"
        said = page.get_by_text(title)
        for each in (page, jobs):
            expect(each.get_by_text(title).first).to_be_visible(timeout=30_000)
        assert (app.status_of("/healthz"), app.status_of("/readyz")) == (200, 503)
        backstage.does(backstage.site.client.get_workflow_handle(ref.workflow_id).terminate())
        mortal_postgres.start()
        expect(page.locator(".badge.pill")).to_have_text("Terminated", timeout=30_000)
        expect(said).to_be_hidden()
        expect(jobs.locator(".notice")).to_be_hidden(timeout=30_000)
        assert app.status_of("/readyz") == 200
        visitor.leaves()
        noor.leaves()


def test_a_database_that_answers_too_slowly_is_said_and_nothing_is_done(
    chromium, tmp_path, temporal_server, mortal_postgres, backstage, serves
):
    ref, _ = backstage.starts()
    (tmp_path / "app").mkdir()
    url = mortal_postgres.makes()
    with serves(tmp_path / "app", temporal_server.address, INSPECTOR_DATABASE_URL=url) as app:
        visitor = Visitor(chromium, app)
        page = visitor.signs_in("ana", at=address_of(ref))
        expect(page.locator(".badge.pill")).to_have_text("Running")
        app.in_database("ALTER TABLE memberships RENAME TO memberships_kept")
        app.in_database(
            "CREATE VIEW memberships AS SELECT kept.* FROM memberships_kept AS kept, pg_sleep(60)"
        )
        expect(page.get_by_text("The database took longer than 15 seconds")).to_be_visible(
            timeout=60_000
        )
        app.in_database("DROP VIEW memberships")
        app.in_database("ALTER TABLE memberships_kept RENAME TO memberships")
        with dialog(page, "Pause") as shown:
            shown.get_by_label("Reason").fill("quick again")
            shown.get_by_role("button", name="Pause run").click()
        expect(page.locator(".badge.pill")).to_have_text("Paused", timeout=30_000)
        visitor.leaves()
