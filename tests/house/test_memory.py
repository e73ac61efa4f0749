"""What the server process keeps in memory, measured in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HASHES = """
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from inspector_app.adapters.identity.local import Argon2Passwords
from inspector_app.serving import give_back_memory

def resident():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

give_back_memory()
hasher, together = Argon2Passwords()._hasher, Barrier(4)

def sign_in(_):
    together.wait()
    for _ in range(3):
        hasher.hash("a password of somebody")

before = resident()
with ThreadPoolExecutor(4) as threads:
    list(threads.map(sign_in, range(4)))
    print(resident() - before)
"""
SAML = """
import sys
import inspector_app.wiring
print(sorted({"lxml", "onelogin", "xmlsec"} & set(sys.modules)))
inspector_app.wiring._saml()
print(sorted({"lxml", "onelogin", "xmlsec"} & set(sys.modules)))
"""


def said(program):
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_what_signing_in_takes_is_given_back_when_it_is_done():
    megabytes = int(said(HASHES))
    assert megabytes < 19, f"four threads keep {megabytes} MB, more than one hash takes"


def test_what_only_saml_needs_is_loaded_when_somebody_comes_by_saml():
    assert said(SAML).splitlines() == ["[]", "['lxml', 'onelogin', 'xmlsec']"]
