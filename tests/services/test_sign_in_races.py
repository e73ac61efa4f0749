"""What changes while somebody is on their way, or comes at the same moment, as they sign in."""

from __future__ import annotations

import asyncio

import pytest

from inspector_app.domain.errors import NotFound
from inspector_app.domain.group_roles import GroupMapping
from inspector_app.domain.identity import ActorKind
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInRefused
from tests.fixtures.elsewhere import ADMINS, STAFF, VISITOR, Abroad


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


def meanwhile(abroad, work) -> None:
    """Have `work` done once the provider was asked for the token: its answer waits so long."""
    send, done = abroad.provider.send, []

    async def slowly(call):
        if call.url.endswith("/token") and not done:
            done.append(call)
            await work()
        return await send(call)

    abroad.provider.send = slowly


async def sessions_of(abroad, name):
    async with abroad.house.database.begin(write=False) as work:
        person = await work.people.by_username(name)
        return [] if person is None else await work.sessions.of(person.id)


async def test_who_is_on_their_way_when_the_provider_is_switched_off_does_not_come_in(abroad):
    provider = await abroad.sets(ADMINS)
    meanwhile(abroad, lambda: abroad.changes(provider, enabled=False))
    with pytest.raises((SignInRefused, NotFound)):
        await abroad.comes()
    assert await sessions_of(abroad, "alice") == []


async def test_who_is_on_their_way_when_the_provider_is_removed_does_not_come_in(abroad):
    house, provider = abroad.house, await abroad.sets(ADMINS)
    meanwhile(
        abroad,
        lambda: abroad.providers.remove(
            house.operator, "corp", version=provider.version, reason="gone"
        ),
    )
    with pytest.raises((SignInRefused, NotFound)):
        await abroad.comes()
    assert await sessions_of(abroad, "alice") == []


async def test_a_mapping_that_changes_on_the_way_is_the_one_that_counts(abroad):
    provider = await abroad.sets(ADMINS)
    tighter = GroupMapping((STAFF,), required="staff-nl")
    meanwhile(abroad, lambda: abroad.changes(provider, mapping=tighter))
    with pytest.raises((SignInRefused, NotFound)):
        await abroad.comes()
    assert await sessions_of(abroad, "alice") == []


async def test_somebody_new_who_comes_twice_at_once_is_one_person_and_in_twice(abroad):
    await abroad.sets(ADMINS)
    found = await asyncio.gather(*(abroad.comes() for _ in range(6)))
    people = [await abroad.house.who(each.token) for each in found]
    assert {each.kind for each in people} == {ActorKind.PERSON}
    assert len({each.person for each in people}) == 1
    assert {each.role for each in people} == {Role.ADMIN}


async def test_two_of_one_name_who_are_new_at_once_are_two_people(abroad):
    await abroad.sets(ADMINS)
    abroad.provider.now = abroad.house.time()
    abroad.provider.claims = {"preferred_username": "zoe"}

    async def comes(who):
        begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
        answer = abroad.provider.approve(begun.url, who=who)
        entered = await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "corp", ticket=begun.ticket, answer=answer, user_agent=""
        )
        return await abroad.house.who(entered.token)

    found = await asyncio.gather(*(comes(who) for who in "abcd"))
    assert {each.name for each in found} == {"zoe", "zoe-2", "zoe-3", "zoe-4"}
    assert len({each.person for each in found}) == 4
