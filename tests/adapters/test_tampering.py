"""Whatever somebody does to one stored entry, the check finds it, and finds it there."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector_app.adapters.db.migrations import upgrade
from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.domain.audit import Target, Unreadable
from inspector_app.domain.errors import Denied
from inspector_app.domain.permissions import Permission
from tests.fixtures.database import SCRIPTS, House, Time

LENGTH = 12
COLUMNS = (
    *("chain", "actor_kind", "actor_id", "actor_name", "role", "provider", "session", "address"),
    *("permission", "action", "target_kind", "target_id", "target_namespace", "target_run"),
    *("reason", "outcome", "detail", "request_id", "previous", "hash", "at"),
    *("intent", "repeated"),
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A file with one chain of LENGTH entries of many kinds; read only."""
    path = tmp_path_factory.mktemp("chain") / "whole.db"

    async def make():
        url = f"sqlite+aiosqlite:///{path}"
        await upgrade(url, SCRIPTS)
        database = SqlDatabase(url)
        house = House(database, url, Time())
        await house.furnish()
        _, ana = await house.signs_in("ana")
        while len(await house.entries(ana.tenant)) < LENGTH:
            number = len(await house.entries(ana.tenant))
            target = Target("run", f"agent/{number} 🤖", "default", "r")
            house.time.pass_by(seconds=1, microseconds=7)
            async with house.door.reach(ana, Permission.RUN_SIGNAL, target, reason="why"):
                pass
            with suppress(Denied):
                await house.door.authorise(ana, Permission.AUDIT_READ, target)
        chain = ana.tenant
        await database.close()
        return chain

    chain = asyncio.run(make())
    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (length,) = raw.execute(
            "SELECT count(*) FROM audit_entries WHERE chain = ?", (str(chain),)
        ).fetchone()
    raw.close()
    return path, chain, length


async def verdict(path, chain):
    database = SqlDatabase(f"sqlite+aiosqlite:///{path}")
    house = House(database, "", Time())
    try:
        found = await house.audit.verify_all(house.operator)
        return found[chain]
    finally:
        await database.close()


async def after(whole, *statements):
    """The first break once the statements have been run on a copy of the file."""
    path, chain, _ = whole
    copy = path.with_name("copy.db")
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as raw:
        for statement, values in statements:
            raw.execute(statement, {"chain": str(chain), **values})
    raw.close()
    found = await verdict(copy, chain)
    for rest in path.parent.glob("copy.db*"):
        rest.unlink()
    return found.first_break


async def test_an_untouched_chain_is_whole(whole):
    path, chain, length = whole
    found = await verdict(path, chain)
    assert (found.entries, found.first_break) == (length, None)


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-11-23 11:00:00.000000'",
        "at = substr(at, 1, 25) || '9'",
        "outcome = 'unknown'",
        "permission = 'run:terminate'",
        "intent = 3",
        "repeated = 1",
        "chain = ''",
        "target_namespace = target_run, target_run = target_namespace",
    ],
)
async def test_an_edit_that_leaves_a_proper_entry_is_found(whole, change):
    edit = f"UPDATE audit_entries SET {change} WHERE chain = :chain AND seq = :seq"
    broken = await after(whole, (edit, {"seq": whole[2]}))
    assert broken.seq == whole[2]


@settings(deadline=None, max_examples=60)
@given(data=st.data())
async def test_an_edit_of_any_column_is_found_at_its_entry(whole, data):
    seq = data.draw(st.integers(1, whole[2]), "entry")
    column = data.draw(st.sampled_from(COLUMNS), "column")
    if column in {"intent", "repeated"}:
        value = data.draw(st.integers(100, 2**40), "value")
    else:
        value = data.draw(st.text("abc0 é🤖\n'", max_size=12), "value") + "~"
    edit = f"UPDATE audit_entries SET {column} = :value WHERE chain = :chain AND seq = :seq"
    broken = await after(whole, (edit, {"value": value, "seq": seq}))
    assert broken is not None
    assert broken.seq == seq


@settings(deadline=None, max_examples=20)
@given(seq=st.integers(1, 12))
async def test_a_deleted_entry_is_found_at_its_place(whole, seq):
    gone = "DELETE FROM audit_entries WHERE chain = :chain AND seq = :seq"
    broken = await after(whole, (gone, {"seq": seq}))
    assert broken.seq == seq
    assert "missing" in broken.reason


@settings(deadline=None, max_examples=20)
@given(seq=st.integers(1, 12))
async def test_an_end_that_was_cut_off_is_found_where_it_was_cut(whole, seq):
    cut = "DELETE FROM audit_entries WHERE chain = :chain AND seq >= :seq"
    broken = await after(whole, (cut, {"seq": seq}))
    assert broken.seq == seq


@settings(deadline=None, max_examples=20)
@given(pair=st.lists(st.integers(1, 12), min_size=2, max_size=2, unique=True))
async def test_two_entries_that_changed_places_are_found_at_the_first(whole, pair):
    move = "UPDATE audit_entries SET seq = :to WHERE chain = :chain AND seq = :from"
    broken = await after(
        whole,
        (move, {"from": pair[0], "to": 1000}),
        (move, {"from": pair[1], "to": pair[0]}),
        (move, {"from": 1000, "to": pair[1]}),
    )
    assert broken.seq == min(pair)


@pytest.mark.parametrize("seq", [0, -5, -(2**63)])
async def test_an_entry_slipped_in_under_the_first_is_found(whole, seq):
    names = "id, chain, seq, at, actor_kind, actor_id, actor_name, role, provider, session, "
    names += "address, permission, action, target_kind, target_id, target_namespace, target_run, "
    names += "reason, outcome, detail, request_id, intent, repeated, previous, hash"
    taken = names.replace("id,", f"'{UUID(int=9).hex}',", 1).replace(" seq,", f" {seq},")
    slip_in = f"INSERT INTO audit_entries ({names}) SELECT {taken} FROM audit_entries "
    broken = await after(whole, (slip_in + "WHERE chain = :chain AND seq = 1", {}))
    assert broken.seq == seq


@pytest.mark.parametrize(
    ("tampering", "place"),
    [
        ("DELETE FROM audit_heads WHERE chain = :chain", 1),
        ("UPDATE audit_heads SET seq = seq + 1 WHERE chain = :chain", "after"),
        ("UPDATE audit_heads SET seq = seq - 1 WHERE chain = :chain", "last"),
        ("UPDATE audit_heads SET hash = 'x' WHERE chain = :chain", "last"),
        ("UPDATE audit_heads SET chain = 'elsewhere' WHERE chain = :chain", 1),
    ],
)
async def test_a_head_that_was_touched_is_found(whole, tampering, place):
    place = {"after": whole[2] + 1, "last": whole[2]}.get(place, place)
    broken = await after(whole, (tampering, {}))
    assert broken.seq == place


async def test_an_altered_entry_is_a_sentence_in_the_listing_and_not_a_crash(whole):
    path, _, _ = whole
    copy = path.with_name("listing.db")
    shutil.copy(path, copy)
    with sqlite3.connect(copy) as raw:
        raw.execute("UPDATE audit_entries SET outcome = 'well' WHERE chain = '' AND seq = 1")
    raw.close()
    database = SqlDatabase(f"sqlite+aiosqlite:///{copy}")
    house = House(database, "", Time())
    with pytest.raises(Unreadable, match="Entry 1") as altered:
        [entry async for entry in house.audit.export(house.operator, None)]
    assert "backup" in altered.value.hint
    await database.close()
