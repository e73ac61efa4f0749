"""Providers that are slow, that are something else, or that nobody vouches for, over real HTTP."""

from __future__ import annotations

import gzip
import time
from ipaddress import ip_network

import pytest

from inspector_app.adapters.identity import asking
from inspector_app.adapters.identity.oauth2 import OAuth2Client
from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.adapters.outbound import GuardedTransport, HttpxOutbound
from inspector_app.domain.provider_settings import OAuth2Settings, OidcSettings
from inspector_app.domain.signing_in import SignInFault, Step
from tests.fixtures.lying_oidc import CALLBACK, CLIENT, LyingOidc
from tests.fixtures.receiver import authority, plainly, receiving

HTML = b"<!doctype html><title>Sign in</title>"


async def says_nothing(_writer):
    """Take the question, and be slow about the answer."""


async def half(writer):
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n{"issuer":')
    writer.close()


async def another_protocol(writer):
    writer.write(b"220 mail.example.test ESMTP\r\n")
    writer.close()


ANSWERS = {
    "slow": (says_nothing, "within 0.3 seconds", True),
    "half": (half, "not reached", True),
    "another protocol": (another_protocol, "not HTTP", True),
    "HTML": (plainly(HTML, b"content-type: text/html; charset=utf-8"), "text/html", False),
    "a proxy's error": (plainly(HTML, status=b"502 Bad Gateway"), "answers 502", True),
    "not there": (plainly(HTML, status=b"404 Not Found"), "answers", False),
    "a sign-in page elsewhere": (
        plainly(b"", b"location: https://elsewhere.test/", status=b"302 Found"),
        "not reached",
        None,
    ),
    "compressed": (
        plainly(gzip.compress(b"a" * 10**6), b"content-encoding: gzip"),
        "compressed",
        None,
    ),
    "no text": (plainly(b"\xff\xfe{}"), "no JSON", False),
    "nested without end": (plainly(b"[" * 100_000), "no JSON", False),
    "NaN": (plainly(b'{"issuer": NaN}'), "no JSON", False),
}


@pytest.fixture
def hasty(monkeypatch):
    monkeypatch.setattr(asking, "PATIENCE", 0.3)


@pytest.fixture
async def outbound():
    made = HttpxOutbound(GuardedTransport((ip_network("127.0.0.0/8"),)))
    yield made
    await made.close()


@pytest.mark.parametrize(("behave", "says", "passing"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_an_openid_provider_that_answers_something_else_is_a_fault_of_its_own(
    hasty, outbound, behave, says, passing
):
    client = OidcClient(outbound, LyingOidc().clock)
    async with receiving() as there:
        there.behave = behave
        settings = OidcSettings(issuer=f"http://127.0.0.1:{there.port}", client_id=CLIENT)
        began = time.monotonic()
        with pytest.raises(SignInFault) as fault:
            await client.begin(settings, callback=CALLBACK)
    assert time.monotonic() - began < 5
    assert says in fault.value.detail
    assert fault.value.step in {Step.REACH, Step.DISCOVER}
    assert passing in {None, fault.value.passing}


@pytest.mark.parametrize(("behave", "says", "passing"), ANSWERS.values(), ids=ANSWERS.keys())
async def test_an_oauth_2_server_that_answers_something_else_is_a_fault_of_its_own(
    hasty, outbound, behave, says, passing
):
    client = OAuth2Client(outbound)
    async with receiving() as there:
        there.behave = behave
        host = f"http://127.0.0.1:{there.port}"
        settings = OAuth2Settings(
            authorize_url=f"{host}/authorize",
            token_url=f"{host}/token",
            user_url=f"{host}/user",
            client_id="inspector",
        )
        begun = await client.begin(settings, callback=CALLBACK)
        back = {"code": "c", "state": begun.kept["state"]}
        with pytest.raises(SignInFault) as fault:
            await client.finish(
                settings, "s3cret", callback=CALLBACK, kept=begun.kept, answer=back
            )
    assert says in fault.value.detail
    assert "s3cret" not in fault.value.detail
    assert fault.value.step is Step.CODE
    assert passing in {None, fault.value.passing}


async def test_a_provider_whose_certificate_nobody_vouches_for_is_told_nothing(tmp_path):
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for each in (theirs, ours):
        each.mkdir()
    _, being = authority(theirs, "login.example.test")
    believing, _ = authority(ours, "login.example.test")

    async def resolve(_host, _port):
        return ["127.0.0.1"]

    loopback = (ip_network("127.0.0.0/8"),)
    outbound = HttpxOutbound(GuardedTransport(loopback, resolve=resolve, tls=believing))
    async with receiving(tls=being) as there:
        issuer = f"https://login.example.test:{there.port}"
        with pytest.raises(SignInFault) as fault:
            await OidcClient(outbound, LyingOidc().clock).look(
                OidcSettings(issuer=issuer, client_id=CLIENT)
            )
        assert there.requests == []
    await outbound.close()
    assert fault.value.step is Step.REACH
    assert "certificate" in fault.value.detail
