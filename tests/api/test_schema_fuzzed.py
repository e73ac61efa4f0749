"""Schemathesis over the whole OpenAPI document, as everybody there is."""

from __future__ import annotations

import re
from contextlib import suppress

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from inspector_app.api.app import build_api
from tests.fixtures.answering import Answering
from tests.fixtures.cast import CAST, Troupe
from tests.fixtures.database import ORIGIN

SCHEMA = schemathesis.openapi.from_dict(build_api().openapi())
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
WHO = [who for who in CAST if who.name not in {"scraper", "admin, proof too old"}]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
INSIDE = re.compile(r"Traceback|site-packages|\.py\b|sqlalchemy|psycopg|SELECT |0x[0-9a-f]{8}")
MOST_ADDRESS = 30_000
"""Characters: longer ones no client sends."""


def cases(operation, mode, examples):
    """Draw requests from the document: fit ones, or such as break it; the same each time."""
    found = []

    @seed(20261125)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(mode))
    def collect(case):
        found.append(case)

    with suppress(Unsatisfiable):  # of a route that takes nothing, nothing can be broken
        collect()
    return found


class Fuzzed:
    """The API, asked what nobody thought of."""

    def __init__(self, front, troupe):
        self.front, self.troupe = front, troupe
        transport = httpx.ASGITransport(front.app, client=("10.2.0.1", 5))
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        self.troubles, self.sent, self.known = [], 0, {}
        self.foreign = [str(troupe.other), *troupe.theirs.values()]

    async def sends(self, who, case):
        headers = await self._comes(who)
        made = requests.Request(**case.as_transport_kwargs(base_url=ORIGIN)).prepare()
        own = {"authorization", "cookie", "x-csrf-token", "origin", "x-inspector-tenant"}
        sent = {name: as_text(v) for name, v in made.headers.items() if name.lower() not in own}
        body = made.body.encode() if isinstance(made.body, str) else made.body
        if len(made.url) > MOST_ADDRESS:
            return
        request = self.http.build_request(
            made.method, made.url, headers={**sent, **headers}, content=body
        )
        self.http.cookies.clear()
        answer = await self.http.send(request)
        self.sent += 1
        if made.method != "GET" or made.path_url.startswith("/auth/"):
            self.known.clear()  # it may have ended anybody's session
        self._judge(who, case, answer, repr((made.url, made.headers, body)))

    async def _comes(self, who):
        """Come in, anew unless nothing has happened since that could end a session."""
        if who not in self.known:
            self.known[who], _ = await self.troupe.lets_in(who)
        return self.known[who]

    def _judge(self, who, case, answer, asked):
        where = f"{who.name}: {case.method} {asked[:300]} -> {answer.status_code}"
        try:
            case.validate_response(answer, checks=CHECKS)
        except FailureGroup as failures:
            reasons = "; ".join(f"{type(e).__name__}: {e}"[:300] for e in failures.exceptions)
            self.troubles.append(f"{where}: {reasons}")
        told = answer.text + str(answer.headers)
        if found := INSIDE.search(told):
            self.troubles.append(f"{where}: tells of the inside: {found.group()}")
        leaked = [each for each in self.foreign if len(each) > 30 and each in told]
        if leaked and who.username != "eve" and not any(each in asked for each in leaked):
            self.troubles.append(f"{where}: tells of the other tenant: {leaked}")


def as_text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def asking(kind, number):
    """Who asks at an operation: everybody on SQLite, a third in turn on PostgreSQL."""
    return WHO if kind == "sqlite" else WHO[number % 3 :: 3]


async def fuzz(furnished, house, examples, among):
    async with furnished(temporal=Answering(house.time)) as front:
        fuzzed = Fuzzed(front, await Troupe(house).gathers())
        for number, operation in enumerate(OPERATIONS.values()):
            for mode in GenerationMode:
                for case in cases(operation, mode, examples):
                    for who in among(number):
                        await fuzzed.sends(who, case)
        await fuzzed.http.aclose()
    assert fuzzed.sent >= sum(len(among(number)) for number in range(len(OPERATIONS)))
    assert not fuzzed.troubles, f"{fuzzed.sent} sent\n" + "\n".join(fuzzed.troubles)


async def test_no_request_that_the_document_can_think_of_breaks_or_loosens_the_api(
    furnished, house, database_kind
):
    await fuzz(furnished, house, 2, lambda number: asking(database_kind, number))


@pytest.mark.torture
async def test_thousands_of_requests_break_and_loosen_nothing(furnished, house):
    await fuzz(furnished, house, 60, lambda number: WHO)
