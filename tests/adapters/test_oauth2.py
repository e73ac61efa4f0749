"""OAuth 2 of GitHub's kind, against a server that answers what a test wants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from inspector_app.adapters.identity.oauth import code_of
from inspector_app.adapters.identity.oauth2 import OAuth2Client
from inspector_app.domain.errors import NotReached
from inspector_app.domain.provider_settings import OAuth2Settings
from inspector_app.domain.signing_in import Claimed, SignInFault, Step
from inspector_app.services.ports import Answer, Call
from tests.fixtures.lying_oidc import answer, html

HOST = "https://git.example.test"
CALLBACK = "http://127.0.0.1:8000/auth/oauth2/git/callback"
SETTINGS = OAuth2Settings(
    authorize_url=f"{HOST}/authorize",
    token_url=f"{HOST}/token",
    user_url=f"{HOST}/user",
    emails_url=f"{HOST}/user/emails",
    client_id="inspector",
    scopes=("read:org",),
    groups=(f"{HOST}/user/orgs {{login}}", f"{HOST}/user/teams {{organization.login}}/{{slug}}"),
)
EMAILS = [
    {"email": "old@example.test", "verified": True, "primary": False},
    {"email": "nobody@example.test", "verified": False, "primary": True},
    {"email": "likely@example.test", "verified": "yes", "primary": True},
    {"email": "ana@example.test", "verified": True, "primary": True},
]


class Server:
    """Implements ports.Outbound: answers by path."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.answers: dict[str, Answer] = {
            "/token": answer({"access_token": "at"}),
            "/user": answer({"id": 7, "login": "ana"}),
            "/user/emails": answer(EMAILS),
            "/user/orgs": answer(
                [{"login": "acme"}, {"other": 1}, "x", {"login": {"a": 1}}, {"login": ["b"]}]
            ),
            "/user/teams": answer([{"slug": "ops", "organization": {"login": "acme"}}]),
        }

    async def send(self, call: Call) -> Answer:
        """Answer what is set."""
        self.calls.append(call)
        found = self.answers.get(urlsplit(call.url).path)
        if found is None:
            raise NotReached("Nobody listens there.", permanent=False)
        return found

    def form(self) -> Mapping[str, str]:
        """What was posted for the code."""
        (posted,) = [call for call in self.calls if call.method == "POST"]
        return dict(parse_qsl(posted.body.decode()))


async def comes_back(
    server: Server, settings: OAuth2Settings = SETTINGS, **instead: str
) -> Claimed:
    """Walk the whole way."""
    client = OAuth2Client(server)
    begun = await client.begin(settings, callback=CALLBACK)
    back = {"code": "c", "state": begun.kept["state"], **instead}
    return await client.finish(settings, "secret", callback=CALLBACK, kept=begun.kept, answer=back)


async def test_who_it_is_with_verified_address_organisations_and_teams() -> None:
    server = Server()
    assert await comes_back(server) == Claimed(
        subject="7",
        username="ana",
        email="ana@example.test",
        email_verified=True,
        groups=("acme", "acme/ops"),
    )
    form = server.form()
    assert (form["client_secret"], form["redirect_uri"]) == ("secret", CALLBACK)
    assert len(form["code_verifier"]) >= 43


async def test_the_browser_is_sent_with_state_and_a_challenge() -> None:
    begun = await OAuth2Client(Server()).begin(SETTINGS, callback=CALLBACK)
    asked = parse_qs(urlsplit(begun.url).query)
    assert asked["scope"] == ["read:org"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"] == [begun.kept["state"]]
    assert begun.kept["verifier"] not in begun.url


async def test_an_answer_to_another_browser_is_not_taken() -> None:
    server = Server()
    with pytest.raises(SignInFault) as refused:
        await comes_back(server, state="other")
    assert refused.value.step is Step.ANSWER
    assert server.calls == []


@pytest.mark.parametrize("kept", [{}, {"state": ""}, {"request": "of SAML"}])
def test_nothing_that_was_asked_has_no_answer(kept: dict[str, str]) -> None:
    with pytest.raises(SignInFault) as refused:
        code_of({"state": "", "code": "c"}, kept, issuer=None)
    assert refused.value.step is Step.ANSWER


@pytest.mark.parametrize(
    ("path", "instead", "step"),
    [
        ("/token", answer({"error": "bad_verification_code"}), Step.CODE),
        ("/token", answer({}), Step.CODE),
        ("/token", answer({"access_token": "at"}, status=403), Step.CODE),
        ("/token", answer({"access_token": ""}), Step.CODE),
        ("/token", answer({"access_token": ["at"]}), Step.CODE),
        ("/token", html(), Step.CODE),
        ("/user", answer({"login": "ana"}), Step.WHO),
        ("/user", answer({"id": True, "login": "ana"}), Step.WHO),
        ("/user", answer({"id": "", "login": "ana"}), Step.WHO),
        ("/user", answer([]), Step.WHO),
        ("/user", html(), Step.WHO),
        ("/user", answer({"id": 7}, status=403), Step.WHO),
        ("/user/emails", answer({}), Step.WHO),
        ("/user/orgs", answer({}), Step.GROUPS),
        ("/user/teams", html(500), Step.GROUPS),
    ],
)
async def test_what_is_no_answer_gets_nobody_in(path: str, instead: Answer, step: Step) -> None:
    server = Server()
    server.answers[path] = instead
    with pytest.raises(SignInFault) as refused:
        await comes_back(server)
    assert refused.value.step is step


async def test_what_the_server_says_of_a_code_is_told() -> None:
    server = Server()
    server.answers["/token"] = answer({"error": "bad_verification_code", "access_token": "at"})
    with pytest.raises(SignInFault, match="refuses: bad_verification_code"):
        await comes_back(server)


async def test_without_a_verified_address_there_is_none() -> None:
    server = Server()
    server.answers["/user/emails"] = answer(EMAILS[1:3])
    found = await comes_back(server)
    assert (found.email, found.email_verified) == ("", False)
    assert (await comes_back(Server(), replace(SETTINGS, emails_url=""))).email == ""


async def test_who_has_no_name_there_goes_by_their_address_and_then_by_their_id() -> None:
    server = Server()
    server.answers["/user"] = answer({"id": 7, "login": None})
    assert (await comes_back(server)).username == "ana@example.test"
    assert (await comes_back(server, replace(SETTINGS, emails_url=""))).username == "7"


async def test_further_pages_are_read_and_the_token_goes_to_no_other_host() -> None:
    server = Server()
    first = answer([{"login": "acme"}])
    more = {**first.headers, "link": f'<{HOST}/more?page=2>; rel="next", <{HOST}/x>; rel="last"'}
    server.answers["/user/orgs"] = Answer(status=200, headers=more, body=first.body)
    server.answers["/more"] = answer([{"login": "beta"}])
    assert (await comes_back(server)).groups == ("acme", "beta", "acme/ops")
    for lure in ("https://evil.test", HOST.replace("https", "http"), f"{HOST}:8443"):
        lured = {"link": f'<{lure}/lured>; rel="next"'}
        server.answers["/user/orgs"] = Answer(status=200, headers=lured, body=first.body)
        with pytest.raises(SignInFault, match="another host"):
            await comes_back(server)
    assert not [call for call in server.calls if "lured" in call.url]


async def test_a_list_without_end_is_given_up() -> None:
    server = Server()
    endless = {"link": f'<{HOST}/user/orgs>; rel="next"'}
    server.answers["/user/orgs"] = Answer(status=200, headers=endless, body=b"[]")
    assert (await comes_back(server)).groups == ("acme/ops",)
    assert len(server.calls) < 60
