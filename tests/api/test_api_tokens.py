"""Tokens and JWTs as programs send them, and as attackers do."""

from __future__ import annotations

import base64
import hmac
import json
import re
from itertools import count
from uuid import UUID

import pytest
from joserfc import jwt
from joserfc.jwk import OKPKey

from inspector_app.api.app import build_api
from inspector_app.domain.permissions import Permission, Role
from tests.fixtures.tokens import bearing, personal, service

NEW = {"name": "ci", "role": "developer"}
EXCHANGE = "/api/v1/auth/token"


ADDRESSES = count(1)


async def asks(front, text, path="/api/v1/me", /, **params):
    """Ask from an address of one's own: many wrong tokens from one have to wait."""
    visitor = front.visitor(address=f"10.2.{next(ADDRESSES) % 250}.1")
    return await visitor.gets(path, headers=bearing(text), **params)


async def test_a_token_says_who_it_is_and_reads_its_tenant(front):
    _, text = await personal(front.house, scopes={Permission.RUN_READ, Permission.NAMESPACE_READ})
    me = (await asks(front, text)).json()
    assert (me["username"], me["tenant"], me["role"]) == ("ana", "demo", "developer")
    assert me["permissions"] == ["namespace:read", "run:read"]
    slugs = {
        each["slug"] for each in (await asks(front, text, "/api/v1/namespaces")).json()["items"]
    }
    assert slugs == {"default", "main"}
    _, robot = await service(front.house)
    assert (await asks(front, robot)).json()["username"] == "robot"


async def test_a_person_makes_a_token_sees_it_without_its_text_and_ends_it(front):
    visitor = await front.signed_in("ana")
    made = await visitor.acts("/api/v1/tokens", {**NEW, "expires_days": 7, "scopes": ["run:read"]})
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    token = made.json()
    assert (await asks(front, token["token"])).status_code == 200
    (listed,) = (await visitor.gets("/api/v1/tokens")).json()["items"]
    assert listed["last_used_at"]
    assert (listed["name"], listed["scopes"]) == ("ci", ["run:read"])
    assert "token" not in listed
    ended = await visitor.acts(f"/api/v1/tokens/{token['id']}/revoke", {})
    assert ended.json()["revoked_at"]
    assert (await visitor.gets("/api/v1/tokens")).json()["items"] == []
    assert (await asks(front, token["token"])).status_code == 401


async def test_service_tokens_are_an_admins_business(front):
    ana, noor = await front.signed_in("ana"), await front.signed_in("noor")
    wanted = {**NEW, "kind": "service"}
    refused = await ana.acts("/api/v1/tokens", wanted)
    assert (refused.status_code, refused.json()["needs"]) == (403, "admin")
    made = (await noor.acts("/api/v1/tokens", wanted)).json()
    assert (made["person"], made["created_by"]) == ("", "noor")
    everyones = await noor.gets("/api/v1/tokens", whose="tenant")
    assert [each["id"] for each in everyones.json()["items"]] == [made["id"]]
    assert (await ana.gets("/api/v1/tokens", whose="tenant")).status_code == 403


async def test_no_key_keeps_or_repeats_an_answer_that_holds_a_secret(front):
    visitor = await front.signed_in("ana")
    key = {"Idempotency-Key": "again"}
    refused = await visitor.acts("/api/v1/tokens", NEW, headers=key)
    assert (refused.status_code, refused.json()["field"]) == (422, "Idempotency-Key")
    assert (await visitor.gets("/api/v1/tokens")).json()["items"] == []
    _, text = await personal(front.house)
    answer = await front.visitor().http.post(EXCHANGE, headers=bearing(text, **key))
    assert answer.status_code == 422
    token, _ = await personal(front.house)
    path = f"/api/v1/tokens/{token.id}/revoke"
    first, second = [await visitor.acts(path, {}, headers=key) for _ in range(2)]
    assert first.json() == second.json()


@pytest.mark.parametrize(
    "wanted",
    [
        {**NEW, "role": "admin"},
        {**NEW, "role": "owner"},
        {**NEW, "expires_days": 367},
        {**NEW, "scopes": ["run:everything"]},
        {**NEW, "scopes": ["token:own"]},
        {**NEW, "scopes": []},
        {**NEW, "name": "a\u202eb"},
        {**NEW, "secret": "mine"},
    ],
)
async def test_what_no_token_may_be_is_refused_with_its_field(front, wanted):
    answer = await (await front.signed_in("ana")).acts("/api/v1/tokens", wanted)
    assert (answer.status_code, bool(answer.json()["field"])) == (422, True)


async def test_a_wrong_token_is_told_so_counted_and_says_nothing_more(front):
    token, text = await personal(front.house)
    _, noor = await front.house.signs_in("noor")
    await front.house.tokens.revoke(noor, token.id)
    details = set()
    for wrong in (text, text[:-1], text + "x", "", "made-up", "a.b.c"):
        answer = await asks(front, wrong)
        assert answer.status_code == 401, wrong
        assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        details.add(answer.json()["detail"])
    assert len(details) == 1
    assert (await front.visitor().gets("/api/v1/me")).headers["www-authenticate"] == "Bearer"
    (entry,) = await front.entries(action="token.use")
    assert (entry.actor_name, entry.detail) == ("ana", "the token is revoked")


async def test_two_tokens_at_once_or_one_in_the_address_are_none(front):
    _, text = await personal(front.house)
    visitor = front.visitor()
    twice = await visitor.http.get("/api/v1/me", headers=[("Authorization", f"Bearer {text}")] * 2)
    assert twice.status_code == 401
    for name in ("token", "access_token", "authorization", "bearer"):
        assert (await visitor.gets("/api/v1/me", **{name: text})).status_code == 401
    visitor.http.cookies.set("inspector_session", text)
    assert (await visitor.gets("/api/v1/me")).status_code == 401


async def test_a_good_token_beside_a_better_cookie_acts_by_itself_alone(front):
    _, text = await personal(front.house, "ana", Role.OBSERVER)
    noor = await front.signed_in("noor")
    assert (await noor.gets("/api/v1/audit")).status_code == 200
    assert (await noor.gets("/api/v1/audit", headers=bearing(text))).status_code == 403
    assert (await noor.gets("/api/v1/me", headers=bearing(text))).json()["username"] == "ana"
    for path in ("/auth/sessions/revoke", "/auth/local/password"):
        form = {"others": "true", "current": "x" * 12, "new": "y" * 12}
        answer = await noor.fills(path, headers=bearing(text), **form)
        assert answer.status_code == 403, path
    assert (await noor.gets("/api/v1/me")).status_code == 200


# Every route, for who may not.

PLACE = {"ns": "main", "workflow_id": "w", "run_id": "r"}
BODIES = {
    "/api/v1/tokens": NEW,
    "/api/v1/people": {"username": "new", "role": "observer"},
    "/api/v1/operations": {
        "action": "cancel",
        "reason": "x",
        "confirmed": 0,
        "as_of": "2026-11-23T12:00:00Z",
    },
}
COUNT = {"action": "cancel"}


def every_route():
    """Each route that needs more than nothing: method, path, permission."""
    for path, methods in build_api().openapi()["paths"].items():
        for method, operation in methods.items():
            permission = Permission(operation["x-permission"])
            if path.startswith("/api/") and permission is not Permission.PUBLIC:
                place = re.sub(r"\{\w+\}", str(UUID(int=0)), path)
                yield method.upper(), place, permission


async def knocks(front, text):
    """Ask at every route; returns the status of each."""
    found = {}
    for number, (method, path, permission) in enumerate(every_route()):
        more = {"name": "approve"} if "/signal" in path else {}
        if "/people/" in path:
            more = {"version": 1, **({"role": "observer"} if path.endswith("/role") else {})}
        body = BODIES.get(path, {"reason": "x", **more})
        answer = await front.visitor(address=f"10.1.{number}.1").http.request(
            method,
            path,
            params={**PLACE, **COUNT, "from_event": 1, "event_id": 1},
            json=body if method == "POST" else None,
            headers=bearing(text),
        )
        found[method, path] = (permission, answer.status_code, answer.text)
    return found


async def test_no_route_lets_a_token_in_that_is_expired_or_revoked(front):
    _, expired = await personal(front.house, days=1)
    front.house.time.pass_by(days=1)
    token, revoked = await service(front.house, Role.ADMIN)
    _, noor = await front.house.signs_in("noor")
    await front.house.tokens.revoke(noor, token.id)
    assert len(list(every_route())) > 20
    for text in (expired, revoked):
        assert {status for _, status, _ in (await knocks(front, text)).values()} == {401}


async def test_every_route_refuses_a_token_without_the_scope_or_role(front):
    _, narrow = await personal(front.house, scopes={Permission.NAMESPACE_READ})
    _, low = await service(front.house, Role.OBSERVER)
    _, robot = await service(front.house, Role.ADMIN)
    observers = {"namespace:read", "run:read", "operation:read", "alert:read"}
    for text, may in (
        (narrow, {"namespace:read"}),
        (low, observers),
        (robot, set(Permission) - {"session:own", "token:own", "operation:start", "people:write"}),
    ):
        for route, (permission, status, said) in (await knocks(front, text)).items():
            may_pass = permission in may or permission in {"self", "token:exchange"}
            # Who may reads what is not there, or hears of the server that is away.
            assert (status == 403) == (not may_pass), (route, said)


async def test_another_tenants_token_finds_what_is_not_there(front):
    _, eve = await service(front.house, Role.ADMIN, tenant="other")
    for route, (permission, status, said) in (await knocks(front, eve)).items():
        assert "demo" not in said, route
        if "ns" in said and permission not in {"self", "token:exchange", "session:own"}:
            assert status in {403, 404, 422, 200}, route
    _, mine = await service(front.house, Role.ADMIN)
    demo = await front.visitor().gets(
        "/api/v1/workflows", headers=bearing(eve, **{"X-Inspector-Tenant": "demo"}), ns="main"
    )
    nowhere = await front.visitor().gets(
        "/api/v1/workflows", headers=bearing(mine, **{"X-Inspector-Tenant": "no"}), ns="main"
    )
    assert (demo.status_code, demo.json()["detail"]) == (403, nowhere.json()["detail"])


# JWTs.


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


async def test_an_endless_token_is_refused_unread(front):
    assert (await asks(front, "x" * 100_000)).status_code == 431
    assert (await asks(front, "x" * 20_000)).status_code == 401
    assert (await asks(front, f"{'e' * 9000}.{'e' * 9000}.e")).status_code == 401


async def test_the_private_key_is_encrypted_in_the_database(front, forge):
    async with front.house.database.begin(write=False) as work:
        (key,) = await work.signing_keys.newest(1)
    assert b'"d"' not in key.sealed
    assert '"d"' not in key.public
