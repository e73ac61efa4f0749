"""Guessing at a directory's passwords: what one provider says of a name counts there alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.audit import Target
from inspector_app.domain.errors import TooMany, WrongCredentials
from inspector_app.domain.signing_in import Claimed
from tests.fixtures.elsewhere import ADMINS, LDAP, VISITOR, Abroad

SECRETS = {"bind_password": "of the service"}


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def by_directory(abroad, key, username, password):
    return await abroad.directories.with_password(VISITOR, key, username, password, user_agent="")


async def test_a_directory_of_ones_own_wipes_out_no_guesses_at_another(abroad):
    """A tenant's admin may have one that believes every password."""
    _, noor = await abroad.house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", settings=LDAP, secrets=SECRETS, by=noor)
    await abroad.sets(ADMINS, settings=LDAP, secrets=SECRETS)
    abroad.directory.people["ana"] = ("known", Claimed("1", "ana", groups=("app-admins",)))
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await by_directory(abroad, "corp", "ana", "a guess")
        await by_directory(abroad, "demo.own", "ana", "known")
    with pytest.raises(TooMany):
        await by_directory(abroad, "corp", "ana", "known")
    assert await by_directory(abroad, "demo.own", "ana", "known"), "nobody else has to wait"


async def test_an_accent_more_does_not_make_ten_tries_more(abroad):
    """Active Directory finds alice by all of these."""
    await abroad.sets(ADMINS, settings=LDAP, secrets=SECRETS)
    names = ["alice", "álice", "a\u0301lice", "alïce", "ALÎCE", "alicé", "\uff41lice", "àlíce"]
    for name in [*names, "alice", "álice"]:
        with pytest.raises(WrongCredentials):
            await by_directory(abroad, "corp", name, "a guess")
    with pytest.raises(TooMany):
        await by_directory(abroad, "corp", "âlice", "a guess")


async def test_a_directory_is_asked_for_the_tenant_that_set_it(abroad):
    """What it holds up is that tenant's own."""
    _, noor = await abroad.house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", settings=LDAP, secrets=SECRETS, by=noor)
    await abroad.sets(ADMINS, settings=LDAP, secrets=SECRETS)
    abroad.directory.people["ana"] = ("known", Claimed("1", "ana", groups=("app-admins",)))
    await by_directory(abroad, "demo.own", "ana", "known")
    assert await abroad.fails_at(noor, "own") is None
    await abroad.trials.would_be(noor, "own", username="ana")
    await by_directory(abroad, "corp", "ana", "known")
    assert abroad.directory.asked_for == ["demo", "demo", "demo", ""]


async def test_ones_own_codes_are_guessed_at_together_whichever_way_one_came(house):
    _, ana = await house.signs_in("ana")
    target = Target("person", "ana")

    async def guesses(provider):
        actor = replace(ana, provider=provider)
        async with house.guesses.turn(actor, target, "second_step.remove", "wrong code"):
            raise WrongCredentials("The code does not fit.")

    for number in range(10):
        with pytest.raises(WrongCredentials):
            await guesses("corp" if number % 2 else "local")
    with pytest.raises(TooMany):
        await guesses("demo.own")
