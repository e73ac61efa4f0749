"""The operator's test of a provider: begun at a terminal, walked by a browser, told there."""

from __future__ import annotations

import pytest

from inspector_app.domain.admission import Standing
from inspector_app.domain.errors import Denied, NotFound, SignInRequired, TooMany
from inspector_app.domain.group_roles import GroupRule
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.provider_walks import Passed
from inspector_app.domain.signing_in import Claimed, SignInRefused, Step
from inspector_app.domain.trial_sign_ins import Gets
from tests.fixtures.elsewhere import ADMINS, LDAP, SAML, VISITOR, Abroad
from tests.fixtures.trials import everything, passed

OIDC, OTHERS = ProviderKind.OIDC, GroupRule("staff*", "other", Role.OBSERVER)


@pytest.fixture
def abroad(house) -> Abroad:
    abroad = Abroad(house)
    abroad.provider.now = house.time()
    return abroad


def handle_of(awaited):
    return awaited.url.rpartition("?test=")[2]


async def follows(abroad, awaited, *, key="corp", kind=OIDC, by=VISITOR):
    """Open the address in a browser; returns where it leads, with the browser's ticket."""
    return await abroad.operator_tests.departure(by, kind, key, handle_of(awaited))


async def comes_back(abroad, awaited, *, key="corp", instead=None, **claims):
    """Sign in at the provider and come back to us."""
    abroad.provider.claims = claims
    leaving = await follows(abroad, awaited, key=key)
    back = abroad.provider.approve(leaving.url, who=claims.get("sub", "alice")) | (instead or {})
    tests = abroad.operator_tests
    assert tests.is_theirs(leaving.ticket)
    await tests.hand_on(VISITOR, OIDC, key, ticket=leaving.ticket, answer=back)
    return leaving


async def test_the_whole_way_is_told_with_the_roles_in_every_tenant(abroad, house):
    await abroad.sets(ADMINS, OTHERS)
    awaited = await abroad.operator_tests.begin(house.operator, "corp")
    assert await abroad.operator_tests.outcome(house.operator, awaited) is None
    await comes_back(abroad, awaited, groups=["app-admins", "staff-nl"])
    tested = await abroad.operator_tests.outcome(house.operator, awaited)
    assert set(passed(tested).values()) == {Passed.DONE}
    assert tested.said.username == "alice"
    assert tested.would.standing is Standing.NEW
    assert tested.would.gets == (
        Gets("demo", Role.ADMIN, "app-admins", "app-admins"),
        Gets("other", Role.OBSERVER, "staff-nl", "staff*"),
    )


async def test_nothing_is_changed_and_nobody_is_signed_in(abroad, house):
    await abroad.sets(ADMINS, enabled=False)
    before = everything(house)
    for groups in (["app-admins"], ["none"]):
        awaited = await abroad.operator_tests.begin(house.operator, "corp")
        await comes_back(abroad, awaited, groups=groups)
        assert await abroad.operator_tests.outcome(house.operator, awaited) is not None
    assert everything(house) == before


@pytest.mark.parametrize(
    ("instead", "claims", "step"),
    [
        ({"state": "another"}, {}, Step.ANSWER),
        ({"code": "forged"}, {}, Step.CODE),
        ({}, {"iss": "https://mallory.example.test"}, Step.WHO),
        ({}, {"groups": ["others"]}, Step.ROLES),
    ],
)
async def test_the_step_that_fails_is_told_at_the_terminal(abroad, house, instead, claims, step):
    await abroad.sets(ADMINS)
    awaited = await abroad.operator_tests.begin(house.operator, "corp")
    await comes_back(abroad, awaited, instead=instead, **claims)
    tested = await abroad.operator_tests.outcome(house.operator, awaited)
    assert (tested.failed.step, tested.failed.detail != "") == (step, True)


async def test_a_provider_that_is_away_is_told_without_a_browser(abroad, house):
    await abroad.sets(ADMINS)
    abroad.provider.away = True
    found = await abroad.operator_tests.begin(house.operator, "corp")
    assert found.failed.step is Step.REACH


async def test_its_address_leads_one_browser_for_minutes_and_to_its_provider_only(abroad, house):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second")
    begin = abroad.operator_tests.begin
    with pytest.raises(NotFound):
        await abroad.operator_tests.departure(VISITOR, OIDC, "corp", "x" * 43)
    with pytest.raises(NotFound):
        await follows(abroad, await begin(house.operator, "corp"), key="second")
    with pytest.raises(NotFound):
        await follows(abroad, await begin(house.operator, "corp"), kind=ProviderKind.OAUTH2)
    awaited = await begin(house.operator, "corp")
    await follows(abroad, awaited)
    with pytest.raises(NotFound) as again:
        await follows(abroad, awaited)
    assert "used before, or is too old" in again.value.detail
    late = await begin(house.operator, "corp")
    house.time.pass_by(minutes=11)
    with pytest.raises(NotFound):
        await follows(abroad, late)


async def test_a_page_that_is_loaded_again_says_the_same_again(abroad, house):
    await abroad.sets(ADMINS)
    awaited = await abroad.operator_tests.begin(house.operator, "corp")
    leaving = await follows(abroad, awaited)
    back, tests = abroad.provider.approve(leaving.url), abroad.operator_tests
    for _ in range(2):
        await tests.hand_on(VISITOR, OIDC, "corp", ticket=leaving.ticket, answer=back)
    assert (await tests.outcome(house.operator, awaited)).failed is None


async def test_what_lies_in_between_is_sealed(abroad, house):
    await abroad.sets(ADMINS)
    awaited = await abroad.operator_tests.begin(house.operator, "corp")
    kept = repr(house.behind().does("SELECT * FROM arrivals"))
    leaving = await comes_back(abroad, awaited)
    kept += repr(house.behind().does("SELECT * FROM arrivals"))
    for secret in (handle_of(awaited), leaving.ticket, "code_challenge", "alice"):
        assert secret not in kept


async def test_its_ticket_opens_no_session_and_ends_nobody_elses_test(abroad, house):
    _, noor = await house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    awaited = await abroad.operator_tests.begin(house.operator, "demo.own")
    leaving = await follows(abroad, awaited, key="demo.own")
    back = abroad.provider.approve(leaving.url)
    for who in (VISITOR, noor):
        with pytest.raises(SignInRefused):
            await abroad.elsewhere.finish(
                who, OIDC, "demo.own", ticket=leaving.ticket, answer=back, user_agent=""
            )
    with pytest.raises(SignInRefused):
        await abroad.tests.finish(noor, OIDC, "demo.own", ticket=leaving.ticket, answer=back)
    theirs = await abroad.tests.begin(noor, OIDC, "demo.own")
    assert not abroad.operator_tests.is_theirs(theirs.ticket)


async def test_nobody_but_the_operator_begins_one_or_is_told(abroad, house):
    _, noor = await house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    awaited = await abroad.operator_tests.begin(house.operator, "demo.own")
    await comes_back(abroad, awaited, key="demo.own")
    tests = abroad.operator_tests
    for who, refusal in ((noor, Denied), (VISITOR, SignInRequired)):
        with pytest.raises(refusal):
            await tests.outcome(who, awaited)
        with pytest.raises(refusal):
            await tests.begin(who, "demo.own")
        with pytest.raises(refusal):
            await tests.with_password(who, "demo.own", "lena", "s3cret pass")
    assert (await abroad.operator_tests.outcome(house.operator, awaited)).failed is None


async def test_it_is_the_operators_act_in_the_audit_log(abroad, house):
    await abroad.sets(ADMINS)
    for groups in (["app-admins"], ["others"]):
        awaited = await abroad.operator_tests.begin(house.operator, "corp")
        await comes_back(abroad, awaited, groups=groups)
        await abroad.operator_tests.outcome(house.operator, awaited)
    records = [each.record for each in await house.entries(None)][-2:]
    assert [each.outcome for each in records] == ["done", "failed"]
    for record in records:
        assert (record.action, record.target.id) == ("provider.test", "corp")
        assert record.actor_name == house.operator.name


async def test_a_tenants_provider_says_nothing_of_another_tenant(abroad, house):
    _, noor = await house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    await abroad.comes(key="demo.own")
    await house.accounts.create_person(
        house.operator, "alice", tenant_slug="other", role=Role.DEVELOPER, password=None
    )
    awaited = await abroad.operator_tests.begin(house.operator, "demo.own")
    await comes_back(abroad, awaited, key="demo.own")
    tested = await abroad.operator_tests.outcome(house.operator, awaited)
    assert [each.tenant for each in tested.would.gets] == ["demo"]


@pytest.mark.parametrize(("response", "step"), [("request-1 a", None), (" unasked", Step.ANSWER)])
async def test_by_saml_what_arrived_is_told_also_of_one_that_is_off(abroad, house, response, step):
    await abroad.sets(ADMINS, settings=SAML, enabled=False)
    tests, kind = abroad.operator_tests, ProviderKind.SAML
    awaited = await tests.begin(house.operator, "corp")
    leaving = await follows(abroad, awaited, kind=kind)
    relay = leaving.url.rpartition("=")[2]
    handle = await abroad.arrivals.arrive(VISITOR, "corp", response, relay=relay)
    answer = {"handle": handle}
    await tests.hand_on(VISITOR, kind, "corp", ticket=leaving.ticket, answer=answer)
    tested = await tests.outcome(house.operator, awaited)
    assert (tested.failed and tested.failed.step) == step


async def test_a_directory_is_tested_by_a_password_that_counts(abroad, house):
    await abroad.sets(ADMINS, settings=LDAP)
    claimed = Claimed("uuid-1", "lena", groups=("app-admins",))
    abroad.directory.people["lena"] = ("s3cret pass", claimed)
    tests = abroad.operator_tests
    right = await tests.with_password(house.operator, "corp", "lena", "s3cret pass")
    assert (right.failed, [each.role for each in right.would.gets]) == (None, [Role.ADMIN])
    wrong = await tests.with_password(house.operator, "corp", "lena", "guess")
    assert wrong.failed.step is Step.WHO
    for _ in range(9):
        await tests.with_password(house.operator, "corp", "lena", "guess")
    with pytest.raises(TooMany):
        await tests.with_password(house.operator, "corp", "lena", "s3cret pass")
    await abroad.sets(ADMINS, slug="web")
    with pytest.raises(NotFound):
        await tests.with_password(house.operator, "web", "lena", "s3cret pass")
