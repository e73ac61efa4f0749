"""What goes to a SAML provider besides: requests, and metadata both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

from inspector_app.adapters.identity.saml import SamlClient
from inspector_app.adapters.identity.saml_documents import NAMES, check_schema, written
from inspector_app.adapters.identity.saml_keys import own_keys
from inspector_app.domain.signing_in import KeyStep, SignInFault, Step
from tests.fixtures.lying_saml import (
    ACS,
    ENTITY,
    PLACE,
    SETTINGS,
    SLS,
    LyingSaml,
    message_in,
    own_pair,
    pem,
    verified,
)
from tests.fixtures.saml_attacks import STRONG
from tests.fixtures.saml_tricks import set_to

NOW = datetime.now(UTC)


def test_the_browser_is_sent_with_a_signed_request() -> None:
    begun = SamlClient().begin(SETTINGS, PLACE, now=NOW)
    sent = verified(begun.url, "SAMLRequest")
    assert sent["RelayState"] == begun.kept["state"]
    assert sent["SigAlg"].endswith("#rsa-sha256")
    asked = message_in(begun.url, "SAMLRequest")
    assert asked.get("ID") == begun.kept["request"]
    assert asked.get("AssertionConsumerServiceURL") == ACS
    assert asked.get("Destination") == SETTINGS.sso_url
    assert asked.get("ForceAuthn") is None
    assert asked.findtext("saml:Issuer", namespaces=NAMES) == ENTITY
    assert begun.kept["request"] not in begun.url
    again = SamlClient().begin(SETTINGS, PLACE, now=NOW)
    assert {*again.kept.values()}.isdisjoint(begun.kept.values())


def test_an_address_with_a_query_keeps_it_and_odd_characters_break_nothing() -> None:
    settings = replace(SETTINGS, sso_url='https://idp.example.test/sso?a=1&b="<x>"')
    place = replace(PLACE, entity_id='urn:us&"<them>')
    begun = SamlClient().begin(settings, place, now=NOW, fresh=True)
    asked = message_in(begun.url, "SAMLRequest")
    assert begun.url.startswith(settings.sso_url + "&SAMLRequest=")
    assert asked.findtext("saml:Issuer", namespaces=NAMES) == place.entity_id
    assert asked.get("ForceAuthn") == "true"


def test_how_they_sign_in_there_is_asked_for_only_where_it_is_set() -> None:
    asked = message_in(SamlClient().begin(SETTINGS, PLACE, now=NOW).url, "SAMLRequest")
    assert asked.find("samlp:RequestedAuthnContext", NAMES) is None
    settings = replace(SETTINGS, contexts=(STRONG, "https://refeds.org/profile/mfa"))
    asked = message_in(SamlClient().begin(settings, PLACE, now=NOW).url, "SAMLRequest")
    check_schema(asked, what="The request")
    wanted = asked.find("samlp:RequestedAuthnContext", NAMES)
    assert wanted is not None
    assert wanted.get("Comparison") == "exact"
    assert [each.text for each in wanted] == [*settings.contexts]


async def test_a_sign_in_by_less_than_was_asked_for_says_at_which_step_it_ended() -> None:
    idp = LyingSaml(settings=replace(SETTINGS, contexts=(STRONG,)))
    with pytest.raises(SignInFault, match=r"classes:Password'; asked is .*TimeSync") as refused:
        await idp.comes_back()
    assert refused.value.step is Step.STRENGTH


async def test_the_end_of_the_session_there_is_read_where_it_is_said() -> None:
    idp = LyingSaml()
    assert (await idp.comes_back()).claimed.until is None
    until = (idp.now + timedelta(hours=1)).replace(microsecond=0)
    idp.unsigned = set_to("saml:AuthnStatement", "SessionNotOnOrAfter", written(until))
    assert (await idp.comes_back()).claimed.until == until


async def test_a_sign_in_that_begins_there_gets_in_only_where_that_is_allowed() -> None:
    def unasked(root: etree._Element) -> None:
        for each in [root, *root.iter("{*}SubjectConfirmationData")]:
            each.attrib.pop("InResponseTo", None)

    idp = LyingSaml(unsigned=unasked, enveloped=unasked)
    with pytest.raises(SignInFault, match="began at the provider"):
        await idp.comes_back(request=None)
    idp.settings = replace(SETTINGS, unasked=True)
    assert (await idp.comes_back(request=None)).answers == ""
    with pytest.raises(SignInFault, match="another request"):
        await idp.comes_back()


async def test_the_acs_learns_which_request_is_answered() -> None:
    assert (await LyingSaml().comes_back(request=None)).answers == "_request"


async def test_an_assertion_is_told_from_every_other_and_how_long_it_could_be_used() -> None:
    idp = LyingSaml()
    first, second = await idp.comes_back(), await idp.comes_back()
    assert first.id != second.id
    assert timedelta(seconds=329) < first.until - idp.now < timedelta(seconds=331)
    assert first.proved_at is not None
    assert abs(first.proved_at - idp.now) < timedelta(seconds=2)


async def test_people_may_be_known_by_an_attribute_where_names_change() -> None:
    idp = LyingSaml(settings=replace(SETTINGS, id_attribute="mail"))
    assert (await idp.comes_back()).claimed.subject == "alice@example.test"
    idp.settings = replace(SETTINGS, id_attribute="employee")
    with pytest.raises(SignInFault) as refused:
        await idp.comes_back()
    assert refused.value.step is Step.WHO


async def test_groups_that_entra_leaves_out_are_said_to_be_missing() -> None:
    idp = LyingSaml(
        raw=bytes,
        unsigned=lambda root: root.find(".//saml:Attribute[@Name='groups']", NAMES).set(
            "Name", "http://schemas.microsoft.com/claims/groups.link"
        ),
    )
    with pytest.raises(SignInFault, match="over 150") as refused:
        await idp.comes_back()
    assert refused.value.step is Step.GROUPS


async def test_keys_that_cannot_be_read_say_so() -> None:
    for certificates in ("", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        with pytest.raises(SignInFault) as refused:
            SamlClient().look(replace(SETTINGS, certificates=certificates), PLACE)
        assert refused.value.step is Step.KEYS
    with pytest.raises(SignInFault, match="no key of ours"):
        SamlClient().look(SETTINGS, replace(PLACE, keys=""))
    SamlClient().look(SETTINGS, PLACE)


def test_our_metadata_is_signed_and_says_where_answers_go() -> None:
    keys = own_pair(2) + own_pair()
    found = SamlClient().metadata(SETTINGS, replace(PLACE, keys=keys))
    assert OneLogin_Saml2_Utils.validate_metadata_sign(
        found, cert=pem(own_keys(keys)[0].certificate)
    )
    root = etree.fromstring(found.encode())
    assert root.get("entityID") == ENTITY
    assert [
        (each.get("use"), each.findtext(".//ds:X509Certificate", namespaces=NAMES)[-20:])
        for each in root.iter("{*}KeyDescriptor")
    ] == [
        ("signing", own_keys(keys)[0].certificate[-20:]),
        ("signing", own_keys(keys)[1].certificate[-20:]),
        ("encryption", own_keys(keys)[0].certificate[-20:]),
    ]
    assert [each.get("Location") for each in root.iter("{*}SingleLogoutService")] == [SLS, SLS]
    assert [each.get("Location") for each in root.iter("{*}AssertionConsumerService")] == [ACS]
    assert "PRIVATE" not in found


async def test_our_keys_change_in_steps_none_of_which_breaks_a_sign_in() -> None:
    client, place = SamlClient(), PLACE
    idp = LyingSaml(place=place, encrypt_for=place.keys)
    for step, pairs, signs_with in (
        (KeyStep.PREPARE, 2, PLACE.keys),
        (KeyStep.USE, 2, ""),
        (KeyStep.DROP, 1, ""),
    ):
        before = place.keys
        place = replace(place, keys=await client.turned(before, step, ENTITY, NOW))
        assert len(own_keys(place.keys)) == pairs
        is_first = own_keys(place.keys)[0].certificate == own_keys(PLACE.keys)[0].certificate
        assert is_first == bool(signs_with), step
        idp.place, idp.encrypt_for = place, before
        await idp.comes_back()
    idp.encrypt_for = PLACE.keys
    with pytest.raises(SignInFault, match="any of our keys"):
        await idp.comes_back()
