from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.engine import make_url
from sqlmodel import SQLModel

from inspector_app.adapters.db import unit_of_work
from inspector_app.adapters.db.key_check import require_known_key
from inspector_app.adapters.db.migrating import configuration, migrate
from inspector_app.adapters.db.migrations import newest, pending, upgrade
from inspector_app.adapters.db.tables import TenantRow
from inspector_app.adapters.db.unit_of_work import SqlDatabase, make_engine
from inspector_app.domain.errors import Conflict, Invalid, StorageUnavailable
from inspector_app.domain.ids import TenantId, new_id
from inspector_app.domain.tenancy import Tenant
from tests.fixtures.database import SCRIPTS, Behind

on_a_file = pytest.mark.only_on("sqlite", reason="it is about a file, and its one writer")
on_a_server = pytest.mark.only_on("postgres", reason="it is about a server and its sessions")


@pytest.fixture
def url(empty_database):
    return empty_database


@pytest.fixture
async def database(url):
    await upgrade(url, SCRIPTS)
    database = SqlDatabase(url)
    yield database
    await database.close()


def tenant(slug="acme"):
    return Tenant(TenantId(new_id(datetime.now(UTC))), slug, slug.title())


async def slugs(database):
    async with database.begin(write=False) as work:
        return [each.slug for each in await work.tenants.all()]


async def test_the_migrations_make_the_tables_that_the_code_uses(url):
    assert await pending(url, SCRIPTS)
    await upgrade(url, SCRIPTS)
    assert not await pending(url, SCRIPTS)
    engine = make_engine(url)
    async with engine.connect() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync), SQLModel.metadata)
        )
    await engine.dispose()
    assert differences == []


async def test_the_migrations_go_back_and_up_again(url):
    await upgrade(url, SCRIPTS)
    await migrate(url, SCRIPTS, "base", down=True)
    assert await pending(url, SCRIPTS)
    assert inspect(Behind(url).engine).get_table_names() == ["alembic_version"]
    await upgrade(url, SCRIPTS)
    assert not await pending(url, SCRIPTS)


def test_the_newest_migration_is_known_by_the_name_of_its_file():
    assert ScriptDirectory.from_config(configuration(SCRIPTS)).get_heads() == [newest(SCRIPTS)]


async def test_bulk_work_comes_through_the_migration_that_gives_it_to_tokens_too(url):
    await upgrade(url, SCRIPTS)
    nobody, behind = str(UUID(int=1).hex), Behind(url)
    now = "2026-11-25 12:00:00.000000+00:00"
    behind.does(
        "INSERT INTO people (id, username, password_hash, must_change_password, disabled,"
        " created_at) VALUES (:id, 'ana', '', :no, :no, :now)",
        id=nobody,
        no=False,
        now=now,
    )
    behind.does(
        "INSERT INTO tenants (id, slug, name, created_at) VALUES (:id, 'acme', 'Acme', :now)",
        id=nobody,
        now=now,
    )
    for ident, person in ((nobody, nobody), (str(UUID(int=2).hex), None)):
        behind.does(
            "INSERT INTO operations (id, tenant, tenant_slug, namespace, action, reason,"
            " signal_name, signal_args, query, total, digest, pace, person, by, state, note,"
            " created_at, holder, epoch, held_until) VALUES (:id, :tenant, 'acme', 'n', 'pause',"
            " 'x', '', :args, '', 1, '', 1, :person, 'x', 'finished', '', :now, '', 0, :now)",
            id=ident,
            tenant=nobody,
            person=person,
            args=b"",
            now=now,
        )
        behind.does(
            "INSERT INTO operation_items (operation, number, workflow_id, run_id, outcome,"
            " detail, epoch) VALUES (:id, 0, 'w', 'r', 'done', '', 0)",
            id=ident,
        )
    await migrate(url, SCRIPTS, "0005", down=True)  # which knows no work of a service token
    await upgrade(url, SCRIPTS)
    with behind.engine.connect() as connection:
        kept = "SELECT count(*) FROM operations JOIN operation_items ON operation = id"
        assert connection.execute(text(kept)).scalar() == 1


def test_two_processes_that_start_at_once_both_come_up(url, tmp_path):
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from inspector_app.adapters.db.migrations import upgrade\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "asyncio.run(upgrade(sys.argv[1], Path(sys.argv[2])))\n"
    )
    both = [
        subprocess.Popen(
            [sys.executable, "-c", program, url, str(SCRIPTS)],
            cwd=tmp_path,  # nothing of ours is found from here
            env={**os.environ, "PYTHONPATH": str(SCRIPTS.parent)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in both:
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in both:
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (0, "")


async def test_a_start_that_finds_nothing_to_migrate_does_not_load_what_migrates(url):
    await upgrade(url, SCRIPTS)
    program = (
        "import asyncio, sys; from pathlib import Path\n"
        "from inspector_app.adapters.db.migrations import upgrade\n"
        "asyncio.run(upgrade(sys.argv[1], Path(sys.argv[2])))\n"
        "print('alembic' in sys.modules)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, url, str(SCRIPTS)],
        cwd=SCRIPTS.parents[1],  # where `alembic` is the library's name alone
        env={**os.environ, "PYTHONPATH": str(SCRIPTS.parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == "False\n"


async def test_a_database_of_a_newer_version_is_left_alone(url):
    await upgrade(url, SCRIPTS)
    Behind(url).does("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(Conflict, match="does not know") as refused:
        await upgrade(url, SCRIPTS)
    assert "newer" in refused.value.hint


async def test_what_fails_within_a_block_is_not_kept(database):
    with suppress(ZeroDivisionError):
        async with database.begin(write=True) as work:
            await work.tenants.add(tenant(), datetime.now(UTC))
            raise ZeroDivisionError
    assert await slugs(database) == []


async def test_times_come_back_aware_and_in_utc(database, url):
    at = datetime(2026, 3, 29, 2, 30, 0, 123456, tzinfo=timezone(timedelta(hours=-5)))
    async with database.begin(write=True) as work:
        await work.tenants.add(tenant(), at)
    with Behind(url).engine.connect() as other:
        kept = other.execute(select(TenantRow.created_at)).scalar_one()
    assert kept.isoformat() == "2026-03-29T07:30:00.123456+00:00"


@pytest.fixture
def absent(database_kind, tmp_path):
    if database_kind == "postgres":
        return "postgresql+psycopg://nobody@127.0.0.1:1/nothing"
    return f"sqlite+aiosqlite:///{tmp_path / 'no folder' / 'x.db'}"


@pytest.mark.parametrize("write", [True, False])
async def test_a_database_that_is_not_there_says_where_to_look(absent, write):
    database = SqlDatabase(absent)
    with pytest.raises(StorageUnavailable, match="does not answer") as away:
        async with database.begin(write=write) as work:
            await work.tenants.all()
    assert "INSPECTOR_DATABASE_URL" in away.value.hint
    await database.close()
    for attempt in (
        pending(absent, SCRIPTS),
        upgrade(absent, SCRIPTS),
        require_known_key(absent, ("k",), bool),
    ):
        with pytest.raises(StorageUnavailable):
            await attempt
    # The driver's thread speaks to this loop once more after the connection failed.
    while any("_connection_worker" in thread.name for thread in threading.enumerate()):
        await asyncio.sleep(0.01)


@on_a_file
async def test_reading_goes_on_while_another_program_writes(database, tmp_path):
    other = sqlite3.connect(tmp_path / "inspector.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert await slugs(database) == []
    other.close()


@on_a_file
async def test_a_write_waits_for_another_one_and_then_happens(database, tmp_path):
    other = sqlite3.connect(tmp_path / "inspector.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    async def add():
        async with database.begin(write=True) as work:
            await work.tenants.add(tenant(), datetime.now(UTC))

    waiting = asyncio.create_task(add())
    done, _ = await asyncio.wait([waiting], timeout=0.3)
    assert not done
    other.execute("COMMIT")
    await waiting
    other.close()
    assert await slugs(database) == ["acme"]


async def test_who_leaves_at_any_step_of_a_write_holds_up_nobody(database):
    async def writes(slug):
        async with database.begin(write=True) as work:
            await work.tenants.add(tenant(slug), datetime.now(UTC))

    for steps in range(40):
        leaving = asyncio.create_task(writes(f"leaves-{steps}"))
        for _ in range(steps):
            await asyncio.sleep(0)
        leaving.cancel()
        with suppress(asyncio.CancelledError):
            await leaving
        await writes(f"stays-{steps}")
    assert {f"stays-{steps}" for steps in range(40)} <= set(await slugs(database))


@on_a_file
async def test_a_full_disk_is_said_and_what_was_there_stays(database):
    async with database.begin(write=True) as work:
        await work.tenants.add(tenant(), datetime.now(UTC))
        session = work.tenants._session
        pages = (await session.execute(text("PRAGMA page_count"))).scalar_one()
        await session.execute(text(f"PRAGMA max_page_count = {pages}"))
    big = Tenant(TenantId(UUID(int=1)), "big", "x" * 500_000)
    with pytest.raises(StorageUnavailable, match="full") as full:
        async with database.begin(write=True) as work:
            await work.tenants.add(big, datetime.now(UTC))
    assert "Free some space" in full.value.hint
    assert await slugs(database) == ["acme"]


@on_a_file
async def test_a_file_that_must_not_be_written_to_is_said(database, tmp_path, url):
    reader = SqlDatabase(f"sqlite+aiosqlite:///file:{tmp_path / 'inspector.db'}?mode=ro&uri=true")
    with pytest.raises(StorageUnavailable, match="must not be written"):
        async with reader.begin(write=True) as work:
            await work.tenants.add(tenant(), datetime.now(UTC))
    await reader.close()


async def test_doing_the_same_at_the_same_time_is_a_conflict(database):
    async with database.begin(write=True) as work:
        await work.tenants.add(tenant(), datetime.now(UTC))
    with pytest.raises(Conflict, match="just now"):
        async with database.begin(write=True) as work:
            await work.tenants.add(tenant(), datetime.now(UTC))


async def test_a_value_that_no_database_holds_is_invalid_input(database):
    with pytest.raises(Invalid):
        async with database.begin(write=False) as work:
            await work.tenants.by_slug("half a character: \ud800")
    with pytest.raises(Invalid):
        async with database.begin(write=False) as work:
            await work.audit.after(None, 2**63, limit=1)


async def test_a_namespace_of_no_tenant_is_refused_by_the_database_itself(database):
    one = UUID(int=1).hex
    with pytest.raises(Conflict):
        async with database.begin(write=True) as work:
            await work.tenants._session.execute(
                text(
                    "INSERT INTO namespaces (id, tenant, slug, name, cluster) "
                    f"VALUES ('{one}', '{one}', 's', 'n', '{one}')"
                )
            )


@on_a_file
async def test_a_commit_that_fails_keeps_nothing_and_holds_up_nobody(database):
    one = UUID(int=1).hex
    orphan = text(
        "INSERT INTO namespaces (id, tenant, slug, name, cluster) "
        f"VALUES ('{one}', '{one}', 's', 'n', '{one}')"
    )

    async def fails_at_its_end():
        async with database.begin(write=True) as work:
            session = work.tenants._session
            await session.execute(text("PRAGMA defer_foreign_keys=ON"))  # until the COMMIT
            await work.tenants.add(tenant(), datetime.now(UTC))
            await session.execute(orphan)

    with pytest.raises(Conflict):
        await fails_at_its_end()
    assert await slugs(database) == []
    async with database.begin(write=True) as work:
        await work.tenants.add(tenant("next"), datetime.now(UTC))
    assert await slugs(database) == ["next"]


async def test_another_secret_key_is_refused_and_a_new_one_in_front_taken_over(database, url):
    old, new = "o" * 40, "n" * 40
    await require_known_key(url, (old,), bool)
    with pytest.raises(Conflict, match="secret key") as wrong:
        await require_known_key(url, (new,), bool)
    assert "new,old" in wrong.value.hint
    await require_known_key(url, (new, old), bool)
    await require_known_key(url, (new,), bool)
    with pytest.raises(Conflict):
        await require_known_key(url, (old,), bool)


@on_a_server
async def test_a_lock_of_somebody_elses_is_not_waited_for_for_ever(url, monkeypatch):
    await upgrade(url, SCRIPTS)
    monkeypatch.setattr(unit_of_work, "BUSY_SECONDS", 0.2)
    database = SqlDatabase(url)
    with Behind(url).holds(), pytest.raises(StorageUnavailable, match="holds the database"):
        async with database.begin(write=True) as work:
            await work.audit.head(None)
    await database.close()


@on_a_server
async def test_a_slow_database_is_said_and_does_not_hold_the_reader(url, monkeypatch):
    await upgrade(url, SCRIPTS)
    monkeypatch.setattr(unit_of_work, "SLOW_SECONDS", 0.2)
    database = SqlDatabase(url)
    with pytest.raises(StorageUnavailable, match="took longer"):
        async with database.begin(write=False) as work:
            await work.tenants._session.execute(text("SELECT pg_sleep(60)"))
    assert await slugs(database) == []
    await database.close()


@on_a_server
async def test_a_database_that_only_reads_is_said(url):
    await upgrade(url, SCRIPTS)
    Behind(url).does(
        f"ALTER DATABASE {make_url(url).database} SET default_transaction_read_only = on"
    )
    database = SqlDatabase(url)
    with pytest.raises(StorageUnavailable, match="must not be written"):
        async with database.begin(write=True) as work:
            await work.tenants.add(tenant(), datetime.now(UTC))
    await database.close()


@on_a_server
async def test_connections_that_the_server_ended_are_opened_anew(database, url):
    assert await slugs(database) == []
    Behind(url).does(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert await slugs(database) == []
