"""A provider tested by signing in: the whole way, what its admin is told, and what stays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.admission import Standing
from inspector_app.domain.errors import Denied, NotFound, SignInRequired
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.provider_walks import Passed
from inspector_app.domain.signing_in import SignInRefused, Step
from inspector_app.domain.trial_sign_ins import Gets
from tests.fixtures.database import PASSWORD
from tests.fixtures.elsewhere import ADMINS, STAFF, VISITOR, Abroad
from tests.fixtures.trials import KEY, everything, passed, result_of, role_of, runs_a_test


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


@pytest.fixture
async def noor(house):
    """An admin of demo, in their browser."""
    return (await house.signs_in("noor"))[1]


async def test_every_step_is_walked_and_the_page_says_who_it_would_be(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    tested = await runs_a_test(abroad, noor)
    assert set(passed(tested).values()) == {Passed.DONE}
    assert {Step.REACH, Step.CODE, Step.WHO, Step.GROUPS, Step.ROLES} <= set(passed(tested))
    said, would = tested.said, tested.would
    assert (said.subject, said.username, said.email) == ("alice", "alice", "alice@example.test")
    assert (said.email_verified, said.groups) == (True, ("app-admins",))
    assert (would.standing, would.username) == (Standing.NEW, "alice")
    assert would.gets == (Gets("demo", Role.ADMIN, "app-admins", "app-admins"),)


async def test_nothing_is_changed_and_nobody_is_signed_in_by_a_test(abroad, house, noor):
    await abroad.sets(STAFF, slug="own", by=noor, link_by_email=True)
    await abroad.comes(key=KEY, groups=["staff-nl"])
    await house.accounts.create_person(
        house.operator, "bo@example.test", tenant_slug="demo", role=Role.ADMIN, password=PASSWORD
    )
    before = everything(house)
    assert before["identities"]
    assert before["mapped_roles"]
    for claims in (
        {"groups": ["staff-nl"]},
        {"groups": ["none-of-ours"]},
        {"sub": "new", "groups": ["staff-nl"]},
        {"sub": "linked", "email": "bo@example.test"},
    ):
        await runs_a_test(abroad, noor, **claims)
    assert everything(house) == before


async def test_it_says_whether_somebody_is_known_linked_new_or_nobody(abroad, house, noor):
    await abroad.sets(STAFF, slug="own", by=noor, link_by_email=True)
    await abroad.comes(key=KEY, groups=["staff-nl"])
    await house.accounts.create_person(
        house.operator, "bo@example.test", tenant_slug="demo", role=Role.ADMIN, password=PASSWORD
    )
    known = (await runs_a_test(abroad, noor, groups=["staff-nl"])).would
    linked = (
        await runs_a_test(abroad, noor, sub="bo", email="bo@example.test", groups=["x"])
    ).would
    nobody = await runs_a_test(abroad, noor, sub="eve", groups=["others"])
    assert (known.standing, known.username) == (Standing.KNOWN, "alice")
    assert [each.role for each in known.gets] == [Role.OBSERVER]
    assert (linked.standing, linked.username) == (Standing.LINKED, "bo@example.test")
    assert linked.gets == (Gets("demo", Role.ADMIN),), "by hand, not by a rule"
    assert (nobody.would.standing, nobody.would.gets) == (Standing.NOBODY, ())


async def test_who_is_disabled_here_is_said_to_be(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    await abroad.comes(key=KEY)
    await house.accounts.disable(house.operator, "alice")
    tested = await runs_a_test(abroad, noor)
    assert tested.would.disabled
    assert tested.failed.step is Step.WHO
    assert "disabled" in tested.failed.detail
    assert passed(tested)[Step.GROUPS] is Passed.DONE, "they came, and are shown"
    assert passed(tested)[Step.ROLES] is Passed.NOT_COME_TO


async def test_an_email_of_several_people_is_told_with_what_came(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor, link_by_email=True)
    for name in ("bo", "bea"):
        await abroad.comes(key=KEY, sub=name, preferred_username=name, email=f"{name}@x.test")
    house.behind().does("UPDATE identities SET email = 'both@x.test'")
    tested = await runs_a_test(abroad, noor, sub="new", email="both@x.test")
    assert "Several people here" in tested.failed.detail
    assert (tested.said.email, tested.would) == ("both@x.test", None)


async def test_a_group_that_gives_nothing_fails_at_the_last_step_with_what_to_do(abroad, noor):
    await abroad.sets(STAFF, slug="own", by=noor, required="inspector-users")
    tested = await runs_a_test(abroad, noor, groups=["staff-nl"])
    assert (tested.failed.step, tested.said.groups) == (Step.ROLES, ("staff-nl",))
    assert "required group 'inspector-users'" in tested.failed.detail
    assert list(passed(tested).values()).count(Passed.DONE) == len(tested.steps) - 1


@pytest.mark.parametrize(
    ("instead", "claims", "step", "detail"),
    [
        ({"state": "another"}, {}, Step.ANSWER, "not to what this browser asked"),
        ({"iss": "https://mallory.example.test"}, {}, Step.ANSWER, "another provider's"),
        (
            {"error": "access_denied", "error_description": "not for you"},
            {},
            Step.ANSWER,
            "access_denied not for you",
        ),
        ({"code": "forged"}, {}, Step.CODE, "invalid_grant"),
        ({}, {"iss": "https://mallory.example.test"}, Step.WHO, "its iss does not hold"),
    ],
)
async def test_the_step_that_fails_is_named_with_its_reason(
    abroad, noor, instead, claims, step, detail
):
    await abroad.sets(ADMINS, slug="own", by=noor)
    tested = await runs_a_test(abroad, noor, instead=instead, **claims)
    assert (tested.failed.step, tested.said, tested.would) == (step, None, None)
    assert detail in tested.failed.detail
    assert passed(tested)[Step.ROLES] is Passed.NOT_COME_TO


async def test_a_provider_that_is_away_is_a_result_before_anybody_leaves(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    abroad.provider.away = True
    leaving = await abroad.tests.begin(noor, ProviderKind.OIDC, KEY)
    tested = await abroad.tests.result(noor, "own", result_of(leaving.url))
    assert (leaving.ticket, tested.failed.step) == ("", Step.REACH)


async def test_a_provider_is_tested_before_it_is_switched_on(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor, enabled=False)
    assert (await runs_a_test(abroad, noor)).failed is None
    with pytest.raises(NotFound):
        await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, KEY)


async def test_no_other_session_reads_a_result_or_takes_it_away(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    abroad.provider.now = house.time()
    leaving = await abroad.tests.begin(noor, ProviderKind.OIDC, KEY)
    back = abroad.provider.approve(leaving.url)
    path = await abroad.tests.finish(
        noor, ProviderKind.OIDC, KEY, ticket=leaving.ticket, answer=back
    )
    _, other = await house.signs_in("noor")
    with pytest.raises(NotFound):
        await abroad.tests.result(other, "own", result_of(path))
    assert (await abroad.tests.result(noor, "own", result_of(path))).failed is None
    with pytest.raises(NotFound):
        await abroad.tests.result(noor, "own", result_of(path))


async def test_a_result_is_kept_for_minutes_and_sealed(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    abroad.provider.now = house.time()
    leaving = await abroad.tests.begin(noor, ProviderKind.OIDC, KEY)
    back = abroad.provider.approve(leaving.url)
    path = await abroad.tests.finish(
        noor, ProviderKind.OIDC, KEY, ticket=leaving.ticket, answer=back
    )
    assert "alice" not in repr(house.behind().does("SELECT * FROM arrivals"))
    house.time.pass_by(minutes=11)
    with pytest.raises(NotFound):
        await abroad.tests.result(noor, "own", result_of(path))


async def test_another_session_cannot_end_a_test(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    _, other = await house.signs_in("noor")
    with pytest.raises(SignInRefused) as refused:
        await runs_a_test(abroad, noor, ending=other)
    assert refused.value.detail == "Signing in with Own did not work."
    who, outcome, why = await abroad.last_words(noor.tenant)
    assert (who, outcome) == ("noor", "failed")
    assert why == "answer: Another session began this test, or none did."


async def test_a_ticket_of_a_test_opens_no_session(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    abroad.provider.now = house.time()
    leaving = await abroad.tests.begin(noor, ProviderKind.OIDC, KEY)
    back = abroad.provider.approve(leaving.url)
    for who in (VISITOR, noor):
        with pytest.raises(SignInRefused):
            await abroad.elsewhere.finish(
                who, ProviderKind.OIDC, KEY, ticket=leaving.ticket, answer=back, user_agent=""
            )
    assert "A test signs nobody in" in (await abroad.last_words(noor.tenant))[2]


async def test_a_ticket_of_a_sign_in_is_no_test(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    abroad.provider.now = house.time()
    begun = await abroad.elsewhere.begin(noor, ProviderKind.OIDC, KEY, proving=True)
    back = abroad.provider.approve(begun.url)
    assert not abroad.tests.is_test(begun.ticket)
    with pytest.raises(SignInRefused):
        await abroad.tests.finish(noor, ProviderKind.OIDC, KEY, ticket=begun.ticket, answer=back)


async def test_only_who_may_see_the_tenants_providers_tests_them(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    await abroad.sets(ADMINS)
    _, ana = await house.signs_in("ana")
    _, eve = await house.signs_in("eve")
    for who, key, refusal in (
        (ana, KEY, Denied),
        (eve, KEY, NotFound),
        (noor, "corp", NotFound),
        (VISITOR, KEY, SignInRequired),
        (replace(noor, session=None), KEY, SignInRequired),
    ):
        with pytest.raises(refusal):
            await abroad.tests.begin(who, ProviderKind.OIDC, key)
    with pytest.raises(NotFound):
        await abroad.tests.begin(noor, ProviderKind.SAML, KEY)


async def test_who_is_no_admin_any_more_at_the_end_is_told_nothing(abroad, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    with pytest.raises(Denied):
        await runs_a_test(abroad, noor, ending=replace(noor, role=Role.OBSERVER))


async def test_a_test_is_an_act_of_its_own_in_the_audit_log(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    await runs_a_test(abroad, noor)
    await runs_a_test(abroad, noor, groups=["others"])
    done, failed = [each.record for each in await house.entries(noor.tenant)][-2:]
    for record in (done, failed):
        assert (record.action, record.actor_name, record.target.id) == (
            "provider.test",
            "noor",
            KEY,
        )
    assert (done.outcome, failed.outcome) == ("done", "failed")
    assert done.detail == "passed by 'alice': admin of demo by 'app-admins'; a new person"
    assert failed.detail.startswith("roles: None of their groups")


async def test_a_tenants_test_says_nothing_of_another_tenant(abroad, house, noor):
    await abroad.sets(ADMINS, slug="own", by=noor)
    await abroad.comes(key=KEY)
    await house.accounts.create_person(
        house.operator, "alice", tenant_slug="other", role=Role.DEVELOPER, password=None
    )
    tested = await runs_a_test(abroad, noor)
    assert role_of(tested) is Role.ADMIN
    assert "other" not in repr(tested)
