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


def check_again(
    root: Element, assertion: Element, settings: SamlSettings, place: SamlPlace, *, answers: str
) -> None:
    """Have python3-saml judge the response: who says it, the status and the assertion.

    It knows the wall clock only, and gives it five minutes: times were judged here before.
    """
    opened = deepcopy(root)
    kept = [*children(opened, "saml:Issuer"), *children(opened, "samlp:Status")]
    for each in list(opened):
        if each not in kept:
            opened.remove(each)
    opened.append(deepcopy(assertion))
    try:
        judged = OneLogin_Saml2_Response(
            OneLogin_Saml2_Settings(_settings(settings, place)),
            base64.b64encode(etree.tostring(opened)).decode(),
        )
        judged.is_valid(_request(place), answers or None, raise_exceptions=True)  # pyright: ignore[reportUnknownMemberType] - has none
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as error:
        refuse(f"python3-saml refuses: {str(error)[:200]}")


def _settings(settings: SamlSettings, place: SamlPlace) -> dict[str, object]:
    certificates = [each.certificate for each in their_keys(settings.certificates)]
    return {
        "strict": True,
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
