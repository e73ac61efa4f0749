"""`inspector provider`: what the operator's file sets, and how far a sign-in by it gets."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

FILE = """
[[provider]]
slug = "corp"
name = "Example Corp"
kind = "oidc"
issuer = "http://127.0.0.1:9"
client_id = "inspector"
client_secret = "not-told-to-anybody"

[[provider]]
slug = "git"
name = "Git"
kind = "oauth2"
tenant = "acme"
enabled = false
authorize_url = "http://127.0.0.1:9/authorize"
token_url = "http://127.0.0.1:9/token"
user_url = "http://127.0.0.1:9/user"
client_id = "inspector"
client_secret = "not-told-to-anybody"

[[provider]]
slug = "directory"
name = "Directory"
kind = "ldap"
servers = ["ldaps://127.0.0.1:9"]
bind_dn = "cn=inspector"
bind_password = "not-told-to-anybody"
people_base = "ou=people"
"""


@pytest.fixture
def house(tmp_path, inspector):
    (tmp_path / "inspector.toml").write_text(FILE)
    assert inspector("tenant", "create", "acme").returncode == 0
    return inspector


def test_everybodys_and_tenants_providers_are_listed_without_a_secret(house, answers):
    assert [
        (each["key"], each["kind"], each["tenant"], each["enabled"], each["in_file"])
        for each in answers("provider", "list")["items"]
    ] == [
        ("acme.git", "oauth2", "acme", False, True),
        ("corp", "oidc", "", True, True),
        ("directory", "ldap", "", True, True),
    ]
    listed = house("provider", "list").stdout
    assert "acme.git\toauth2\toff\tGit" in listed
    assert "not-told" not in listed


@pytest.mark.parametrize("more", [(), ("--sign-in",)])
def test_a_provider_that_is_not_reached_is_exit_1_with_the_step(house, more):
    done = house("provider", "test", "corp", *more)
    assert done.returncode == 1
    assert "FAILED       Reach the provider" in done.stdout
    assert "not come to  Read its keys" in done.stdout
    assert "not-told" not in done.stdout + done.stderr


def test_a_directory_that_is_not_reached_is_said_before_a_password_is_sent(house):
    words = ("provider", "test", "directory", "--username", "bob", "--password-stdin")
    done = house(*words, said="bobs-password\n")
    assert done.returncode == 1
    assert "FAILED       Reach the provider" in done.stdout
    assert "bobs-password" not in done.stdout + done.stderr


def test_what_only_a_person_can_walk_is_said_with_the_option_that_does(house):
    done = house("provider", "test", "acme.git")
    assert done.returncode == 0
    assert "at a sign-in Change the code for a token" in done.stdout
    assert "give --sign-in" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nobodys",), "no such sign-in provider"),
        (("acme.corp",), "no such sign-in provider"),
        (("corp", "--username", "bob", "--password-stdin"), "typed at the provider"),
        (("directory", "--sign-in"), "no page to sign in on"),
    ],
)
def test_wrong_use_is_one_line_and_exit_2(house, words, said):
    done = house("provider", "test", *words, said="x\n")
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


class Painter(BaseHTTPRequestHandler):
    """A provider that says a terminal's own words."""

    def do_GET(self):
        base = f"http://127.0.0.1:{self.server.server_port}"
        names = {
            "issuer": base,
            "id_token_signing_alg_values_supported": ["\x1b[2J\x1b[31mall is well"],
        }
        names |= {
            f"{each}": f"{base}/{each}"
            for each in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        }
        body = json.dumps(names).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def test_what_a_provider_says_does_not_paint_the_terminal(house, tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Painter)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    said = FILE.replace("127.0.0.1:9", f"127.0.0.1:{server.server_port}", 1)
    (tmp_path / "inspector.toml").write_text(said)
    done = house("provider", "test", "corp")
    server.shutdown()
    server.server_close()
    assert (done.returncode, "\x1b" in done.stdout) == (1, False)
    assert r"signs with \x1b[2J\x1b[31mall is well" in done.stdout
