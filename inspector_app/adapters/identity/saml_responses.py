"""A SAML response, judged: who signed in, or what of it does not hold (SAML profiles, 4.1.4.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inspector_app.adapters.identity.saml_claims import claimed
from inspector_app.adapters.identity.saml_documents import (
    Element,
    check_issuer,
    check_schema,
    check_status,
    child,
    children,
    from_base64,
    moment,
    parse,
    refuse,
    standalone,
    tag,
    text_of,
)
from inspector_app.adapters.identity.saml_encryption import opened
from inspector_app.adapters.identity.saml_keys import own_keys, their_keys
from inspector_app.adapters.identity.saml_second import check_again
from inspector_app.adapters.identity.saml_signatures import check_enveloped
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.signing_in import SKEW_SECONDS, Arrived, SamlPlace, Step

_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_SKEW = timedelta(seconds=SKEW_SECONDS)
_LONGEST_LASTING = timedelta(days=1)
_COUNTS = [
    tag(name)
    for name in ("samlp:Response", "saml:Assertion", "saml:EncryptedAssertion", "ds:Signature")
]
_KNOWN_CONDITIONS = {
    tag(f"saml:{name}") for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")
}


@dataclass(frozen=True, slots=True)
class _Confirmed:
    """What the subject's confirmation says: which request it answers, and until when.

    Attributes:
        by_leeway: Whether it holds only because clocks may differ.
    """

    answers: str
    until: datetime
    by_leeway: bool


def arrived(
    settings: SamlSettings, place: SamlPlace, *, response: str, now: datetime, request: str | None
) -> Arrived:
    """Judge a `SAMLResponse` as it was posted; see ports.Saml.finish."""
    root = parse(from_base64(response, what="The response"), what="The response")
    _check_response(root, settings, place, now)
    assertion = _assertion(root, settings, place)
    check_enveloped(assertion, their_keys(settings.certificates), what="The assertion")
    check_schema(assertion, what="The assertion")
    _check_assertion(assertion, settings, place, now)
    confirmed = _confirmed(assertion, place, now)
    if confirmed.answers != root.get("InResponseTo", ""):
        refuse("The response and its assertion answer different requests.")
    if request is not None and confirmed.answers != request:
        refuse("The response answers another request than this browser's.")
    if not confirmed.answers and not settings.unasked:
        refuse(
            "The response answers no request: the sign-in began at the provider.",
            hint="Sign in from Inspector's own page, or allow sign-ins that begin there.",
        )
    check_again(
        root,
        assertion,
        settings,
        place,
        answers=confirmed.answers,
        by_leeway=confirmed.by_leeway,
    )
    statement = children(assertion, "saml:AuthnStatement")[0]
    _check_strength(statement, settings)
    return Arrived(
        claimed=claimed(assertion, statement, settings, own_keys(place.keys)),
        answers=confirmed.answers,
        id=assertion.get("ID", ""),
        until=confirmed.until,
        proved_at=moment(statement.get("AuthnInstant"), what="AuthnInstant"),
    )


def _check_response(
    root: Element, settings: SamlSettings, place: SamlPlace, now: datetime
) -> None:
    """Check what is around the assertion; a signature there is held to what it says."""
    if root.tag != tag("samlp:Response"):
        refuse("What was posted is no SAML response.")
    check_schema(root, what="The response")
    if children(root, "ds:Signature"):
        check_enveloped(root, their_keys(settings.certificates), what="The response")
    check_issuer(root, settings.entity_id, needed=False)
    if root.get("Destination") != place.acs:
        refuse(
            f"The response is for {root.get('Destination', 'no address')[:200]!r}, "
            f"not for {place.acs!r}.",
            hint="The provider must have our address to the letter.",
        )
    issued = moment(root.get("IssueInstant"), what="IssueInstant")
    if issued is None or issued > now + _SKEW:
        refuse(_ahead("The response"))
    check_status(root)


def _assertion(root: Element, settings: SamlSettings, place: SamlPlace) -> Element:
    """The one assertion, as a document of its own: there is no other to mistake for it."""
    plain, sealed = children(root, "saml:Assertion"), children(root, "saml:EncryptedAssertion")
    if len(plain) + len(sealed) != 1:
        refuse(f"The response has {len(plain) + len(sealed)} assertions; one is expected.")
    if plain and settings.encrypted:
        refuse(
            "The assertion is not encrypted.",
            hint="Have the provider encrypt it for our certificate, or accept plain ones.",
        )
    found = (
        standalone(plain[0])
        if plain
        else opened(sealed[0], own_keys(place.keys), what="assertion")
    )
    if found.tag != tag("saml:Assertion"):
        refuse("What was encrypted is no assertion.")
    own = [one for each in plain for one in children(each, "ds:Signature")]
    _check_alone(root, [root, *children(root, "ds:Signature"), *plain, *sealed, *own])
    _check_alone(found, [found, *children(found, "ds:Signature")])
    return found


def _check_alone(element: Element, known: Sequence[Element]) -> None:
    """Refuse a second one of what counts, wherever it hides: in extensions, advice, objects."""
    if any(each not in known for each in element.iter(*_COUNTS)):
        refuse("There is an assertion, a response or a signature where none belongs.")


def _check_assertion(
    assertion: Element, settings: SamlSettings, place: SamlPlace, now: datetime
) -> None:
    """Check who says it, to whom, and when."""
    check_issuer(assertion, settings.entity_id, needed=True)
    issued = moment(assertion.get("IssueInstant"), what="IssueInstant")
    if issued is None or issued > now + _SKEW:
        refuse(_ahead("The assertion"))
    conditions = child(assertion, "saml:Conditions")
    if conditions is None:
        refuse("The assertion has no conditions: it would hold everywhere, for ever.")
    _check_window(conditions, now, "The assertion")
    if any(each.tag not in _KNOWN_CONDITIONS for each in conditions):
        refuse("The assertion has a condition that nobody here knows.")
    restrictions = children(conditions, "saml:AudienceRestriction")
    if not restrictions:
        refuse("The assertion does not say whom it is for.")
    for each in restrictions:
        audiences = [text_of(one, what="An audience") for one in children(each, "saml:Audience")]
        if place.entity_id not in audiences:
            refuse(
                f"The assertion is for {', '.join(audiences)[:200]!r}, "
                f"not for {place.entity_id!r}."
            )
    statements = children(assertion, "saml:AuthnStatement")
    if not statements:
        refuse("The assertion does not say that anybody signed in.")
    for each in statements:
        over = moment(each.get("SessionNotOnOrAfter"), what="SessionNotOnOrAfter")
        # No leeway: the session here would end at that very moment, before it began.
        if over is not None and over <= now:
            refuse("The provider's session is over.", hint=_CLOCKS)


def _check_strength(statement: Element, settings: SamlSettings) -> None:
    """Check how they signed in there, where that is asked for."""
    context = child(statement, "saml:AuthnContext")
    by = child(context, "saml:AuthnContextClassRef") if context is not None else None
    said = text_of(by, what="The context")
    if settings.contexts and said not in settings.contexts:
        refuse(
            f"The provider says context {said[:200]!r}; asked is "
            f"{' or '.join(settings.contexts)[:400]}.",
            step=Step.STRENGTH,
        )


def _confirmed(assertion: Element, place: SamlPlace, now: datetime) -> _Confirmed:
    """The confirmation that whoever bears this assertion is meant, here and now."""
    subject = child(assertion, "saml:Subject")
    confirmations = children(subject, "saml:SubjectConfirmation") if subject is not None else []
    bearers = [each for each in confirmations if each.get("Method") == _BEARER]
    if len(bearers) != 1:
        refuse(f"The assertion has {len(bearers)} bearer confirmations; one is expected.")
    found = child(bearers[0], "saml:SubjectConfirmationData")
    if found is None:
        refuse("The assertion's confirmation says neither for whom nor until when.")
    if found.get("Recipient") != place.acs:
        refuse(
            f"The assertion's recipient is {found.get('Recipient', 'nobody')[:200]!r}, "
            f"not {place.acs!r}."
        )
    _check_window(found, now, "The confirmation")
    until = moment(found.get("NotOnOrAfter"), what="NotOnOrAfter")
    if until is None or until > now + _LONGEST_LASTING:
        refuse("The assertion's confirmation holds for longer than a day, or for ever.")
    early = moment(found.get("NotBefore"), what="NotBefore")
    by_leeway = until <= now or (early is not None and early > now)
    return _Confirmed(found.get("InResponseTo", ""), until + _SKEW, by_leeway)


def _check_window(element: Element, now: datetime, what: str) -> None:
    early = moment(element.get("NotBefore"), what="NotBefore")
    late = moment(element.get("NotOnOrAfter"), what="NotOnOrAfter")
    if early is not None and early > now + _SKEW:
        refuse(f"{what} does not hold yet.", hint=_CLOCKS)
    if late is not None and late <= now - _SKEW:
        refuse(f"{what} does not hold any more.", hint=_CLOCKS)


_CLOCKS = "Do both clocks go right?"


def _ahead(what: str) -> str:
    return f"{what} was made in the future. {_CLOCKS}"
