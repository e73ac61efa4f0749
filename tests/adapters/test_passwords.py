from __future__ import annotations

import asyncio
import threading

import pytest

from inspector_app.adapters.identity import local
from inspector_app.adapters.identity.local import Argon2Passwords


@pytest.fixture
def passwords():
    return Argon2Passwords(memory_kib=8)


async def test_a_password_fits_its_own_hash_only(passwords):
    kept = await passwords.hash("correct horse 7")
    assert "correct" not in kept
    assert kept != await passwords.hash("correct horse 7")
    assert await passwords.verify("correct horse 7", kept)
    assert not await passwords.verify("correct horse 8", kept)


@pytest.mark.parametrize("kept", [None, "", "!", "$2b$12$something-else"])
async def test_without_a_hash_of_ours_nothing_fits(passwords, kept):
    assert not await passwords.verify("nobody's password", kept)


async def test_the_hash_is_argon2id_with_owasps_parameters():
    assert (await Argon2Passwords().hash("x")).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


async def test_few_are_computed_at_once_and_the_event_loop_goes_on(passwords, monkeypatch):
    gate, at_once, most = threading.Event(), [], []

    def slow(password):
        at_once.append(password)
        most.append(len(at_once))
        gate.wait(10)
        at_once.remove(password)
        return password

    monkeypatch.setattr(passwords._hasher, "hash", slow)
    hashing = [asyncio.create_task(passwords.hash(str(number))) for number in range(6)]
    while len(at_once) < local.AT_ONCE:
        await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*hashing)
    assert max(most) == local.AT_ONCE


@pytest.mark.parametrize(
    "password",
    ["passwordpassword", "Password2026!!", "123456789012", "qwertyuiop123", "iloveyou-1999-"],
)
def test_what_attackers_try_first_is_common(password):
    assert Argon2Passwords(memory_kib=8).is_common(password)


@pytest.mark.parametrize(
    "password", ["correct horse battery 9", "another good one 7", "x7#kQ!v92.Lm"]
)
def test_what_nobody_would_try_is_not_common(password):
    assert not Argon2Passwords(memory_kib=8).is_common(password)
