"""The second step of a sign-in: codes by time (TOTP, RFC 6238) and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

from inspector_app.domain.ids import PersonId

STEP_SECONDS, DIGITS = 30, 6
SECRET_BYTES = 20
RECOVERY_CODES = 10
_CLOCKS_DIFFER = 1
"""Steps before and after the present one whose codes are taken."""


@dataclass(frozen=True, slots=True)
class SecondFactor:
    """A person's; `sealed` is the secret, encrypted. Until `confirmed`, nobody is asked for it."""

    person: PersonId
    sealed: bytes
    confirmed: bool = False
    last_step: int = 0


def code_at(secret: bytes, step: int) -> str:
    """Compute the code of a time step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8), "sha1")
    at = digest[-1] & 0xF
    number = int.from_bytes(digest[at : at + 4]) & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def step_of(secret: bytes, code: str, now: datetime) -> int | None:
    """Find the time step around `now` whose code this is."""
    present = int(now.timestamp()) // STEP_SECONDS
    steps = range(present - _CLOCKS_DIFFER, present + _CLOCKS_DIFFER + 1)
    given = code.encode("utf-8", "replace")
    return next(
        (s for s in steps if hmac.compare_digest(code_at(secret, s).encode(), given)), None
    )


def secret_text(secret: bytes) -> str:
    """Write a secret as authenticator apps take it: base 32."""
    return base64.b32encode(secret).decode()


def enrolment_uri(secret: bytes, username: str, issuer: str) -> str:
    """Build what a QR code tells an authenticator app (Key URI Format)."""
    fields = {"secret": secret_text(secret), "issuer": issuer}
    label = quote(f"{issuer}:{username}", safe=":")
    return f"otpauth://totp/{label}?{urlencode(fields, quote_via=quote)}"


def bare(code: str) -> str:
    """Take out of a code what people put between its characters."""
    return "".join(code.replace("-", "").split()).lower()


def is_code(text: str) -> bool:
    """Tell whether it could be an app's code at all."""
    code = bare(text)
    return len(code) == DIGITS and code.isascii() and code.isdigit()


def recovery_hash(code: str) -> str:
    """Hash a recovery code for keeping: at 79 random bits a plain hash suffices."""
    return hashlib.sha256(bare(code).encode("utf-8", "replace")).hexdigest()
