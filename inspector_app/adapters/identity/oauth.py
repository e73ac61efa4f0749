"""What authlib does for us, with types: addresses, PKCE, the rules of an ID token."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError


def code_address(
    authorize: str, client_id: str, *, verifier: str, asked: Mapping[str, str]
) -> str:
    """Where the browser asks for a code: with PKCE by S256, and whatever else is `asked`."""
    challenge = create_s256_code_challenge(verifier)
    return str(
        prepare_grant_uri(
            authorize,
            client_id,
            "code",
            **asked,
            code_challenge=challenge,
            code_challenge_method="S256",
        )
    )


def check_id_token(
    header: Mapping[str, object],
    claims: Mapping[str, object],
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    access_token: str,
    now: int,
    leeway: int,
) -> str:
    """Say what does not hold of a code flow's ID token (Core 1.0, 3.1.3.7), or "".

    By default authlib takes `aud=other` with `azp=us`, and what expired a minute ago: the
    options here close both.
    """
    options = {
        "iss": {"essential": True, "value": issuer},
        "aud": {"essential": True, "value": client_id},
        "sub": {"essential": True},
        "exp": {"essential": True},
    }
    asked = {"nonce": nonce, "client_id": client_id, "access_token": access_token}
    try:
        CodeIDToken(dict(claims), dict(header), options, asked).validate(now=now, leeway=leeway)
    except (JoseError, ValueError, TypeError) as error:
        if getattr(error, "error", "") == "expired_token":
            return "it has expired"
        return f"its {getattr(error, 'claim', '') or 'form'} does not hold"
    return ""
