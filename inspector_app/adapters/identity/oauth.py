"""What authlib does for us, with types: addresses, PKCE, the rules of an ID token."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import hmac
from collections.abc import Mapping
from functools import reduce
from typing import cast

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from inspector_app.adapters.identity.asking import Json
from inspector_app.domain.signing_in import MOST_GROUPS, SignInFault, Step

_LONGEST_CODE = 4096


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


def code_of(
    answer: Mapping[str, str],
    kept: Mapping[str, str],
    *,
    issuer: str | None,
    named: bool = False,
) -> str:
    """Take the code from what the browser came back with, if it is the answer to what was asked.

    `named` says that the provider names itself in every answer (RFC 9207); without an `issuer`
    nobody knows its name.
    """
    state = answer.get("state", "")
    if not hmac.compare_digest(state.encode(), kept.get("state", "").encode()) or not state:
        raise SignInFault(
            Step.ANSWER,
            "The answer is not to what this browser asked.",
            hint="Begin again on the sign-in page.",
        )
    said = answer.get("iss")
    if (issuer and said not in {None, issuer}) or (named and said is None):
        raise SignInFault(Step.ANSWER, "The answer is another provider's.")
    if "error" in answer:
        words = " ".join(answer.get(name, "") for name in ("error", "error_description"))
        plain = "".join(each for each in words if each.isprintable())[:200].strip()
        raise SignInFault(Step.ANSWER, f"The provider says: {plain}.")
    code = answer.get("code", "")
    if not 0 < len(code) <= _LONGEST_CODE:
        raise SignInFault(Step.ANSWER, "The answer has no code.")
    return code


def names(found: object) -> tuple[str, ...]:
    """Take groups from a claim: a list of names, or one alone."""
    if isinstance(found, str):
        return (found,)
    if not isinstance(found, list):
        return ()
    listed = [each for each in cast("list[object]", found) if isinstance(each, str) and each]
    if len(listed) > MOST_GROUPS:
        raise SignInFault(Step.GROUPS, f"The provider names more than {MOST_GROUPS} groups.")
    return tuple(dict.fromkeys(listed))


def at_path(claims: Json, path: str) -> object:
    """Read a claim by its name, else by dots: Keycloak's `realm_access.roles`."""
    if path in claims:
        return claims[path]
    return reduce(_inside, path.split("."), cast("object", claims))


def _inside(found: object, part: str) -> object:
    return cast("Json", found).get(part) if isinstance(found, dict) else None
