"""The audit log over HTTP: searched, exported, checked."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import psutil
import pytest

from inspector_app.adapters.meter import PrometheusMeter
from inspector_app.domain.audit import Outcome, Target
from inspector_app.domain.chains import Checker
from inspector_app.domain.exports import COLUMNS, read_line
from inspector_app.domain.permissions import Permission, Role
from inspector_app.services import registry
from inspector_app.services.feeds import FeedDesk
from tests.fixtures.chains import PLAIN, insert, rows
from tests.fixtures.database import PASSWORD
from tests.fixtures.front import Visitor
from tests.fixtures.seals import DELIVER, Outside, does, seals

AUDIT = "/api/v1/audit"
EXPORT = f"{AUDIT}/export"


async def chained(front, **fields):
    """Chain an entry like this in the tenant demo; a target's fields begin with `target_`."""
    _, noor = await front.house.signs_in("noor")
    record = replace(PLAIN, at=front.house.time.now, **fields)
    async with front.house.database.begin(write=True) as work:
        return await work.audit.append(noor.tenant, record)


async def found(visitor, **wanted):
    answer = await visitor.gets(AUDIT, page_size=1000, **wanted)
    assert answer.status_code == 200, answer.text
    return [item["seq"] for item in answer.json()["items"]]


async def test_every_filter_narrows_the_list_and_the_export_alike(front):
    one = await chained(
        front,
        actor_name="system",
        behalf="zoe",
        address="192.0.2.7",
        session="s-1",
        action="operation.finished",
        permission=Permission.OPERATOR,
        target=Target("operation", "op-1", "other-ns", "r-9"),
        reason="wrong customer, by Zoë",
        detail="all 5 done",
        request_id="req-1",
        outcome=Outcome.UNKNOWN,
    )
    noor = await front.signed_in("noor")
    for wanted in (
        {"text": "customer WRONG"},
        {"text": '"wrong customer"'},
        {"text": "192.0.2.7 op-1"},
        {"text": "req-1"},
        {"text": "s-1 operation zoe"},
        {"actor": "zoe"},
        {"actor": "system"},
        {"action": "operation.fin"},
        {"outcome": "unknown"},
        {"target": "op-1"},
        {"ns": "other-ns"},
        {"address": "192.0.2.7"},
        {"session": "s-1"},
        {"request_id": "req-1"},
    ):
        assert await found(noor, **wanted) == [one.seq], wanted
        lines = (await noor.gets(EXPORT, **wanted)).text.splitlines()
        assert one.seq in [json.loads(line)["seq"] for line in lines], wanted
    for wanted in ({"text": '"customer wrong"'}, {"actor": "zo"}, {"text": "customer nobody"}):
        assert one.seq not in await found(noor, **wanted), wanted


async def test_a_time_narrows_from_its_first_moment_to_before_its_last(front):
    entries = []
    for _ in range(3):
        front.house.time.pass_by(hours=1)
        entries.append(await chained(front, reason="by the clock"))
    noor = await front.signed_in("noor")
    moments = [each.record.at.isoformat() for each in entries]
    within = {"text": '"by the clock"', "since": moments[0], "until": moments[2]}
    assert await found(noor, **within) == [entries[1].seq, entries[0].seq]
    assert (await noor.gets(AUDIT, since="yesterday")).status_code == 422
    assert (await noor.gets(AUDIT, since="2026-11-23T00:00:00")).status_code == 422


async def test_an_export_is_the_chain_whole_and_can_be_recomputed(front):
    await chained(front, reason='Zwölf 🦉 "quoted"\n')
    await seals(front.house)
    noor = await front.signed_in("noor")
    answer = await noor.gets(EXPORT)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    assert answer.headers["content-disposition"] == (
        'attachment; filename="audit-demo-2026-11-23.jsonl"'
    )
    checker = Checker(None)
    for line in answer.text.splitlines():
        assert checker.accept(read_line(line))
    assert read_line(line).record.action == "audit.export"
    told = (await noor.gets(f"{AUDIT}/seals")).json()
    assert len(told["seals"]) == len(told["public_keys"]) == 1


async def test_a_csv_holds_no_formula(front):
    for text in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", 'a"b,c\r\nd'):
        await chained(front, reason=text, target=Target("run", text, "default"))
    noor = await front.signed_in("noor")
    answer = await noor.gets(EXPORT, format="csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    head, *rest = csv.reader(io.StringIO(answer.text, newline=""))
    assert tuple(head) == COLUMNS
    assert {len(row) for row in rest} == {len(COLUMNS)}
    cells = [cell for row in rest for cell in row]
    assert not [
        cell for cell in cells if cell.lstrip(" ")[:1] in {*"=+-@\t\r\n", "\uff1d"} and cell
    ]
    reasons = [row[COLUMNS.index("reason")] for row in rest]
    assert {"'=1+1", "'-1", "' =1", 'a"b,c\r\nd'} <= set(reasons)


async def test_an_export_is_recorded_with_what_it_named_before_anything_is_read(front):
    noor = await front.signed_in("noor")
    answer = await noor.gets(EXPORT, text="pay", since="2026-11-01T00:00:00Z")
    (line,) = answer.text.splitlines()
    assert json.loads(line)["action"] == "audit.export"  # it quotes the word it looked for
    (entry,) = await front.entries(action="audit.export")
    assert (entry.actor_name, entry.permission) == ("noor", Permission.AUDIT_EXPORT)
    assert entry.detail == "text=pay; since=2026-11-01 00:00:00+00:00"


async def test_only_admins_export_and_only_their_own_tenants(front):
    for name in ("ivo", "ana"):
        answer = await (await front.signed_in(name)).gets(EXPORT)
        assert (answer.status_code, answer.headers["content-type"]) == (
            403,
            "application/problem+json",
        )
    assert (await front.visitor().gets(EXPORT)).status_code == 401
    await chained(front, reason="of demo")
    eve = await front.signed_in("eve")
    assert "of demo" not in (await eve.gets(EXPORT)).text
    assert (await eve.gets(EXPORT, tenant="demo")).status_code == 403
    denials = await front.entries(outcome=Outcome.DENIED, permission=Permission.AUDIT_EXPORT)
    assert {each.actor_name for each in denials} == {"ivo", "ana"}


async def test_who_is_in_two_tenants_exports_the_one_of_the_page(front):
    house = front.house
    for tenant, password in (("demo", PASSWORD), ("other", None)):
        await house.accounts.create_person(
            house.operator, "both", tenant_slug=tenant, role=Role.ADMIN, password=password
        )
    both = await front.signed_in("both")
    for tenant in ("demo", "other"):
        answer = await both.gets(EXPORT, tenant=tenant)
        assert f"audit-{tenant}-" in answer.headers["content-disposition"]
        assert len({json.loads(line)["chain"] for line in answer.text.splitlines()}) == 1


async def test_the_check_says_what_it_compared(front):
    noor = await front.signed_in("noor")
    await seals(front.house)
    told = (await noor.gets(f"{AUDIT}/verify")).json()
    assert (told["whole"], told["checkpoints"], told["cut"]) == (True, 1, None)
    assert 0 < told["sealed"] <= told["entries"]


@pytest.mark.only_on("sqlite", reason="what is measured is how it is written")
async def test_a_hundred_thousand_entries_are_exported_without_holding_them(front):
    _, noor_in = await front.house.signs_in("noor")
    head = (await front.house.entries(noor_in.tenant))[-1]
    made = rows(
        100_000, chain=noor_in.tenant, first=head.seq + 1, previous=head.hash, reason="x" * 300
    )
    insert(front.house.url, made)
    del made
    noor: Visitor = await front.signed_in("noor")
    cookie = "; ".join(f"{each.name}={each.value}" for each in noor.http.cookies.jar)
    process, size, most, begun = psutil.Process(), 0, 0, 0

    async def send(message):
        nonlocal size, most, begun
        size += len(message.get("body", b""))
        now = process.memory_info().rss
        begun = begun or now
        most = max(most, now - begun)

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": EXPORT,
        "raw_path": EXPORT.encode(),
        "root_path": "",
        "query_string": b"format=csv",
        "headers": [
            (b"host", front.visitor().origin.partition("//")[2].encode()),
            (b"cookie", cookie.encode()),
        ],
        "client": ("127.0.0.1", 5),
        "server": ("127.0.0.1", 8240),
    }
    await front.app(scope, receive, send)
    assert size > 60_000_000
    assert most < 30_000_000


async def test_metrics_say_how_far_behind_a_target_is(front):
    house = front.house
    desk = FeedDesk(house.door, house.time, streams=[Outside("siem")], meter=PrometheusMeter())
    registry.install(replace(registry.services(), feeds=desk))

    async def told():
        text = (await front.visitor().gets("/metrics")).text
        lines = [line.split() for line in text.splitlines() if 'sink="siem"' in line]
        return {name.partition("{")[0]: float(value) for name, value in lines}

    house.time.pass_by(minutes=1)
    before = await told()
    assert before["inspector_audit_unsent"] > 0
    assert before["inspector_audit_behind_seconds"] >= 60
    await does(house, DELIVER, desk.deliver)
    after = await told()
    assert (after["inspector_audit_unsent"], after["inspector_audit_behind_seconds"]) == (0, 0)
    assert after["inspector_audit_sent_total"] >= before["inspector_audit_unsent"]
