"""What we say in SAML: sign-on and log-out requests, answers to them, and our metadata."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from datetime import datetime

from lxml import etree

from inspector_app.adapters.identity.saml_documents import (
    DS,
    MD,
    SAML,
    SAMLP,
    Element,
    add,
    deflated,
    tag,
    written,
)
from inspector_app.adapters.identity.saml_encryption import AES_256_GCM, OAEP_SHA1, sealed
from inspector_app.adapters.identity.saml_keys import OwnKey, encryption_key, own_keys
from inspector_app.adapters.identity.saml_signatures import sign_enveloped, signed_query
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.signing_in import Begun, SamlPlace

_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
_PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_USER = "urn:oasis:names:tc:SAML:2.0:logout:user"
_BYTES = 20


def sign_on(settings: SamlSettings, place: SamlPlace, *, now: datetime, fresh: bool) -> Begun:
    """Make an AuthnRequest; the answer comes by POST to our ACS."""
    made = _message("AuthnRequest", settings.sso_url, place, now)
    made.set("ProtocolBinding", _POST)
    made.set("AssertionConsumerServiceURL", place.acs)
    if fresh:
        made.set("ForceAuthn", "true")
    # No format is asked for: which one fits is the provider's setting, and some refuse others.
    add(made, "samlp:NameIDPolicy").set("AllowCreate", "true")
    if settings.contexts:
        asked = add(made, "samlp:RequestedAuthnContext")
        asked.set("Comparison", "exact")
        for each in settings.contexts:
            add(asked, "saml:AuthnContextClassRef", each)
    state = secrets.token_urlsafe(_BYTES)
    url = _address(settings.sso_url, "SAMLRequest", made, state, place)
    kept = {"request": made.get("ID", ""), "state": state}
    return Begun(url, kept | ({"fresh_since": str(int(now.timestamp()))} if fresh else {}))


def log_out(settings: SamlSettings, place: SamlPlace, hint: str, *, now: datetime) -> str | None:
    """Make a LogoutRequest of what the sign-in left as `hint`; None where there is no way."""
    if not settings.slo_url or not hint:
        return None
    known: Mapping[str, str] = json.loads(hint)
    made = _message("LogoutRequest", settings.slo_url, place, now)
    made.set("Reason", _USER)
    made.append(_named(settings, known))
    if known["session"]:
        add(made, "samlp:SessionIndex", known["session"])
    return _address(settings.slo_url, "SAMLRequest", made, "", place)


def _named(settings: SamlSettings, known: Mapping[str, str]) -> Element:
    """Name whose session it is; encrypted, where there is a certificate to encrypt for."""
    name = etree.Element(tag("saml:NameID"), nsmap={"saml": SAML})
    name.text = known["name"]
    for each in ("Format", "NameQualifier", "SPNameQualifier"):
        if known[each]:
            name.set(each, known[each])
    if not settings.encryption_certificate:
        return name
    hidden = etree.Element(tag("saml:EncryptedID"), nsmap={"saml": SAML})
    hidden.append(sealed(name, encryption_key(settings.encryption_certificate)))
    return hidden


def log_out_answer(
    settings: SamlSettings, place: SamlPlace, *, answers: str, relay: str, now: datetime
) -> str:
    """Make the LogoutResponse that says that it is done."""
    made = _message("LogoutResponse", settings.slo_url, place, now)
    made.set("InResponseTo", answers)
    add(add(made, "samlp:Status"), "samlp:StatusCode").set("Value", _SUCCESS)
    return _address(settings.slo_url, "SAMLResponse", made, relay, place)


def metadata(settings: SamlSettings, place: SamlPlace) -> str:
    """Describe us, signed: both certificates while they change, the one in use first."""
    keys = own_keys(place.keys)
    root = etree.Element(tag("md:EntityDescriptor"), nsmap={"md": MD, "ds": DS})
    root.set("entityID", place.entity_id)
    root.set("ID", _new_id())
    us = add(root, "md:SPSSODescriptor")
    us.set("protocolSupportEnumeration", SAMLP)
    us.set("AuthnRequestsSigned", "true")
    us.set("WantAssertionsSigned", "true")
    for use in ("signing", "encryption"):
        # Whoever encrypts takes one certificate; what is encrypted for the other one opens, too.
        for key in keys if use == "signing" else keys[:1]:
            _add_key(us, use, key)
    for binding in (_REDIRECT, _POST):
        _add_place(us, "md:SingleLogoutService", binding, place.sls)
    if not settings.id_attribute:
        add(us, "md:NameIDFormat", _PERSISTENT)
    taken = _add_place(us, "md:AssertionConsumerService", _POST, place.acs)
    taken.set("index", "0")
    taken.set("isDefault", "true")
    sign_enveloped(root, keys[0])
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8").decode()


def _message(name: str, to: str, place: SamlPlace, now: datetime) -> Element:
    made = etree.Element(tag(f"samlp:{name}"), nsmap={"samlp": SAMLP, "saml": SAML})
    made.set("ID", _new_id())
    made.set("Version", "2.0")
    made.set("IssueInstant", written(now))
    made.set("Destination", to)
    add(made, "saml:Issuer", place.entity_id)
    return made


def _add_place(parent: Element, name: str, binding: str, location: str) -> Element:
    made = add(parent, name)
    made.set("Binding", binding)
    made.set("Location", location)
    return made


def _add_key(parent: Element, use: str, key: OwnKey) -> None:
    described = add(parent, "md:KeyDescriptor")
    described.set("use", use)
    held = add(add(described, "ds:KeyInfo"), "ds:X509Data")
    add(held, "ds:X509Certificate", key.certificate)
    if use == "encryption":
        for each in (AES_256_GCM, OAEP_SHA1):
            add(described, "md:EncryptionMethod").set("Algorithm", each)


def _address(to: str, name: str, made: Element, state: str, place: SamlPlace) -> str:
    pairs = [(name, deflated(etree.tostring(made)))]
    pairs += [("RelayState", state)] if state else []
    query = signed_query(pairs, own_keys(place.keys)[0])
    return f"{to}{'&' if '?' in to else '?'}{query}"


def _new_id() -> str:
    """An xs:ID that nobody guesses; it begins with no digit."""
    return f"_{secrets.token_hex(_BYTES)}"
