"""SAML against a real SimpleSAMLphp over HTTP: what it sends is believed, and it believes us."""

from __future__ import annotations

import http.cookiejar
import re
import urllib.error
import urllib.request
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from urllib.parse import urlencode, urlsplit

import pytest
from lxml import etree

from inspector_app.adapters.identity.saml import SamlClient
from inspector_app.adapters.identity.saml_keys import own_keys
from inspector_app.domain.signing_in import KeyStep, SamlPlace, SamlSent, SignInFault
from tests.fixtures.lying_saml import ACS, ENTITY, NAMES, SLS, message_in, own_pair, pair
from tests.fixtures.saml_attacks import STRONG
from tests.fixtures.simplesaml import IS_THERE, simple_saml

pytestmark = pytest.mark.skipif(not IS_THERE, reason="Debian's package simplesamlphp has it")

PLACE = SamlPlace(entity_id=ENTITY, acs=ACS, sls=SLS, keys=own_pair())
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
_FIELD = re.compile(r'name="(\w+)"\s+value="([^"]*)"|value="([^"]*)"\s+name="(\w+)"')


@pytest.fixture(scope="module")
def idp():
    with simple_saml(pair(), "127.0.0.1:8000") as running:
        running.knows(ENTITY, ACS, SLS, own_keys(PLACE.keys)[0].certificate)
        yield running


@pytest.fixture
def settings(idp):
    """What its own metadata says."""
    return idp.settings


class Surfer:
    """A browser without a screen: keeps cookies, stops where it would come to us."""

    def __init__(self):
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies, _StopsAtUs())

    def goes(self, url, form=None):
        """Follow an address; the page, or the address of ours where it would go."""
        data = urlencode(form).encode() if form else None
        try:
            with self.opener.open(url, data, timeout=20) as answer:
                return answer.read().decode(), answer.url
        except urllib.error.HTTPError as error:
            return error.headers.get("Location", ""), url

    def signs_in(self, url, name, password):
        """Fill in the provider's form; the fields it would post to us."""
        page, at = self.goes(url)
        if "SAMLResponse" not in page:
            state = fields(page)["AuthState"]
            form = {"username": name, "password": password, "AuthState": state}
            page, _ = self.goes(at, form)
        return fields(page)


class _StopsAtUs(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if urlsplit(newurl).hostname != "localhost":
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def fields(page):
    """The hidden fields of a page."""
    found = {}
    for name, value, value_first, name_second in _FIELD.findall(page):
        found[name or name_second] = unescape(value or value_first)
    return found


async def comes_back(settings, posted, request):
    return await SamlClient().finish(
        settings,
        PLACE,
        response=posted["SAMLResponse"],
        now=datetime.now(UTC),
        request=request,
    )


async def test_who_signs_in_at_a_real_provider_is_who_they_are(idp, settings):
    begun = SamlClient().begin(settings, PLACE, now=datetime.now(UTC))
    posted = Surfer().signs_in(begun.url, "alice", "alicepw")
    assert posted["RelayState"] == begun.kept["state"]
    found = await comes_back(settings, posted, begun.kept["request"])
    assert (found.claimed.subject, found.claimed.username) == ("alice", "alice")
    assert found.claimed.email == "alice@example.test"
    assert found.claimed.groups == ("app-admins", "app-devs")
    assert found.claimed.session
    with pytest.raises(SignInFault, match="another request"):
        await comes_back(settings, posted, "_another")


async def test_a_request_that_we_did_not_sign_opens_nothing_there(idp, settings):
    place = replace(PLACE, keys=own_pair(3))
    begun = SamlClient().begin(settings, place, now=datetime.now(UTC))
    page, _ = Surfer().goes(begun.url)
    assert "AuthState" not in fields(page)


@pytest.mark.parametrize("hidden", [True, False], ids=["the name encrypted", "the name plain"])
async def test_a_log_out_here_ends_the_session_there(idp, settings, hidden):
    assert settings.encryption_certificate, "it says what to encrypt for"
    settings = settings if hidden else replace(settings, encryption_certificate="")
    surfer, client = Surfer(), SamlClient()
    begun = client.begin(settings, PLACE, now=datetime.now(UTC))
    posted = surfer.signs_in(begun.url, "bob", "bobpw")
    found = await comes_back(settings, posted, begun.kept["request"])
    page, _ = surfer.goes(client.begin(settings, PLACE, now=datetime.now(UTC)).url)
    assert "SAMLResponse" in fields(page), "they are not asked twice"
    url = client.log_out_url(settings, PLACE, found.claimed.hint, now=datetime.now(UTC))
    asked = etree.tostring(message_in(url, "SAMLRequest")).decode()
    assert (">bob<" in asked) is not hidden
    if hidden:
        assert idp.names_in(asked) == "bob"
    back, _ = surfer.goes(url)
    assert back.startswith(SLS + "?")
    sent = SamlSent(urlsplit(back).query)
    await client.answered(settings, PLACE, sent=sent, now=datetime.now(UTC))
    again = client.begin(settings, PLACE, now=datetime.now(UTC))
    page, _ = surfer.goes(again.url)
    assert "AuthState" in fields(page), "they are asked for their password again"


async def test_a_log_out_there_comes_to_us_and_our_answer_ends_it(idp, settings):
    surfer, client = Surfer(), SamlClient()
    begun = client.begin(settings, PLACE, now=datetime.now(UTC))
    posted = surfer.signs_in(begun.url, "bob", "bobpw")
    found = await comes_back(settings, posted, begun.kept["request"])
    away = f"{idp.url}/saml2/idp/SingleLogoutService.php?ReturnTo={idp.url}/logout.php"
    asked, _ = surfer.goes(away)
    assert asked.startswith(SLS + "?")
    sent = SamlSent(urlsplit(asked).query)
    ended = await client.logged_out(settings, PLACE, sent=sent, now=datetime.now(UTC))
    assert (ended.subject, ended.session) == (found.claimed.subject, found.claimed.session)
    relay = dict(each.split("=") for each in sent.text.split("&")).get("RelayState", "")
    answer = client.log_out_answer(
        settings, PLACE, answers=ended.id, relay=relay, now=datetime.now(UTC)
    )
    page, _ = surfer.goes(answer)
    assert "logged out" in page.lower()


@pytest.fixture
def hiding(idp):
    """It encrypts names, in assertions and in log-outs."""
    idp.services[0]["more"] = {"nameid.encryption": True}
    idp.writes()
    yield
    idp.services[0]["more"] = {}
    idp.writes()


@pytest.mark.usefixtures("hiding")
async def test_a_name_that_a_real_provider_encrypts_is_read_at_sign_in_and_log_out(idp, settings):
    surfer, client = Surfer(), SamlClient()
    begun = client.begin(settings, PLACE, now=datetime.now(UTC))
    posted = surfer.signs_in(begun.url, "alice", "alicepw")
    found = await comes_back(settings, posted, begun.kept["request"])
    assert found.claimed.subject == "alice"
    asked, _ = surfer.goes(
        f"{idp.url}/saml2/idp/SingleLogoutService.php?ReturnTo={idp.url}/logout.php"
    )
    query = urlsplit(asked).query
    assert message_in(asked, "SAMLRequest").find("saml:EncryptedID", NAMES) is not None
    ended = await client.logged_out(settings, PLACE, sent=SamlSent(query), now=datetime.now(UTC))
    assert (ended.subject, ended.session) == ("alice", found.claimed.session)


async def test_our_keys_change_and_a_real_provider_lets_people_in_after_each_step(settings, idp):
    client, keys = SamlClient(), PLACE.keys
    try:
        for step, reads in (
            (KeyStep.PREPARE, False),
            (KeyStep.PREPARE, True),
            (KeyStep.USE, False),
            (KeyStep.USE, True),
            (KeyStep.DROP, True),
        ):
            if not reads or step is KeyStep.DROP:
                keys = await client.turned(keys, step, ENTITY, datetime.now(UTC))
            place = replace(PLACE, keys=keys)
            if reads:
                idp.services.clear()
                idp.knows(ENTITY, ACS, SLS, *(each.certificate for each in own_keys(keys)))
            begun = client.begin(settings, place, now=datetime.now(UTC))
            posted = Surfer().signs_in(begun.url, "alice", "alicepw")
            found = await client.finish(
                settings,
                place,
                response=posted["SAMLResponse"],
                now=datetime.now(UTC),
                request=begun.kept["request"],
            )
            assert found.claimed.username == "alice", (step, reads)
        assert len(own_keys(keys)) == 1
        assert own_keys(keys)[0].certificate != own_keys(PLACE.keys)[0].certificate
    finally:
        idp.services.clear()
        idp.knows(ENTITY, ACS, SLS, own_keys(PLACE.keys)[0].certificate)


async def test_a_real_provider_says_by_what_they_signed_in_and_until_when(settings):
    for contexts, refused in (((PASSWORD,), ""), ((STRONG,), "asked is .*TimeSyncToken")):
        asked = replace(settings, contexts=contexts)
        begun = SamlClient().begin(asked, PLACE, now=datetime.now(UTC))
        posted = Surfer().signs_in(begun.url, "alice", "alicepw")
        if refused:
            with pytest.raises(SignInFault, match=refused):
                await comes_back(asked, posted, begun.kept["request"])
            return
        found = await comes_back(asked, posted, begun.kept["request"])
        left = found.claimed.until - datetime.now(UTC)
        assert timedelta(hours=7) < left <= timedelta(hours=8), "what its session.duration says"
