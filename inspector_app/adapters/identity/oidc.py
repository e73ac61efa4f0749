"""OpenID Connect: the code flow with PKCE, state and nonce, and log-out on both sides."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlencode

from inspector_app.adapters.identity.asking import Asking, Json, as_object, where
from inspector_app.adapters.identity.id_tokens import IdTokens
from inspector_app.adapters.identity.oauth import at_path, code_address, code_of, names
from inspector_app.adapters.identity.oidc_documents import Description, Documents
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.signing_in import (
    SKEW_SECONDS,
    Begun,
    Claimed,
    LoggedOut,
    SignInFault,
    Step,
)
from inspector_app.services.ports import Clock, Outbound

ENTRA_GROUPS = "https://graph.microsoft.com/v1.0/me/getMemberObjects"
"""Where Entra ID's groups are read that are too many for a token."""
_BYTES = 32
_LONGEST_HINT = 6000
"""Of an ID token in an address: with hundreds of groups in it no server would take it."""


class OidcClient:
    """See ports.Oidc."""

    def __init__(
        self, outbound: Outbound, clock: Clock, *, entra_groups: str = ENTRA_GROUPS
    ) -> None:
        self._asking = Asking(outbound)
        self._clock = clock
        self._documents = Documents(self._asking, clock)
        self._tokens = IdTokens(self._documents, clock)
        self._entra_groups = entra_groups

    async def look(self, settings: OidcSettings) -> None:
        described = await self._documents.description(settings.issuer, anew=True)
        await self._documents.read_keys(described)

    async def begin(self, settings: OidcSettings, *, callback: str, fresh: bool = False) -> Begun:
        described = await self._documents.description(settings.issuer)
        state, nonce, verifier = (secrets.token_urlsafe(_BYTES) for _ in range(3))
        more = {"acr_values": " ".join(settings.acr)} if settings.acr else {}
        more |= {"prompt": "login", "max_age": "0"} if fresh else {}
        scopes = " ".join(dict.fromkeys(("openid", *settings.scopes)))
        asked = {"redirect_uri": callback, "scope": scopes, "state": state, "nonce": nonce} | more
        url = code_address(described.authorize, settings.client_id, verifier=verifier, asked=asked)
        kept = {"state": state, "nonce": nonce, "verifier": verifier, "issuer": settings.issuer}
        if fresh:
            kept["fresh_since"] = str(int(self._clock().timestamp()))
        return Begun(url, kept)

    async def finish(
        self,
        settings: OidcSettings,
        secret: str,
        *,
        callback: str,
        kept: Mapping[str, str],
        answer: Mapping[str, str],
    ) -> Claimed:
        described = await self._documents.description(settings.issuer)
        code = code_of(answer, kept, issuer=settings.issuer, named=described.names_itself)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": kept["verifier"],
        }
        token = await self._token(described, settings, secret, form)
        raw, access = token.get("id_token"), token.get("access_token")
        if not isinstance(raw, str):
            raise SignInFault(
                Step.CODE,
                "The provider answers without an ID token.",
                hint="Is openid among the scopes that this client may ask for?",
            )
        access = access if isinstance(access, str) else ""
        claims = await self._tokens.who(
            described, settings, raw, nonce=kept["nonce"], token=access
        )
        _check_strength(settings, claims, since=int(kept.get("fresh_since", "0")))
        claims = await self._with_userinfo(described, settings, claims, access)
        groups = await self._groups(settings, claims, access)
        return _claimed(settings, claims, groups, raw)

    async def log_out_url(self, settings: OidcSettings, hint: str, *, back: str) -> str | None:
        # Asked anew: a browser must not be led to where nobody answers.
        described = await self._documents.description(settings.issuer, anew=True)
        if not described.end_session:
            return None
        asked = {"client_id": settings.client_id, "post_logout_redirect_uri": back}
        asked |= {"id_token_hint": hint} if 0 < len(hint) <= _LONGEST_HINT else {}
        joint = "&" if "?" in described.end_session else "?"
        return described.end_session + joint + urlencode(asked)

    async def logged_out(self, settings: OidcSettings, token: str) -> LoggedOut:
        described = await self._documents.description(settings.issuer)
        return await self._tokens.logged_out(described, settings, token)

    async def _token(
        self, described: Description, settings: OidcSettings, secret: str, form: dict[str, str]
    ) -> Json:
        if described.secret_in_form or not secret:
            form |= {"client_id": settings.client_id}
            form |= {"client_secret": secret} if secret else {}
            return await self._asking.post(described.token, Step.CODE, form, basic=None)
        pair = (settings.client_id, secret)
        return await self._asking.post(described.token, Step.CODE, form, basic=pair)

    async def _with_userinfo(
        self, described: Description, settings: OidcSettings, claims: Json, access: str
    ) -> Json:
        """Ask for what the ID token leaves out; it must be about the same person."""
        wanted = {settings.groups_claim, settings.username_claim, "email"}
        if not described.userinfo or not access or all(at_path(claims, each) for each in wanted):
            return claims
        found = as_object(
            await self._asking.get(described.userinfo, Step.WHO, token=access),
            Step.WHO,
            described.userinfo,
        )
        if found.get("sub") != claims["sub"]:
            raise SignInFault(Step.WHO, f"{where(described.userinfo)} tells of somebody else.")
        told = {**found, **claims}
        if found.get("email") != claims.get("email"):
            # That one is verified says nothing of the other.
            whose = claims if "email" in claims else found
            told["email_verified"] = whose.get("email_verified")
        return told

    async def _groups(self, settings: OidcSettings, claims: Json, access: str) -> tuple[str, ...]:
        named = claims.get("_claim_names")
        if isinstance(named, dict) and settings.groups_claim in named:
            # Entra ID: over 200 groups are not in the token, which says where they were once.
            found = await self._asking.get(
                self._entra_groups, Step.GROUPS, token=access, method="POST"
            )
            return names(as_object(found, Step.GROUPS, self._entra_groups).get("value"))
        return names(at_path(claims, settings.groups_claim))


def _check_strength(settings: OidcSettings, claims: Json, *, since: int) -> None:
    if settings.acr and claims.get("acr") not in settings.acr:
        raise SignInFault(
            Step.STRENGTH,
            f"The provider says acr {str(claims.get('acr'))[:80]!r}; "
            f"asked is {' or '.join(settings.acr)}.",
        )
    methods = claims.get("amr")
    theirs = cast("list[object]", methods) if isinstance(methods, list) else []
    if missing := [each for each in settings.amr if each not in theirs]:
        raise SignInFault(
            Step.STRENGTH,
            f"They signed in without {', '.join(missing)}.",
            hint="Ask the provider to require it for this application.",
        )
    proved = claims.get("auth_time")
    if since and (not isinstance(proved, int) or proved < since - SKEW_SECONDS):
        raise SignInFault(Step.STRENGTH, "The provider did not ask them to prove themselves anew.")


def _claimed(settings: OidcSettings, claims: Json, groups: tuple[str, ...], raw: str) -> Claimed:
    def word(name: str) -> str:
        found = at_path(claims, name)
        return found if isinstance(found, str) else ""

    email = word("email")
    return Claimed(
        subject=word("sub"),
        username=word(settings.username_claim) or email or word("sub"),
        email=email,
        email_verified=claims.get("email_verified") is True,
        groups=groups,
        session=word("sid"),
        hint=raw,
    )
