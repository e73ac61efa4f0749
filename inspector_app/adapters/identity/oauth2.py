"""OAuth 2 without OpenID Connect, GitHub's kind: who it is, and their groups, are read after."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from string import Formatter
from typing import cast

from inspector_app.adapters.identity.asking import Asking, Json, as_object
from inspector_app.adapters.identity.oauth import at_path, code_address, code_of, names
from inspector_app.domain.provider_settings import OAuth2Settings
from inspector_app.domain.signing_in import Begun, Claimed, SignInFault, Step
from inspector_app.services.ports import Outbound

_BYTES = 32
_MOST_PAGES = 50


class OAuth2Client:
    """See ports.OAuth2: code flow with PKCE and state; the token is used and forgotten."""

    def __init__(self, outbound: Outbound) -> None:
        self._asking = Asking(outbound)

    async def begin(self, settings: OAuth2Settings, *, callback: str) -> Begun:
        state, verifier = secrets.token_urlsafe(_BYTES), secrets.token_urlsafe(_BYTES)
        asked = {"redirect_uri": callback, "state": state}
        asked |= {"scope": " ".join(settings.scopes)} if settings.scopes else {}
        url = code_address(
            settings.authorize_url, settings.client_id, verifier=verifier, asked=asked
        )
        return Begun(url, {"state": state, "verifier": verifier})

    async def finish(
        self,
        settings: OAuth2Settings,
        secret: str,
        *,
        callback: str,
        kept: Mapping[str, str],
        answer: Mapping[str, str],
    ) -> Claimed:
        form = {
            "grant_type": "authorization_code",
            "code": code_of(answer, kept, issuer=None),
            "redirect_uri": callback,
            "code_verifier": kept["verifier"],
            "client_id": settings.client_id,
            "client_secret": secret,
        }
        token = (await self._asking.post(settings.token_url, Step.CODE, form)).get("access_token")
        if not isinstance(token, str) or not token:
            raise SignInFault(Step.CODE, "The server answers without an access token.")
        person = as_object(
            await self._asking.get(settings.user_url, Step.WHO, token=token),
            Step.WHO,
            settings.user_url,
        )
        subject = person.get(settings.subject_field)
        # GitHub's ids are numbers; a name may be given to somebody else one day.
        if isinstance(subject, bool) or not isinstance(subject, (int, str)) or subject == "":
            raise SignInFault(
                Step.WHO, f"The answer has no {settings.subject_field!r} that names somebody."
            )
        username = person.get(settings.username_field)
        email = await self._email(settings, token)
        return Claimed(
            subject=str(subject),
            username=username if isinstance(username, str) else email or str(subject),
            email=email,
            email_verified=bool(email),
            groups=await self._groups(settings, token),
        )

    async def _email(self, settings: OAuth2Settings, token: str) -> str:
        """The verified address, the primary one before others; "" without one."""
        if not settings.emails_url:
            return ""
        found = await self._list(settings.emails_url, Step.WHO, token)
        verified = [each for each in found if each.get("verified") is True]
        verified.sort(key=lambda each: each.get("primary") is not True)
        first = verified[0].get("email") if verified else ""
        return first if isinstance(first, str) else ""

    async def _groups(self, settings: OAuth2Settings, token: str) -> tuple[str, ...]:
        found: list[str] = []
        for line in settings.groups:
            url, _, made_of = line.partition(" ")
            found += [
                _made(made_of.strip() or "{login}", each)
                for each in await self._list(url, Step.GROUPS, token)
            ]
        return names([each for each in found if each])

    async def _list(self, url: str, step: Step, token: str) -> list[Json]:
        """Read a list, page after page where the server says that there is another."""
        found: list[Json] = []
        following: str | None = url
        for _ in range(_MOST_PAGES):
            if following is None:
                break
            page, following = await self._asking.page(following, step, token=token, of=url)
            if not isinstance(page, list):
                raise SignInFault(step, f"{url[:200]} does not answer with a list.")
            entries = cast("list[object]", page)
            found += [cast("Json", each) for each in entries if isinstance(each, dict)]
        return found


def _made(made_of: str, entry: Json) -> str:
    """Put an entry's fields where the pattern names them; "" when one is missing."""
    parts: list[str] = []
    for literal, name, _spec, _conversion in Formatter().parse(made_of):
        parts.append(literal)
        if name is not None:
            value = at_path(entry, name)
            if not isinstance(value, (str, int)):
                return ""
            parts.append(str(value))
    return "".join(parts)
