"""Turning the keys that secrets are kept under: nothing forgotten, nothing lost, begun again."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import LargeBinary
from sqlmodel import SQLModel

from inspector_app.adapters.cipher import FernetCipher
from inspector_app.adapters.db.key_check import keep_newest_key, require_known_key
from inspector_app.adapters.db.migrations import upgrade
from inspector_app.adapters.db.repositories.secrets import sealed_columns
from inspector_app.domain.errors import Conflict, Denied
from inspector_app.domain.ids import new_id
from inspector_app.domain.second_step import STEP_SECONDS, code_at
from inspector_app.services.jwts import JwtDesk
from inspector_app.services.second_steps import SecondSteps
from inspector_app.services.secrets import SecretDesk
from tests.fixtures.database import KEYS, SCRIPTS
from tests.fixtures.elsewhere import ADMINS, Abroad
from tests.fixtures.temporal import waits_for_sync

OLD, NEW = KEYS[0], "brand new " * 4


def states(places):
    return {
        each.name: (each.newest, each.older, each.lost)
        for each in places
        if each.newest or each.older or each.lost
    }


@pytest.fixture
async def kept(house):
    """A second step, a bulk signal, keys that sign, a provider and who came by it."""
    _, ana = await house.signs_in("ana")
    await house.second_steps.begin(ana)
    cipher = FernetCipher((OLD,))
    await house.jwts.rotate(house.operator)
    now = house.time().isoformat(sep=" ")
    house.behind().does(
        "INSERT INTO operations (id, tenant, tenant_slug, namespace, action, reason, signal_name,"
        " signal_args, query, total, digest, pace, person, by, state, note, created_at, holder,"
        " epoch, held_until) VALUES (:id, :tenant, 'demo', 'default', 'signal', '', 's', :args,"
        " '', 0, '', 1, :person, 'ana', 'done', '', :now, '', 0, :now)",
        id=new_id(house.time()).hex,
        tenant=ana.tenant.hex,
        person=ana.person.hex,
        args=cipher.seal("[1]"),
        now=now,
    )
    house.behind().does(
        "INSERT INTO audit_keys (id, sealed, retired, created_at)"
        " VALUES ('a', :sealed, :no, :now)",
        sealed=cipher.seal("pem"),
        no=False,
        now=now,
    )
    abroad = Abroad(house)
    await abroad.sets(ADMINS)
    await abroad.comes()
    house.behind().does(
        "INSERT INTO arrivals (handle_hash, provider, content, until)"
        " VALUES ('h', :provider, :sealed, :now)",
        provider=new_id(house.time()).hex,
        sealed=cipher.seal("[]"),
        now=now,
    )
    return house


def desk(house, *keys):
    return SecretDesk(house.door, FernetCipher(keys))


def test_every_column_that_holds_bytes_is_turned_or_named_here():
    plain = set()
    """Columns of bytes that are no secret; whoever adds one says here why."""
    columns = {
        f"{table.name}.{column.name}"
        for table in SQLModel.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary)
        or getattr(column.type, "impl_instance", None).__class__ is LargeBinary
    }
    assert columns - plain == set(sealed_columns())
    assert set(sealed_columns()) == {
        "second_factors.secret",
        "operations.signal_args",
        "signing_keys.sealed",
        "audit_keys.sealed",
        "providers.secrets",
        "sessions.hint",
        "arrivals.content",
    }


async def test_everything_is_under_the_new_key_and_opens_without_the_old_one(kept):
    house = kept
    before = states(await desk(house, NEW, OLD).look(house.operator))
    assert before == dict.fromkeys(sealed_columns(), (0, 1, 0))
    done = await desk(house, NEW, OLD).rotate(house.operator)
    assert states(done) == before
    assert states(await desk(house, NEW).look(house.operator)) == dict.fromkeys(
        sealed_columns(), (1, 0, 0)
    )
    async with house.database.begin(write=False) as work:
        for place in work.secrets.places():
            (found,) = await work.secrets.after(place, None, limit=9)
            assert FernetCipher((NEW,)).unseal(found.sealed)
            with pytest.raises(Conflict):
                FernetCipher((OLD,)).unseal(found.sealed)


async def test_what_was_kept_works_as_before(kept):
    house = kept
    _, ana = await house.signs_in("ana")
    async with house.database.begin(write=False) as work:
        sealed = (await work.second_factors.get(ana.person)).sealed
    secret = bytes.fromhex(FernetCipher((OLD,)).unseal(sealed))
    await desk(house, NEW, OLD).rotate(house.operator)
    steps = SecondSteps(house.door, house.time, FernetCipher((NEW,)), house.second_steps._guesses)
    now = int(house.time().timestamp()) // STEP_SECONDS
    assert await steps.confirm(ana, code_at(secret, now))
    jwts = JwtDesk(house.door, house.time, house.jwts._jwts, FernetCipher((NEW,)), "x")
    async with house.database.begin(write=True) as work:
        before = [key.id for key in await work.signing_keys.newest(1)]
        assert [(await jwts._current(work))[0]] == before


async def test_turning_is_audited_and_the_operators_alone(kept):
    house = kept
    await desk(house, NEW, OLD).rotate(house.operator)
    records = [entry.record for entry in await house.entries(None)]
    said = [each.detail for each in records if each.action == "secrets.rotate"]
    assert said == ["begun", "7 re-encrypted, 0 under no key that is set"]
    _, noor = await house.signs_in("noor")
    for attempt in (desk(house, NEW, OLD).rotate(noor), desk(house, NEW).look(noor)):
        with pytest.raises(Denied):
            await attempt


async def test_what_no_key_opens_is_counted_and_left_as_it_is(kept):
    house = kept
    async with house.database.begin(write=False) as work:
        before = await work.secrets.after("second_factors.secret", None, limit=9)
    done = await desk(house, NEW, "another key altogether " * 2).rotate(house.operator)
    assert states(done) == dict.fromkeys(sealed_columns(), (0, 0, 1))
    async with house.database.begin(write=False) as work:
        assert await work.secrets.after("second_factors.secret", None, limit=9) == before


async def test_what_somebody_changes_meanwhile_is_not_overwritten(kept):
    house = kept
    async with house.database.begin(write=True) as work:
        (found,) = await work.secrets.after("signing_keys.sealed", None, limit=9)
        fresh = FernetCipher((NEW,)).seal("theirs")
        assert await work.secrets.replace("signing_keys.sealed", found, fresh)
        assert not await work.secrets.replace("signing_keys.sealed", found, b"ours")
        (now,) = await work.secrets.after("signing_keys.sealed", None, limit=9)
    assert now.sealed == fresh


async def test_an_older_key_cannot_be_taken_away_before_everything_is_turned(kept):
    house, url = kept, kept.url
    await require_known_key(url, (OLD,), FernetCipher((OLD,)).opens)
    await require_known_key(url, (NEW, OLD), FernetCipher((NEW, OLD)).opens)
    with pytest.raises(Conflict, match="7 secrets are kept under a key") as missed:
        await require_known_key(url, (NEW,), FernetCipher((NEW,)).opens)
    assert "secrets rotate" in missed.value.hint
    await desk(house, NEW, OLD).rotate(house.operator)
    with pytest.raises(Conflict, match="7 secrets are kept under a key"):
        await require_known_key(url, (OLD,), FernetCipher((OLD,)).opens)
    await keep_newest_key(url, (NEW, OLD))
    await require_known_key(url, (NEW,), FernetCipher((NEW,)).opens)
    with pytest.raises(Conflict, match="not the one this database was used with"):
        await require_known_key(url, (OLD,), FernetCipher((OLD,)).opens)


MANY = 2_500


@pytest.fixture
async def full(tmp_path, database_kind):
    """A data folder with thousands of secrets under the old key."""
    folder = tmp_path / ".inspector"
    folder.mkdir(0o700)
    url = f"sqlite+aiosqlite:///{folder / 'inspector.db'}"
    await upgrade(url, SCRIPTS)
    old = FernetCipher((OLD,))
    await require_known_key(url, (OLD,), old.opens)
    with contextlib.closing(sqlite3.connect(folder / "inspector.db")) as raw, raw:
        raw.executemany(
            "INSERT INTO signing_keys (id, public, sealed, created_at) "
            "VALUES (?, '{}', ?, '2026-11-23 12:00:00')",
            ((f"key-{number:05}", old.seal(f"secret {number}")) for number in range(MANY)),
        )
    return folder / "inspector.db"


def command(folder, *words, keys):
    clean = {name: value for name, value in os.environ.items() if "INSPECTOR" not in name}
    return subprocess.Popen(
        [sys.executable, "-c", "from inspector_app.cli import main; main()", *words, "--json"],
        cwd=folder,
        env=clean | {"INSPECTOR_SECRET_KEY": ",".join(key.replace(" ", "-") for key in keys)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def turned(database, newest):
    with contextlib.closing(sqlite3.connect(database)) as raw:
        rows = raw.execute("SELECT id, sealed FROM signing_keys ORDER BY id").fetchall()
    return sum(1 for _, sealed in rows if newest.opens(sealed)), rows


@pytest.mark.only_on("sqlite", reason="it watches a file while another process writes")
async def test_killed_in_the_middle_it_is_begun_again_and_loses_nothing(
    full, tmp_path, database_kind
):
    new = NEW.replace(" ", "-")
    newest = FernetCipher((new,))
    killed = command(tmp_path, "secrets", "rotate", keys=(new, OLD))
    with contextlib.closing(sqlite3.connect(full, timeout=30)) as raw:

        def is_under_way():
            (first,) = raw.execute("SELECT sealed FROM signing_keys ORDER BY id").fetchone()
            return newest.opens(first)

        waits_for_sync(is_under_way, what="the first secret", seconds=120)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    done, rows = turned(full, newest)
    assert 0 < done < MANY
    both = FernetCipher((new, OLD))
    assert all(both.unseal(sealed) == f"secret {int(ident[4:])}" for ident, sealed in rows)

    said = command(tmp_path, "secrets", "verify", keys=(new, OLD))
    out, _ = said.communicate(timeout=120)
    assert said.returncode == 1
    (place,) = [each for each in json.loads(out)["places"] if each["older"]]
    assert (place["newest"], place["older"], place["lost"]) == (done, MANY - done, 0)

    again = command(tmp_path, "secrets", "rotate", keys=(new, OLD))
    out, err = again.communicate(timeout=240)
    assert again.returncode == 0, err
    assert json.loads(out)["re_encrypted"] == MANY - done
    said = command(tmp_path, "secrets", "verify", keys=(new,))
    out, _ = said.communicate(timeout=120)
    assert said.returncode == 0
    assert json.loads(out)["well"]
    all_done, rows = turned(full, newest)
    assert all_done == MANY
    assert all(newest.unseal(sealed) == f"secret {int(ident[4:])}" for ident, sealed in rows)
