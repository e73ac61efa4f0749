"""The raw websocket: every handler, called by who may not."""

from __future__ import annotations

import pytest

from inspector_app.domain.permissions import Permission, Role
from inspector_app.ui.guard import declared
from tests.fixtures import handlers
from tests.fixtures.handlers import HYDRATE, HYDRATE_AND_LOAD, arguments, beyond_defaults, handler
from tests.fixtures.socket import Refused, Socket, redirects, side_by_side, sign_in, text_of
from tests.fixtures.temporal import waits_for

pytestmark = pytest.mark.temporal

LIST, AUDIT, ACCOUNT = (
    handler(f"{each}_state.load") for each in ("workflows", "audit", "account")
)
RUN = handler("_run_state.load")
TYPED = {"next_page", "wanted_tenant", "typed_username"}
"""What the sign-in page takes from its own address."""


async def test_nobody_signed_in_gets_nothing_from_any_handler(app, waiting):
    async def tries(names):
        async with Socket(app, page=waiting.page()) as socket:
            for name in names:
                told = await socket.call(name, **arguments(name))
                assert beyond_defaults(told, allowed=handlers.SAID | TYPED) == {}, name
                found = declared(name)
                if found is None or found.permission is not Permission.PUBLIC:
                    assert "/login?next=%2Ft%2Fdemo%2Frun" in redirects(told)[0], name

    await side_by_side(tries(names) for names in handlers.shared_out(handlers.EVERY))
    assert await waiting.is_untouched()


async def test_an_observer_is_refused_by_every_handler_that_acts(app, waiting, denials):
    app.hire("olga", "demo", "observer")
    refused = handlers.beyond(Role.OBSERVER)
    assert len(refused) >= 10
    cookie = sign_in(app, "olga")

    async def tries(names):
        async with Socket(app, cookie, page=waiting.page()) as socket:
            await socket.until("Approval", await socket.call(RUN))
            for name in names:
                told = await socket.call(name, **arguments(name))
                assert "may not do this" in text_of(told), name

    await side_by_side(tries(names) for names in handlers.shared_out(refused))
    assert await waiting.is_untouched()
    written = {(entry["permission"], entry["role"]) for entry in denials("olga")}
    assert written == {(declared(name).permission, "observer") for name in refused}


async def test_the_same_events_act_for_a_developer(app, waiting):
    async with Socket(app, sign_in(app, "ana"), page=waiting.page()) as socket:
        await socket.until("Approval", await socket.call(RUN))
        pause, resume = handler("act_state.pause"), handler("act_state.resume")
        await socket.until("run is paused", await socket.call(pause, **arguments(pause)))
        assert not await waiting.is_untouched()
        await socket.until("run goes on", await socket.call(resume, **arguments(resume)))


async def test_a_signed_in_person_sees_their_runs(app, waiting):
    query = f"WorkflowId='{waiting.ref.workflow_id}'"
    page = f"/t/demo/workflows?query={query}"
    async with Socket(app, sign_in(app, "ivo"), page=page) as socket:

        async def listed():
            rows = handlers.fields(await socket.call(LIST)).items()
            return any(name == "rows" and len(value) == 1 for (_, name), value in rows)

        await waits_for(listed, what="the run in the list")


@pytest.mark.parametrize("person", [None, "ivo", "noor"])
async def test_variables_cannot_be_set_from_outside(app, person):
    names = [
        name for name in handlers.EVERY if name.endswith((".setvar", ".update_vars_internal"))
    ]
    assert len(names) > 10
    cookie = person and sign_in(app, person)

    async def tries(names):
        async with Socket(app, cookie) as socket:
            before = text_of(await socket.call(HYDRATE))
            for name in names:
                told = await socket.call(name, **arguments(name))
                assert redirects(told) if person is None else "may not do this" in text_of(told)
                assert beyond_defaults(told, allowed=handlers.SAID) == {}, name
            assert ("'role_rx_state_': 'admin'" in before) == (person == "noor")

    await side_by_side(tries(names) for names in handlers.shared_out(names))


@pytest.mark.parametrize(
    "name",
    [
        "session_state._give_to",
        "session_state._introduce",
        "session_state._show",
        "session_state.reset",
        "session_state.dict",
        "session_state.get_state",
        "session_state.set_role",
        "session_state.set__actor",
        "run_state._act",
        "run_state._take",
        "",
    ],
)
async def test_what_is_no_handler_cannot_be_called(app, name):
    mine = handler("session_state.setvar").rpartition(".session_state")[0]
    async with Socket(app, sign_in(app, "noor")) as socket:
        await socket.call(HYDRATE)
        for full in (f"{mine}.{name}", f"{handlers.STATE}.{name}", name):
            assert handlers.fields(await socket.call(full, value="x")) == {}


async def test_hydrating_sends_nobody_anything_but_defaults(app):
    async with Socket(app) as socket:
        told = await socket.call(HYDRATE)
    ours = {state for state in handlers.DEFAULTS if "inspector_app" in state}
    assert {state for state, _ in handlers.fields(told)} >= ours
    assert beyond_defaults(told, allowed=set()) == {}


@pytest.mark.parametrize(
    ("person", "tenant"), [("ivo", "demo"), ("noor", "demo"), ("eve", "other")]
)
async def test_hydrating_brings_people_what_the_shell_says_of_themselves(app, person, tenant):
    async with Socket(app, sign_in(app, person), page=f"/t/{tenant}/workflows") as socket:
        told = await socket.call(HYDRATE)
    mine = beyond_defaults(told, allowed=set())
    assert set(mine) <= handlers.SHELL
    assert (mine["username"], mine["tenant"]) == (person, tenant)


async def test_hydrating_on_another_tenants_page_brings_nothing_of_that_tenant(app):
    async with Socket(app, sign_in(app, "eve"), page="/t/demo/workflows") as socket:
        mine = beyond_defaults(await socket.call(HYDRATE), allowed=set())
    assert set(mine) == {"username", "tenants", "csrf"}
    assert "demo" not in repr(mine)


async def test_loading_a_page_while_connecting_is_no_way_around(app, waiting):
    for boot in (HYDRATE_AND_LOAD, LIST, RUN, handler("act_state.terminate")):
        async with Socket(app, page=waiting.page(), boot=boot) as socket:
            told = await socket.marked()
            assert beyond_defaults(told, allowed=handlers.SAID) == {}
            assert redirects(told)
    assert await waiting.is_untouched()


async def test_a_bearer_token_never_opens_a_pages_socket(app):
    words = ("token", "create", "--tenant", "demo", "--name", "robot", "--role", "admin")
    text = app.command(*words).stdout.strip()
    for given in ({"bearer": text}, {"cookie": f"inspector_session={text}"}, {"token": text}):
        async with Socket(app, boot=HYDRATE_AND_LOAD, **given) as socket:
            told = await socket.call(LIST) + await socket.call(HYDRATE)
        assert redirects(told)
        assert beyond_defaults(told, allowed=set()) == {}
    async with Socket(app, sign_in(app, "ivo"), bearer=text) as socket:
        assert "may not do this" in text_of(await socket.call(AUDIT))


async def test_no_cookie_ever_comes_back(app):
    cookie = sign_in(app, "noor") + "; other=from-another-app"
    async with Socket(app, cookie, boot=HYDRATE_AND_LOAD) as socket:
        told = await socket.marked()
        for name in (HYDRATE, LIST, ACCOUNT, AUDIT):
            told += await socket.call(name)
    assert "'noor'" in text_of(told)
    session = cookie.split("inspector_session=")[1].split(";")[0]
    assert session not in text_of(told)
    assert "from-another-app" not in text_of(told)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "", "http://127.0.0.1", "https://127.0.0.1"]
)
async def test_a_foreign_or_missing_origin_never_reaches_reflex(app, origin):
    with pytest.raises(Refused):
        async with Socket(app, sign_in(app, "ana"), origin=origin):
            pass


async def test_another_tenants_pages_read_as_ones_that_are_not_there(app, waiting):
    cookie, names = sign_in(app, "eve"), [n for n in handlers.EVERY if declared(n) is not None]

    async def answered(tenant, names):
        async with Socket(app, cookie, page=waiting.page(tenant)) as socket:
            told = [
                (name, beyond_defaults(await socket.call(name, **arguments(name)), allowed=set()))
                for name in names
            ]
        csrf = {found["csrf"] for _, found in told if "csrf" in found}
        for _, found in told:
            found.pop("enrolment", None)  # a new secret each time, and one's own
        assert len(csrf) <= 1
        return [repr(each).replace("nowhere", "demo") for each in told]

    parts = handlers.shared_out(names)
    theirs = await side_by_side(answered("demo", names) for names in parts)
    nobodys = await side_by_side(answered("nowhere", names) for names in parts)
    assert theirs == nobodys
    assert waiting.ref.workflow_id not in repr(theirs)
    assert await waiting.is_untouched()


async def test_another_tenants_namespace_reads_as_one_that_is_not_there(app, waiting):
    answers = []
    for namespace in ("default", "nowhere"):
        page = waiting.page("other", ns=namespace)
        async with Socket(app, sign_in(app, "eve"), page=page) as socket:
            told = await socket.until("There is no namespace", await socket.call(RUN))
            texts = [str(v) for (_, name), v in handlers.fields(told).items() if name == "missing"]
            answers.append([text.replace("nowhere", "default") for text in texts])
    assert answers[0] == answers[1] != []
