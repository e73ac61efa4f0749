"""The form of a signed token, read more strictly than a library must (RFC 7515, 7519, 8725)."""

from __future__ import annotations

import base64
import json
import math
import re
from typing import NoReturn, cast

from inspector_app.adapters.identity.asking import Json

_PARTS = re.compile(r"([\w-]+)\.([\w-]+)\.([\w-]+)", re.ASCII)
_LONGEST_HEADER = 4096
_ELSEWHERE = {"crit", "b64", "zip", "enc"}
"""Members that change how a token is read; nobody who signs for us uses one."""
_TIMES = ("exp", "nbf", "iat", "auth_time")
_LAST = 253_402_300_799
"""The end of the year 9999, in seconds: no clock goes on."""


def header_of(text: str) -> Json:
    """Read what a token says of itself, before anything is verified.

    Raises:
        ValueError: It has not three parts, is no JSON object, or asks to be read otherwise.
    """
    found = _PARTS.fullmatch(text)
    if found is None or len(found[1]) > _LONGEST_HEADER:
        raise ValueError("it has not the form of a signed token")
    raw = base64.urlsafe_b64decode(found[1] + "=" * (-len(found[1]) % 4))
    header = _object(raw)
    if unknown := sorted(_ELSEWHERE & header.keys()):
        raise ValueError(f"its header has {unknown[0]}")
    return header


def claims_of(payload: bytes) -> Json:
    """Read what was signed: an object, no member of it twice, every time a moment.

    Raises:
        ValueError: It is not so.
    """
    claims = _object(payload)
    for name in _TIMES:
        moment = claims.get(name, 0)
        if isinstance(moment, bool) or not isinstance(moment, (int, float)):
            raise ValueError(f"its {name} is no time")  # noqa: TRY004 - bad input, as any other
        if not 0 <= moment <= _LAST:
            raise ValueError(f"its {name} is no time")
    return claims


def _object(raw: bytes) -> Json:
    try:
        found = json.loads(
            raw.decode(), object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite
        )
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # noqa: TRY004 - bad input, as any other
    return cast("Json", found)


def _once(pairs: list[tuple[str, object]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs):
        # Of two, one program reads the first and the next one the last.
        raise ValueError("it has a member twice")
    return found


def _no_number(name: str) -> NoReturn:
    # Python reads them; every comparison with NaN is false, so it would never have expired.
    raise ValueError(f"{name} is no number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number
