"""The seed of a run's random numbers, as the SDK's core draws it from the run's id.

A reset gives a run another one in its middle. `sdk-core`, `str_to_randomness_seed`: SipHash-1-3
of the id and a byte 0xff (Rust's way to hash a string), both keys 0.
"""

from __future__ import annotations

_MASK = 2**64 - 1


def seed_of(run_id: str) -> int:
    content = run_id.encode() + b"\xff"
    v0, v1 = 0x736F6D6570736575, 0x646F72616E646F6D
    v2, v3 = 0x6C7967656E657261, 0x7465646279746573
    whole = len(content) // 8 * 8
    last = content[whole:].ljust(7, b"\0") + bytes([len(content) & 0xFF])
    for word in (*(content[at : at + 8] for at in range(0, whole, 8)), last):
        message = int.from_bytes(word, "little")
        v0, v1, v2, v3 = _round(v0, v1, v2, v3 ^ message)
        v0 ^= message
    v2 ^= 0xFF
    for _ in range(3):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return v0 ^ v1 ^ v2 ^ v3


def _round(v0: int, v1: int, v2: int, v3: int) -> tuple[int, int, int, int]:
    v0 = (v0 + v1) & _MASK
    v1 = _left(v1, 13) ^ v0
    v0 = _left(v0, 32)
    v2 = (v2 + v3) & _MASK
    v3 = _left(v3, 16) ^ v2
    v0 = (v0 + v3) & _MASK
    v3 = _left(v3, 21) ^ v0
    v2 = (v2 + v1) & _MASK
    v1 = _left(v1, 17) ^ v2
    v2 = _left(v2, 32)
    return v0, v1, v2, v3


def _left(value: int, bits: int) -> int:
    return (value << bits | value >> (64 - bits)) & _MASK
