"""A session that ends between the guard's look and the handler's work."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import reflex as rx

from inspector_app.services import registry
from inspector_app.services.unmetered import UNMETERED
from inspector_app.ui.people.state import PeopleState
from tests.fixtures.elsewhere import VISITOR


@pytest.fixture
async def page(house):
    """The people of a tenant, whose reader was signed out while the page loaded."""
    registry.install(SimpleNamespace(people=house.people, meter=UNMETERED))
    root = rx.State(_reflex_internal_init=True)
    opened = await root.get_state(PeopleState)
    opened._actor, opened.tenant = VISITOR, "demo"
    yield opened
    registry.install(None)


async def test_whose_session_ends_while_a_page_loads_is_led_to_sign_in(page):
    """They had read a notice on a page that was empty and went nowhere."""
    answer = await page.load()
    assert answer is not None
    assert "/login" in str(dict(answer.args))
    assert page.notice is None
