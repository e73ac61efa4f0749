"""What a rule hides from observers reaches none of them: every route, handler, push and search."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import re
from urllib.parse import quote, urlencode

import pytest

from inspector_app.api.app import build_api
from inspector_app.domain.permissions import Role
from inspector_app.domain.redaction import RuleKind, RuleOrder
from inspector_app.inspector_app import PAGES
from inspector_app.services.redaction import RuleChange
from tests.fixtures.app import served
from tests.fixtures.aside import Aside
from tests.fixtures.handlers import (
    EVERY,
    HYDRATE,
    HYDRATE_AND_LOAD,
    arguments,
    handler,
    shared_out,
)
from tests.fixtures.laden import ATTRIBUTE, Plantation, spelled
from tests.fixtures.socket import Socket, side_by_side, sign_in
from tests.fixtures.speaking import acts, speaks

pytestmark = pytest.mark.temporal

RUN_LOAD, LIST_LOAD = handler("_run_state.load"), handler("workflows_state.load")
HIDDEN = "[hidden: the canary]"


class Redacted:
    """An app over laden runs, with a rule that hides the canary from observers."""

    def __init__(self, app, planted):
        self.app, self.planted, self.canary = app, planted, planted.canary
        self.cookies = {name: sign_in(app, name) for name in ("ivo", "ana", "noor")}
        self.events = {}

    def order(self, kind, expression):
        return RuleOrder("the canary", kind, expression, Role.OBSERVER)

    def keeps(self, *orders):
        """Have these rules, and no others, as an admin makes them."""

        async def work(services):
            who, _ = await _admin(services)
            for rule in await services.redaction.rules(who):
                await services.redaction.remove(who, RuleChange(rule.id, rule.version, "anew"))
            for order in orders:
                await services.redaction.add(who, order)

        self.app.does(work)

    def finds(self, content):
        """Which spellings of the canary are in what was sent."""
        text = content if isinstance(content, str) else repr(content)
        return [each for each in spelled(self.canary) if each in text]


async def _admin(services):
    token, _ = await services.local.sign_in(
        "noor", "correct horse battery 9", address="10.0.0.9", user_agent="x", request_id="r"
    )
    actor = await services.sessions.resolve(
        token, tenant_slug="demo", address="10.0.0.9", request_id="r", active=True
    )
    return actor, token


@pytest.fixture(scope="module")
def planted(temporal_server):
    aside = Aside()
    planted = aside.does(Plantation(temporal_server.address).plants(), 120)
    yield planted, aside
    aside.does(planted.closes())
    aside.ends()


@pytest.fixture(scope="module")
def redacted(database_kind, request, planted, tmp_path_factory, temporal_server):
    planted, aside = planted
    folder = tmp_path_factory.mktemp("redacted")
    environment = {}
    if database_kind == "postgres":
        environment["INSPECTOR_DATABASE_URL"] = request.getfixturevalue("postgres").makes()
    with served(folder, temporal_server.address, **environment) as app:
        made = Redacted(app, planted)
        ref = planted.refs[2]  # what people write stands in the audit log
        acts(app, made.cookies["ana"], "resume", ref, reason="it may be paused from before")
        paused = acts(app, made.cookies["ana"], "pause", ref, reason=f"a {made.canary}")
        assert paused.status == 200
        for ref in planted.refs:
            made.events[ref] = len(aside.does(planted.events(ref)))
        made.keeps(made.order(RuleKind.PATTERN, re.escape(made.canary).replace("/", r"\x2f")))
        yield made


def raw(app, method, path, cookie, body=None):
    """Everything an answer says: status, headers, bytes as text."""
    said = speaks(app, method, path, cookie, body=body) if method != "GET" else None
    if said is not None:
        return said.status, repr((said.body, said.headers))
    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=60)
    headers = {"Host": app.url.split("//")[1], "Cookie": cookie, "X-Inspector-Tenant": "demo"}
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    content = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, content + repr(answer.getheaders())


def every_route(redacted):
    """Each route of the document, once for each run and event where it takes one."""
    for path, methods in build_api().openapi()["paths"].items():
        for method, operation in methods.items():
            if path.startswith("/auth/"):
                continue
            wanted = {each["name"] for each in operation.get("parameters", ())}
            for ref in redacted.planted.refs if "workflow_id" in wanted else (None,):
                fields = {"ns": "default", "action": "pause", "query": "", "page_size": "200"}
                if ref is not None:
                    fields |= {"workflow_id": ref.workflow_id, "run_id": ref.run_id}
                numbers = range(1, redacted.events[ref] + 1) if "event_id" in wanted else (0,)
                for number in numbers:
                    query = {k: v for k, v in fields.items() if k in wanted}
                    query |= {"event_id": number} if number else {}
                    filled = path
                    for name in re.findall(r"\{(\w+)", path):
                        value = ref.workflow_id if ref and name == "workflow_id" else "0" * 32
                        filled = re.sub(r"\{" + name + r"[^}]*\}", value, filled)
                    yield method.upper(), path, f"{filled}?{urlencode(query)}"


def walks(redacted, who):
    """Ask every route as somebody; returns where the canary was, and how much was asked."""
    found, asked = {}, 0
    for method, path, address in every_route(redacted):
        if method != "GET" and who != "ivo":
            continue  # who may act would: the runs are to stay as they are
        body = None if method == "GET" else {"reason": "because", "name": "tell", "args": []}
        _, content = raw(redacted.app, method, address, redacted.cookies[who], body)
        asked += 1
        if seen := redacted.finds(content):
            found.setdefault(f"{method} {path}", set()).update(seen)
    return found, asked


def test_no_route_of_the_api_tells_an_observer(redacted):
    found, asked = walks(redacted, "ivo")
    assert found == {}
    assert asked > 150
    found, _ = walks(redacted, "ana")
    told = {f"GET /api/v1/workflows{each}" for each in ("/run", "/history", "/history/rows")}
    assert set(found) >= {*told, "GET /api/v1/workflows/history/event"}  # or this sees nothing


def test_every_kind_of_event_carries_it_and_shows_an_observer_a_mark_instead(redacted):
    kinds = {}
    for ref in redacted.planted.refs:
        for number in range(1, redacted.events[ref] + 1):
            query = urlencode(
                {
                    "ns": "default",
                    "workflow_id": ref.workflow_id,
                    "run_id": ref.run_id,
                    "event_id": number,
                }
            )
            path = f"/api/v1/workflows/history/event?{query}"
            said = {
                who: speaks(redacted.app, "GET", path, redacted.cookies[who]).body
                for who in ("ana", "ivo")
            }
            if redacted.finds(said["ana"]["json_text"]):
                kinds[said["ana"]["event"]["type"]] = said["ivo"]["json_text"]
    assert set(kinds) >= {
        *("WorkflowExecutionStarted", "ActivityTaskScheduled", "ActivityTaskCompleted"),
        *("ActivityTaskFailed", "ActivityTaskTimedOut", "MarkerRecorded", "TimerStarted"),
        *("StartChildWorkflowExecutionInitiated", "ChildWorkflowExecutionCompleted"),
        *("WorkflowPropertiesModified", "UpsertWorkflowSearchAttributes"),
        *("WorkflowExecutionSignaled", "WorkflowExecutionUpdateAccepted"),
        *("WorkflowExecutionUpdateCompleted", "WorkflowExecutionCompleted"),
        *("WorkflowExecutionFailed", "WorkflowExecutionPaused"),
    }
    assert not [kind for kind, shown in kinds.items() if HIDDEN not in shown]


def page_of(ref, **more):
    fields = {"ns": "default", "workflow_id": ref.workflow_id, "run_id": ref.run_id, **more}
    return f"/t/demo/run?{urlencode(fields)}"


async def heard_a_while(socket):
    """What is pushed within a second or so."""
    found = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(1.5):
            while True:
                found.append(await socket.updates.get())
    return found


async def test_no_screen_tells_an_observer(redacted):
    async def looks_at(ref):
        tabs = [page_of(ref, tab=tab, event=1) for tab in ("summary", "metadata", "audit")]
        async with Socket(redacted.app, redacted.cookies["ivo"], page=tabs[0]) as socket:
            told = await socket.until(HIDDEN, await socket.call(RUN_LOAD, tabs[0]))
            for page in tabs:
                told += await socket.call(RUN_LOAD, page) + await heard_a_while(socket)
                assert redacted.finds(told) == [], page
                told = await socket.call(HYDRATE, page)  # all of the state at once
                assert redacted.finds(told) == [], page
                assert HIDDEN in repr(told), page
        async with Socket(redacted.app, redacted.cookies["ana"], page=tabs[1]) as socket:
            told = await socket.call(RUN_LOAD, tabs[1])
            await asyncio.wait_for(socket.until(redacted.canary, told), 30)  # or this sees nothing

    await side_by_side(map(looks_at, redacted.planted.refs))


async def test_no_handler_tells_an_observer(redacted):
    page = page_of(redacted.planted.refs[2], tab="metadata", event=1)

    async def calls(names):
        async with Socket(redacted.app, redacted.cookies["ivo"], page=page) as socket:
            told = await socket.until(HIDDEN, await socket.call(RUN_LOAD, page))
            for name in names:
                told += await socket.call(name, page, **arguments(name))
                assert redacted.finds(told[-50:]) == [], name
            told += await socket.call(HYDRATE, page)
        assert redacted.finds(told) == []

    await side_by_side(map(calls, shared_out(EVERY)))
    assert len(EVERY) > 80


async def test_no_page_tells_an_observer(redacted):
    async def looks_at(route):
        page = f"{route.replace('[tenant_slug]', 'demo')}?ns=default"
        async with Socket(redacted.app, redacted.cookies["ivo"]) as socket:
            told = await socket.call(HYDRATE_AND_LOAD, page) + await heard_a_while(socket)
            told += await socket.call(HYDRATE, page)  # all of the state at once
        assert redacted.finds(told) == [], route

    await side_by_side(looks_at(route) for route, *_ in PAGES)


async def test_what_happens_while_they_watch_is_hidden_too(redacted):
    ref = redacted.planted.refs[2]
    page = page_of(ref, tab="history")
    async with Socket(redacted.app, redacted.cookies["ivo"], page=page) as socket:
        told = await socket.until("laden", await socket.call(RUN_LOAD, page))
        done = acts(
            redacted.app,
            redacted.cookies["ana"],
            "resume",
            ref,
            reason=f"seen {redacted.canary}",
        )
        assert done.status == 200
        again = acts(
            redacted.app, redacted.cookies["ana"], "pause", ref, reason=f"b {redacted.canary}"
        )
        assert redacted.finds(again.body)
        told = await socket.until("b [hidden: the canary]", told)
    assert redacted.finds(told) == []


def listed(redacted, who, query, path=""):
    where = urlencode({"ns": "default", "query": query})
    return speaks(redacted.app, "GET", f"/api/v1/workflows{path}?{where}", redacted.cookies[who])


async def test_search_is_no_oracle(redacted):
    begins, whole = redacted.canary[:9], redacted.canary
    queries = (
        f"{ATTRIBUTE} = '{whole}'",
        f"{ATTRIBUTE} STARTS_WITH '{begins}'",
        f"`{ATTRIBUTE}` > '{begins[0]}'",
        f"WorkflowType = 'Laden' AND ({ATTRIBUTE} != 'x')",
        f"WorkflowId = 'a\\' OR {ATTRIBUTE} = \"{whole}\" OR WorkflowId = '",
    )
    for query in queries:
        for path in ("", "/counts"):
            refused = listed(redacted, "ivo", query, path)
            assert refused.status == 422, query
            assert refused.body["field"] == "query"
            assert "items" not in refused.body
    assert len(listed(redacted, "ana", queries[0]).body["items"]) == 3  # or it hides nothing
    plain = listed(redacted, "ivo", "WorkflowType = 'Laden' AND ExecutionStatus != 'Running'")
    assert plain.status == 200
    assert len(plain.body["items"]) >= 3
    page = f"/t/demo/workflows?ns=default&query={quote(queries[1])}"
    async with Socket(redacted.app, redacted.cookies["ivo"], page=page) as socket:
        told = await socket.until("may hold what is hidden", await socket.call(LIST_LOAD, page))
    assert "laden-" not in repr(told)


def test_paths_hide_it_as_a_pattern_does_where_payloads_carry_it(redacted):
    ref = redacted.planted.refs[0]
    try:
        redacted.keeps(redacted.order(RuleKind.PATH, "$"))
        where = urlencode({"ns": "default", "workflow_id": ref.workflow_id, "run_id": ref.run_id})
        for path in ("run", "history", "history/rows"):
            address = f"/api/v1/workflows/{path}?{where}"
            assert redacted.finds(raw(redacted.app, "GET", address, redacted.cookies["ana"])[1])
            assert not redacted.finds(
                raw(redacted.app, "GET", address, redacted.cookies["ivo"])[1]
            ), path
        for number in range(1, redacted.events[ref] + 1):
            address = f"/api/v1/workflows/history/event?{where}&event_id={number}"
            shown = raw(redacted.app, "GET", address, redacted.cookies["ivo"])[1]
            assert not redacted.finds(shown), number
    finally:
        redacted.keeps(redacted.order(RuleKind.PATTERN, redacted.canary))


def test_who_may_keep_rules_sees_a_run_as_another_does(redacted):
    ref = redacted.planted.refs[0]
    where = {"ns": "default", "workflow_id": ref.workflow_id, "run_id": ref.run_id}
    path = f"/api/v1/redaction/seen?{urlencode(where)}"
    seen = speaks(redacted.app, "GET", path, redacted.cookies["noor"])
    assert seen.status == 200
    assert seen.body["hidden_by"]["the canary"] > 3
    assert redacted.finds(seen.body) == []
    tried = f"{path}&role=developer&expression={quote('$.canary')}"
    said = speaks(redacted.app, "GET", tried, redacted.cookies["noor"]).body
    assert "[hidden: this rule]" in said["input"]
    assert redacted.canary in said["result"]
    for wrong in ("&expression=%24.", "&kind=pattern&expression=%28"):
        assert speaks(redacted.app, "GET", path + wrong, redacted.cookies["noor"]).status == 422
    for who in ("ivo", "ana"):
        assert speaks(redacted.app, "GET", path, redacted.cookies[who]).status == 403
