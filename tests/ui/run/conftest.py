from __future__ import annotations

from types import SimpleNamespace

import pytest
import reflex as rx
from run_in_memory import NAMESPACE, NOW, Desk, Following, Page, Sessions, person

from inspector_app.domain.audit import Entry
from inspector_app.domain.permissions import Role
from inspector_app.services import registry
from inspector_app.services.unmetered import UNMETERED
from inspector_app.ui.run.acts import ActState
from inspector_app.ui.run.state import RunState


@pytest.fixture
async def page(monkeypatch):
    """An open page of a developer; `follow` looks once and never sleeps."""
    desk = Desk()
    following = Following(desk)
    sessions = Sessions(person(Role.DEVELOPER))
    entries: list[Entry] = []

    async def namespaces(actor):
        return [NAMESPACE]

    async def of_run(actor, ref, *, limit):
        return tuple(entries)

    registry.install(
        SimpleNamespace(
            clock=lambda: NOW,
            meter=UNMETERED,
            sessions=sessions,
            tenancy=SimpleNamespace(namespaces=namespaces),
            audit=SimpleNamespace(of_run=of_run),
            workflows=desk,
            live=following,
        )
    )
    root = rx.State(_reflex_internal_init=True)
    run, act = await root.get_state(RunState), await root.get_state(ActState)
    run._owner = ("00000000-0000-0000-0000-000000000008", "acme", "developer")
    run._actor, run.tenant = sessions.now, "acme"
    monkeypatch.setattr(RunState, "_connected", lambda state: True)
    run.live = False
    yield Page(root, run, act, desk, sessions, entries, following)
    registry.install(None)
