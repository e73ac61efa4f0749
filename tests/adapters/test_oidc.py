"""OpenID Connect against a provider that lies: the truth gets in, not one lie does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc.jwk import OKPKey, RSAKey

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.signing_in import Begun, Claimed, SignInFault, Step
from tests.fixtures.lying_oidc import (
    CALLBACK,
    CLIENT,
    ISSUER,
    SECRET,
    LyingOidc,
    answer,
    by_curve,
    by_secret,
    foreign,
    html,
    tampered,
    unsigned,
)

SETTINGS = OidcSettings(issuer=ISSUER, client_id=CLIENT)
Lie = Callable[[LyingOidc], object]


@pytest.fixture(scope="module")
def one_key() -> RSAKey:
    """Made once: a key takes a while."""
    return RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@pytest.fixture
def provider(one_key: RSAKey) -> LyingOidc:
    """A provider that tells the truth so far."""
    found = LyingOidc()
    found.key, found.keys = one_key, [one_key]
    return found


@pytest.fixture
def client(provider: LyingOidc) -> OidcClient:
    """Ours."""
    return OidcClient(provider, provider.clock)


async def comes_back(
    client: OidcClient,
    provider: LyingOidc,
    *,
    settings: OidcSettings = SETTINGS,
    instead: Mapping[str, str | None] | None = None,
    begun: Begun | None = None,
) -> Claimed:
    """Walk the whole way; `instead` changes what the browser comes back with."""
    begun = begun or await client.begin(settings, callback=CALLBACK)
    came: dict[str, str | None] = {**provider.approve(begun.url), **(instead or {})}
    back = {name: value for name, value in came.items() if value is not None}
    return await client.finish(settings, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)


async def test_who_signed_in_there_is_who_they_say(
    client: OidcClient, provider: LyingOidc
) -> None:
    found = await comes_back(client, provider)
    assert replace(found, hint="") == Claimed(
        subject="alice",
        username="alice",
        email="alice@example.test",
        email_verified=True,
        groups=("app-admins",),
        session="session-1",
    )
    assert found.hint.count(".") == 2
    assert "hint" not in repr(found)


async def test_the_browser_is_sent_with_state_nonce_and_a_challenge(client: OidcClient) -> None:
    first, second = [await client.begin(SETTINGS, callback=CALLBACK) for _ in range(2)]
    asked = {name: each[0] for name, each in parse_qs(urlsplit(first.url).query).items()}
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == CALLBACK
    assert asked["scope"].split() == ["openid", "profile", "email"]
    assert asked["code_challenge_method"] == "S256"
    assert asked["state"] == first.kept["state"]
    assert asked["nonce"] == first.kept["nonce"]
    assert first.kept["verifier"] not in first.url
    for name in ("state", "nonce", "verifier"):
        assert len(first.kept[name]) >= 43
        assert first.kept[name] != second.kept[name]


def says(**claims: object) -> Lie:
    """Lie in the ID token."""
    return lambda provider: provider.claims.update(claims)


def signs(sign: Callable[..., str]) -> Lie:
    """Lie about the signature."""
    return lambda provider: setattr(provider, "sign", sign)


def describes(**found: object) -> Lie:
    """Lie in the description."""
    return lambda provider: provider.described.update(found)


def answers(path: str, found: object) -> Lie:
    """Answer something else."""
    return lambda provider: provider.answers.update({path: found})  # pyright: ignore[reportCallIssue, reportArgumentType]


NOW = int(LyingOidc().now.timestamp())
LIES: dict[str, tuple[Lie, Step]] = {
    "another issuer in the token": (says(iss="https://evil.test"), Step.WHO),
    "the issuer with a slash": (says(iss=ISSUER + "/"), Step.WHO),
    "no issuer": (says(iss=None), Step.WHO),
    "another audience": (says(aud="other"), Step.WHO),
    "another audience, we the authorised party": (says(aud="other", azp=CLIENT), Step.WHO),
    "two audiences, no authorised party": (says(aud=[CLIENT, "other"]), Step.WHO),
    "another authorised party": (says(azp="other"), Step.WHO),
    "no audience": (says(aud=None), Step.WHO),
    "an empty audience": (says(aud=[]), Step.WHO),
    "expired": (says(exp=NOW - 31), Step.WHO),
    "no expiry": (says(exp=None), Step.WHO),
    "an expiry that is no number": (says(exp="tomorrow"), Step.WHO),
    "early": (says(nbf=NOW + 300), Step.WHO),
    "made in the future": (says(iat=NOW + 300), Step.WHO),
    "another nonce": (says(nonce="other"), Step.WHO),
    "no nonce": (says(nonce=None), Step.WHO),
    "an empty nonce": (says(nonce=""), Step.WHO),
    "a nonce that is a list": (says(nonce=["a"]), Step.WHO),
    "no subject": (says(sub=None), Step.WHO),
    "an empty subject": (says(sub=""), Step.WHO),
    "a subject that is a number": (says(sub=7), Step.WHO),
    "a subject without end": (says(sub="a" * 256), Step.WHO),
    "ways of signing in that are no list": (says(amr="mfa"), Step.WHO),
    "a time of signing in that is none": (says(auth_time="now"), Step.WHO),
    "a hash of another access token": (says(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), Step.WHO),
    "too many groups": (says(groups=[f"g{n}" for n in range(6000)]), Step.GROUPS),
    "unsigned": (signs(unsigned), Step.WHO),
    "signed by somebody else": (signs(foreign), Step.WHO),
    "signed with the client's secret": (signs(by_secret(SECRET)), Step.WHO),
    "signed by another algorithm": (signs(by_curve), Step.WHO),
    "tampered with": (
        lambda provider: setattr(provider, "sign", tampered(provider.signed)),
        Step.WHO,
    ),
    "no token at all": (signs(lambda *_: "no token"), Step.WHO),
    "a token without end": (signs(lambda *_: "a" * 200_000), Step.WHO),
    "a logout token": (lambda provider: provider.header.update(typ="logout+jwt"), Step.WHO),
    "an access token": (lambda provider: provider.header.update(typ="at+jwt"), Step.WHO),
    "an unknown key": (lambda provider: provider.header.update(kid="two"), Step.WHO),
    "another issuer in the description": (describes(issuer="https://evil.test"), Step.DISCOVER),
    "the described issuer with a slash": (describes(issuer=ISSUER + "/"), Step.DISCOVER),
    "clear text for the code": (
        describes(token_endpoint="http://login.example.test/token"),
        Step.DISCOVER,
    ),
    "a file for the keys": (describes(jwks_uri="file:///etc/passwd"), Step.DISCOVER),
    "only algorithms of a shared secret": (
        describes(id_token_signing_alg_values_supported=["HS256", "none"]),
        Step.DISCOVER,
    ),
    "HTML for the description": (
        answers("/.well-known/openid-configuration", html()),
        Step.DISCOVER,
    ),
    "a list for the description": (
        answers("/.well-known/openid-configuration", answer([])),
        Step.DISCOVER,
    ),
    "HTML for the keys": (answers("/jwks", html()), Step.KEYS),
    "no keys": (answers("/jwks", answer({"keys": []})), Step.KEYS),
    "keys that are none": (answers("/jwks", answer({"keys": [1, {"kty": "oct"}]})), Step.KEYS),
    "only a shared secret for a key": (
        answers("/jwks", answer({"keys": [{"kty": "oct", "kid": "one", "k": "c2VjcmV0" * 6}]})),
        Step.KEYS,
    ),
    "only a key of Edwards' curve": (
        answers("/jwks", answer({"keys": [OKPKey.generate_key("Ed25519").as_dict()]})),
        Step.KEYS,
    ),
    "HTML for the token": (answers("/token", html(502)), Step.CODE),
    "an error for the token": (answers("/token", answer({"error": "x"}, status=401)), Step.CODE),
    "no ID token": (answers("/token", answer({"access_token": "at"})), Step.CODE),
    "an ID token that is a list": (answers("/token", answer({"id_token": ["a"]})), Step.CODE),
    "somebody else at the user endpoint": (
        lambda provider: (provider.claims.update(groups=None), provider.userinfo.update(sub="bo")),
        Step.WHO,
    ),
}


@pytest.mark.parametrize(("lie", "step"), LIES.values(), ids=LIES.keys())
async def test_a_lie_gets_nobody_in(
    client: OidcClient, provider: LyingOidc, lie: Lie, step: Step
) -> None:
    lie(provider)
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider)
    assert refused.value.step is step
    assert "eyJ" not in refused.value.detail
    assert SECRET not in refused.value.detail


COMEBACKS: dict[str, dict[str, str | None]] = {
    "another state": {"state": "other"},
    "no state": {"state": None},
    "an empty state": {"state": ""},
    "another provider's answer": {"iss": "https://evil.test"},
    "an answer that names no provider, of one that always does": {"iss": None},
    "no code": {"code": None},
    "an empty code": {"code": ""},
    "a code without end": {"code": "a" * 5000},
    "an error": {"error": "access_denied", "code": None},
    "an error beside a code": {"error": "access_denied"},
}


@pytest.mark.parametrize("instead", COMEBACKS.values(), ids=COMEBACKS.keys())
async def test_an_answer_to_something_else_is_not_taken(
    client: OidcClient, provider: LyingOidc, instead: dict[str, str | None]
) -> None:
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider, instead=instead, begun=begun)
    assert refused.value.step is Step.ANSWER
    assert "/token" not in provider.asked


async def test_a_stolen_code_is_worth_nothing_in_another_browser(
    client: OidcClient, provider: LyingOidc
) -> None:
    theirs, ours = [await client.begin(SETTINGS, callback=CALLBACK) for _ in range(2)]
    stolen = provider.approve(theirs.url)
    with pytest.raises(SignInFault) as refused:
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=ours.kept, answer=stolen)
    assert refused.value.step is Step.ANSWER
    injected = {**stolen, "state": ours.kept["state"]}
    with pytest.raises(SignInFault) as refused:
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=ours.kept, answer=injected)
    assert (refused.value.step, "invalid_grant" in refused.value.detail) == (Step.CODE, True)


async def test_a_code_opens_once(client: OidcClient, provider: LyingOidc) -> None:
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    back = provider.approve(begun.url)
    await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)
    with pytest.raises(SignInFault, match="invalid_grant"):
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)


@pytest.mark.parametrize("methods", [["plain"], [], None, "S256"])
async def test_no_provider_talks_us_out_of_the_challenge(
    client: OidcClient, provider: LyingOidc, methods: object
) -> None:
    provider.described.update(code_challenge_methods_supported=methods)
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    assert "code_challenge_method=S256" in begun.url
    back = provider.approve(begun.url)
    other = {**begun.kept, "verifier": "x" * 43}
    with pytest.raises(SignInFault, match="invalid_grant"):
        await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=other, answer=back)


async def test_clocks_may_be_half_a_minute_apart(client: OidcClient, provider: LyingOidc) -> None:
    provider.claims.update(exp=NOW - 29, iat=NOW + 29)
    assert (await comes_back(client, provider)).subject == "alice"


async def test_a_clock_five_minutes_off_is_named_as_the_cause(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(exp=NOW - 300, iat=NOW - 600)
    with pytest.raises(SignInFault, match="expired") as refused:
        await comes_back(client, provider)
    assert "clock" in refused.value.hint


@pytest.mark.parametrize("claims", [{"iat": NOW + 300}, {"nbf": NOW + 300}])
async def test_a_clock_five_minutes_behind_is_named_as_the_cause(
    client: OidcClient, provider: LyingOidc, claims: dict[str, object]
) -> None:
    provider.claims.update(claims)
    with pytest.raises(SignInFault, match="not hold") as refused:
        await comes_back(client, provider)
    assert "clock" in refused.value.hint


async def test_changed_keys_are_read_again_and_withdrawn_ones_not_believed(
    client: OidcClient, provider: LyingOidc
) -> None:
    await comes_back(client, provider)
    old = provider.key
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})
    provider.keys, provider.header = [provider.key], {"kid": "two"}
    provider.now += timedelta(seconds=11)
    assert (await comes_back(client, provider)).subject == "alice"
    provider.key, provider.header = old, {"kid": "one"}
    provider.now += timedelta(seconds=11)
    with pytest.raises(SignInFault, match="does not have"):
        await comes_back(client, provider)


async def test_a_withdrawn_key_is_believed_for_ten_minutes_at_most(
    client: OidcClient, provider: LyingOidc
) -> None:
    await comes_back(client, provider)
    provider.keys = [RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})]
    provider.now += timedelta(minutes=10)
    with pytest.raises(SignInFault, match="does not have"):
        await comes_back(client, provider)


async def test_unknown_key_ids_do_not_make_us_ask_again_and_again(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.header = {"kid": "made up"}
    for _ in range(20):
        with pytest.raises(SignInFault):
            await comes_back(client, provider)
    assert provider.asked.count("/jwks") == 1


async def test_a_provider_that_is_away_is_said_to_be_and_asked_again(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.away = True
    with pytest.raises(SignInFault, match="not reached") as refused:
        await client.begin(SETTINGS, callback=CALLBACK)
    assert (refused.value.step, refused.value.passing) == (Step.REACH, True)
    provider.away = False
    assert (await comes_back(client, provider)).subject == "alice"


async def test_groups_and_name_come_from_the_user_endpoint_where_the_token_has_none(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(groups=None, preferred_username=None)
    provider.userinfo.update(groups=["app-devs"], preferred_username="ali", email="x@evil.test")
    found = await comes_back(client, provider)
    assert (found.groups, found.username) == (("app-devs",), "ali")
    assert found.email == "alice@example.test"  # what is signed goes before what is not


async def test_an_address_is_verified_only_by_who_says_that_very_address(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(groups=None, email="ana@example.test", email_verified=None)
    provider.userinfo.update(email="mallory@evil.test", email_verified=True)
    found = await comes_back(client, provider)
    assert (found.email, found.email_verified) == ("ana@example.test", False)
    provider.userinfo.update(email="ana@example.test")
    assert (await comes_back(client, provider)).email_verified
    provider.claims.update(email=None)
    provider.userinfo.update(email="other@example.test")
    found = await comes_back(client, provider)
    assert (found.email, found.email_verified) == ("other@example.test", True)
    provider.claims.update(email_verified=True)
    provider.userinfo.update(email_verified=False)
    assert not (await comes_back(client, provider)).email_verified


async def test_groups_may_lie_deeper(client: OidcClient, provider: LyingOidc) -> None:
    provider.claims.update(groups=None, realm_access={"roles": ["ops", 7, ""]})
    settings = replace(SETTINGS, groups_claim="realm_access.roles")
    assert (await comes_back(client, provider, settings=settings)).groups == ("ops",)


async def test_groups_may_have_an_address_for_a_name_and_count_once(
    client: OidcClient, provider: LyingOidc
) -> None:
    claim = "https://example.test/groups"
    provider.claims.update({"groups": None, claim: ["ops", "devs", "ops"]})
    settings = replace(SETTINGS, groups_claim=claim)
    found = await comes_back(client, provider, settings=settings)
    assert found.groups == ("ops", "devs")


async def test_entra_names_too_many_groups_elsewhere(
    client: OidcClient, provider: LyingOidc
) -> None:
    provider.claims.update(
        groups=None,
        _claim_names={"groups": "src1"},
        _claim_sources={"src1": {"endpoint": "https://evil.test/groups"}},
    )
    found = await comes_back(client, provider)
    assert len(found.groups) == 500
    assert provider.asked[-1] == "/v1.0/me/getMemberObjects"


@pytest.mark.parametrize(
    ("settings", "claims", "fits"),
    [
        (replace(SETTINGS, acr=("gold", "silver")), {"acr": "silver"}, True),
        (replace(SETTINGS, acr=("gold",)), {"acr": "silver"}, False),
        (replace(SETTINGS, acr=("gold",)), {}, False),
        (replace(SETTINGS, amr=("mfa",)), {"amr": ["pwd", "mfa"]}, True),
        (replace(SETTINGS, amr=("mfa",)), {"amr": ["pwd"]}, False),
        (replace(SETTINGS, amr=("mfa",)), {"amr": [["mfa"], {"mfa": 1}, 7]}, False),
        (replace(SETTINGS, acr=("gold",)), {"acr": ["gold"]}, False),
        (replace(SETTINGS, amr=("mfa",)), {}, False),
    ],
)
async def test_who_signed_in_too_weakly_does_not_get_in(
    client: OidcClient,
    provider: LyingOidc,
    settings: OidcSettings,
    claims: dict[str, object],
    fits: bool,
) -> None:
    provider.claims.update(claims)
    if fits:
        assert await comes_back(client, provider, settings=settings)
        return
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider, settings=settings)
    assert refused.value.step is Step.STRENGTH


@pytest.mark.parametrize(
    ("proved", "fits"), [(NOW, True), (NOW - 30, True), (NOW - 31, False), (None, False)]
)
async def test_a_fresh_proof_is_one_given_since(
    client: OidcClient,
    provider: LyingOidc,
    proved: int | None,
    fits: bool,
) -> None:
    begun = await client.begin(SETTINGS, callback=CALLBACK, fresh=True)
    assert "prompt=login" in begun.url
    provider.claims.update(auth_time=proved)
    if fits:
        assert await comes_back(client, provider, begun=begun)
        return
    with pytest.raises(SignInFault, match="anew"):
        await comes_back(client, provider, begun=begun)


async def test_log_out_ends_the_session_there_with_the_token_as_hint(client: OidcClient) -> None:
    url = await client.log_out_url(SETTINGS, "the.id.token", back="http://127.0.0.1:8000/login")
    assert url is not None
    asked = parse_qs(urlsplit(url).query)
    assert asked["id_token_hint"] == ["the.id.token"]
    assert asked["post_logout_redirect_uri"] == ["http://127.0.0.1:8000/login"]
    assert asked["client_id"] == [CLIENT]


LOGOUT = {"http://schemas.openid.net/event/backchannel-logout": {}}
LOGOUT_LIES: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "another type": ({"typ": "JWT"}, {}),
    "no type": ({"typ": None}, {}),
    "another issuer": ({}, {"iss": "https://evil.test"}),
    "another audience": ({}, {"aud": "other"}),
    "old": ({}, {"iat": NOW - 601}),
    "of the future": ({}, {"iat": NOW + 60}),
    "without a time": ({}, {"iat": None}),
    "expired": ({}, {"exp": NOW - 60}),
    "another event": ({}, {"events": {"other": {}}}),
    "no event": ({}, {"events": None}),
    "a nonce": ({}, {"nonce": "x"}),
    "nobody": ({}, {"sub": None, "sid": None}),
    "without an id": ({}, {"jti": None}),
}


def logout_token(
    provider: LyingOidc, header: Mapping[str, object], claims: Mapping[str, object]
) -> str:
    """A logout token, with what a test changes."""
    head = {"alg": "RS256", "kid": "one", "typ": "logout+jwt", **header}
    told: dict[str, object] = {
        "iss": ISSUER,
        "aud": CLIENT,
        "iat": NOW,
        "jti": "1",
        "sub": "alice",
        "sid": "session-1",
        "events": LOGOUT,
        **claims,
    }
    return provider.sign(
        {name: value for name, value in head.items() if value is not None},
        {name: value for name, value in told.items() if value is not None},
    )


async def test_a_logout_token_says_whose_session_ended(
    client: OidcClient, provider: LyingOidc
) -> None:
    found = await client.logged_out(SETTINGS, logout_token(provider, {}, {}))
    assert (found.subject, found.session, found.id) == ("alice", "session-1", "1")


@pytest.mark.parametrize(("header", "claims"), LOGOUT_LIES.values(), ids=LOGOUT_LIES.keys())
async def test_a_logout_token_that_is_none_ends_nothing(
    client: OidcClient,
    provider: LyingOidc,
    header: dict[str, object],
    claims: dict[str, object],
) -> None:
    with pytest.raises(SignInFault):
        await client.logged_out(SETTINGS, logout_token(provider, header, claims))


@pytest.mark.parametrize("sign", [unsigned, foreign, by_secret(SECRET), by_curve])
async def test_a_logout_token_that_is_not_the_providers_ends_nothing(
    client: OidcClient, provider: LyingOidc, sign: Callable[..., str]
) -> None:
    provider.sign = sign
    with pytest.raises(SignInFault):
        await client.logged_out(SETTINGS, logout_token(provider, {}, {}))
