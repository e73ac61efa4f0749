"""SAML over a house, with real signatures: in, out on both sides, and keys that change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inspector_app.adapters.identity.saml_documents import written
from inspector_app.domain.errors import NotFound
from inspector_app.domain.identity import session_ends_at
from inspector_app.domain.permissions import Role
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SamlSent, SignInRefused
from tests.fixtures.elsewhere import ADMINS, OIDC, VISITOR
from tests.fixtures.federation import Federation
from tests.fixtures.lying_saml import NAMES, SETTINGS, message_in
from tests.fixtures.saml_tricks import set_to


@pytest.fixture
def federation(house) -> Federation:
    return Federation(house)


async def test_who_a_saml_provider_vouches_for_comes_in(federation):
    await federation.meets()
    alice = await federation.house.who((await federation.returns()).token)
    assert (alice.name, alice.role, alice.provider) == ("alice", Role.ADMIN, "idp")


async def test_a_forged_answer_says_little_to_the_browser_and_why_to_the_log(federation):
    await federation.meets()
    federation.idp.says["audience"] = "https://other.example.test"
    with pytest.raises(SignInRefused) as refused:
        await federation.returns()
    assert "audience" not in refused.value.detail
    assert "other.example.test" in (await federation.last_words())[2]


async def test_a_replayed_or_stolen_answer_signs_nobody_in(federation):
    await federation.meets()
    ticket, response, relay = await federation.goes()
    stranger = await federation.elsewhere.begin(VISITOR, ProviderKind.SAML, "idp")
    handle = await federation.arrivals.arrive(VISITOR, "idp", response, relay=relay)
    with pytest.raises(SignInRefused):
        await federation.arrivals.arrive(VISITOR, "idp", response, relay=relay)
    with pytest.raises(SignInRefused):
        await federation.arrivals.fetch(
            VISITOR, "idp", ticket=stranger.ticket, handle=handle, user_agent=""
        )
    with pytest.raises(SignInRefused):  # what was handed out is gone
        await federation.arrivals.fetch(
            VISITOR, "idp", ticket=ticket, handle=handle, user_agent=""
        )


async def test_a_log_out_here_goes_on_to_the_provider(federation):
    await federation.meets()
    entered = await federation.returns()
    alice = await federation.house.who(entered.token)
    url = await federation.leaving.log_out(alice)
    assert url is not None
    assert url.startswith(SETTINGS.slo_url)
    asked = message_in(url, "SAMLRequest")
    assert asked.findtext("samlp:SessionIndex", namespaces=NAMES) == "session-1"
    assert not (await federation.house.who(entered.token)).signed_in


async def test_a_log_out_there_ends_the_session_here_and_is_answered_once(federation):
    await federation.meets()
    entered = await federation.returns()
    federation.idp.now = federation.house.time()
    sent = SamlSent(federation.idp.logs_out(sls=f"{federation.base}/sls"))
    url = await federation.saml_desk.by_message(VISITOR, "idp", sent, relay="there")
    assert not (await federation.house.who(entered.token)).signed_in
    answer = message_in(url, "SAMLResponse")
    assert answer.get("InResponseTo") == "_logout"
    assert "RelayState=there" in url
    with pytest.raises(SignInRefused):
        await federation.saml_desk.by_message(VISITOR, "idp", sent, relay="there")
    assert "used before" in (await federation.last_words())[2]


async def test_somebody_elses_log_out_ends_nothing(federation):
    await federation.meets()
    entered = await federation.returns()
    sls = f"{federation.base}/sls"
    query = federation.idp.logs_out(sls=sls).replace("RelayState=there", "RelayState=x")
    with pytest.raises(SignInRefused):
        await federation.saml_desk.by_message(VISITOR, "idp", SamlSent(query), relay="x")
    theirs = federation.idp.logs_out(sls=sls, name="bob")
    await federation.saml_desk.by_message(VISITOR, "idp", SamlSent(theirs), relay="")
    assert (await federation.house.who(entered.token)).signed_in


async def test_a_proof_must_be_given_anew_there(federation):
    await federation.meets()
    entered = await federation.returns()
    alice = await federation.house.who(entered.token)
    federation.house.time.pass_by(minutes=1)

    async def proves(proved_at):
        begun = await federation.elsewhere.begin(alice, ProviderKind.SAML, "idp", proving=True)
        assert message_in(begun.url, "SAMLRequest").get("ForceAuthn") == "true"
        federation.idp.says["proved"] = written(proved_at)
        response, relay = federation.answers(begun.url)
        handle = await federation.arrivals.arrive(VISITOR, "idp", response, relay=relay)
        return await federation.arrivals.fetch(
            alice, "idp", ticket=begun.ticket, handle=handle, user_agent=""
        )

    with pytest.raises(SignInRefused):
        await proves(federation.house.time() - timedelta(minutes=1))
    assert "prove themselves anew" in (await federation.last_words())[2]
    assert (await proves(federation.house.time())).token != entered.token


async def test_a_session_ends_when_the_one_at_the_provider_does(federation):
    await federation.meets()
    house, time = federation.house, federation.house.time

    def until(minutes):
        end = written(time() + timedelta(minutes=minutes))
        federation.idp.unsigned = set_to("saml:AuthnStatement", "SessionNotOnOrAfter", end)

    until(20)
    token = (await federation.returns()).token
    alice = await house.who(token)
    time.pass_by(minutes=4)
    for minutes in (60, 10):  # a proof with a later end gives no more, an earlier one counts
        until(minutes)
        begun = await federation.elsewhere.begin(alice, ProviderKind.SAML, "idp", proving=True)
        federation.idp.says["proved"] = written(time())
        response, relay = federation.answers(begun.url)
        handle = await federation.arrivals.arrive(VISITOR, "idp", response, relay=relay)
        entered = await federation.arrivals.fetch(
            alice, "idp", ticket=begun.ticket, handle=handle, user_agent=""
        )
        token = entered.token
        (session,) = await house.sessions.mine(await house.who(token))
        left = session_ends_at(session) - time()
        assert timedelta(minutes=min(minutes, 16)) - left < timedelta(seconds=2)
        assert left <= timedelta(minutes=min(minutes, 16))
    time.pass_by(minutes=9, seconds=58)
    assert (await house.who(token)).signed_in
    time.pass_by(seconds=2)
    assert not (await house.who(token)).signed_in
    _, noor = await house.signs_in("noor")
    listed, _ = await house.people.page(noor, limit=50)
    assert {each.person.username: each.live_sessions for each in listed}["alice"] == 0


async def test_what_speaks_no_saml_has_no_metadata(federation):
    await federation.sets(ADMINS, settings=OIDC)
    for key in ("corp", "nobody"):
        with pytest.raises(NotFound):
            await federation.saml_desk.metadata(VISITOR, key)


async def test_a_test_reads_the_keys_and_a_replaced_provider_keeps_ours(federation):
    provider = await federation.meets()
    before = federation.certificate
    assert await federation.fails_at(federation.house.operator, "idp") is None
    changed = await federation.changes(provider, name="Other")
    await federation.reads_metadata()
    assert federation.certificate == before
    broken = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----"
    settings = type(SETTINGS)(entity_id="x", sso_url=SETTINGS.sso_url, certificates=broken)
    await federation.changes(changed, settings=settings)
    failed = await federation.fails_at(federation.house.operator, "idp")
    assert "cannot be read" in failed.detail
