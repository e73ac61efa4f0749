from __future__ import annotations

import json
from http.client import HTTPConnection
from urllib.parse import urlencode
from uuid import uuid4

import pytest

from inspector_app.domain.workflows import Status
from tests.fixtures.samples import Approval
from tests.fixtures.socket import sign_in


class Waiting:
    """A run that waits for a person, on the server the app looks at."""

    def __init__(self, site, ref, handle):
        self.site, self.ref, self.handle = site, ref, handle

    def page(self, tenant="demo", **more):
        ref = self.ref
        fields = {"ns": "default", "workflow_id": ref.workflow_id, "run_id": ref.run_id, **more}
        return f"/t/{tenant}/run?{urlencode(fields)}"

    async def is_untouched(self):
        run = await self.site.workflows.describe(self.site.namespace, self.ref)
        history = await self.handle.fetch_history()
        signals = [
            e for e in history.events if e.HasField("workflow_execution_signaled_event_attributes")
        ]
        return (run.status, run.cancel_requested, signals) == (Status.RUNNING, False, [])


@pytest.fixture
async def waiting(site):
    ref, handle = await site.start(Approval.run, "heat pumps", id=f"secret-{uuid4().hex}")
    return Waiting(site, ref, handle)


@pytest.fixture
def denials(app):
    """Ask, as an admin does, what somebody was refused."""

    def of(person):
        connection = HTTPConnection("127.0.0.1", app.port, timeout=10)
        query = urlencode({"actor": person, "outcome": "denied", "page_size": 100})
        headers = {"Cookie": sign_in(app, "noor")}
        connection.request("GET", f"/api/v1/audit?{query}", headers=headers)
        entries = json.loads(connection.getresponse().read())["items"]
        connection.close()
        return entries

    return of
