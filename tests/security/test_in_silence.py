"""A token taken over by who says nothing: this waits, in a share of its own, beside what works."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from inspector_app.services.watching import BEAT
from tests.fixtures.handlers import HYDRATE, beyond_defaults, handler
from tests.fixtures.socket import Socket, sign_in, text_of

pytestmark = pytest.mark.temporal


async def test_who_takes_a_token_over_in_silence_is_told_nothing(app, waiting):
    # The page's own loop goes on for a moment after its reader left, and the newcomer has not
    # sent the event by which the state would change hands.
    async with Socket(app, sign_in(app, "ana"), page=waiting.page()) as victim:
        run = handler("_run_state.load")
        await victim.until("Approval", await victim.call(HYDRATE) + await victim.call(run))
    told = []
    async with Socket(app, token=victim.token) as thief:
        await waiting.handle.terminate("so that there is something new to tell")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(2 * BEAT):
                while True:
                    told.append(await thief.updates.get())
    assert beyond_defaults(told, allowed=set()) == {}
    assert waiting.ref.workflow_id not in text_of(told)
