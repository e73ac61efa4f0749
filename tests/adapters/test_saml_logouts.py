"""Log-out over SAML, begun here and begun there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import quote, unquote

import pytest
from lxml import etree
from xmlsec import constants

from inspector_app.adapters.identity.saml import SamlClient
from inspector_app.adapters.identity.saml_documents import NAMES, deflated, written
from inspector_app.domain.signing_in import SamlSent, SignInFault
from tests.fixtures.lying_saml import (
    PLACE,
    SETTINGS,
    SLO,
    SLS,
    LyingSaml,
    log_out_answered,
    message_in,
    pair,
    sign,
    signed,
    verified,
)

NOW = datetime.now(UTC)


async def test_a_log_out_names_the_session_that_was_signed_in_to() -> None:
    hint = (await LyingSaml().comes_back()).claimed.hint
    url = SamlClient().log_out_url(SETTINGS, PLACE, hint, now=NOW)
    assert url is not None
    assert url.startswith(SLO)
    assert "RelayState" not in verified(url, "SAMLRequest")
    asked = message_in(url, "SAMLRequest")
    assert asked.findtext("saml:NameID", namespaces=NAMES) == "alice"
    assert asked.findtext("samlp:SessionIndex", namespaces=NAMES) == "session-1"
    assert asked.find("saml:NameID", NAMES).get("Format") == json.loads(hint)["Format"]


def test_there_is_no_log_out_where_the_provider_has_none() -> None:
    client = SamlClient()
    nowhere = replace(SETTINGS, slo_url="")
    assert client.log_out_url(nowhere, PLACE, '{"name": "a"}', now=NOW) is None
    assert client.log_out_url(SETTINGS, PLACE, "", now=NOW) is None


async def test_a_log_out_there_says_who_and_which_session() -> None:
    idp = LyingSaml()
    sent = SamlSent(idp.logs_out())
    found = await SamlClient().logged_out(SETTINGS, PLACE, sent=sent, now=idp.now)
    assert (found.subject, found.session, found.id) == ("alice", "session-1", "_logout")
    hidden = SamlSent(LyingSaml(hide_name=True).logs_out())
    found = await SamlClient().logged_out(SETTINGS, PLACE, sent=hidden, now=idp.now)
    assert (found.subject, found.session) == ("alice", "session-1"), "a name that is encrypted"
    url = SamlClient().log_out_answer(
        SETTINGS, PLACE, answers=found.id, relay="there", now=idp.now
    )
    assert verified(url, "SAMLResponse")["RelayState"] == "there"
    answer = message_in(url, "SAMLResponse")
    assert answer.get("InResponseTo") == "_logout"


def _twice(query: str) -> str:
    return query + "&SAMLRequest=x"


QUERIES: dict[str, Callable[[LyingSaml], str]] = {
    "unsigned": lambda idp: idp.logs_out().partition("&SigAlg")[0],
    "without a signature": lambda idp: idp.logs_out().partition("&Signature")[0],
    "tampered with": lambda idp: idp.logs_out().replace("RelayState=there", "RelayState=here"),
    "without its RelayState": lambda idp: idp.logs_out().replace("&RelayState=there", ""),
    "given twice": lambda idp: _twice(idp.logs_out()),
    "signed by somebody else": lambda idp: LyingSaml(keys=pair(7), now=idp.now).logs_out(),
    "signed with SHA1": lambda idp: idp.logs_out().replace("rsa-sha256", "rsa-sha1"),
    "said to be signed with a curve": lambda idp: idp.logs_out().replace(
        "rsa-sha256", "ecdsa-sha256"
    ),
    "of another issuer": lambda idp: idp.logs_out(issuer="https://evil.test"),
    "for another address": lambda idp: idp.logs_out(sls=SLS + "/x"),
    "too old": lambda idp: idp.logs_out(issued=written(idp.now - timedelta(hours=1))),
    "of the future": lambda idp: idp.logs_out(issued=written(idp.now + timedelta(minutes=5))),
    "expired": lambda idp: idp.logs_out(late=written(idp.now - timedelta(seconds=31))),
    "about nobody": lambda idp: idp.logs_out(name=""),
    "a bomb": lambda idp: signed([("SAMLRequest", deflated(b" " * 50_000_000))], idp.keys),
    "no Base64": lambda idp: signed([("SAMLRequest", "%%%")], idp.keys),
    "not compressed": lambda idp: signed([("SAMLRequest", "PGEvPg==")], idp.keys),
    "something else": lambda idp: signed([("SAMLRequest", deflated(b"<a/>"))], idp.keys),
    "nothing": lambda _: "",
}


@pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES.keys())
async def test_a_log_out_that_is_not_the_providers_ends_nothing(
    query: Callable[[LyingSaml], str],
) -> None:
    idp = LyingSaml()
    with pytest.raises(SignInFault):
        await SamlClient().logged_out(SETTINGS, PLACE, sent=SamlSent(query(idp)), now=idp.now)


async def test_the_answer_to_a_log_out_is_verified_however_it_comes() -> None:
    idp, client = LyingSaml(), SamlClient()
    well = log_out_answered(idp, SLS)
    failed = log_out_answered(idp, SLS, status="Responder")
    by_query = signed([("SAMLResponse", deflated(etree.tostring(well)))], idp.keys)
    await client.answered(SETTINGS, PLACE, sent=SamlSent(by_query), now=idp.now)
    query = signed([("SAMLResponse", deflated(etree.tostring(failed)))], idp.keys)
    with pytest.raises(SignInFault, match="Responder"):
        await client.answered(SETTINGS, PLACE, sent=SamlSent(query), now=idp.now)

    def posted(root: etree._Element) -> SamlSent:
        body = quote(base64.b64encode(etree.tostring(root)).decode(), safe="")
        return SamlSent(f"SAMLResponse={body}&RelayState=x", posted=True)

    with pytest.raises(SignInFault, match="0 signatures"):
        await client.answered(SETTINGS, PLACE, sent=posted(well), now=idp.now)
    sign(well, idp.keys, constants.TransformRsaSha256, constants.TransformSha256)
    await client.answered(SETTINGS, PLACE, sent=posted(well), now=idp.now)
    unpacked = unquote(posted(well).text).encode().replace(b"_x", b"_y").decode()
    with pytest.raises(SignInFault):
        await client.answered(SETTINGS, PLACE, sent=SamlSent(unpacked, posted=True), now=idp.now)
