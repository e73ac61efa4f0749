"""The app at other addresses: https behind a real proxy, and localhost for 127.0.0.1."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from inspector_app.domain.workflows import Status
from tests.fixtures.backstage import address_of, dialog
from tests.fixtures.browser import Visitor
from tests.fixtures.nginx import NGINX, free_port, in_front

pytestmark = [pytest.mark.e2e, pytest.mark.temporal]


@pytest.mark.skipif(not NGINX.exists(), reason="Debian's package nginx-light has it")
def test_https_behind_a_proxy_works_whole(chromium, tmp_path, temporal_server, backstage, serves):
    ref, _ = backstage.starts()
    port = free_port()
    public = f"https://127.0.0.1:{port}"
    (tmp_path / "app").mkdir()
    with (
        serves(
            tmp_path / "app",
            temporal_server.address,
            INSPECTOR_PUBLIC_URL=public,
            INSPECTOR_TRUSTED_PROXIES="127.0.0.1/32",
        ) as app,
        in_front(tmp_path / "nginx", port, app.port),
    ):
        visitor = Visitor(
            chromium,
            app,
            ignore_https_errors=True,
            extra_http_headers={"X-Forwarded-For": "203.0.113.9"},
        )
        sockets = []
        visitor.page.on("websocket", lambda opened: sockets.append(opened.url))
        page = visitor.signs_in("ana", at=address_of(ref))
        expect(page.locator(".badge.pill")).to_have_text("Running")
        assert sockets
        assert all(each.startswith(f"wss://127.0.0.1:{port}/") for each in sockets)
        cookies = {each["name"]: each for each in visitor.context.cookies()}
        assert {"__Host-inspector_session", "__Host-inspector_csrf"} <= set(cookies)
        assert all(each["secure"] for name, each in cookies.items() if "inspector" in name)
        assert "inspector_session" not in cookies
        with dialog(page, "Pause") as shown:
            shown.get_by_label("Reason").fill("behind a proxy")
            shown.get_by_role("button", name="Pause run").click()
        expect(page.locator(".badge.pill")).to_have_text("Paused")
        assert backstage.status_of(ref) is Status.PAUSED
        # The browser stands for a further proxy here, since loopback is trusted.
        found = app.in_database(
            "SELECT DISTINCT address FROM audit_entries WHERE reason = 'behind a proxy'"
        )
        assert found == [("203.0.113.9",)]
        visitor.leaves()


def test_localhost_leads_to_the_public_address_and_in(visitor, app):
    ivo = visitor()
    page = ivo.page
    page.goto(f"http://localhost:{app.port}/t/demo/workflows")
    page.wait_for_url(re.compile(re.escape(app.url)))
    page = ivo.signs_in("ivo", at="/t/demo/workflows")
    expect(page.locator("#query")).to_be_visible()
