"""Log-out messages from the identity provider, by redirect or POST, verified (profiles, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inspector_app.adapters.identity.saml_claims import name_in
from inspector_app.adapters.identity.saml_documents import (
    Element,
    check_issuer,
    check_schema,
    check_status,
    children,
    decoded,
    from_base64,
    inflated,
    moment,
    parameters,
    parse,
    refuse,
    tag,
    text_of,
)
from inspector_app.adapters.identity.saml_keys import own_keys, their_keys
from inspector_app.adapters.identity.saml_signatures import check_enveloped, check_query
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.signing_in import (
    SKEW_SECONDS,
    UNDER_WAY,
    LoggedOut,
    SamlPlace,
    SamlSent,
)

_SKEW = timedelta(seconds=SKEW_SECONDS)


@dataclass(frozen=True, slots=True)
class _Expected:
    """Which message is awaited: its parameter, and its element."""

    parameter: str
    element: str
    words: str


_REQUEST = _Expected("SAMLRequest", "samlp:LogoutRequest", "The log-out request")
_ANSWER = _Expected("SAMLResponse", "samlp:LogoutResponse", "The answer to the log-out")


def logged_out(
    settings: SamlSettings, place: SamlPlace, *, sent: SamlSent, now: datetime
) -> LoggedOut:
    """Verify a LogoutRequest; see ports.Saml.logged_out."""
    root = _verified(settings, place, sent, _REQUEST, now)
    over = moment(root.get("NotOnOrAfter"), what="NotOnOrAfter")
    if over is not None and over <= now - _SKEW:
        refuse("The log-out request does not hold any more.", hint="Do both clocks go right?")
    name = name_in(root, own_keys(place.keys))
    subject = text_of(name, what="The NameID")
    if not subject:
        refuse("The log-out request names nobody.")
    indexes = [text_of(each, what="A session") for each in children(root, "samlp:SessionIndex")]
    session = indexes[0] if len(indexes) == 1 else ""
    if settings.id_attribute:
        # People are known by an attribute, which a log-out request does not say.
        if not session:
            refuse("The log-out request does not name one session.")
        subject = ""
    return LoggedOut(subject=subject, session=session, id=root.get("ID", ""))


def answered(settings: SamlSettings, place: SamlPlace, *, sent: SamlSent, now: datetime) -> None:
    """Verify a LogoutResponse; see ports.Saml.answered."""
    check_status(_verified(settings, place, sent, _ANSWER, now))


def _verified(
    settings: SamlSettings, place: SamlPlace, sent: SamlSent, expected: _Expected, now: datetime
) -> Element:
    found = parameters(sent.text)
    if expected.parameter not in found:
        refuse(f"{expected.words} is missing.")
    keys = their_keys(settings.certificates)
    raw = from_base64(decoded(found[expected.parameter]), what=expected.words)
    if not sent.posted:
        check_query(sent.text, expected.parameter, keys)
        raw = inflated(raw, what=expected.words)
    root = parse(raw, what=expected.words)
    if root.tag != tag(expected.element):
        refuse(f"{expected.words} is something else.")
    if sent.posted:
        check_enveloped(root, keys, what=expected.words)
    check_schema(root, what=expected.words)
    check_issuer(root, settings.entity_id, needed=True)
    if root.get("Destination") != place.sls:
        refuse(f"{expected.words} is for another address than {place.sls!r}.")
    issued = moment(root.get("IssueInstant"), what="IssueInstant")
    if issued is None or not now - UNDER_WAY - _SKEW < issued <= now + _SKEW:
        refuse(f"{expected.words} is too old, or of the future.")
    return root
