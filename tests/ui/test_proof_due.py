"""What is asked of somebody whose proof comes due while a question is open."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
import reflex as rx

from inspector_app.services import registry
from inspector_app.services.unmetered import UNMETERED
from inspector_app.ui import session
from inspector_app.ui.tokens.state import TokensState
from tests.services.test_second_steps import enrolled


@pytest.fixture
async def page(house, monkeypatch):
    """The tokens of the tenant, as an admin with a second step sees them."""
    token, _, _ = await enrolled(house, "noor")
    registry.install(
        SimpleNamespace(second_steps=house.second_steps, tokens=house.tokens, meter=UNMETERED)
    )
    monkeypatch.setattr(session, "now", house.time)
    root = rx.State(_reflex_internal_init=True)
    opened = await root.get_state(TokensState)
    opened._actor, opened.tenant, opened.of_tenant = await house.who(token), "demo", True
    yield opened
    registry.install(None)


async def test_a_proof_that_comes_due_over_an_open_form_is_by_the_code_of_who_has_one(house, page):
    await page.ask_new()
    assert not page.must_prove
    house.time.pass_by(minutes=16)
    await page.create({"name": "nightly", "days": "30"})
    assert page.problem is not None
    assert (page.must_prove, page.second_step, page.fresh) == (True, True, "")
