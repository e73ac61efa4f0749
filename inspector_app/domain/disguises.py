"""What a text says in another spelling: base64, percent-encoding, backslash escapes, JSON."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Final, cast
from urllib.parse import unquote

RUNS: Final = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
"""What may be base64."""
_ESCAPE: Final = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(.))", re.DOTALL)
_SHORT: Final = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


def from_base64(run: str) -> str | None:
    """Decode a run of base64, either alphabet, padded or not; None where no text comes out."""
    plain = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        raw = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
    try:
        return raw.decode()
    except UnicodeDecodeError:  # a text within something binary
        readable = sum(0x20 <= byte < 0x7F for byte in raw)  # noqa: PLR2004 - printable ASCII
        return raw.decode(errors="replace") if readable > len(raw) * 0.6 else None


def from_percent(text: str) -> str:
    """Decode percent-encoding; the same text where there is none."""
    return unquote(text, errors="replace") if "%" in text else text


def from_escapes(text: str) -> str:
    r"""Decode `\\u00e9`, `\\xe9`, `\\n` and the like; the same text where there are none."""
    if "\\" not in text:
        return text
    decoded = _ESCAPE.sub(_unescape, text)
    # Two halves of one character come apart in JSON's escapes.
    return decoded.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescape(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else _SHORT.get(found[3], found[3])


def from_json(text: str) -> tuple[object, bool] | None:
    """Parse a JSON object, list or string within a text, and whether a name stands twice in it.

    None where it is none.

    Raises:
        RecursionError: It is nested too deeply.
    """
    if text.lstrip()[:1] not in {"{", "[", '"'}:
        return None
    twice = False

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        nonlocal twice
        found = dict(pairs)
        twice = twice or len(found) < len(pairs)
        return found

    try:
        found = cast("object", json.loads(text, object_pairs_hook=members))
    except ValueError:
        return None
    return found, twice
