"""Why a directory does not let somebody in whose password it may well have believed, in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

_LONGEST: Final = 200
_INVALID_CREDENTIALS: Final = 49
_DAY: Final = 86_400
_AD: Final = re.compile(r"\A[0-9A-Fa-f]{8}: LdapErr: .*\bdata ([0-9a-f]{1,8})\b")


class Policy(IntEnum):
    """What an answer to a bind says of the password (draft-behera-ldap-password-policy-11)."""

    EXPIRED = 0
    LOCKED = 1
    MUST_CHANGE = 2


@dataclass(frozen=True, slots=True)
class Bound:
    """How a bind ended.

    Attributes:
        code: LDAP's result; 0 is success.
        said: The server's diagnostic message.
        policy: What its password policy says besides, if anything that we know.
        ends_in: Seconds until the password expires, where the policy warns of it.
        grace: How often an expired password still opens.
    """

    code: int
    said: str = ""
    policy: Policy | None = None
    ends_in: int | None = None
    grace: int | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody does not get in, and what helps; no `detail`: name or password are wrong.

    `proven` says that the password was right, so that they may read it themselves.
    """

    detail: str = ""
    hint: str = ""
    proven: bool = False


_ASK = "Ask who looks after the directory."
_CHANGE = "Change it where the directory lets you, then sign in again."
_LOCKED = Refusal(
    "The account is locked after too many wrong passwords.",
    "It unlocks by the directory's policy, or its admins unlock it.",
)
_EXPIRED = Refusal("The password has expired.", _CHANGE, proven=True)
_MUST_CHANGE = Refusal("The password must be changed first.", _CHANGE, proven=True)
_BY_POLICY: Final = {
    Policy.EXPIRED: _EXPIRED,
    Policy.LOCKED: _LOCKED,
    Policy.MUST_CHANGE: _MUST_CHANGE,
}
# Windows' system error codes, in hexadecimal; 525 (no such user) and 52e (wrong password) are
# what name and password not matching looks like.
_BY_AD: Final = {
    "52f": Refusal("The account is restricted.", _ASK),
    "530": Refusal("The account may not sign in at this time.", _ASK),
    "531": Refusal("The account may not sign in from this machine.", _ASK),
    "532": _EXPIRED,
    "533": Refusal("The account is disabled.", _ASK),
    "534": Refusal("The account may not sign in in this way.", _ASK),
    "701": Refusal("The account has expired.", _ASK),
    "773": _MUST_CHANGE,
    "775": _LOCKED,
}


def refusal_of(bound: Bound) -> Refusal | None:
    """Say why a bind lets nobody in; None where it does.

    A password that was right and must be changed does not let anybody in either.
    """
    if bound.policy is not None:
        return _BY_POLICY[bound.policy]
    if bound.code == 0:
        return None
    if bound.code == _INVALID_CREDENTIALS:
        found = _AD.match(bound.said)
        return _BY_AD.get(found[1], Refusal()) if found else Refusal()
    said = plainly(bound.said)
    return Refusal(f"The directory refuses ({bound.code}{': ' + said if said else ''}).", _ASK)


def warning_of(bound: Bound) -> str:
    """Say what somebody who is in should know of their password; "" where there is nothing."""
    if bound.grace is not None:
        if bound.grace < 1:
            return "Your password has expired, and has opened for the last time."
        times = "once more" if bound.grace == 1 else f"{bound.grace} more times"
        return f"Your password has expired, and opens {times}."
    if bound.ends_in is not None:
        days = bound.ends_in // _DAY
        when = "today" if days < 1 else f"in {days} day{'s' * (days != 1)}"
        return f"Your password expires {when}."
    return ""


def plainly(text: str) -> str:
    """A server's words on one line, not too long."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= _LONGEST else plain[:_LONGEST] + "…"
