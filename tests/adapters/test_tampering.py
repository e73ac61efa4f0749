"""Whatever somebody does to one stored entry, the check finds it, and finds it there."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import contextmanager, suppress
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from inspector_app.adapters.db.migrations import upgrade
from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.domain.audit import Target, Unreadable
from inspector_app.domain.errors import Denied
from inspector_app.domain.permissions import Permission
from tests.fixtures.database import SCRIPTS, Behind, House, Time

LENGTH = 12
COLUMNS = (
    *("chain", "actor_kind", "actor_id", "actor_name", "role", "provider", "session", "address"),
    *("permission", "action", "target_kind", "target_id", "target_namespace", "target_run"),
    *("reason", "outcome", "detail", "request_id", "previous", "hash", "at"),
    *("intent", "repeated"),
)
LOWEST = {"sqlite": -(2**63), "postgres": -(2**31)}
LATER = {"sqlite": "substr(at, 1, 25) || '9'", "postgres": "at + interval '1 microsecond'"}


class Whole:
    """A database with one chain of entries of many kinds, of which only copies are touched."""

    def __init__(self, kind, folder, postgres):
        self.kind, self.folder, self.postgres = kind, folder, postgres
        self.url = postgres.makes() if postgres else self._file("whole")
        self.chain = asyncio.run(self._fill())
        behind = Behind(self.url)
        if not postgres:
            behind.does("PRAGMA wal_checkpoint(TRUNCATE)")
        count = "SELECT count(*) FROM audit_entries WHERE chain = :chain"
        ((self.length,),) = behind.does(count, chain=str(self.chain))

    def _file(self, name):
        return f"sqlite+aiosqlite:///{self.folder / name}.db"

    async def _fill(self):
        await upgrade(self.url, SCRIPTS)
        database = SqlDatabase(self.url)
        house = House(database, self.url, Time())
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
        await database.close()
        return ana.tenant

    @contextmanager
    def copy(self):
        """Give the address of a copy of its own, for as long as the block lasts."""
        if self.postgres:
            url = self.postgres.makes(make_url(self.url).database)
            yield url
            self.postgres.does(f"DROP DATABASE {make_url(url).database}")
        else:
            shutil.copy(self.folder / "whole.db", self.folder / "copy.db")
            yield self._file("copy")
            for rest in self.folder.glob("copy.db*"):
                rest.unlink()


@pytest.fixture(scope="module")
def whole(database_kind, request, tmp_path_factory):
    """One a module and kind of database."""
    postgres = request.getfixturevalue("postgres") if database_kind == "postgres" else None
    return Whole(database_kind, tmp_path_factory.mktemp("chain"), postgres)


async def verdict(whole, url):
    database = SqlDatabase(url)
    house = House(database, "", Time())
    try:
        found = await house.audit.verify_all(house.operator)
        return found[whole.chain]
    finally:
        await database.close()


async def after(whole, *statements):
    """The first break once the statements have been run on a copy."""
    with whole.copy() as url:
        for statement, values in statements:
            given = {"chain": str(whole.chain)} if ":chain" in statement else {}
            Behind(url).does(statement, **given, **values)
        return (await verdict(whole, url)).first_break


async def test_an_untouched_chain_is_whole(whole):
    found = await verdict(whole, whole.url)
    assert (found.entries, found.first_break) == (whole.length, None)


@pytest.mark.parametrize(
    "change",
    [
        "at = '2026-11-23 11:00:00.000000'",
        "at = {a microsecond later}",
        "outcome = 'unknown'",
        "permission = 'run:terminate'",
        "intent = 3",
        "repeated = 1",
        "chain = ''",
        "target_namespace = target_run, target_run = target_namespace",
    ],
)
async def test_an_edit_that_leaves_a_proper_entry_is_found(whole, change):
    change = change.replace("{a microsecond later}", LATER[whole.kind])
    edit = f"UPDATE audit_entries SET {change} WHERE chain = :chain AND seq = :seq"
    broken = await after(whole, (edit, {"seq": whole.length}))
    assert broken.seq == whole.length


@settings(deadline=None, max_examples=60)
@given(data=st.data())
async def test_an_edit_of_any_column_is_found_at_its_entry(whole, data):
    seq = data.draw(st.integers(1, whole.length), "entry")
    column = data.draw(st.sampled_from(COLUMNS), "column")
    if column in {"intent", "repeated"}:
        value = data.draw(st.integers(100, 2**31 - 1), "value")
    elif column == "at" and whole.kind == "postgres":  # which holds nothing else there
        value = data.draw(st.dates(date(2000, 1, 1), date(2026, 1, 1)), "value")
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


@pytest.mark.parametrize("seq", [0, -5, "lowest"])
async def test_an_entry_slipped_in_under_the_first_is_found(whole, seq):
    seq = LOWEST[whole.kind] if seq == "lowest" else seq
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
    place = {"after": whole.length + 1, "last": whole.length}.get(place, place)
    broken = await after(whole, (tampering, {}))
    assert broken.seq == place


async def test_an_altered_entry_is_a_sentence_in_the_listing_and_not_a_crash(whole):
    with whole.copy() as url:
        Behind(url).does("UPDATE audit_entries SET outcome = 'well' WHERE chain = '' AND seq = 1")
        database = SqlDatabase(url)
        house = House(database, "", Time())
        with pytest.raises(Unreadable, match="Entry 1") as altered:
            [entry async for entry in await house.audit.export_chain(house.operator, None)]
        await database.close()
    assert "backup" in altered.value.hint
