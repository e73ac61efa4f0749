"""The corpus of forged and odd JWTs, against each of the three readers: not one is accepted."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Mapping
from datetime import UTC, datetime

import pytest
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from inspector_app.adapters.identity.jwts import JoseJwts
from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.signing_in import SignInFault
from inspector_app.domain.tokens import SigningKey
from tests.fixtures.jwt_forgeries import FORGERIES
from tests.fixtures.jwt_oddities import ODDITIES
from tests.fixtures.jwt_tricks import Forgery, Mint, b64, own
from tests.fixtures.lying_oidc import CALLBACK, CLIENT, ISSUER, SECRET, LyingOidc, answer

SETTINGS = OidcSettings(issuer=ISSUER, client_id=CLIENT)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MOMENT = int(NOW.timestamp())
TIMES = {"iat": MOMENT, "exp": MOMENT + 300}
KEYS: dict[str, Key] = {
    "RS256": RSAKey.generate_key(2048, {"kid": "one"}),
    "ES256": ECKey.generate_key("P-256", {"kid": "one"}),
    "EdDSA": OKPKey.generate_key("Ed25519", {"kid": "one"}),
}
ATTACKS = {**FORGERIES, **ODDITIES}


def provider(alg: str) -> LyingOidc:
    """One whose key is of that kind, and which names every algorithm there is."""
    found = LyingOidc(KEYS[alg])  # pyright: ignore[reportArgumentType]
    names = ["none", "HS256", "HS384", "HS512", "EdDSA", "ES256K", "Ed25519"]
    names += [f"{each}{size}" for each in ("RS", "PS", "ES") for size in (256, 384, 512)]
    found.described = {"id_token_signing_alg_values_supported": names}
    found.header = {"alg": alg}
    return found


async def signs_in(idp: LyingOidc, forge: Forgery) -> bool:
    """Whether the provider's answer with this ID token lets somebody in."""
    client = OidcClient(idp, idp.clock)
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    idp.sign = lambda header, claims: forge(Mint(header, claims, idp.key))
    back = idp.approve(begun.url)
    return await _holds(
        client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)
    )


async def _holds(reading: Awaitable[object]) -> bool:
    """Whether a token is taken; one that is not is refused by a fault that does not show it."""
    said = ""
    try:
        await reading
    except SignInFault as fault:
        said = f"{fault.detail} {fault.hint}"
    assert "eyJ" not in said
    return not said


LOGOUT: Mapping[str, object] = {
    "iss": ISSUER,
    "aud": CLIENT,
    "jti": "1",
    "sub": "alice",
    "sid": "session-1",
    "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    **TIMES,
}


async def logs_out(idp: LyingOidc, forge: Forgery, **header: object) -> bool:
    """Whether this logout token ends a session."""
    head = {"alg": idp.header["alg"], "kid": "one", "typ": "logout+jwt", **header}
    text = forge(Mint(head, LOGOUT, idp.key))
    return await _holds(OidcClient(idp, idp.clock).logged_out(SETTINGS, text))


OURS = "http://127.0.0.1:8240"
ACCESS: Mapping[str, object] = {
    "iss": OURS,
    "aud": f"{OURS}/api/v1",
    "sub": "ana",
    "client_id": "token",
    "tenant": "demo",
    "role": "developer",
    "scope": "run:read",
    "jti": "1",
    "nbf": MOMENT,
    **TIMES,
}


def opens(forge: Forgery, **header: object) -> bool:
    """Whether this access token opens our API."""
    key = KEYS["EdDSA"]
    mint = Mint({"alg": "EdDSA", "kid": "one", "typ": "at+jwt", **header}, ACCESS, key)
    ours = SigningKey("one", json.dumps({**mint.public, "kid": "one"}), b"", NOW)
    found = JoseJwts().read(forge(mint), [ours])
    if found is None:
        return False
    return not found.refusal(issuer=OURS, audience=f"{OURS}/api/v1", now=NOW)


def good(mint: Mint) -> str:
    """The truth."""
    return mint.good


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_no_forged_or_odd_id_token_signs_anybody_in(alg: str) -> None:
    assert await signs_in(provider(alg), good)
    accepted = [n for n, forge in ATTACKS.items() if await signs_in(provider(alg), forge)]
    assert accepted == []


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_no_forged_or_odd_logout_token_ends_a_session(alg: str) -> None:
    assert await logs_out(provider(alg), good)
    accepted = [n for n, forge in ATTACKS.items() if await logs_out(provider(alg), forge)]
    assert accepted == []


def test_no_forged_or_odd_access_token_opens_our_api() -> None:
    assert opens(good)
    assert [name for name, forge in ATTACKS.items() if opens(forge)] == []


TYPES = (
    *("JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT", "logout+jwt", "LOGOUT+JWT"),
    *("application/logout+jwt", "secevent+jwt", "dpop+jwt", "entity-statement+jwt", "JOSE"),
    *("JOSE+JSON", "id_token+jwt", "it+jwt", "kb+jwt", "oauth-authz-req+jwt", "", " at+jwt", None),
)


async def test_a_token_of_one_kind_is_never_taken_for_another() -> None:
    """ID tokens have no type of their own, so theirs is JWT or none (RFC 8725, 3.11 and 3.12)."""
    idp = provider("RS256")

    def typed(kind: str | None) -> Forgery:
        return lambda mint: mint.signs({"typ": kind})

    taken = {
        "ID": [each for each in TYPES if await signs_in(idp, typed(each))],
        "logout": [each for each in TYPES if await logs_out(idp, typed(each))],
        "access": [each for each in TYPES if opens(typed(each))],
    }
    assert taken == {
        "ID": ["JWT", "jwt", "", None],
        "logout": ["logout+jwt", "LOGOUT+JWT", "application/logout+jwt"],
        "access": ["at+jwt"],
    }


def by(key: Key, alg: str, **header: object) -> Forgery:
    """Signed by a key that the provider really lists."""
    return lambda mint: mint.by(key, alg, {"kid": "two", **header})


def _listed(key: Key, **more: object) -> dict[str, object]:
    return {**key.as_dict(private=False), "kid": "two", **more}


def _smallest() -> dict[str, object]:
    """An RSA key under which every message signs itself: its exponent is one."""
    return {"kty": "RSA", "kid": "two", "n": own("RS256").as_dict(private=False)["n"], "e": "AQ"}


with pytest.warns(match="2048"):
    WEAK = RSAKey.generate_key(1024)
KEY_LIES: dict[str, tuple[dict[str, object], Forgery]] = {
    "a shared secret": (
        {"kty": "oct", "kid": "two", "k": b64(b"s" * 32)},
        lambda mint: mint.with_header({"alg": "HS256", "kid": "two"}),
    ),
    "a weak key": (_listed(WEAK), by(WEAK, "RS256")),
    "an exponent of one": (
        _smallest(),
        lambda mint: mint.with_header({"alg": "RS256", "kid": "two"}, signature=b64(bytes(256))),
    ),
    "a key to encrypt with": (_listed(own("RS256"), use="enc"), by(own("RS256"), "RS256")),
    "a key that may not verify": (
        _listed(own("RS256"), key_ops=["encrypt"]),
        by(own("RS256"), "RS256"),
    ),
    "a key for another algorithm": (_listed(own("RS256"), alg="PS256"), by(own("RS256"), "RS256")),
    "a curve under another algorithm": (_listed(own("ES384")), by(own("ES384"), "ES256")),
    "a smaller curve": (_listed(own("ES256")), by(own("ES256"), "ES384")),
    "a curve of another kind": (_listed(own("ES256K")), by(own("ES256K"), "ES256")),
    "a curve of Edwards'": (_listed(own("EdDSA")), by(own("EdDSA"), "EdDSA")),
    "a point that is on no curve": (
        {"kty": "EC", "crv": "P-256", "kid": "two", "x": b64(bytes(32)), "y": b64(bytes(32))},
        by(own("ES256"), "ES256"),
    ),
    "an RSA key for a curve's algorithm": (_listed(own("RS256")), by(own("ES256"), "ES256")),
    "a curve for RSA's algorithm": (_listed(own("ES256")), by(own("RS256"), "RS256")),
    "a key without numbers": ({"kty": "RSA", "kid": "two"}, by(own("RS256"), "RS256")),
    "numbers that are none": (
        {"kty": "RSA", "kid": "two", "n": 7, "e": ["AQAB"]},
        by(own("RS256"), "RS256"),
    ),
}


@pytest.mark.parametrize(("key", "forge"), KEY_LIES.values(), ids=KEY_LIES.keys())
async def test_a_key_that_must_not_sign_signs_nobody_in(
    key: dict[str, object], forge: Forgery
) -> None:
    idp = provider("RS256")
    public = {**idp.key.as_dict(private=False), "kid": "one"}
    idp.answers["/jwks"] = answer({"keys": [public, key]})
    assert await signs_in(idp, good)
    assert not await signs_in(idp, forge)


async def test_a_key_of_another_curve_signs_somebody_in_by_its_own_algorithm() -> None:
    idp = provider("RS256")
    idp.answers["/jwks"] = answer({"keys": [_listed(own("ES384"))]})
    assert await signs_in(idp, by(own("ES384"), "ES384"))


def test_the_corpus_is_as_large_as_it_is_said_to_be_and_has_nothing_twice() -> None:
    mint = Mint({"alg": "RS256", "kid": "one", "typ": "JWT"}, LOGOUT, KEYS["RS256"])
    made = {forge(mint) for forge in ATTACKS.values()}
    assert mint.good not in made
    assert len(made) == len(ATTACKS) >= 240
