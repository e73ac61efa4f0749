"""Names in the log-out requests we send: encrypted for a provider that says what for."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import xmlsec
from lxml import etree
from xmlsec import constants

from inspector_app.adapters.identity.saml import SamlClient
from inspector_app.domain.errors import Invalid
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_saml import (
    NAMES,
    PLACE,
    SETTINGS,
    LyingSaml,
    Node,
    Pair,
    message_in,
    pair,
    pem,
    verified,
)
from tests.fixtures.saml_metadata import keys_for, plain, published, short_lived

NOW = datetime.now(UTC)
HIDING = replace(SETTINGS, encryption_certificate=pair(3).certificate)


def opened(asked: Node, keys: Pair) -> Node:
    """Decrypt the name by xmlsec, and not by what encrypted it."""
    (data,) = asked.findall("saml:EncryptedID/xenc:EncryptedData", NAMES)
    manager = xmlsec.KeysManager()
    manager.add_key(xmlsec.Key.from_memory(keys.key, constants.KeyDataFormatPem))
    return etree.fromstring(etree.tostring(xmlsec.EncryptionContext(manager).decrypt(data)))


async def test_a_log_out_hides_the_name_from_all_but_the_provider() -> None:
    hint = (await LyingSaml().comes_back()).claimed.hint
    urls = [SamlClient().log_out_url(HIDING, PLACE, hint, now=NOW) or "" for _ in range(2)]
    hidden = [message_in(each, "SAMLRequest") for each in urls]
    for url, asked in zip(urls, hidden, strict=True):
        assert verified(url, "SAMLRequest")
        assert asked.find("saml:NameID", NAMES) is None
        assert b"alice" not in etree.tostring(asked)
        assert asked.findtext("samlp:SessionIndex", namespaces=NAMES) == "session-1"
        name = opened(asked, pair(3))
        assert name.text == "alice"
        assert name.get("Format") == json.loads(hint)["Format"]
    first, second = (
        [each.text for each in one.iterfind(".//xenc:CipherValue", NAMES)] for one in hidden
    )
    assert not {*first} & {*second}, "another key and another text each time"
    with pytest.raises(xmlsec.Error):
        opened(message_in(urls[0], "SAMLRequest"), pair(7))


def test_what_a_name_cannot_be_encrypted_for_ends_the_way_there_and_a_test_says_so() -> None:
    hint = json.dumps(dict.fromkeys(("name", "Format", "NameQualifier", "SPNameQualifier"), "x"))
    for bad in (pair(curve=True).certificate, pem("MA==")):
        settings = replace(SETTINGS, encryption_certificate=bad)
        with pytest.raises(SignInFault, match="no RSA key") as refused:
            SamlClient().log_out_url(settings, PLACE, hint, now=NOW)
        assert refused.value.step is Step.KEYS
        with pytest.raises(SignInFault, match="no RSA key"):
            SamlClient().look(settings, PLACE)
    SamlClient().look(HIDING, PLACE)


def test_the_providers_metadata_says_what_to_encrypt_for() -> None:
    def reads(*certificates: str, use: str = "encryption") -> str:
        keys = keys_for("signing", plain(pair().certificate)) + keys_for(use, *certificates)
        found = SamlClient().described(published(keys=keys), NOW).settings
        assert parse_settings(ProviderKind.SAML, found)
        return found["encryption_certificate"]

    ours, by_curve = (plain(each.certificate) for each in (pair(3), pair(curve=True)))
    found = reads(by_curve, short_lived(), ours, plain(pair(7).certificate))
    assert plain(found).split() == ours.split(), "the first that can be used"
    for nothing in ((), (by_curve,), (short_lived(),)):
        assert reads(*nothing) == ""
    assert reads(ours, use="signing") == reads(ours, use="") == "", "it may only sign with them"


def test_there_is_one_certificate_to_encrypt_for() -> None:
    two = pair(3).certificate + pair(7).certificate
    raw = {"entity_id": "x", "sso_url": SETTINGS.sso_url, "certificates": SETTINGS.certificates}
    with pytest.raises(Invalid, match="one certificate") as refused:
        parse_settings(ProviderKind.SAML, {**raw, "encryption_certificate": two})
    assert refused.value.field == "encryption_certificate"
