"""Who an assertion says somebody is: their name, e-mail, groups, and session."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from inspector_app.adapters.identity.saml_documents import (
    Element,
    child,
    children,
    moment,
    refuse,
    tag,
    text_of,
)
from inspector_app.adapters.identity.saml_encryption import opened
from inspector_app.adapters.identity.saml_keys import OwnKey
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.signing_in import MOST_GROUPS, Claimed, Step

_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_ENTRA_ELSEWHERE = "http://schemas.microsoft.com/claims/groups.link"
_LONGEST = 255


def claimed(
    assertion: Element, statement: Element, settings: SamlSettings, keys: Sequence[OwnKey]
) -> Claimed:
    """Say who signed in, by an assertion that was judged already; `keys` are ours."""
    subject = child(assertion, "saml:Subject")
    name = name_in(subject, keys) if subject is not None else None
    name_id = text_of(name, what="The NameID")
    if name is None or not name_id:
        refuse("The assertion names nobody: it has no NameID.", step=Step.WHO)
    said = _attributes(assertion)

    def first(attribute: str) -> str:
        return next(iter(said.get(attribute, ())), "").strip() if attribute else ""

    if not settings.id_attribute and name.get("Format") == _TRANSIENT:
        refuse(
            "The NameID is transient: another one at each sign-in.",
            step=Step.WHO,
            hint="Have the provider send a persistent one, or set the attribute of the id.",
        )
    known_by = _id(said.get(settings.id_attribute, ()) if settings.id_attribute else [name.text])
    if not known_by:
        refuse(
            f"There is no one id of 1 to {_LONGEST} characters, none of them spaces around it, in "
            f"{settings.id_attribute or 'the NameID'!r}.",
            step=Step.WHO,
        )
    email = first(settings.email_attribute)
    session = statement.get("SessionIndex", "")
    return Claimed(
        subject=known_by,
        username=first(settings.username_attribute) or email or name_id,
        email=email,
        email_verified=bool(email) and settings.trust_email,
        groups=_groups(said, settings),
        session=session,
        hint=_hint(name, name_id, session),
        until=min(_ends(assertion), default=None),
    )


def name_in(parent: Element, keys: Sequence[OwnKey]) -> Element | None:
    """The NameID of a subject or of a log-out request, decrypted where it came encrypted."""
    plain, sealed = child(parent, "saml:NameID"), child(parent, "saml:EncryptedID")
    if sealed is None:
        return plain
    found = opened(sealed, keys, what="NameID")
    if plain is not None or found.tag != tag("saml:NameID"):
        refuse("What was encrypted as a name is not the one NameID.", step=Step.WHO)
    return found


def _ends(assertion: Element) -> list[datetime]:
    """When the sessions there end that it tells of, as far as it says so."""
    told = (
        moment(each.get("SessionNotOnOrAfter"), what="SessionNotOnOrAfter")
        for each in children(assertion, "saml:AuthnStatement")
    )
    return [each for each in told if each is not None]


def _hint(name: Element, name_id: str, session: str) -> str:
    """What a log-out names the session with, to the letter as it came."""
    more = {each: name.get(each, "") for each in ("Format", "NameQualifier", "SPNameQualifier")}
    return json.dumps({"name": name_id, "session": session} | more)


def _id(found: Sequence[str | None]) -> str:
    """What somebody is known by, to the letter; "" where it is none, or could be two."""
    (one,) = found if len(found) == 1 else ("",)
    # Somebody who may call themselves `alice ` there must not become alice here.
    return one if one and one == one.strip() and len(one) <= _LONGEST else ""


def _attributes(assertion: Element) -> dict[str, Sequence[str]]:
    """What it says, to the letter: a group with a space at its end is another one."""
    found: dict[str, list[str]] = {}
    for statement in children(assertion, "saml:AttributeStatement"):
        for each in children(statement, "saml:Attribute"):
            values = [
                value.text or ""
                for value in children(each, "saml:AttributeValue")
                if not len(value)
            ]
            named = found.setdefault(each.get("Name", ""), [])
            named.extend(value for value in values if value.strip())
    return dict(found)


def _groups(said: dict[str, Sequence[str]], settings: SamlSettings) -> tuple[str, ...]:
    groups = said.get(settings.groups_attribute, ())
    if not groups and _ENTRA_ELSEWHERE in said:
        refuse(
            "Entra ID leaves groups out of an assertion where there are over 150.",
            step=Step.GROUPS,
            hint="There, choose 'Groups assigned to the application' or filter them.",
        )
    if len(groups) > MOST_GROUPS:
        refuse(f"The provider names over {MOST_GROUPS} groups.", step=Step.GROUPS)
    return tuple(dict.fromkeys(groups))
