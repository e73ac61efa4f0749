"""The identity provider's metadata, read into what a form asks for."""

from __future__ import annotations

from collections.abc import Mapping

from inspector_app.adapters.identity.saml_documents import (
    NAMES,
    Element,
    children,
    parse,
    refuse,
    tag,
    text_of,
)
from inspector_app.adapters.identity.saml_keys import as_pem
from inspector_app.domain.signing_in import Step

_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_MOST_CERTIFICATES = 10


def described(xml: str) -> Mapping[str, str]:
    """Read an EntityDescriptor: settings by name, see ports.Saml.described."""
    root = parse(xml.strip().encode(), what="The metadata", step=Step.DISCOVER)
    found = [
        (entity, role)
        for entity in root.iter(tag("md:EntityDescriptor"))
        for role in children(entity, "md:IDPSSODescriptor")
    ]
    if len(found) != 1:
        refuse(
            f"The metadata describes {len(found)} identity providers; one is expected.",
            step=Step.DISCOVER,
            hint="A service's own metadata is something else; of a federation's, take one entity.",
        )
    entity, role = found[0]
    sign_on = _address(role, "md:SingleSignOnService", "Location")
    if not sign_on:
        refuse("The provider does not take sign-on by HTTP-Redirect.", step=Step.DISCOVER)
    return {
        "entity_id": entity.get("entityID", ""),
        "sso_url": sign_on,
        "slo_url": _address(role, "md:SingleLogoutService", "Location"),
        "certificates": _certificates(role),
    }


def _address(role: Element, name: str, attribute: str) -> str:
    return next(
        (
            each.get(attribute, "")
            for each in children(role, name)
            if each.get("Binding") == _REDIRECT
        ),
        "",
    )


def _certificates(role: Element) -> str:
    written = [
        text_of(each, what="A certificate")
        for key in children(role, "md:KeyDescriptor")
        if key.get("use") in {None, "signing"}
        for each in key.iterfind("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES)
    ]
    found = [as_pem(each) for each in dict.fromkeys(written)][:_MOST_CERTIFICATES]
    known = [each for each in found if each is not None]
    if not known:
        refuse("The metadata has no certificate to verify signatures with.", step=Step.KEYS)
    return "\n".join(known)
