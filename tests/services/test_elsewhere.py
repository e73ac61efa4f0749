"""Who signs in elsewhere is let in as whom, with which roles; and who is not, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest

from inspector_app.domain.errors import NotFound, WrongCredentials
from inspector_app.domain.group_roles import GroupRule
from inspector_app.domain.identity import ActorKind
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInFault, SignInRefused
from inspector_app.services.people import Change
from tests.fixtures.database import PASSWORD
from tests.fixtures.elsewhere import ADMINS, OIDC, SAML, STAFF, VISITOR, Abroad

EMAIL = "alice@example.test"


@pytest.fixture
def abroad(house) -> Abroad:
    return Abroad(house)


async def test_somebody_new_comes_in_with_the_role_of_their_group(abroad):
    await abroad.sets(ADMINS)
    alice = await abroad.comes_as()
    assert (alice.name, alice.role, alice.provider) == ("alice", Role.ADMIN, "corp")
    who, _, told = await abroad.last_words(alice.tenant)
    assert (who, told) == ("alice", "admin of demo by 'app-admins'; a new person")


async def test_a_group_taken_away_takes_the_role_at_the_next_sign_in(abroad):
    await abroad.sets(ADMINS, STAFF)
    first = await abroad.comes(groups=["app-admins", "staff-nl"])
    alice = await abroad.comes_as(groups=["staff-nl"])
    assert alice.role is Role.OBSERVER
    assert (await abroad.house.who(first.token)).must_renew, "the open session goes on as admin"


async def test_who_is_in_no_group_any_more_is_out_everywhere(abroad):
    await abroad.sets(ADMINS)
    first = await abroad.comes()
    with pytest.raises(SignInRefused, match="no access here"):
        await abroad.comes(groups=["others"])
    assert not (await abroad.house.who(first.token)).signed_in
    who, outcome, why = await abroad.last_words()
    assert (who, outcome) == ("alice", "failed")
    assert why.startswith("roles: None of their groups")


async def test_a_role_given_by_hand_stays_and_the_highest_counts(abroad):
    house = abroad.house
    await abroad.sets(STAFF)
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    assert (found.role, found.by_hand) == (Role.OBSERVER, None)
    assert [(each.role, each.group) for each in found.mapped] == [(Role.OBSERVER, "staff-nl")]
    change = Change(alice.person, found.version, "promoted")
    await house.people.change_role(noor, change, Role.DEVELOPER)
    assert (await abroad.comes_as(groups=["staff-nl"])).role is Role.DEVELOPER
    assert (await abroad.comes_as(groups=["others"])).role is Role.DEVELOPER
    found = await house.people.one(noor, alice.person)
    assert (found.by_hand, found.mapped) == (Role.DEVELOPER, ())


async def test_a_strict_provider_leaves_nothing_that_was_given_by_hand(abroad):
    house = abroad.house
    provider = await abroad.sets(STAFF)
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.ADMIN)
    await abroad.changes(provider, mapping=type(provider.mapping)((STAFF,), strict=True))
    assert (await abroad.comes_as(groups=["staff-nl"])).role is Role.OBSERVER
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["others"])


async def test_a_strict_providers_lower_role_counts_in_sessions_that_are_open(abroad):
    house = abroad.house
    await abroad.sets(ADMINS, STAFF, strict=True)
    first = await abroad.comes(groups=["app-admins"])
    await abroad.comes(groups=["staff-nl"])
    assert (await house.who(first.token)).must_renew


async def test_who_a_strict_provider_keeps_out_keeps_what_was_given_by_hand(abroad):
    house = abroad.house
    await abroad.sets(STAFF, strict=True)
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.DEVELOPER)
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["others"])
    found = await house.people.one(noor, alice.person)
    assert (found.by_hand, found.mapped) == (Role.DEVELOPER, ())


async def test_without_the_required_group_nobody_comes_in(abroad):
    await abroad.sets(STAFF, required="inspector-users")
    with pytest.raises(SignInRefused, match="no access"):
        await abroad.comes(groups=["staff-nl"])
    assert "required group 'inspector-users'" in (await abroad.last_words())[2]
    assert await abroad.comes(groups=["staff-nl", "inspector-users"])


async def test_who_loses_the_required_group_is_out_whatever_was_given_by_hand(abroad):
    house = abroad.house
    await abroad.sets(STAFF, required="inspector-users")
    first = await abroad.comes(groups=["staff-nl", "inspector-users"])
    alice = await house.who(first.token)
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    await house.people.change_role(noor, Change(alice.person, found.version, "x"), Role.ADMIN)
    with pytest.raises(SignInRefused):
        await abroad.comes(groups=["staff-nl"])
    assert (await house.who(first.token)).kind is ActorKind.ANONYMOUS
    found = await house.people.one(noor, alice.person)
    assert (found.by_hand, found.mapped) == (Role.ADMIN, ())


async def test_another_email_or_name_is_the_same_person(abroad):
    await abroad.sets(ADMINS)
    before = await abroad.comes_as(email="a@example.test")
    after = await abroad.comes_as(email="b@example.test", preferred_username="alice-b")
    assert (before.person, before.name) == (after.person, after.name)


async def test_the_same_subject_of_another_issuer_is_somebody_else(abroad):
    provider = await abroad.sets(ADMINS)
    before = await abroad.comes_as()
    behind = abroad.house.behind()
    behind.does("UPDATE identities SET realm = 'https://elsewhere.example.test'")
    after = await abroad.comes_as()
    assert before.person != after.person
    assert provider.key == after.provider


async def test_a_name_that_is_taken_gets_a_number_and_not_the_account(abroad):
    house = abroad.house
    await abroad.sets(ADMINS)
    ana = await abroad.comes_as(sub="x-1", preferred_username="Ana", email="ana@example.test")
    _, local = await house.signs_in("ana")
    assert ana.name == "ana-2"
    assert ana.person != local.person


async def local_of(house, email, tenant="demo"):
    person, _ = await house.accounts.create_person(
        house.operator, email, tenant_slug=tenant, role=Role.DEVELOPER, password=PASSWORD
    )
    return person


async def test_an_email_links_only_where_that_is_switched_on_and_it_is_verified(abroad):
    person = await local_of(abroad.house, EMAIL)
    provider = await abroad.sets(ADMINS)
    assert (await abroad.comes_as(sub="one", email=EMAIL)).person != person.id
    await abroad.changes(provider, link_by_email=True)
    unsure = await abroad.comes_as(sub="two", email=EMAIL, email_verified=False)
    assert unsure.person != person.id


async def test_an_email_links_to_who_has_it_verified_however_it_is_written(abroad):
    await abroad.sets(ADMINS)
    other = await abroad.sets(ADMINS, slug="second", link_by_email=True)
    said = await abroad.comes_as(sub="one", email=EMAIL, email_verified=False)
    sure = await abroad.comes_as(sub="two", email=" Alice@Example.TEST ")
    linked = await abroad.comes_as(key=other.key, sub="three", email=EMAIL)
    assert linked.person == sure.person
    assert linked.person != said.person


async def test_who_is_linked_comes_in_by_the_provider_alone_from_then_on(abroad):
    house = abroad.house
    await abroad.sets(ADMINS, link_by_email=True)
    person = await local_of(house, "alice@example.test")
    token, _ = await house.signs_in("alice@example.test")
    alice = await abroad.comes_as()
    assert (alice.person, alice.role) == (person.id, Role.ADMIN)
    assert not (await house.who(token)).signed_in
    with pytest.raises(WrongCredentials):
        await house.signs_in("alice@example.test")
    assert "linked to alice@example.test by e-mail" in (await abroad.last_words(alice.tenant))[2]


async def test_two_people_with_one_email_are_linked_to_neither(abroad):
    await abroad.sets(ADMINS)
    await abroad.comes(sub="one", email=EMAIL)
    await abroad.comes(sub="two", email=EMAIL)
    other = await abroad.sets(ADMINS, slug="second", link_by_email=True)
    with pytest.raises(SignInRefused):
        await abroad.comes(key=other.key, sub="three", email=EMAIL)
    assert "Several people" in (await abroad.last_words())[2]


async def test_a_tenants_own_provider_opens_that_tenant_alone(abroad):
    house = abroad.house
    _, noor = await house.signs_in("noor")
    await abroad.sets(ADMINS, slug="own", by=noor)
    entered = await abroad.comes(key="demo.own")
    await house.accounts.create_person(
        house.operator, "alice", tenant_slug="other", role=Role.ADMIN, password=None
    )
    assert (await house.who(entered.token, tenant="demo")).role is Role.ADMIN
    assert (await house.who(entered.token, tenant="other")).role is None
    again = await abroad.comes_as(key="demo.own", tenant="demo")
    assert [each.tenant.slug for each in await house.tenancy.memberships(again)] == ["demo"]


async def test_a_tenants_own_provider_links_nobody_who_belongs_elsewhere(abroad):
    house = abroad.house
    _, noor = await house.signs_in("noor")
    theirs = await local_of(house, "alice@example.test", tenant="other")
    await abroad.sets(ADMINS, slug="own", by=noor, link_by_email=True)
    assert (await abroad.comes_as(key="demo.own", tenant="demo")).person != theirs.id


async def test_who_has_a_password_of_one_tenants_admin_loses_it_with_a_place_in_the_next(abroad):
    house = abroad.house
    await abroad.sets(STAFF, GroupRule("app-admins", "other", Role.ADMIN))
    alice = await abroad.comes_as(groups=["staff-nl"])
    _, noor = await house.signs_in("noor")
    found = await house.people.one(noor, alice.person)
    _, once = await house.people.reset(noor, Change(alice.person, found.version, "lost"))
    both = await abroad.comes_as(groups=["staff-nl", "app-admins"], tenant="other")
    assert both.role is Role.ADMIN
    with pytest.raises(WrongCredentials):
        await house.accounts.sign_in(
            "alice", once, address="10.0.0.3", user_agent="", request_id=""
        )


async def test_a_disabled_person_stays_out(abroad):
    await abroad.sets(ADMINS)
    await abroad.comes()
    await abroad.house.accounts.disable(abroad.house.operator, "alice")
    with pytest.raises(SignInRefused):
        await abroad.comes()
    assert (await abroad.last_words())[2] == "who: Their account here is disabled."


async def test_an_answer_without_this_browsers_ticket_signs_nobody_in(abroad):
    await abroad.sets(ADMINS)
    mine = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    theirs = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(theirs.url)
    for ticket in (mine.ticket, "", "no ticket"):
        with pytest.raises(SignInRefused):
            await abroad.elsewhere.finish(
                VISITOR, ProviderKind.OIDC, "corp", ticket=ticket, answer=answer, user_agent=""
            )
    abroad.house.time.pass_by(minutes=11)
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "corp", ticket=theirs.ticket, answer=answer, user_agent=""
        )
    assert "began no sign-in here, or too long ago" in (await abroad.last_words())[2]


async def test_a_ticket_of_one_provider_opens_no_other(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second")
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(begun.url)
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "second", ticket=begun.ticket, answer=answer, user_agent=""
        )
    assert (await abroad.last_words())[2] == "answer: The answer is another provider's."


async def test_an_answer_to_settings_of_before_signs_nobody_in(abroad):
    provider = await abroad.sets(ADMINS)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.OIDC, "corp")
    answer = abroad.provider.approve(begun.url)
    other = replace(OIDC, issuer="https://login.example.test/other")
    await abroad.changes(provider, settings=other, secrets={"client_secret": "s"})
    with pytest.raises(SignInRefused):
        await abroad.elsewhere.finish(
            VISITOR, ProviderKind.OIDC, "corp", ticket=begun.ticket, answer=answer, user_agent=""
        )
    assert (await abroad.last_words())[2].endswith("settings changed on the way.")


async def test_an_arrival_for_settings_of_before_signs_nobody_in(abroad):
    provider = await abroad.sets(ADMINS, slug="idp", settings=SAML)
    begun = await abroad.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    handle = await abroad.arrivals.arrive(VISITOR, "idp", "request-1 a", relay="state-1")
    other = replace(SAML, entity_id="https://other.example.test")
    await abroad.changes(provider, settings=other)
    with pytest.raises(SignInRefused):
        await abroad.arrivals.fetch(
            VISITOR, "idp", ticket=begun.ticket, handle=handle, user_agent=""
        )
    assert (await abroad.last_words())[2].endswith("settings changed on the way.")


async def test_a_provider_that_is_away_is_said_to_be_and_audited(abroad):
    await abroad.sets(ADMINS)
    abroad.provider.away = True
    with pytest.raises(SignInRefused, match="Corp does not answer"):
        await abroad.comes()
    assert (await abroad.last_words())[2].startswith("reach: ")


async def test_one_that_is_switched_off_or_of_another_kind_is_not_there(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="off", enabled=False)
    for kind, key in ((ProviderKind.OAUTH2, "corp"), (ProviderKind.OIDC, "off")):
        with pytest.raises(NotFound):
            await abroad.elsewhere.begin(VISITOR, kind, key)


async def test_a_proof_is_given_at_the_provider_and_renews_the_token(abroad):
    house = abroad.house
    await abroad.sets(ADMINS)
    first = await abroad.comes()
    house.time.pass_by(hours=1)
    alice = await house.who(first.token)
    assert alice.must_prove(house.time())
    moment = int(house.time().timestamp())
    proved = await abroad.comes(visitor=alice, proving=True, auth_time=moment)
    assert not (await house.who(proved.token)).must_prove(house.time())
    assert (await house.who(proved.token)).session == alice.session
    assert not (await house.who(first.token)).signed_in
    with pytest.raises(SignInRefused):
        await abroad.comes(
            visitor=await house.who(proved.token), proving=True, sub="bob", auth_time=moment
        )


async def test_the_providers_word_ends_its_session_here_once(abroad):
    await abroad.sets(ADMINS)
    first, other = await abroad.comes(sid="s-1"), await abroad.comes(sid="s-2")
    token = logout_token(abroad, sid="s-1")
    assert await abroad.leaving.by_token(VISITOR, "corp", token) == 1
    assert not (await abroad.house.who(first.token)).signed_in
    assert (await abroad.house.who(other.token)).signed_in
    with pytest.raises(SignInRefused):
        await abroad.leaving.by_token(VISITOR, "corp", token)
    assert "was used before" in (await abroad.last_words())[2]
    assert await abroad.leaving.by_token(VISITOR, "corp", logout_token(abroad, sub="alice")) == 1
    assert not (await abroad.house.who(other.token)).signed_in


async def test_a_providers_word_ends_no_session_of_another_provider(abroad):
    await abroad.sets(ADMINS)
    await abroad.sets(ADMINS, slug="second")
    here = await abroad.comes(sid="s-1")
    there = await abroad.comes(key="second", sid="s-1")
    assert await abroad.leaving.by_token(VISITOR, "second", logout_token(abroad, sid="s-1")) == 1
    assert (await abroad.house.who(here.token)).signed_in
    assert not (await abroad.house.who(there.token)).signed_in
    both = logout_token(abroad, sid="s-1", sub="bob")
    assert await abroad.leaving.by_token(VISITOR, "corp", both) == 0
    with pytest.raises(SignInRefused):
        await abroad.leaving.by_token(
            VISITOR, "corp", logout_token(abroad, sid="s-1", iss="https://evil.test")
        )
    assert (await abroad.house.who(here.token)).signed_in


def logout_token(abroad, **about):
    moment = int(abroad.house.time().timestamp())
    event = "http://schemas.openid.net/event/backchannel-logout"
    claims = {
        "iss": OIDC.issuer,
        "aud": OIDC.client_id,
        "iat": moment,
        "exp": moment + 120,
        "jti": repr(about),
        "events": {event: {}},
    }
    return abroad.provider.signed(
        {"alg": "RS256", "kid": "one", "typ": "logout+jwt"}, claims | about
    )


async def test_logging_out_leads_to_the_provider_and_ends_ours_even_when_it_is_away(abroad):
    await abroad.sets(ADMINS)
    alice = await abroad.comes_as()
    url = await abroad.leaving.log_out(alice)
    assert url is not None
    assert url.startswith("https://login.example.test/realm/end?")
    assert "id_token_hint=" in url
    first = await abroad.comes()
    abroad.provider.away = True
    abroad.house.time.pass_by(hours=2)
    with pytest.raises(SignInFault):
        await abroad.leaving.log_out(await abroad.house.who(first.token))
    assert not (await abroad.house.who(first.token)).signed_in


async def test_a_local_session_ends_without_anybody_elsewhere(abroad):
    token, ana = await abroad.house.signs_in("ana")
    assert await abroad.leaving.log_out(ana) is None
    assert not (await abroad.house.who(token)).signed_in
