"""The first administrator, clusters that are silent, and what the services are found by."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from inspector_app.adapters.db.unit_of_work import SqlDatabase
from inspector_app.demo.seed import seed
from inspector_app.domain.errors import NotFound, Unreachable
from inspector_app.domain.permissions import Role
from inspector_app.services import registry
from inspector_app.services.one_time import one_time_password
from inspector_app.settings import read_settings
from inspector_app.wiring import wired
from tests.fixtures.database import PASSWORD, House, Time


class Answering:
    """Temporal servers of which those at the given addresses are silent."""

    def __init__(self, *silent):
        self.silent = silent

    async def is_up(self, cluster):
        if cluster.address in self.silent:
            now = Time().now
            raise Unreachable("silent", address=cluster.address, since=now, next_try=now)


async def test_the_first_administrator_has_a_one_time_password_and_there_is_one_first(
    migrated_database,
):
    database = SqlDatabase(migrated_database)
    house = House(database, migrated_database, Time())
    await house.tenancy.create_tenant(house.operator, "demo", "")
    one_time = await house.accounts.first_administrator(house.operator, "root", "demo")
    token, person = await house.local.sign_in(
        "root", one_time, address="", user_agent="", request_id=""
    )
    assert person.must_change_password
    assert (await house.who(token)).role is Role.ADMIN
    assert await house.accounts.first_administrator(house.operator, "more", "demo") is None
    await database.close()


def test_a_one_time_password_has_twenty_letters_that_nobody_misreads():
    made = {one_time_password() for _ in range(50)}
    assert len(made) == 50
    assert {len(each) for each in made} == {20}
    assert not set("".join(made)) & set("il1o0O|")


@pytest.fixture
def made(migrated_database, tmp_path):
    """Make an empty installation's settings, over a migrated database."""

    def read(**environment):
        own = {"INSPECTOR_SECRET_KEY": "k" * 40, "INSPECTOR_DATABASE_URL": migrated_database}
        settings = read_settings(own | environment, tmp_path)
        settings.data_dir.mkdir()
        return settings

    return read


async def test_the_demo_is_seeded_once_and_follows_its_server(made):
    settings = made()
    first = await seed(settings, "127.0.0.1:1001")
    async with wired(settings) as services:
        actor = House(None, "", None).operator
        entries = (await services.audit.verify(actor, None)).entries
    again = await seed(settings, "127.0.0.1:1001")
    moved = await seed(settings, "127.0.0.1:1002")
    assert "Sign in as admin with the one-time password " in first
    assert "password" not in again + moved
    assert "inspector user reset --username admin" in again
    assert "inspector user create --username" in first
    async with wired(settings) as services:
        (cluster,) = await services.tenancy.clusters(actor)
        granted = await services.tenancy.granted(actor)
        # The move: what changed nothing wrote nothing.
        assert (await services.audit.verify(actor, None)).entries == entries + 1
    assert (cluster.name, cluster.address) == ("local", "127.0.0.1:1002")
    assert [(tenant.slug, each.slug, each.name) for tenant, each in granted] == [
        ("acme", "support", "acme-support"),
        ("demo", "default", "default"),
        ("demo", "staging", "agents-staging"),
    ]


@pytest.mark.parametrize("address", ["", "https://inspector.example.com"])
async def test_each_sign_in_that_the_demo_prints_works(made, address):
    settings = made(**({"INSPECTOR_PUBLIC_URL": address} if address else {}))
    said = await seed(settings, "127.0.0.1:1001")
    printed = re.findall(
        r"^Sign in as (\S+) with the (one-time )?password (\S+) .*: (\w+) of (\w+)\.$",
        said,
        re.MULTILINE,
    )
    assert [name for name, *_ in printed] == ["admin", "dev", "viewer", "acme-admin"]
    async with wired(settings) as services:
        for name, one_time, password, role, tenant in printed:
            token, person = await services.local.sign_in(
                name, password, address="", user_agent="", request_id=""
            )
            who = await services.sessions.resolve(
                token, tenant_slug="", address="", request_id="", active=False
            )
            assert (who.role, who.tenant_slug) == (role, tenant)
            # Where others than this machine can ask, what was printed must not stay.
            assert person.must_change_password == bool(one_time)
            assert bool(one_time) == (name == "admin" or bool(address))


async def test_an_older_demo_gets_what_is_new_and_keeps_what_its_people_have_made(made):
    settings = made()
    async with wired(settings) as services:
        actor = House(None, "", None).operator
        await services.tenancy.create_tenant(actor, "demo", "Ours")
        await services.tenancy.create_tenant(actor, "ours", "")
        await services.tenancy.add_cluster(actor, "local", "127.0.0.1:1001")
        await services.tenancy.grant(
            actor, tenant_slug="ours", cluster="local", name="agents-staging", slug="staging"
        )
        await services.accounts.create_person(
            actor, "dev", tenant_slug="ours", role=Role.OBSERVER, password=PASSWORD
        )
        said = await seed(settings, "127.0.0.1:1001")
        assert "Sign in as viewer" in said
        assert "Sign in as dev" not in said
        assert "Sign in as admin" not in said
        _, dev = await services.local.sign_in(
            "dev", PASSWORD, address="", user_agent="", request_id=""
        )
        assert not dev.must_change_password
        granted = {
            each.name: tenant.slug for tenant, each in await services.tenancy.granted(actor)
        }
    assert granted == {"default": "demo", "agents-staging": "ours", "acme-support": "acme"}


async def test_readiness_names_the_clusters_that_are_silent(house):
    await house.tenancy.add_cluster(house.operator, "up", "up:1")
    house.tenancy._workflows = Answering("127.0.0.1:1")
    assert await house.tenancy.silent_clusters() == ["local"]
    assert (await house.tenancy.test_cluster(house.operator, "up")).address == "up:1"
    with pytest.raises(Unreachable):
        await house.tenancy.test_cluster(house.operator, "local")
    with pytest.raises(NotFound):
        await house.tenancy.test_cluster(house.operator, "nowhere")


async def test_a_last_use_is_written_once_a_minute_at_most(house):
    token, ana = await house.signs_in("ana")
    opened = house.time.now
    house.time.pass_by(seconds=59)
    await house.who(token, active=True)
    assert [each.last_seen_at for each in await house.sessions.mine(ana)] == [opened]
    house.time.pass_by(seconds=1)
    await house.who(token, active=True)
    (session,) = await house.sessions.mine(ana)
    assert session.last_seen_at - opened == timedelta(minutes=1)


async def test_a_session_that_opens_while_its_person_is_put_out_opens_no_door(house):
    token, ana = await house.signs_in("ana")
    async with house.database.begin(write=True) as work:
        await work.people.set_disabled(ana.person, disabled=True)
    assert not (await house.who(token)).signed_in


def test_the_services_are_found_only_while_the_server_runs(house):
    registry.install(None)
    with pytest.raises(RuntimeError, match="outside its lifespan"):
        registry.services()
    registry.install(house)
    assert registry.services() is house
    registry.install(None)
