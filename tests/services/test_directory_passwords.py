"""Signing in, and proving oneself, with the password of a directory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.errors import Conflict, TooMany, WrongCredentials
from inspector_app.domain.permissions import Role
from inspector_app.domain.signing_in import Claimed, SignInRefused
from tests.fixtures.elsewhere import ADMINS, LDAP, VISITOR, Abroad


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_a_password_of_the_directory_opens_and_proves(abroad):
    house = abroad.house
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    abroad.directory.people["Lena"] = ("secret", Claimed("uuid-1", "lena", groups=("app-admins",)))
    entered = await abroad.directories.with_password(
        VISITOR, "ldap", "Lena", "secret", user_agent=""
    )
    abroad.directory.people["lena"] = abroad.directory.people.pop("Lena")
    house.time.pass_by(hours=1)
    lena = await house.who(entered.token)
    assert (lena.role, lena.must_prove(house.time())) == (Role.ADMIN, True)
    with pytest.raises(WrongCredentials):
        await abroad.directories.prove(lena, "guess")
    proved = await house.who(await abroad.directories.prove(lena, "secret"))
    assert not proved.must_prove(house.time())


async def test_wrong_directory_passwords_count_like_local_ones(abroad):
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    abroad.directory.people["lena"] = ("secret", Claimed("uuid-1", "lena"))
    for _ in range(10):
        with pytest.raises(WrongCredentials):
            await abroad.directories.with_password(VISITOR, "ldap", "lena", "", user_agent="")
    with pytest.raises(TooMany):
        await abroad.directories.with_password(VISITOR, "ldap", "lena", "secret", user_agent="")


async def test_the_right_password_of_a_directory_forgets_the_wrong_ones(abroad):
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    known = Claimed("uuid-1", "lena", groups=("app-admins",))
    abroad.directory.people["lena"] = ("secret", known)

    async def gives(password):
        return await abroad.directories.with_password(
            VISITOR, "ldap", "lena", password, user_agent=""
        )

    for _ in range(2):
        for _ in range(9):
            with pytest.raises(WrongCredentials):
                await gives("guess")
        assert (await gives("secret")).person.username == "lena"


async def test_an_empty_name_or_password_does_not_go_to_a_directory(abroad):
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    for name, password in (("lena", ""), ("", "secret"), ("  ", "secret"), (" lena ", "x")):
        with pytest.raises(WrongCredentials):
            await abroad.directories.with_password(VISITOR, "ldap", name, password, user_agent="")
    assert abroad.directory.tried == ["lena"]


async def test_a_name_that_is_somebody_elses_by_now_proves_nothing(abroad):
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    abroad.directory.people["lena"] = ("old", Claimed("uuid-1", "lena", groups=("app-admins",)))
    entered = await abroad.directories.with_password(VISITOR, "ldap", "lena", "old", user_agent="")
    abroad.directory.people["lena"] = ("new", Claimed("uuid-2", "lena", groups=("app-admins",)))
    with pytest.raises(SignInRefused):
        await abroad.directories.prove(await abroad.house.who(entered.token), "new")
    assert (await abroad.last_words())[2] == "who: The name is somebody else's by now."


async def test_who_did_not_sign_in_by_a_directory_proves_nothing_with_a_password(abroad):
    await abroad.sets(ADMINS)
    with pytest.raises(Conflict, match="by a directory"):
        await abroad.directories.prove(await abroad.comes_as(), "secret")
    settings = replace(LDAP, id_attribute="uid")
    await abroad.sets(ADMINS, slug="ldap", settings=settings)
    abroad.directory.people["lena"] = ("pw", Claimed("lena", "lena", groups=("app-admins",)))
    entered = await abroad.directories.with_password(VISITOR, "ldap", "lena", "pw", user_agent="")
    assert await abroad.directories.prove(await abroad.house.who(entered.token), "pw")


async def test_a_directory_that_is_away_uses_up_no_tries(abroad):
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    abroad.directory.people["lena"] = ("pw", Claimed("uuid-1", "lena", groups=("app-admins",)))
    abroad.directory.away = True
    for _ in range(11):
        with pytest.raises(SignInRefused, match="does not answer"):
            await abroad.directories.with_password(VISITOR, "ldap", "lena", "pw", user_agent="")
    abroad.directory.away = False
    assert await abroad.directories.with_password(VISITOR, "ldap", "lena", "pw", user_agent="")


async def test_a_directory_that_is_away_takes_no_proof_and_says_so(abroad):
    await abroad.sets(ADMINS, slug="ldap", settings=LDAP)
    abroad.directory.people["lena"] = ("pw", Claimed("uuid-1", "lena", groups=("app-admins",)))
    entered = await abroad.directories.with_password(VISITOR, "ldap", "lena", "pw", user_agent="")
    abroad.directory.away = True
    with pytest.raises(SignInRefused, match="does not answer"):
        await abroad.directories.prove(await abroad.house.who(entered.token), "pw")
    assert (await abroad.last_words())[2].startswith("reach: ")
