"""Passwords that everybody's list has.

The list is Django's 20,000 (BSD-3-Clause) with zxcvbn's 30,000 (MIT), in lower case. Of its
entries 348 are as long as we ask for, so looking a password up would find next to none. What
people do to reach twelve characters is to join two of them, or to put digits and marks around.
"""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path
from string import digits, punctuation, whitespace

_AROUND = digits + punctuation + whitespace


@cache
def _listed() -> frozenset[str]:
    packed = Path(__file__).with_name("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split("\n"))


def is_common(password: str) -> bool:
    """See ports.Passwords."""
    listed, whole = _listed(), password.lower()
    core = whole.strip(_AROUND) or whole
    return whole.isdigit() or any(
        each in listed
        or any(each[:at] in listed and each[at:] in listed for at in range(len(each)))
        for each in (whole, core)
    )
