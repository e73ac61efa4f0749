"""What is asked of an OpenID provider, to the letter, and what of its answers is shown."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from functools import cache
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc.jwk import RSAKey

from inspector_app.adapters.identity.oidc import OidcClient
from inspector_app.domain.signing_in import SignInFault, Step
from inspector_app.services.ports import Answer, Call
from tests.fixtures.elsewhere import one_key
from tests.fixtures.lying_oidc import CALLBACK, CLIENT, ISSUER, SECRET, LyingOidc, answer
from tests.fixtures.oidc_walk import SETTINGS, comes_back


class Listening(LyingOidc):
    """Keeps what is posted to the token endpoint, and answers whoever has the secret."""

    def __init__(self) -> None:
        super().__init__(one_key())
        self.posted: list[Call] = []

    def _token(self, call: Call) -> Answer:
        self.posted.append(call)
        form = dict(parse_qsl(call.body.decode()))
        asked = self._codes.pop(form["code"])
        return answer({"access_token": "at", "id_token": self.token(asked)})


@pytest.fixture
def provider() -> Listening:
    return Listening()


@cache
def other_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid})


def asked_in(url: str | None) -> dict[str, list[str]]:
    assert url is not None
    return parse_qs(urlsplit(url).query, keep_blank_values=True)


async def test_a_stronger_sign_in_is_asked_for_and_a_fresh_one_of_now(client: OidcClient) -> None:
    settings = replace(SETTINGS, acr=("gold", "silver"), scopes=("groups",))
    asked = asked_in((await client.begin(settings, callback=CALLBACK, fresh=True)).url)
    assert asked["acr_values"] == ["gold silver"]
    assert asked["scope"] == ["openid groups"]
    assert (asked["prompt"], asked["max_age"]) == (["login"], ["0"])
    asked = asked_in((await client.begin(SETTINGS, callback=CALLBACK)).url)
    assert not {"acr_values", "prompt", "max_age"} & asked.keys()


@pytest.mark.parametrize(
    ("methods", "secret", "in_form"),
    [
        (None, SECRET, False),
        (["client_secret_post", "client_secret_basic"], SECRET, False),
        (["client_secret_post"], SECRET, True),
        (["private_key_jwt"], SECRET, False),
        (["client_secret_basic"], "", None),
    ],
)
async def test_the_secret_goes_where_the_provider_takes_it_and_nowhere_else(
    client: OidcClient,
    provider: Listening,
    methods: list[str] | None,
    secret: str,
    in_form: bool | None,
) -> None:
    provider.described = {"token_endpoint_auth_methods_supported": methods}
    await comes_back(client, provider, secret=secret)
    (call,) = provider.posted
    form = dict(parse_qsl(call.body.decode()))
    assert (form.get("client_secret") == SECRET) is (in_form is True)
    assert ("Authorization" in call.headers) is (in_form is False)
    if in_form is False:
        # Encoded as in a form before it is joined (RFC 6749, 2.3.1).
        pair = base64.b64decode(call.headers["Authorization"].removeprefix("Basic ")).decode()
        assert pair == "inspector:s3cret%3A%20with%2Fodd%2Bletters"
    assert form.get("client_id") == (None if in_form is False else CLIENT)
    assert form["redirect_uri"] == CALLBACK
    assert SECRET not in call.url


async def test_the_user_endpoint_is_asked_only_for_what_the_token_leaves_out(
    client: OidcClient, provider: Listening
) -> None:
    await comes_back(client, provider)
    assert "/userinfo" not in provider.asked
    provider.claims = {"preferred_username": None, "email": None}
    assert (await comes_back(client, provider)).username == "alice"
    assert "/userinfo" in provider.asked


@pytest.mark.parametrize("said", ["true", 1, "yes", None])
async def test_only_a_plain_yes_verifies_an_address(
    client: OidcClient, provider: Listening, said: object
) -> None:
    provider.claims = {"email_verified": said}
    assert not (await comes_back(client, provider)).email_verified


async def test_who_has_no_name_goes_by_their_address_and_then_by_their_id(
    client: OidcClient, provider: Listening
) -> None:
    provider.claims = {"preferred_username": None}
    assert (await comes_back(client, provider)).username == "alice@example.test"
    provider.claims = {"preferred_username": None, "email": None}
    assert (await comes_back(client, provider)).username == "alice"


async def test_an_error_is_told_on_one_line_and_in_part(
    client: OidcClient, provider: Listening
) -> None:
    error = {"error": "access_denied", "error_description": "no\r\nsession.open done\x1b[2J" * 99}
    with pytest.raises(SignInFault) as refused:
        await comes_back(client, provider, instead=error)
    assert refused.value.step is Step.ANSWER
    assert refused.value.detail.isprintable()
    assert refused.value.detail.startswith("The provider says: access_denied no")
    assert len(refused.value.detail) < 250


async def test_log_out_goes_where_the_provider_says_with_what_there_is(
    client: OidcClient, provider: Listening
) -> None:
    provider.described = {"end_session_endpoint": f"{ISSUER}/end?realm=staff"}
    asked = asked_in(await client.log_out_url(SETTINGS, "", back="http://127.0.0.1:8000/login"))
    assert asked["realm"] == ["staff"]
    assert "id_token_hint" not in asked
    provider.described = {"end_session_endpoint": None}
    await client.look(SETTINGS)
    assert await client.log_out_url(SETTINGS, "hint", back="http://127.0.0.1:8000/login") is None


async def test_a_test_reads_everything_anew(client: OidcClient, provider: Listening) -> None:
    for _ in range(2):
        await client.look(SETTINGS)
    assert provider.asked == ["/.well-known/openid-configuration", "/jwks"] * 2


async def test_what_the_provider_says_of_itself_is_read_again_after_an_hour(
    client: OidcClient, provider: Listening
) -> None:
    for minutes in (0, 59, 1, -90):
        provider.now += timedelta(minutes=minutes)
        await client.begin(SETTINGS, callback=CALLBACK)
    assert len(provider.asked) == 3  # at first, after the hour, and when the clock was put back


async def test_a_token_that_names_no_key_is_believed_where_there_is_one_only(
    client: OidcClient, provider: Listening
) -> None:
    provider.sign = lambda header, claims: provider.signed({"alg": header["alg"]}, claims)
    assert (await comes_back(client, provider)).subject == "alice"
    provider.keys = [provider.key, other_key("two")]
    provider.now += timedelta(minutes=10)
    with pytest.raises(SignInFault, match="names a key"):
        await comes_back(client, provider)


async def test_of_keys_without_end_the_first_fifty_are_read(
    client: OidcClient, provider: Listening
) -> None:
    public = other_key("other").as_dict(private=False)
    many = [{**public, "kid": f"other-{number}"} for number in range(50)]
    ours = {**provider.key.as_dict(private=False), "kid": "one"}
    provider.answers["/jwks"] = answer({"keys": [*many[:49], ours]})
    assert (await comes_back(client, provider)).subject == "alice"
    provider.answers["/jwks"] = answer({"keys": [*many, ours]})
    provider.now += timedelta(minutes=10)
    with pytest.raises(SignInFault, match="names a key"):
        await comes_back(client, provider)


@pytest.mark.parametrize("said", [False, None, "true", 1])
async def test_a_provider_that_does_not_promise_to_name_itself_need_not(
    client: OidcClient, provider: Listening, said: object
) -> None:
    provider.described = {"authorization_response_iss_parameter_supported": said}
    begun = await client.begin(SETTINGS, callback=CALLBACK)
    back = provider.approve(begun.url)
    del back["iss"]
    assert await client.finish(SETTINGS, SECRET, callback=CALLBACK, kept=begun.kept, answer=back)
