"""The raw websocket, with everything an attacker may send."""

from __future__ import annotations

from uuid import uuid4

import pytest
from reflex_base.registry import RegistrationContext

import inspector_app.inspector_app  # noqa: F401 - registers every handler
from inspector_app.domain.workflows import Status
from tests.fixtures.samples import Approval
from tests.fixtures.socket import HYDRATE, Refused, Socket, redirects, sign_in, text_of
from tests.fixtures.temporal import waits_for

pytestmark = pytest.mark.temporal

WORKFLOWS = "reflex___state____state.inspector_app___ui___session____session_state."
ACTING = ("pause", "resume", "signal", "cancel", "terminate", "confirm", "send", "act")


def every_handler():
    return sorted(RegistrationContext.get().event_handlers)


def load_handler(part):
    (name,) = [n for n in every_handler() if n.endswith(f"{part}.load")]
    return name


LIST = load_handler("workflows_state")
AUDIT = load_handler("audit_state")
ACCOUNT = load_handler("account_state")


@pytest.fixture
async def waiting(site):
    """A run that waits for a person, on the server the app looks at."""
    secret = f"secret-{uuid4().hex}"
    ref, handle = await site.start(Approval.run, "x", id=secret)
    return ref, handle


async def test_nobody_signed_in_gets_nothing_from_any_handler(app, waiting):
    ref, handle = waiting
    async with Socket(app) as socket:
        await socket.call(HYDRATE)
        told = []
        for name in every_handler():
            told += await socket.call(name, page=page_of(ref)) if "follow" not in name else []
    assert ref.workflow_id not in without_address(told)
    assert "demo-ns" not in text_of(told)
    assert (await handle.describe()).status.name == "RUNNING"


def page_of(ref, tab="summary"):
    return f"/t/demo/run?ns=default&workflow_id={ref.workflow_id}&run_id={ref.run_id}&tab={tab}"


def without_address(updates):
    """What was told, without the page's own address, which the client itself sent."""
    kept = []
    for update in updates:
        delta = {
            state: {k: v for k, v in fields.items() if "router" not in k}
            for state, fields in (update.get("delta") or {}).items()
        }
        kept.append(delta)
    return repr(kept)


async def test_a_protected_page_sends_nobody_to_sign_in_and_back(app):
    async with Socket(app) as socket:
        told = await socket.call(LIST, page="/t/demo/workflows?ns=default")
    (where,) = redirects(told)
    assert "/login?next=%2Ft%2Fdemo%2Fworkflows" in where


async def test_a_signed_in_person_sees_their_runs(app, waiting, site):
    ref, _ = waiting
    await waits_for(lambda: listed(site, ref))
    async with Socket(app, sign_in(app, "ivo")) as socket:
        told = await socket.call(
            LIST, page=f"/t/demo/workflows?query=WorkflowId='{ref.workflow_id}'"
        )
    assert ref.workflow_id in without_address(told)


async def listed(site, ref):
    query = f"WorkflowId = '{ref.workflow_id}'"
    return (await site.workflows._count(site.namespace, query)).total


async def test_an_observer_is_refused_by_every_handler_that_acts(app, waiting, site):
    ref, _ = waiting
    async with Socket(app, sign_in(app, "ivo"), page=page_of(ref)) as socket:
        await socket.call(HYDRATE)
        await socket.call(load_handler("_run_state"))
        refusals = 0
        for name in every_handler():
            fn = RegistrationContext.get().event_handlers[name].handler.fn
            mark = getattr(fn, "__inspector_declared__", None)
            if mark is None or not mark.permission.startswith(("run:", "audit:")):
                continue
            if mark.permission == "run:read":
                continue
            told = await socket.call(name)
            assert "may not do this" in text_of(told), name
            refusals += 1
    assert refusals >= 5
    run = await site.workflows.describe(site.namespace, ref)
    assert (run.status, run.cancel_requested) == (Status.RUNNING, False)
    async with Socket(app, sign_in(app, "noor")) as socket:
        told = await socket.call(AUDIT, page="/t/demo/audit?outcome=denied")
    assert "role observer may not" in text_of(told)


async def test_another_persons_client_token_opens_nothing(app, waiting, site):
    ref, _ = waiting
    await waits_for(lambda: listed(site, ref))
    mine = sign_in(app, "ana")
    async with Socket(app, mine) as victim:
        told = await victim.call(
            LIST, page=f"/t/demo/workflows?query=WorkflowId='{ref.workflow_id}'"
        )
        assert ref.workflow_id in without_address(told)
        token = victim.token
    for cookie in (None, sign_in(app, "eve")):
        async with Socket(app, cookie, token=token, page="/login") as thief:
            told = await thief.call(HYDRATE)
            assert ref.workflow_id not in text_of(told)
            assert "'ana'" not in text_of(told)


async def test_no_cookie_and_no_header_ever_comes_back(app):
    cookie = sign_in(app, "ana")
    async with Socket(app, cookie) as socket:
        told = await socket.call(HYDRATE) + await socket.call(LIST) + await socket.call(ACCOUNT)
    session = cookie.split("inspector_session=")[1].split(";")[0]
    assert session not in text_of(told)


@pytest.mark.parametrize("suffix", ["setvar", "update_vars_internal"])
async def test_variables_cannot_be_set_from_outside(app, suffix):
    cookie = sign_in(app, "ivo")
    names = [name for name in every_handler() if name.endswith("." + suffix)]
    async with Socket(app, cookie) as socket:
        await socket.call(HYDRATE)
        for name in names:
            told = await socket.call(
                name, var_name="role", value="admin", vars={"role_rx_state_": "admin"}
            )
            assert "'admin'" not in text_of(told)
            assert "may not do this" in text_of(told)


async def test_after_log_out_an_open_socket_is_refused_at_its_next_event(app):
    cookie = sign_in(app, "ana")
    async with Socket(app, cookie) as socket:
        assert "'ana'" in text_of(await socket.call(LIST))
        sign_out(app, cookie)
        told = await socket.call(LIST)
    assert redirects(told)
    assert "'ana'" not in text_of(told)


def sign_out(app, cookie):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=10)
    csrf = cookie.split("inspector_csrf=")[1].split(";")[0]
    headers = {
        "Cookie": cookie,
        "Origin": app.url,
        "Content-Type": "application/x-www-form-urlencoded",
    }
    connection.request("POST", "/auth/logout", f"csrf_token={csrf}", headers)
    assert connection.getresponse().status == 303
    connection.close()


async def test_a_disabled_person_is_refused_at_the_next_event(app):
    words = ("--username", "gone", "--tenant", "demo", "--role", "admin", "--password-stdin")
    app.command("user", "create", *words, stdin="correct horse battery 9\n", check=False)
    app.command("user", "reset", "--username", "gone")
    cookie = sign_in(app, "noor")
    assert cookie
    fresh = app.command("user", "reset", "--username", "gone", "--json").stdout
    assert "one_time_password" in fresh


@pytest.mark.parametrize("origin", ["http://evil.example", "null", ""])
async def test_a_foreign_or_missing_origin_never_reaches_reflex(app, origin):
    with pytest.raises(Refused):
        async with Socket(app, sign_in(app, "ana"), origin=origin):
            pass


@pytest.mark.parametrize("forged", ["x", "a" * 43, "%00", "é"])
async def test_a_forged_cookie_is_nobody(app, forged):
    async with Socket(app, f"inspector_session={forged}".encode().decode("latin-1")) as socket:
        assert redirects(await socket.call(LIST))


async def test_another_tenants_pages_read_as_ones_that_are_not_there(app):
    cookie = sign_in(app, "eve")
    answers = []
    for page in ("/t/demo/workflows?ns=default", "/t/nowhere/workflows?ns=default"):
        async with Socket(app, cookie, page=page) as socket:
            told = await socket.call(LIST)
            answers.append(without_address(told).replace("nowhere", "demo"))
    assert answers[0] == answers[1]
    assert "may not do this" in answers[0]


@pytest.mark.parametrize(
    "payload",
    [{"form": 5}, {"form": {"query": ["x"]}}, {"unknown": 1}, {"form": {"query": "x" * 900_000}}],
    ids=["number", "list", "unknown", "large"],
)
async def test_malformed_arguments_neither_crash_nor_tell(app, payload):
    search = LIST.removesuffix("load") + "search"
    async with Socket(app, sign_in(app, "ivo")) as socket:
        told = await socket.call(search, **payload)
        assert "Traceback" not in text_of(told)
        assert "'ivo'" in text_of(await socket.call(HYDRATE))


async def test_hydrating_brings_strangers_only_defaults(app):
    async with Socket(app, page="/login") as stranger:
        told = await stranger.call(HYDRATE)
    fields = {
        name: value
        for update in told
        for state, delta in (update.get("delta") or {}).items()
        if "inspector_app" in state
        for name, value in delta.items()
    }
    kept = {name for name, value in fields.items() if value not in ("", [], {}, None, False, 0)}
    assert not any(part in name for name in kept for part in ("rows", "username", "csrf", "role"))
