"""A second opinion: python3-saml judges again what was verified here already.

It comes last, since what it does before it knows a signature is free to anybody: by then the
assertion is one that the identity provider signed, in plain text, and the only one.
"""

from __future__ import annotations

import base64
from copy import deepcopy
from urllib.parse import urlsplit

from lxml import etree
from onelogin.saml2.errors import (  # pyright: ignore[reportMissingTypeStubs] - has none
    OneLogin_Saml2_Error,
    OneLogin_Saml2_ValidationError,
)
from onelogin.saml2.response import (  # pyright: ignore[reportMissingTypeStubs] - has none
    OneLogin_Saml2_Response,
)
from onelogin.saml2.settings import (  # pyright: ignore[reportMissingTypeStubs] - has none
    OneLogin_Saml2_Settings,
)

from inspector_app.adapters.identity.saml_documents import Element, children, refuse
from inspector_app.adapters.identity.saml_keys import their_keys
from inspector_app.domain.provider_settings import SamlSettings
from inspector_app.domain.signing_in import SamlPlace

_UNCONFIRMED: int = OneLogin_Saml2_ValidationError.WRONG_SUBJECTCONFIRMATION


def check_again(
    root: Element,
    assertion: Element,
    settings: SamlSettings,
    place: SamlPlace,
    *,
    answers: str,
    by_leeway: bool,
) -> None:
    """Have python3-saml judge the response: who says it, the status and the assertion.

    It knows the wall clock only, and gives it five minutes: times were judged here before. To a
    confirmation's times it gives none, so what holds `by_leeway` alone it refuses.
    """
    opened = deepcopy(root)
    kept = [*children(opened, "saml:Issuer"), *children(opened, "samlp:Status")]
    for each in list(opened):
        if each not in kept:
            opened.remove(each)
    opened.append(deepcopy(assertion))
    refusal = _refusal(opened, settings, place, answers, strict=True)
    if by_leeway and refusal and refusal.code == _UNCONFIRMED:
        # By then it has judged all but the signature, which it does when it is less strict.
        refusal = _refusal(opened, settings, place, answers, strict=False)
    if refusal:
        refuse(f"python3-saml refuses: {str(refusal)[:200]}")


def _refusal(
    response: Element, settings: SamlSettings, place: SamlPlace, answers: str, *, strict: bool
) -> OneLogin_Saml2_Error | OneLogin_Saml2_ValidationError | None:
    try:
        judged = OneLogin_Saml2_Response(
            OneLogin_Saml2_Settings(_settings(settings, place, strict=strict)),
            base64.b64encode(etree.tostring(response)).decode(),
        )
        judged.is_valid(_request(place), answers or None, raise_exceptions=True)  # pyright: ignore[reportUnknownMemberType] - has none
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as error:
        return error
    return None


def _settings(settings: SamlSettings, place: SamlPlace, *, strict: bool) -> dict[str, object]:
    certificates = [each.certificate for each in their_keys(settings.certificates)]
    return {
        "strict": strict,
        "sp": {"entityId": place.entity_id, "assertionConsumerService": {"url": place.acs}},
        "idp": {
            "entityId": settings.entity_id,
            "singleSignOnService": {"url": settings.sso_url},
            "x509certMulti": {"signing": certificates},
        },
        "security": {
            "wantAssertionsSigned": True,
            "wantAttributeStatement": False,
            "allowRepeatAttributeName": True,
            "rejectDeprecatedAlgorithm": True,
            "allowSingleLabelDomains": True,
        },
    }


def _request(place: SamlPlace) -> dict[str, object]:
    parts = urlsplit(place.acs)
    return {
        "https": "on" if parts.scheme == "https" else "off",
        "http_host": parts.netloc,
        "script_name": parts.path,
    }
