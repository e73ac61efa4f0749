"""A database that somebody else holds, and one whose disk is full, seen through the whole app."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.backstage import address_of, dialog
from tests.fixtures.browser import Visitor
from tests.fixtures.socket import sign_in
from tests.fixtures.speaking import acts

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


@contextmanager
def small_disk(folder, megabytes):
    """A file system of its own that is soon full."""
    folder.mkdir()
    options = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder):
    """Leave no byte free."""
    with (folder / "ballast").open("wb", buffering=0) as ballast:
        for size in (65_536, 512, 1):
            try:
                while True:
                    ballast.write(b"x" * size)
            except OSError:
                continue


def refuses_and_recovers(app, chromium, backstage, trouble, title):
    """Try API and screen within `trouble`, then once more behind it."""
    ref, _ = backstage.starts()
    cookie = sign_in(app, "ana")
    visitor = Visitor(chromium, app)
    page = visitor.signs_in("ana", at=address_of(ref))
    expect(page.locator(".badge.pill")).to_have_text("Running")
    with trouble:
        said = acts(app, cookie, "pause", ref, reason="in trouble")
        assert said.status == 503
        assert title in said.body["detail"]
        assert said.body["hint"]
        with dialog(page, "Pause") as shown:
            shown.get_by_label("Reason").fill("in trouble")
            shown.get_by_role("button", name="Pause run").click()
            expect(shown.get_by_text(title)).to_be_visible(timeout=15_000)
        assert backstage.status_of(ref) is Status.RUNNING
    assert app.in_database("SELECT 1 FROM audit_entries WHERE reason = 'in trouble'") == []
    assert acts(app, cookie, "pause", ref, reason="after it").status == 200
    visitor.context.close()


def test_a_locked_database_is_said_and_nothing_is_done(
    chromium, tmp_path, temporal_server, backstage, serves
):
    with serves(tmp_path, temporal_server.address) as app:
        refuses_and_recovers(
            app, chromium, backstage, app.behind().holds(), "Another program holds"
        )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes a file system of its own")
@pytest.mark.only_on("sqlite", reason="PostgreSQL's disk is its server's")
def test_a_full_disk_is_said_and_nothing_is_done(
    chromium, tmp_path, temporal_server, backstage, serves
):
    @contextmanager
    def full(folder):
        fill(folder)
        yield
        (folder / "ballast").unlink()

    with (
        small_disk(tmp_path / "disk", 80) as disk,
        serves(tmp_path, temporal_server.address, INSPECTOR_DATA_DIR=str(disk)) as app,
    ):
        (tmp_path / ".inspector").rmdir()
        (tmp_path / ".inspector").symlink_to(disk)
        refuses_and_recovers(app, chromium, backstage, full(disk), "disk that holds the database")
