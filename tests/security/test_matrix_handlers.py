"""Everybody at every handler, on their own, the other tenant's and nobody's page."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from inspector_app.domain.permissions import Permission
from inspector_app.inspector_app import PAGES
from inspector_app.services.floods import Floods
from inspector_app.ui.guard import declared
from tests.fixtures.answering import Answering
from tests.fixtures.cast import CAST, Troupe
from tests.fixtures.evidence import Watch, parting
from tests.fixtures.handlers import EVERY, arguments, fields
from tests.fixtures.matrix import Tally, kept, writes
from tests.fixtures.stage import on_stage

PEOPLE = [who for who in CAST if who.kind == "person" or who.name == "nobody"]
"""A token opens no page."""
QUERIES = {
    "run": {"ns": "ns", "workflow_id": "run", "run_id": ""},
    "workflows": {"ns": "ns"},
    "operation": {"id": "operation"},
    "people": {"person": "person"},
    "admin/providers": {"provider": "provider"},
}
"""What names an object in a page's address, by the page: which of the cast's things it is."""
AT = {
    "bulk_state": "workflows",
    "act_state": "run",
    "signal_state": "run",
    "tokens_state": "admin/tokens",
}
"""Where the handlers of a State are called that no page loads."""
TIMES = 3
"""A page's loop in the background comes round when it likes; what a handler lets slip, it lets
slip each time."""


def pages():
    """The page of each State: the one that loads it."""
    found = dict(AT)
    for route, _, _, load in PAGES:
        for each in load if isinstance(load, list) else [load]:
            state = each.state.get_name().rpartition("___")[2]
            found.setdefault(state, route.removeprefix("/t/[tenant_slug]/"))
    return found


def said(told):
    """What a page was told: variables by their State, and the events that follow."""
    events = [each.get("events") or each.get("then") for each in told]
    shown = fields(each for each in told if "delta" in each)
    secret = {key for key in shown if key[1] == "enrolment"}  # a new one each time
    return {key: shown[key] for key in shown if key not in secret}, [e for e in events if e]


class Call:
    """One who sends one event."""

    def __init__(self, play, who, name):
        self.play, self.who, self.name = play, who, name
        state = name.rpartition(".")[0].rpartition("___")[2]
        self.page = play.pages.get(state, "workflows")
        self.takes = QUERIES.get(self.page, {})

    @property
    def permission(self):
        found = declared(self.name)
        return found.permission if found else Permission.OPERATOR

    def address(self, things, tenant):
        """Where the page is, about these things."""
        if self.page.startswith("/"):
            return self.page
        query = "&".join(
            f"{name}={quote(things.get(kind, kind))}" for name, kind in self.takes.items()
        )
        return f"/t/{tenant}/{self.page}" + (f"?{query}" if query else "")

    async def asks(self, *, tenant="demo", **instead):
        """Load the page, where one may, and send the event; returns what came of it."""
        play, troupe = self.play, self.play.troupe
        headers, actor = await play.known(self.who)
        things = {}
        for kind in sorted({*self.takes.values()} & {*troupe.theirs} - {*instead}):
            things |= await troupe.own(kind, actor, fresh=self.acts and not instead)
        things |= instead
        page = self.address(things, tenant)
        browser = await play.stage.comes(headers.get("Cookie", ""), address=play.address())
        play.house.door._floods = Floods()  # or a denial would only be counted
        with play.watch.looks() as evidence:
            told = await browser.asks(self.name, page, **arguments(self.name))
            evidence.answer = said(told)
        play.temporal.anew()
        own = (browser.token, browser.sid, browser.environ["asgi.scope"]["client"][0])
        return evidence, (*own, *things.values(), tenant)

    @property
    def acts(self):
        """Whether it could do something to what it is about."""
        found = declared(self.name)
        return found is not None and not found.permission.endswith(("read", "own"))


class Play:
    """The whole of it, over one house."""

    def __init__(self, house, temporal, troupe, stage):
        self.house, self.temporal, self.troupe, self.stage = house, temporal, troupe, stage
        self.watch, self.pages = Watch(house, temporal), pages()
        self.sessions, self.number = {}, 0

    async def known(self, who):
        """Come in once: no event ends one's own session."""
        if who not in self.sessions:
            self.sessions[who] = await self.troupe.lets_in(who)
        return self.sessions[who]

    def address(self):
        """Another one each time: wrong tries of one are counted."""
        self.number += 1
        return f"10.1.{self.number >> 8}.{self.number & 255}"

    async def act(self, who, name, tally):
        """Try all there is to try of one person and one handler."""
        call = Call(self, who, name)
        allowed = who.may(call.permission)
        own, _ = await call.asks()
        where = f"{who.name} at {name}: {own.answer}"
        tally.check(not any("'failed'" in each for each, _ in own.counted), f"broke: {where}")
        denied = [r for r in own.refusals if r.target.kind == "handler"]
        tally.check(bool(denied) is not allowed, where)
        if not allowed:
            shown = repr(own.answer)
            said = ("may not do this", "Prove that it is you", "/login", "/setup", "belong to it")
            tally.check(any(each in shown for each in said), f"not told: {where}")
        tally.note(who, Row(name, call.permission), allowed=allowed)
        if declared(name) is None:
            return
        for kind in sorted({*call.takes.values()} & {*self.troupe.theirs}):
            await self._another(call, tally, allowed, kind)
        if not who.tenant:
            await self._another(call, tally, allowed, "tenant")

    async def _another(self, call, tally, allowed, kind):
        for _ in range(TIMES):
            told, where = [], ""
            for things in (self.troupe.theirs, self.troupe.unknown):
                found, names = await call.asks(**{kind: things[kind]})
                about = f"{call.name} about {kind} {things[kind]}"
                where = f"{call.who.name} at {about}: {found.answer}"
                told.append(found.told(sorted(names, key=len, reverse=True)))
                tally.check(all(chain != self.troupe.other for chain, _ in found.records), where)
            if told[0] == told[1]:
                break
        else:
            tally.check(False, f"{where}: alike but for {parting(*told)}")
        shut = any(r.target.kind == "handler" for r in found.refusals)
        tally.note(
            call.who, Row(call.name, call.permission), allowed=not shut, times=2, foreign=True
        )


class Row:
    """A handler as the page names it."""

    def __init__(self, name, permission):
        parts = name.split(".")
        self.name, self.permission = f"{parts[-2].rpartition('___')[2]}.{parts[-1]}", permission


async def knock(furnished, house, monkeypatch, every):
    temporal = Answering(house.time)
    async with furnished(temporal=temporal), on_stage(monkeypatch) as stage:
        play = Play(house, temporal, await Troupe(house).gathers(), stage)
        await house.database.close()  # its connections: the next ones are hasty
        tally = Tally("handlers")
        for number, name in enumerate(EVERY):
            for who in PEOPLE[number % every :: every]:
                await play.act(who, name, tally)
    assert not tally.troubles, "\n".join(tally.troubles)
    return tally


async def test_nobody_passes_a_handler_they_may_not_or_learns_whose_a_thing_is(
    furnished, house, monkeypatch, database_kind
):
    whole = database_kind == "sqlite"
    tally = await knock(furnished, house, monkeypatch, every=1 if whole else 3)
    if whole:
        writes(tally)
        assert tally.document() == kept("handlers"), "run: make matrix"


@pytest.mark.torture
@pytest.mark.only_on("postgres", reason="on SQLite it is no torture")
async def test_nobody_passes_any_handler_on_a_server_either(furnished, house, monkeypatch):
    await knock(furnished, house, monkeypatch, every=1)
