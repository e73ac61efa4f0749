"""JWTs by joserfc: one algorithm, one type, keys of ours."""

from __future__ import annotations

import json
import warnings
from collections.abc import Generator, Sequence
from contextlib import contextmanager

from joserfc import jws, jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from inspector_app.adapters.identity.compact import claims_of, header_of
from inspector_app.domain.errors import Invalid
from inspector_app.domain.permissions import Role
from inspector_app.domain.tokens import Claims, SigningKey, parse_scopes

_ALGORITHM = "EdDSA"
_TYPE = "at+jwt"


class JoseJwts:
    """See ports.Jwts: Ed25519 (RFC 8037), access tokens as RFC 9068 writes them."""

    def new_key(self) -> tuple[str, str, str]:
        key = OKPKey.generate_key("Ed25519")
        ident = key.thumbprint()
        public = {**key.as_dict(private=False), "kid": ident, "use": "sig", "alg": _ALGORITHM}
        return ident, json.dumps(public), json.dumps(key.as_dict(private=True))

    def sign(self, claims: Claims, key: str, private: str) -> str:
        header = {"alg": _ALGORITHM, "typ": _TYPE, "kid": key}
        content: dict[str, object] = {
            "iss": claims.issuer,
            "aud": claims.audience,
            "sub": claims.subject,
            "client_id": claims.token,
            "tenant": claims.tenant,
            "role": claims.role.value,
            "scope": " ".join(sorted(claims.scopes)),
            "jti": claims.id,
            "iat": claims.issued_at,
            "nbf": claims.not_before,
            "exp": claims.expires_at,
        }
        with _known_name():
            return jwt.encode(header, content, _key(private), [_ALGORITHM])

    def read(self, text: str, keys: Sequence[SigningKey]) -> Claims | None:
        try:
            header = header_of(text)
            key = next((each for each in keys if each.id == header.get("kid")), None)
            if header.get("alg") != _ALGORITHM or header.get("typ") != _TYPE or key is None:
                return None
            with _known_name():
                found = jws.deserialize_compact(text, _key(key.public), [_ALGORITHM])
            return _to_claims(claims_of(found.payload))
        except (JoseError, ValueError, Invalid):
            return None


def _key(written: str) -> OKPKey:
    return OKPKey.import_key(json.loads(written))


@contextmanager
def _known_name() -> Generator[None]:
    """Sign as "EdDSA": RFC 9864 prefers the name "Ed25519", which few libraries read yet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


def _to_claims(found: dict[str, object]) -> Claims:
    def word(name: str) -> str:
        value = found.get(name)
        if not isinstance(value, str):
            raise ValueError(name)  # noqa: TRY004 - bad input, as any other
        return value

    def moment(name: str) -> int:
        value = found.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise ValueError(name)  # noqa: TRY004 - bad input, as any other
        return value

    return Claims(
        issuer=word("iss"),
        audience=word("aud"),
        subject=word("sub"),
        tenant=word("tenant"),
        token=word("client_id"),
        role=Role(word("role")),
        scopes=parse_scopes(word("scope").split()),
        id=word("jti"),
        issued_at=moment("iat"),
        not_before=moment("nbf"),
        expires_at=moment("exp"),
    )
