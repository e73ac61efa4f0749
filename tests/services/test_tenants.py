from __future__ import annotations

import pytest

from inspector_app.domain.errors import Conflict, Denied, Invalid, NotFound


async def grant(house, **changes):
    wanted = {"tenant_slug": "demo", "cluster": "local", "name": "more", "slug": "more"}
    return await house.tenancy.grant(house.operator, **{**wanted, **changes})


async def test_a_namespace_belongs_to_exactly_one_tenant(house):
    await grant(house)
    with pytest.raises(Conflict, match="exactly one tenant"):
        await grant(house, tenant_slug="other")
    with pytest.raises(Conflict, match="already"):
        await grant(house, name="again")


async def test_a_grant_names_what_is_not_there(house):
    with pytest.raises(NotFound, match="tenant"):
        await grant(house, tenant_slug="nope")
    with pytest.raises(NotFound, match="cluster"):
        await grant(house, cluster="nope")
    with pytest.raises(Invalid):
        await grant(house, slug="Not A Slug")


async def test_a_person_sees_their_own_tenants_namespaces_only(house):
    _, ana = await house.signs_in("ana")
    assert [each.slug for each in await house.tenancy.namespaces(ana)] == ["default"]
    assert [each.tenant.slug for each in await house.tenancy.memberships(ana)] == ["demo"]


async def test_no_admin_binds_a_namespace_or_connects_a_cluster(house):
    _, noor = await house.signs_in("noor")
    with pytest.raises(Denied):
        await house.tenancy.add_cluster(noor, "mine", "127.0.0.1:1")
    with pytest.raises(Denied):
        await house.tenancy.grant(noor, tenant_slug="demo", cluster="local", name="xx", slug="x")
    with pytest.raises(Denied):
        await house.tenancy.tenants(noor)


async def test_a_tenant_and_a_cluster_are_made_once_and_well(house):
    with pytest.raises(Conflict):
        await house.tenancy.create_tenant(house.operator, "demo", "Again")
    with pytest.raises(Conflict):
        await house.tenancy.add_cluster(house.operator, "local", "127.0.0.1:2")
    with pytest.raises(Invalid):
        await house.tenancy.add_cluster(house.operator, "bad", "no-port")
    await house.tenancy.move_cluster(house.operator, "local", "127.0.0.1:3")
    assert [each.address for each in await house.tenancy.clusters(house.operator)] == [
        "127.0.0.1:3"
    ]
    with pytest.raises(NotFound):
        await house.tenancy.move_cluster(house.operator, "nope", "127.0.0.1:3")
    with pytest.raises(NotFound):
        await house.tenancy.test_cluster(house.operator, "nope")
