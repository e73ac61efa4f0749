"""Signed words of an OpenID provider: ID tokens and logout tokens."""

from __future__ import annotations

import hmac
from typing import cast

from joserfc import jws
from joserfc.errors import JoseError

from inspector_app.adapters.identity.asking import Json
from inspector_app.adapters.identity.compact import claims_of, header_of
from inspector_app.adapters.identity.oauth import check_id_token
from inspector_app.adapters.identity.oidc_documents import Description, Documents
from inspector_app.domain.provider_settings import OidcSettings
from inspector_app.domain.signing_in import SKEW_SECONDS, LoggedOut, SignInFault, Step
from inspector_app.services.ports import Clock

_LONGEST = 100_000
_LONGEST_SUBJECT = 255
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_LOGOUT_OLDEST = 600
"""Seconds since a logout token was made; longer than any queue at a provider."""
_BY_CLOCK = {"it has expired", "its iat does not hold", "its nbf does not hold"}
_LOGOUT_TYPE = "logout+jwt"


class IdTokens:
    """Verifies them; a fault names the claim that did not hold, never its token."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock

    async def who(
        self, described: Description, settings: OidcSettings, raw: str, *, nonce: str, token: str
    ) -> Json:
        """Verify an ID token (OpenID Connect Core 1.0, 3.1.3.7) and return its claims.

        Beyond authlib's own checks: we are an audience, and the only authorised party.
        """
        header, claims = await self._signed(described, raw)
        if _type(header) not in {"", "jwt"}:
            # A type that is spelled out is another kind's, known today or not (RFC 8725, 3.11).
            raise SignInFault(Step.WHO, "It is a token of another kind.")
        wrong = check_id_token(
            header,
            claims,
            issuer=described.issuer,
            client_id=settings.client_id,
            nonce=nonce,
            access_token=token,
            now=int(self._clock().timestamp()),
            leeway=SKEW_SECONDS,
        )
        if wrong:
            hint = "Compare the clocks of both machines." if wrong in _BY_CLOCK else ""
            raise SignInFault(Step.WHO, f"The ID token is refused: {wrong}.", hint=hint)
        said = claims.get("nonce")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
            raise SignInFault(Step.WHO, "Its nonce is not the one that was sent.")
        _subject(claims)
        return claims

    async def logged_out(
        self, described: Description, settings: OidcSettings, raw: str
    ) -> LoggedOut:
        """Verify a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6)."""
        header, claims = await self._signed(described, raw)
        if _type(header) != _LOGOUT_TYPE:
            raise SignInFault(Step.WHO, "Its type is not logout+jwt.")
        now = self._clock().timestamp()
        for reason, holds in _rules(described.issuer, settings.client_id, claims, now):
            if not holds:
                raise SignInFault(Step.WHO, f"The logout token is {reason}.")
        return LoggedOut(
            subject=_word(claims, "sub"), session=_word(claims, "sid"), id=_word(claims, "jti")
        )

    async def _signed(self, described: Description, raw: str) -> tuple[Json, Json]:
        """Verify the signature with a key of the provider's, by an algorithm it names."""
        if len(raw) > _LONGEST:
            raise SignInFault(Step.WHO, "The token is too long.")
        try:
            header = header_of(raw)
        except ValueError as error:
            raise SignInFault(Step.WHO, "It is no signed token.") from error
        if header.get("alg") not in described.algorithms:
            raise SignInFault(
                Step.WHO,
                f"The token is signed by {str(header.get('alg'))[:40]!r}; "
                f"accepted is {', '.join(described.algorithms)}.",
            )
        kid = header.get("kid")
        key = await self._documents.key(described, kid if isinstance(kid, str) else None)
        try:
            found = jws.deserialize_compact(raw, key, list(described.algorithms))
        except (JoseError, ValueError, TypeError) as error:
            raise SignInFault(Step.WHO, "Its signature does not verify.") from error
        try:
            return header, claims_of(found.payload)
        except ValueError as error:
            raise SignInFault(Step.WHO, f"The token is refused: {error}.") from error


def _type(header: Json) -> str:
    return str(header.get("typ", "")).lower().removeprefix("application/")


def _subject(claims: Json) -> str:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise SignInFault(Step.WHO, "It names nobody: there is no subject.")
    return subject


def _word(claims: Json, name: str) -> str:
    found = claims.get(name, "")
    return found if isinstance(found, str) and len(found) <= _LONGEST_SUBJECT else ""


def _rules(issuer: str, client_id: str, claims: Json, now: float) -> tuple[tuple[str, bool], ...]:
    """What must hold of a logout token, and what it is where that does not."""
    audience, made, ends = claims.get("aud"), claims.get("iat"), claims.get("exp")
    audiences = cast("list[object]", audience) if isinstance(audience, list) else [audience]
    events = claims.get("events")
    return (
        ("another issuer's", claims.get("iss") == issuer),
        ("not for us", client_id in audiences),
        (
            "not of now",
            isinstance(made, int) and now - _LOGOUT_OLDEST < made < now + SKEW_SECONDS,
        ),
        ("expired", ends is None or (isinstance(ends, int) and ends > now - SKEW_SECONDS)),
        ("about another event", isinstance(events, dict) and _LOGOUT_EVENT in events),
        ("an ID token: it has a nonce", "nonce" not in claims),
        ("about nobody", bool(_word(claims, "sid") or _word(claims, "sub"))),
        # Of one that is there and no word, nothing would be left: it would end more than it says.
        ("about no name", all(_word(claims, each) for each in ("sid", "sub") if each in claims)),
        ("without an id of its own", bool(_word(claims, "jti"))),
    )
