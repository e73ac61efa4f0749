"""Whom a verified e-mail links, and above all whom it does not."""

from __future__ import annotations

import pytest

from tests.fixtures.elsewhere import ADMINS, STAFF, Abroad

EMAIL = "alice@example.test"


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_what_another_tenants_provider_vouches_for_links_nobody(abroad):
    """Else an admin of one tenant made an account for everybody who is yet to come."""
    _, noor = await abroad.house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    mallory = await abroad.comes_as(key="demo.own", tenant="demo", sub="m", email=EMAIL)
    await abroad.sets(STAFF, link_by_email=True)
    alice = await abroad.comes_as(email=EMAIL, groups=["staff-nl"])
    assert alice.person != mallory.person


async def test_who_has_no_email_is_linked_to_nobody_who_has_none(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second", link_by_email=True)
    nothing = {"email": "", "email_verified": True}
    abroad.provider.userinfo = {"sub": "one"}
    one = await abroad.comes_as(sub="one", **nothing)
    abroad.provider.userinfo = {"sub": "two"}
    two = await abroad.comes_as(key="second", sub="two", **nothing)
    assert one.person != two.person
