"""A SAML provider's metadata, read for the form: what it says, and what it lacks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from onelogin.saml2.idp_metadata_parser import OneLogin_Saml2_IdPMetadataParser

from inspector_app.adapters.identity.saml import SamlClient
from inspector_app.adapters.identity.saml_documents import written
from inspector_app.domain.provider_parsing import parse_settings
from inspector_app.domain.provider_settings import ProviderKind
from inspector_app.domain.saml_trust import Described
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_saml import ISSUER, SETTINGS, SLO, LyingSaml, pair
from tests.fixtures.saml_metadata import plain, published, several, short_lived

NOW = datetime.now(UTC)


def reads(xml: str) -> Described:
    return SamlClient().described(xml, NOW)


async def test_the_providers_metadata_fills_the_form() -> None:
    found = reads(published(0, 1))
    theirs = OneLogin_Saml2_IdPMetadataParser.parse(published(0, 1))["idp"]
    assert found.settings["entity_id"] == theirs["entityId"] == ISSUER
    assert found.settings["sso_url"] == theirs["singleSignOnService"]["url"]
    assert found.settings["slo_url"] == theirs["singleLogoutService"]["url"] == SLO
    assert parse_settings(ProviderKind.SAML, found.settings)
    settings = replace(SETTINGS, **found.settings)
    for number in (0, 1):
        await LyingSaml(settings=settings, keys=pair(number)).comes_back()
    with pytest.raises(SignInFault):
        await LyingSaml(settings=settings, keys=pair(7)).comes_back()


def test_each_certificate_is_told_by_its_fingerprint_and_end() -> None:
    found = reads(published(1, 0))
    assert found.left_out == 0
    for told, number in zip(found.certificates, (1, 0), strict=True):
        known = x509.load_pem_x509_certificate(pair(number).certificate.encode())
        assert (
            told.fingerprint.replace(":", "") == known.fingerprint(hashes.SHA256()).hex().upper()
        )
        assert told.until == known.not_valid_after_utc


def test_of_many_certificates_two_are_taken_and_those_that_have_ended_last() -> None:
    over = short_lived()
    found = reads(published(certificates="\n\n".join([over, *map(_plain, (0, 1, 2))])))
    assert found.left_out == 2
    assert found.settings["certificates"].count("BEGIN CERTIFICATE") == 2
    assert over.replace("\n", "") not in found.settings["certificates"].replace("\n", "")
    assert reads(published(0, 0)).settings["certificates"].count("BEGIN") == 1, "one, said twice"
    alone = reads(published(certificates=over))
    assert alone.certificates[0].until < NOW, "its end is shown, and refuses nothing"


def _plain(number: int) -> str:
    return plain(pair(number).certificate)


@pytest.mark.parametrize(
    "xml",
    [
        "\ufeff" + published(0),
        " " * 600_000 + published(0) + " " * 600_000,
        published(0).replace("<md:IDPSSO", "<!-- ours --><md:IDPSSO"),
        published(0).replace("?>", "?><?xml-stylesheet href='x'?><!-- Shibboleth -->", 1),
        published(0, more=f' validUntil="{written(NOW + timedelta(minutes=1))}"'),
        published(0).replace('version="1.0"', 'version="1.0" encoding="UTF-16"'),
        published(0, use=""),
        several(published(0)),
        several(published(0), published(1).replace("IDPSSODescriptor", "SPSSODescriptor")),
        published(0, sso="http://localhost:8080/sso", slo="http://127.0.0.1:8080/slo"),
    ],
    ids=[
        "a byte order mark, as ADFS has it",
        "much white space",
        "a comment",
        "a style sheet and a comment before it",
        "valid for a minute more",
        "another encoding declared than pasted",
        "keys for any use",
        "one entity of a federation",
        "one identity provider among services",
        "on this machine",
    ],
)
def test_metadata_as_providers_publish_it_is_read(xml: str) -> None:
    assert reads(xml).settings["entity_id"] == ISSUER


def test_a_provider_without_log_out_has_none() -> None:
    xml = published(0).replace("SingleLogoutService", "ArtifactResolutionService")
    assert reads(xml).settings["slo_url"] == ""


BAD = {
    "no metadata": ("<a/>", "no SAML metadata"),
    "no XML": ("no XML", "no well-formed XML"),
    "nothing": ("", "no well-formed XML"),
    "a page to sign in at": ("<html><p>Sign in</html>", "no well-formed XML"),
    "a DTD": ("<!DOCTYPE a []>" + published(0).partition("?>")[2], "DTD"),
    "an entity": (
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
        + published(0, issuer="&x;").partition("?>")[2],
        "DTD",
    ),
    "no certificate": (published(), "no certificate"),
    "keys to encrypt only": (published(0, use="encryption"), "no certificate"),
    "a certificate that is none": (published(certificates="MA=="), "no certificate"),
    "a short key": (
        published(certificates=short_lived(bits=1024, lasts=timedelta(days=9))),
        "under 2048 bits",
    ),
    "no redirect": (published(0, redirect="urn:x:SOAP"), "HTTP-Redirect"),
    "a service's own": (
        published(0).replace("IDPSSODescriptor", "SPSSODescriptor"),
        "no IDPSSODescriptor",
    ),
    "two providers": (several(published(0), published(1)), "describes 2 identity providers"),
    "3 MB": (published(0) + " <!--" + "x" * 3_000_000 + "-->", "bigger than 512 KiB"),
    "elements without end": (published(0, keys="<a/>" * 30_000), "more than 20000 elements"),
    "expired": (published(0, more=' validUntil="2020-01-01T00:00:00Z"'), "was valid until 2020"),
    "its federation's expired": (
        several(published(0)).replace(">", ' validUntil="2020-01-01T00:00:00Z">', 1),
        "was valid until 2020",
    ),
    "a time that is none": (published(0, more=' validUntil="soon"'), "no time in UTC"),
    "HTTP sign-on": (published(0, sso="http://idp.example.test/sso"), "sign-on at 'http://idp"),
    "HTTP log-out": (published(0, slo="http://idp.example.test/slo"), "log-out at 'http://idp"),
    "another scheme": (published(0, sso="javascript:alert(1)"), "no https address"),
    "no name": (published(0, issuer=""), "no entityID"),
}


@pytest.mark.parametrize(("xml", "says"), BAD.values(), ids=BAD.keys())
def test_metadata_that_cannot_be_used_says_why_in_one_sentence(xml: str, says: str) -> None:
    with pytest.raises(SignInFault, match=says) as refused:
        reads(xml)
    assert refused.value.step in {Step.DISCOVER, Step.KEYS}
    assert len(refused.value.detail) < 300
    assert refused.value.detail.endswith(".")
