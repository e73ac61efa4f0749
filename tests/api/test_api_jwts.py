"""JWTs as programs exchange a token for them, and as attackers forge them."""

from __future__ import annotations

import base64
import hmac
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from inspector_app.domain.permissions import Permission, Role
from tests.fixtures.jwt_forgeries import FORGERIES
from tests.fixtures.jwt_tricks import Mint
from tests.fixtures.tokens import EXCHANGE, asks, bearing, personal, service


async def exchanged(front, text):
    answer = await front.visitor().http.post(EXCHANGE, headers=bearing(text))
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def parts(text):
    return [json.loads(base64.urlsafe_b64decode(p + "==")) for p in text.split(".")[:2]]


def encoded(content):
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def hashed(text, secret):
    """Sign with HMAC-SHA256, as a library does that takes a public key for a secret."""
    mac = hmac.digest(secret, text.encode(), "sha256")
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


class Forge:
    """Who knows how our JWTs are made, and for one test even has the key."""

    def __init__(self, front, good):
        self.front, self.good = front, good
        self.header, self.claims = parts(good)

    async def signs(self, header=None, /, **claims):
        """Sign with the very key, which nobody has: what is left is what the claims say."""
        async with self.front.house.database.begin(write=False) as work:
            (key, *_) = await work.signing_keys.newest(1)
        private = self.front.house.jwts._cipher.unseal(key.sealed)
        content = {k: v for k, v in {**self.claims, **claims}.items() if v is not None}
        key = OKPKey.import_key(json.loads(private))
        with pytest.warns(match="EdDSA"):
            return jwt.encode({**self.header, **(header or {})}, content, key, ["EdDSA"])

    async def is_let_in(self, text):
        answer = await asks(self.front, text)
        assert answer.status_code in {200, 401}, answer.text
        return answer.status_code == 200


@pytest.fixture
async def forge(front):
    _, text = await personal(front.house)
    return Forge(front, await exchanged(front, text))


async def test_a_token_is_exchanged_for_a_jwt_that_may_the_same_for_a_quarter_of_an_hour(front):
    _, text = await personal(front.house, scopes={Permission.RUN_READ})
    answer = await front.visitor().http.post(EXCHANGE, headers=bearing(text))
    assert answer.headers["cache-control"] == "no-store"
    given = answer.json()
    assert (given["token_type"], given["expires_in"], given["scope"]) == (
        "Bearer",
        900,
        "run:read",
    )
    header, claims = parts(given["access_token"])
    assert (header["alg"], header["typ"]) == ("EdDSA", "at+jwt")
    assert claims["iss"] == "http://127.0.0.1:8240"
    assert claims["aud"] == "http://127.0.0.1:8240/api/v1"
    assert claims["exp"] - claims["iat"] == 900
    assert {"sub", "tenant", "role", "jti", "nbf", "client_id"} <= set(claims)
    me = (await asks(front, given["access_token"])).json()
    assert (me["username"], me["permissions"]) == ("ana", ["run:read"])
    (key,) = (await front.visitor().gets("/.well-known/jwks.json")).json()["keys"]
    assert key["kid"] == header["kid"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}
    front.house.time.pass_by(minutes=15)
    assert (await asks(front, given["access_token"])).status_code == 401


async def test_a_jwt_ends_with_its_token_and_makes_no_other(front):
    token, text = await personal(front.house)
    access = await exchanged(front, text)
    assert (await asks(front, access)).status_code == 200
    again = await front.visitor().http.post(EXCHANGE, headers=bearing(access))
    assert again.status_code == 403
    _, noor = await front.house.signs_in("noor")
    await front.house.tokens.revoke(noor, token.id)
    assert (await asks(front, access)).status_code == 401


async def test_only_a_token_is_exchanged(front):
    visitor = await front.signed_in("ana")
    assert (await visitor.acts(EXCHANGE, {})).status_code == 403
    assert (await front.visitor().acts(EXCHANGE, {})).status_code == 401


async def test_a_jwt_that_anybody_could_write_is_refused(front, forge):
    head, body, signature = forge.good.split(".")
    (key,) = (await front.visitor().gets("/.well-known/jwks.json")).json()["keys"]
    public = OKPKey.import_key(key)
    none = encoded({**forge.header, "alg": "none"})
    as_hs256 = f"{encoded({**forge.header, 'alg': 'HS256'})}.{body}"
    with_public_key = [
        f"{as_hs256}.{hashed(as_hs256, secret)}"
        for secret in (public.as_pem(private=False), json.dumps(key).encode(), key["x"].encode())
    ]
    with pytest.warns(match="EdDSA"):
        own = jwt.encode(
            {**forge.header, "jwk": key}, forge.claims, OKPKey.generate_key("Ed25519"), ["EdDSA"]
        )
    admin = encoded({**forge.claims, "role": "admin"})
    for text in (
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{encoded({**forge.header, 'alg': 'Ed25519'})}.{body}.{signature}",
        *with_public_key,
        own,
        f"{head}.{admin}.{signature}",
        f"{head}.{body}.{signature[:-6]}AAAAAA",
        f"{head}.{body}.",
        f"{head}.{body}",
        f"{forge.good}.{signature}",
    ):
        assert not await forge.is_let_in(text), text
    assert await forge.is_let_in(forge.good)


async def test_no_forgery_of_the_corpus_opens_a_route(front, forge):
    async with front.house.database.begin(write=False) as work:
        (kept, *_) = await work.signing_keys.newest(1)
    key = OKPKey.import_key(json.loads(kept.public))
    mint = Mint(forge.header, forge.claims, key, seen=forge.good)
    made = {name: forged(mint) for name, forged in FORGERIES.items()}
    sent = {name: text for name, text in made.items() if text.isascii() and text.isprintable()}
    assert len(sent) > 150
    assert [name for name, text in sent.items() if await forge.is_let_in(text)] == []
    assert await forge.is_let_in(forge.good)


CLAIMS = {
    "another audience": {"aud": "http://127.0.0.1:8240"},
    "no audience": {"aud": None},
    "several audiences": {"aud": ["http://127.0.0.1:8240/api/v1", "other"]},
    "another issuer": {"iss": "http://evil.example"},
    "expired": {"iat": 1_700_000_000, "nbf": 1_700_000_000, "exp": 1_700_000_900},
    "no end": {"exp": None},
    "an end that is text": {"exp": "never"},
    "too long a life": {"exp": 4_000_000_000},
    "another tenant's": {"tenant": "00000000-0000-7000-8000-000000000000"},
    "another person's": {"sub": "00000000-0000-7000-8000-000000000000"},
    "no token's": {"client_id": "00000000-0000-7000-8000-000000000000"},
    "an unknown role": {"role": "owner"},
    "an unknown scope": {"scope": "run:everything"},
}
HEADERS = {
    "an id token": {"typ": "JWT"},
    "no type": {"typ": ""},
    "a log-out token": {"typ": "logout+jwt"},
    "an unknown key": {"kid": "mine"},
    "a path as key": {"kid": "../../dev/null"},
    "a critical extension": {"crit": ["b64"], "b64": False},
}


async def test_a_jwt_signed_with_our_key_is_still_asked_what_it_says(front, forge):
    assert await forge.is_let_in(await forge.signs())
    for what, claims in CLAIMS.items():
        assert not await forge.is_let_in(await forge.signs(**claims)), what
    for what, header in HEADERS.items():
        try:
            text = await forge.signs(header)
        except ValueError:
            continue  # the library itself writes no such thing
        assert not await forge.is_let_in(text), what
    later = int(front.house.time.now.timestamp()) + 60
    assert not await forge.is_let_in(await forge.signs(nbf=later))
    assert not await forge.is_let_in(await forge.signs(iat=later, exp=later + 900))


async def test_a_jwt_never_widens_its_token(front, forge):
    me = (await asks(front, await forge.signs(role="admin", scope="audit:read run:read"))).json()
    assert (me["role"], me["permissions"]) == ("developer", ["run:read"])


async def test_another_tenants_jwt_finds_what_is_not_there(front):
    _, text = await service(front.house, Role.ADMIN, tenant="other")
    access = await exchanged(front, text)
    assert (await asks(front, access, "/api/v1/workflows", ns="main")).status_code == 404
    assert (await asks(front, access)).json()["tenant"] == "other"


async def test_keys_are_rotated_and_the_last_but_one_opens_nothing(front, forge):
    house = front.house
    await house.jwts.rotate(house.operator)
    assert await forge.is_let_in(forge.good)
    assert len((await front.visitor().gets("/.well-known/jwks.json")).json()["keys"]) == 2
    await house.jwts.rotate(house.operator)
    assert not await forge.is_let_in(forge.good)
    async with house.database.begin(write=False) as work:
        before = {key.id for key in await work.signing_keys.newest(9)}
    house.time.pass_by(days=31)
    _, fresh = await personal(house)
    assert parts(await exchanged(front, fresh))[0]["kid"] not in before
    assert len(before) == 2


async def test_a_key_sealed_under_a_lost_secret_is_followed_by_a_new_one(front):
    _, text = await personal(front.house)
    first = await exchanged(front, text)
    front.house.behind().does("UPDATE signing_keys SET sealed = :junk", junk=b"junk")
    second = await exchanged(front, text)
    assert parts(first)[0]["kid"] != parts(second)[0]["kid"]
    assert (await asks(front, second)).status_code == 200


async def test_the_private_key_is_encrypted_in_the_database(front, forge):
    async with front.house.database.begin(write=False) as work:
        (key,) = await work.signing_keys.newest(1)
    assert b'"d"' not in key.sealed
    assert '"d"' not in key.public
