"""The identity provider's metadata, read into what a form asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import NoReturn

from inspector_app.adapters.identity import saml_documents
from inspector_app.adapters.identity.saml_documents import (
    NAMES,
    Element,
    children,
    moment,
    parse,
    tag,
    text_of,
)
from inspector_app.adapters.identity.saml_keys import (
    as_pem,
    certificates,
    encryption_key,
    their_keys,
)
from inspector_app.domain.errors import Invalid
from inspector_app.domain.provider_parsing import check_url
from inspector_app.domain.saml_trust import MOST_CERTIFICATES, Described
from inspector_app.domain.signing_in import SignInFault, Step

_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_WHAT = "The metadata"
_MOST_LISTED = 50


def described(xml: str, now: datetime) -> Described:
    """Read an EntityDescriptor; see ports.Saml.described."""
    # Shibboleth and others comment theirs.
    root = parse(xml.strip().encode(), what=_WHAT, step=Step.DISCOVER, drop_comments=True)
    entity, role = _provider(root)
    _check_current(role, now)
    name = entity.get("entityID", "")
    if not name:
        _refuse(f"{_WHAT} does not say what the provider is called: it has no entityID.")
    sign_on = _address(role, "md:SingleSignOnService", "sign-on")
    if not sign_on:
        _refuse("The provider does not take sign-on by HTTP-Redirect.")
    found = _listed(role, None, "signing")
    listed = sorted(found, key=lambda each: certificates(each)[0].until <= now)
    taken = "\n".join(listed[:MOST_CERTIFICATES])
    if not listed:
        saml_documents.refuse(
            f"{_WHAT} has no certificate to verify signatures with.", step=Step.KEYS
        )
    their_keys(taken)
    return Described(
        settings={
            "entity_id": name,
            "sso_url": sign_on,
            "slo_url": _address(role, "md:SingleLogoutService", "log-out"),
            "certificates": taken,
            "encryption_certificate": _to_encrypt_for(role, now),
        },
        certificates=tuple(certificates(taken)),
        left_out=max(0, len(listed) - MOST_CERTIFICATES),
    )


def _provider(root: Element) -> tuple[Element, Element]:
    """The one entity that is an identity provider, and its description as such."""
    entities = list(root.iter(tag("md:EntityDescriptor")))
    found = [(each, role) for each in entities for role in children(each, "md:IDPSSODescriptor")]
    if not entities:
        _refuse("It is no SAML metadata: there is no EntityDescriptor in it.")
    if not found:
        _refuse(
            f"{_WHAT} describes no identity provider: it has no IDPSSODescriptor.",
            hint="A service's own metadata, such as ours, is something else.",
        )
    if len(found) > 1:
        _refuse(
            f"{_WHAT} describes {len(found)} identity providers; one is expected.",
            hint="Of a federation's take the one entity that is meant.",
        )
    return found[0]


def _check_current(role: Element, now: datetime) -> None:
    """Refuse what has ended, be it said of the role, its entity or of all there are."""
    for each in (role, *role.iterancestors()):
        until = moment(each.get("validUntil"), what="validUntil", step=Step.DISCOVER)
        if until is not None and until <= now:
            _refuse(
                f"{_WHAT} was valid until {saml_documents.written(until)} only.",
                hint="Have the provider publish it anew.",
            )


def _address(role: Element, name: str, word: str) -> str:
    """Where a service is by HTTP-Redirect; "" where it is not."""
    found = (each for each in children(role, name) if each.get("Binding") == _REDIRECT)
    service = next(found, None)
    if service is None:
        return ""
    url = service.get("Location", "")
    try:
        return check_url(url, field="metadata", label=word)
    except Invalid as error:
        detail = f"{_WHAT} has {word} at {url[:200]!r}, which is no https address."
        saml_documents.refuse(detail, step=Step.DISCOVER, hint=error.hint)


def _to_encrypt_for(role: Element, now: datetime) -> str:
    """The first certificate that it names for that alone and that can be used; "" without one.

    A key for whatever use may be one that it only signs with: it would not open what comes.
    """
    for each in _listed(role, "encryption"):
        with suppress(SignInFault):
            encryption_key(each)
            if certificates(each)[0].until > now:
                return each
    return ""


def _listed(role: Element, *uses: str | None) -> Iterator[str]:
    """The certificates that it has for one of these uses, PEM, each once."""
    written = [
        "".join(text_of(each, what="A certificate", step=Step.KEYS).split())
        for key in children(role, "md:KeyDescriptor")
        if key.get("use") in uses
        for each in key.iterfind("ds:KeyInfo/ds:X509Data/ds:X509Certificate", NAMES)
    ]
    for each in list(dict.fromkeys(written))[:_MOST_LISTED]:
        if pem := as_pem(each):
            yield pem


def _refuse(detail: str, *, hint: str = "") -> NoReturn:
    saml_documents.refuse(detail, step=Step.DISCOVER, hint=hint)
