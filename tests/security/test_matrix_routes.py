"""Everybody at every route, about their own, the other tenant's and no object at all."""

from __future__ import annotations

import asyncio
import re

import httpx
import pytest

from inspector_app.domain.operations import OperationState
from inspector_app.domain.permissions import Permission
from inspector_app.services import registry
from inspector_app.services.floods import Floods
from tests.fixtures.answering import Answering
from tests.fixtures.cast import CAST, METRICS_TOKEN, Troupe
from tests.fixtures.database import ORIGIN, PASSWORD
from tests.fixtures.entrances import entrances
from tests.fixtures.evidence import Watch, parting
from tests.fixtures.lying_saml import SETTINGS
from tests.fixtures.matrix import Tally, kept, writes
from tests.fixtures.saml_metadata import published

OBJECTS = {
    "ns",
    "rule",
    "provider",
    "person",
    "session",
    "operation",
    "token_id",
    "actor",
    "session_id",
}
"""Parameters that name what may be another tenant's."""
VALUES = {
    "workflow_id": "run",
    "name": "tidy-sessions",
    "event_id": "1",
    "action": "cancel",
    "rest": "nothing",
    "username": "ivo",
    "password": PASSWORD,
    "secret": PASSWORD,
    "current": PASSWORD,
    "new": "another long pass phrase 7",
    "code": "000000",
    "others": "",
    "provider": "nowhere",
    "logout_token": "none",
    "SAMLResponse": "none",
    "handle": "none",
}
"""Of the other parameters that must be given, what may be."""
PROVIDER = {
    "reason": "because",
    "name": "Corp",
    "kind": "saml",
    "settings": {
        "entity_id": SETTINGS.entity_id,
        "sso_url": SETTINGS.sso_url,
        "certificates": SETTINGS.certificates,
    },
}
BODIES = {
    "Act": {"reason": "because"},
    "Signal": {"reason": "because", "name": "go"},
    "PersonAct": {"reason": "because", "version": 1},
    "RoleAct": {"reason": "because", "version": 1, "role": "developer"},
    "NewPerson": {"username": "newcomer", "role": "observer"},
    "NewRule": {"name": "fresh", "kind": "pattern", "expression": "s3cret"},
    "RuleAct": {"reason": "because", "version": 1},
    "RuleChanged": {
        "reason": "because",
        "version": 1,
        "name": "another",
        "kind": "pattern",
        "expression": "s3cret",
    },
    "NewToken": {"name": "fresh", "role": "observer"},
    "NewProvider": {"slug": "fresh", **PROVIDER},
    "ProviderChanged": {"version": 1, **PROVIDER},
    "ProviderAct": {"reason": "because", "version": 1},
    "KeysAct": {"reason": "because", "version": 1, "step": "prepare"},
    "DescribeAsked": {"metadata": published(0)},
    "WouldBeAsked": {"groups": ["staff"]},
    "Start": {
        "reason": "because",
        "action": "cancel",
        "confirmed": 1,
        "as_of": "2026-11-23T12:00:00Z",
    },
}
"""Bodies by the name of their model."""
STATES = {"POST /api/v1/operations/{operation}/resume": OperationState.STOPPED}
_TO_PROVIDERS = {
    f"GET /auth/{kind}/{{provider}}/{what}"
    for kind in ("oidc", "oauth2")
    for what in ("login", "callback")
} | {f"GET /auth/saml/{{provider}}/{what}" for what in ("login", "finish")}
_FROM_PROVIDERS = {
    f"{method} /auth/saml/{{provider}}/{what}"
    for method, what in (("POST", "acs"), ("GET", "sls"), ("POST", "sls"), ("GET", "metadata"))
}
ASKS_WHO = {"POST /auth/logout", "GET /auth/renew", *_TO_PROVIDERS}
"""Public routes that look at who asks all the same."""
FILTERS = {"GET /api/v1/audit", "GET /api/v1/audit/export"}
"""What answers an empty list about what is not there."""
OTHERWISE = {
    # A program's own, or one of noor's, for whom it does not act.
    "POST /api/v1/operations/{operation}/resume": {200, 409},
    "POST /auth/local/second-step": {401, 429},  # nobody here gave a password first
    # There is no provider of that name: see test_api_elsewhere for one.
    **{name: {404} for name in _TO_PROVIDERS | _FROM_PROVIDERS},
    "POST /auth/ldap/{provider}/login": {404},
    "POST /auth/oidc/{provider}/backchannel-logout": {404},
}
"""What the right person is answered, where it is no success."""
_SESSIONS = re.compile(r"(?<=\"items\":)\[.*\]")
"""One's own, of which there is another after each try."""


class Case:
    """One who knocks at one entrance."""

    def __init__(self, play, who, entrance):
        self.play, self.who, self.entrance = play, who, entrance
        self.known = None
        self.objects = [each.name for each in entrance.takes if each.name in OBJECTS]

    @property
    def expected(self):
        """Whether the documents let them in."""
        who, name = self.who, self.entrance.name
        if who.name == "scraper" and name in ASKS_WHO:
            return False  # a bearer token that is none opens nothing, not even the way out
        if name.endswith("/{token_id}/revoke") and who.role is None:
            return False  # has no token here, so needs what it takes to end another's
        return who.may(self.entrance.permission)

    async def _comes(self):
        """Come in, anew where one could have ended one's own session."""
        if self.known is None or self.entrance.path.startswith("/auth/"):
            self.known = await self.play.troupe.lets_in(self.who)
        return dict(self.known[0]), self.known[1]

    async def asks(self, **instead):
        """Knock about what is one's own, but for `instead`; returns the evidence."""
        play, entrance = self.play, self.entrance
        headers, actor = await self._comes()
        headers |= {"X-Inspector-Tenant": instead["tenant"]} if "tenant" in instead else {}
        things = await self._things(actor, instead)
        things["csrf_token"] = headers.get("X-CSRF-Token", "")
        request = self._written(things, anew=not instead)
        play.temporal.anew(paused=entrance.path.endswith("workflows/resume"))
        play.front.house.door._floods = Floods()  # or a denial would only be counted
        with play.watch.looks() as evidence:
            answer = await play.sends(entrance.method, *request, headers)
            sent = [(k, v) for k, v in answer.headers.multi_items() if k != "x-request-id"]
            text = answer.text
            if entrance.path.startswith("/api/v1/me/sessions"):
                text = _SESSIONS.sub("[...]", text)
                sent = [pair for pair in sent if pair[0] != "content-length"]
            evidence.answer = (answer.status_code, text, sent)
        if entrance.path == "/auth/local/password" and actor is not None:
            await play.troupe.mends(self.who)
        return evidence

    async def _things(self, actor, instead):
        """Find what the parameters stand for; anew where it may be changed."""
        troupe, entrance = self.play.troupe, self.entrance
        state = STATES.get(entrance.name, OperationState.RUNNING)
        fresh = self.expected and entrance.method == "POST"
        fresh = fresh and (not instead or entrance.path.startswith("/auth/"))
        things = {}
        for name in self.objects:
            if name == "session" and "/me/" in entrance.path and name not in instead:
                mine = await troupe.own("session_id", actor)
                things[name] = mine["session_id"]
            elif name not in things and name not in instead:
                things |= await troupe.own(name, actor, state, fresh=fresh)
        return things | instead

    def _written(self, things, *, anew):
        """Put the request together: path, query, form and body."""
        path, query, form, body = self.entrance.path, {}, {}, None
        for each in self.entrance.takes:
            if each.where == "json":
                assert each.name in BODIES, f"give {each.name} a body: {self.entrance.name}"
                body = dict(BODIES[each.name])
                for name in {"username", "name", "slug"} & {*body} if anew else ():
                    body[name] += str(self.play.number)  # a name is taken but once
                continue
            value = things.get(each.name, VALUES.get(each.name))
            if value is None and not each.needed:
                continue
            assert value is not None, f"give {each.name!r} a value: {self.entrance.name}"
            if each.where == "path":
                path = re.sub(rf"{{{each.name}(:path)?}}", value, path)
            else:
                (query if each.where == "query" else form)[each.name] = value
        return path, query, form, body


class Play:
    """The whole of it, over one house."""

    def __init__(self, front, temporal, troupe):
        self.front, self.temporal, self.troupe = front, temporal, troupe
        self.watch = Watch(front.house, temporal)
        self.number = 0
        transport = httpx.ASGITransport(self._from_elsewhere)
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN)

    async def _from_elsewhere(self, scope, receive, send):
        # From another address each time: wrong tries of one are counted.
        self.number += 1
        client = (f"10.{self.number >> 16}.{self.number >> 8 & 255}.{self.number & 255}", 5)
        await self.front.app({**scope, "client": client}, receive, send)

    async def sends(self, method, path, query, form, body, headers):
        self.http.cookies.clear()
        request = self.http.build_request(
            method, path, params=query or None, data=form or None, json=body, headers=headers
        )
        answer = await self.http.send(request)
        for each in registry.services().overview._places.values():
            await asyncio.gather(*each.tasks)  # it counts on behind the answer
        return answer

    async def act(self, who, entrance, tally):
        """Try all there is to try of one actor and one entrance."""
        case = Case(self, who, entrance)
        own = await case.asks()
        status = own.answer[0]
        where = f"{who.name} at {entrance.name}: {own.answer[:2]}"
        if case.expected:
            wanted = OTHERWISE.get(entrance.name)
            unknown = entrance.path.endswith("{rest:path}")
            tally.check(status in wanted if wanted else unknown or status < 400, where)
        else:
            tally.check(status in {401, 403}, where)
            tally.check(own.refusals, f"not audited: {where}")
        tally.note(who, entrance, allowed=case.expected)
        elsewhere = who.kind != "nobody" and entrance.permission is not Permission.PUBLIC
        for name in [*case.objects, *["tenant"] * (elsewhere and not who.tenant)]:
            await self._another(case, name, tally)

    async def _another(self, case, name, tally):
        """Ask about another tenant's, and about none: nobody can tell which is which."""
        troupe, who, entrance = self.troupe, case.who, case.entrance
        told = []
        for names in (troupe.theirs, troupe.unknown):
            found = await case.asks(**{name: names[name]})
            where = f"{who.name} at {entrance.name} about {name} {names[name]}: {found.answer[:2]}"
            told.append(found.told([names[name]]))
            tally.check(all(chain != troupe.other for chain, _ in found.records), where)
            refused = found.answer[0] >= 400
            if name == "tenant":
                shut = refused or entrance.permission in FOR_ALL
            else:
                shut = found.answer[0] in {403, 404} or not case.expected
                shut = shut or entrance.name in FILTERS
            tally.check(shut, where)
            quiet = refused and entrance.permission is not Permission.PUBLIC
            tally.check(found.refusals or not quiet, f"not audited: {where}")
        tally.check(told[0] == told[1], f"{where}: alike but for {parting(*told)}")
        tally.note(who, entrance, allowed=not refused, times=2, foreign=True)


FOR_ALL = {
    Permission.PUBLIC,
    Permission.SELF,
    Permission.SESSION_OWN,
    Permission.METRICS_READ,
}
"""What has nothing to do with a tenant."""


async def knock(furnished, house, every):
    temporal = Answering(house.time)
    async with furnished(temporal=temporal, metrics_token=METRICS_TOKEN) as front:
        play = Play(front, temporal, await Troupe(house).gathers())
        await house.database.close()  # its connections: the next ones are hasty
        tally = Tally("routes")
        for number, entrance in enumerate(entrances(front.api)):
            for who in CAST[number % every :: every]:
                await play.act(who, entrance, tally)
        await play.http.aclose()
    assert not tally.troubles, "\n".join(tally.troubles)
    return tally


async def test_nobody_passes_a_route_they_may_not_or_learns_whose_a_thing_is(
    furnished, house, database_kind
):
    whole = database_kind == "sqlite"
    tally = await knock(furnished, house, every=1 if whole else 3)
    if whole:
        writes(tally)
        assert tally.document() == kept("routes"), "run: make matrix"


@pytest.mark.torture
@pytest.mark.only_on("postgres", reason="on SQLite it is no torture")
async def test_nobody_passes_any_route_on_a_server_either(furnished, house):
    await knock(furnished, house, every=1)


async def test_a_route_that_nobody_gave_samples_of_fails(furnished, house):
    def extended(api):
        @api.get("/more")
        async def more(nobody_knows: str):
            """Asks for what no sample names."""

    async with furnished(extend=extended, temporal=Answering(house.time)) as front:
        with pytest.raises(AssertionError, match="/more"):
            list(entrances(front.api))
