"""Tests by SAML, whose answer waits for its browser, by a directory, and by OAuth 2."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.errors import NotFound, TooMany
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import OAuth2Settings, ProviderKind
from inspector_app.domain.signing_in import Claimed, SignInRefused, Step
from tests.fixtures.elsewhere import ADMINS, LDAP, SAML, VISITOR, Abroad
from tests.fixtures.lying_oidc import answer
from tests.fixtures.trials import KEY, everything, result_of, role_of


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


@pytest.fixture
async def noor(house):
    """An admin of demo, in their browser."""
    return (await house.signs_in("noor"))[1]


async def by_saml(abroad, admin, ticket, handle):
    """End a test with what arrived; returns the path of its result."""
    answered = {"handle": handle}
    return await abroad.tests.finish(admin, ProviderKind.SAML, KEY, ticket=ticket, answer=answered)


async def arrives(abroad, admin, *, fault=None):
    """Go to SimpleSAML and come back as far as the ACS; returns ticket and handle."""
    leaving = await abroad.tests.begin(admin, ProviderKind.SAML, KEY)
    relay = leaving.url.rpartition("=")[2]
    number = relay.rpartition("-")[2]
    response = f"request-{number} a" if fault is None else fault
    handle = await abroad.arrivals.arrive(VISITOR, KEY, response, relay=relay)
    return leaving.ticket, handle


@pytest.mark.parametrize("enabled", [True, False])
async def test_by_saml_the_answer_waits_for_the_browser_that_tests(abroad, house, noor, enabled):
    await abroad.sets(ADMINS, slug="own", by=noor, settings=SAML, enabled=enabled)
    before = everything(house)
    ticket, handle = await arrives(abroad, noor)
    path = await by_saml(abroad, noor, ticket, handle)
    tested = await abroad.tests.result(noor, "own", result_of(path))
    assert (tested.failed, role_of(tested)) == (None, Role.ADMIN)
    assert everything(house) == before


@pytest.mark.parametrize("enabled", [True, False])
async def test_by_saml_what_does_not_hold_is_told_to_that_browser_alone(abroad, noor, enabled):
    await abroad.sets(ADMINS, slug="own", by=noor, settings=SAML, enabled=enabled)
    ticket, handle = await arrives(abroad, noor, fault=" unasked")
    stranger, theirs = await arrives(abroad, noor, fault=" unasked")
    refusal = SignInRefused if enabled else NotFound
    with pytest.raises(refusal) as refused:
        await abroad.arrivals.fetch(VISITOR, KEY, ticket=stranger, handle=theirs, user_agent="")
    assert "asked" not in refused.value.detail
    path = await by_saml(abroad, noor, ticket, handle)
    tested = await abroad.tests.result(noor, "own", result_of(path))
    assert "answers nothing that was asked" in tested.failed.detail


async def test_by_saml_another_request_s_answer_is_no_result(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor, settings=SAML)
    _, handle = await arrives(abroad, noor)
    other = await abroad.tests.begin(noor, ProviderKind.SAML, KEY)
    path = await by_saml(abroad, noor, other.ticket, handle)
    tested = await abroad.tests.result(noor, "own", result_of(path))
    assert "not the answer to what was asked" in tested.failed.detail


async def test_a_switched_off_saml_provider_is_open_to_the_answer_of_a_test_once(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor, settings=SAML, enabled=False)
    leaving = await abroad.tests.begin(noor, ProviderKind.SAML, KEY)
    relay = leaving.url.rpartition("=")[2]
    for other in ("", "state-9"):
        with pytest.raises(NotFound):
            await abroad.arrivals.arrive(VISITOR, KEY, "request-1 a", relay=other)
    await abroad.arrivals.arrive(VISITOR, KEY, "request-1 a", relay=relay)
    with pytest.raises(NotFound):
        await abroad.arrivals.arrive(VISITOR, KEY, "request-1 b", relay=relay)


async def test_a_directory_is_tested_by_a_password_that_is_kept_nowhere(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor, settings=LDAP, enabled=False)
    claimed = Claimed("uuid-1", "lena", groups=("app-admins",))
    abroad.directory.people["lena"] = ("s3cret pass", claimed)
    before = everything(house)
    tested = await abroad.tests.with_password(noor, "own", "lena", "s3cret pass")
    assert (tested.failed, role_of(tested)) == (None, Role.ADMIN)
    wrong = await abroad.tests.with_password(noor, "own", "lena", "guess")
    assert (wrong.failed.step, wrong.said) == (Step.WHO, None)
    assert everything(house) == before
    kept = repr([each.record for each in await house.entries(noor.tenant)])
    assert "s3cret pass" not in kept
    assert "guess" not in kept
    abroad.directory.away = True
    away = await abroad.tests.with_password(noor, "own", "lena", "s3cret pass")
    assert away.failed.step is Step.REACH


async def test_wrong_passwords_of_a_test_count_like_those_of_sign_ins(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor, settings=LDAP)
    abroad.directory.people["lena"] = ("s3cret", Claimed("uuid-1", "lena"))
    for _ in range(10):
        await abroad.tests.with_password(noor, "own", "lena", "guess")
    with pytest.raises(TooMany):
        await abroad.tests.with_password(noor, "own", "lena", "s3cret")
    here = replace(VISITOR, address=noor.address)
    with pytest.raises(TooMany):
        await abroad.directories.with_password(here, KEY, "lena", "s3cret", user_agent="")


async def test_oauth_2_is_tested_the_same_way(abroad, noor):
    host = "https://api.git.example.test"
    settings = OAuth2Settings(
        authorize_url="https://git.example.test/authorize",
        token_url=f"{host}/token",
        user_url=f"{host}/user",
        client_id="inspector",
    )
    await abroad.sets(ADMINS, slug="own", by=noor, settings=settings)
    abroad.provider.answers = {
        "/token": answer({"access_token": "t"}),
        "/user": answer({"id": 7, "login": "Octo"}),
    }
    leaving = await abroad.tests.begin(noor, ProviderKind.OAUTH2, KEY)
    state = leaving.url.partition("state=")[2].partition("&")[0]
    path = await abroad.tests.finish(
        noor,
        ProviderKind.OAUTH2,
        KEY,
        ticket=leaving.ticket,
        answer={"code": "c", "state": state},
    )
    tested = await abroad.tests.result(noor, "own", result_of(path))
    assert (tested.said.username, tested.failed.step) == ("Octo", Step.ROLES)
