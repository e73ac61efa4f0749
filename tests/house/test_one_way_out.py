"""Nothing of ours calls over HTTP but `adapters/outbound.py`; import-linter sees packages only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2] / "inspector_app"
OUT = {"http.client", "urllib.request", "ftplib", "smtplib", "telnetlib", "poplib", "imaplib"}
CONNECTS = {"open_connection", "create_connection", "open_unix_connection"}
KNOWN = {
    "serving.py": "asks itself whether it answers",
    "adapters/sinks/syslog.py": "syslog is no HTTP, and its address the operator's own",
    "adapters/identity/ldap_wire.py": "LDAP is no HTTP; its addresses are looked at just as well",
}


def calls_out(source):
    found = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                found |= {name.name for name in names} & OUT
            case ast.ImportFrom(module=str(module), names=names):
                found |= {module, *(f"{module}.{name.name}" for name in names)} & OUT
            case ast.Attribute(attr=name) if name in CONNECTS:
                found.add(name)
            case _:
                pass
    return found


def files():
    # What the recorder's own environment runs imports nothing of ours, and has no network.
    skipped = {"_bundle", "replay"}
    return [path for path in ROOT.rglob("*.py") if skipped.isdisjoint(path.parts)]


@pytest.mark.parametrize("path", files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_opens_a_way_out_of_its_own(path):
    if str(path.relative_to(ROOT)) not in KNOWN:
        assert calls_out(path.read_text()) == set()


@pytest.mark.parametrize(
    "source",
    [
        "import urllib.request",
        "from urllib import request",
        "from http.client import HTTPConnection",
        "import smtplib as s",
        "await asyncio.open_connection(host, 80)",
        "socket.create_connection(place)",
    ],
)
def test_a_way_out_would_be_seen(source):
    assert calls_out(source)
