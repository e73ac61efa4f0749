"""Every way in is known: each handler and each route declares its permission."""

from __future__ import annotations

import pytest
import reflex as rx
from fastapi.routing import APIRoute
from reflex_base.registry import RegistrationContext

from inspector_app.api.app import build_api
from inspector_app.api.declared import declared_permission
from inspector_app.domain.permissions import Permission
from inspector_app.inspector_app import app
from inspector_app.ui.guard import REFLEX_OWN, declared, requires
from inspector_app.ui.session import SessionState
from tests.fixtures.entrances import routes

OURS = "inspector_app___"
REFUSED = {"setvar", "update_vars_internal"}


def handlers():
    return dict(RegistrationContext.get().event_handlers)


def undeclared(names):
    """Handlers that nobody may call; only Reflex's own may be among them."""
    return {name for name in names if declared(name) is None}


def test_every_handler_of_ours_declares_its_permission():
    ours = [name for name in handlers() if OURS in name and not name.endswith(".setvar")]
    assert len(ours) > 20
    assert undeclared(ours) == set()


def test_a_handler_without_a_permission_is_found_and_refused():
    class ForgetfulState(SessionState):
        @rx.event
        async def forgotten(self):
            """Nobody said who may call this."""

        @rx.event
        @requires(Permission.RUN_READ)
        async def remembered(self):
            """Somebody did."""

    mine = [name for name in handlers() if "forgetful_state" in name]
    try:
        assert {name.rsplit(".")[-1] for name in undeclared(mine)} == {"forgotten", "setvar"}
    finally:
        context = RegistrationContext.get()
        for name in mine:
            del context.event_handlers[name]
        full = ForgetfulState.get_full_name()
        del context.base_states[full]
        context.base_state_substates[SessionState.get_full_name()].discard(ForgetfulState)


def test_of_reflexs_own_handlers_only_the_named_ones_are_let_in():
    own = {name for name in handlers() if OURS not in name}
    for name in own - undeclared(own):
        fn = handlers()[name].handler.fn
        assert fn.__qualname__ in REFLEX_OWN
    assert {name.rsplit(".")[-1] for name in undeclared(own)} >= REFUSED
    qualnames = {registered.handler.fn.__qualname__ for registered in handlers().values()}
    assert set(REFLEX_OWN) <= qualnames


def test_a_handler_that_is_no_plain_coroutine_cannot_be_declared():
    with pytest.raises(TypeError):
        requires(Permission.RUN_READ)(lambda self: None)


REFLEX_ROUTES = {"/ping", "/_health", "/_event", ""}
"""What Reflex serves: the guard closes the first two; the socket is the event guard's; pages
are public files."""


def test_every_route_of_the_whole_tree_declares_its_permission():
    api = build_api()
    found = dict(routes(api.routes))
    assert len(found) > 20
    for path, route in found.items():
        assert isinstance(route, APIRoute), path
        assert declared_permission(route.endpoint) is not None, path


def test_reflex_mounts_nothing_that_nobody_looked_at():
    assert {path for path, _ in routes(app._api.routes)} <= REFLEX_ROUTES


def test_the_enumeration_finds_a_route_that_declares_nothing():
    api = build_api()

    @api.get("/forgotten")
    async def forgotten():
        """Nobody said who may ask."""

    bare = [
        path
        for path, route in routes(api.routes)
        if isinstance(route, APIRoute) and declared_permission(route.endpoint) is None
    ]
    assert bare == ["/forgotten"]


def test_what_a_page_follows_by_itself_never_keeps_a_session_alive():
    following = [name for name in handlers() if OURS in name and name.endswith(".follow")]
    assert len(following) > 3
    assert [name for name in following if not declared(name).passive] == []
